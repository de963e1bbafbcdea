"""A person's own device, as its factor keeps it; and the limits of asking it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final
from unicodedata import category
from urllib.parse import urlsplit

from assent.domain.capture import ORIGIN_FORM, is_origin, may_be_registered
from assent.domain.challenge import Purpose
from assent.kernel.clock import MINUTE

DEVICE_KEY: Final = "device_key"
"""The kind's name."""
AUTHY: Final = "authy"
"""The name of the kind that a vendor's app answers for."""
ASKED: Final = (DEVICE_KEY, AUTHY)
"""The kinds whose open questions share a person's few places."""
REFUSALS: Final = "push_refusals"
"""Under which name declined questions are counted: domain/attempts.py."""
LOGIN_REFUSALS: Final = "login_refusals"
"""The same for log-ins, declined or left to expire. Anybody may ask for one who knows an address,
so these keep further log-ins away and nothing else."""
NOT_ME: Final = "not_me"
"""The same for questions that the person says are not theirs: the person's risk, for whoever weighs
it. It blocks nothing by itself."""


def refusals_of(purpose: Purpose) -> str:
    """Under which name a declined question is counted."""
    return LOGIN_REFUSALS if purpose is Purpose.LOG_IN else REFUSALS


class Scheme(StrEnum):
    """How a device signs."""

    JWS = "jws"
    """A native app's key: a compact JWS (RFC 7515)."""
    WEBAUTHN = "webauthn"
    """A browser's platform authenticator: the signature is its assertion."""


class Transport(StrEnum):
    """How a device is woken; named as the message channels are (domain/message.py)."""

    WEB_PUSH = "web_push"
    FCM = "fcm"
    APNS = "apns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What stands in the sealed details of its factor."""

    name: str = field(repr=False)
    scheme: str
    key: Mapping[str, str] = field(repr=False)
    """The public JWK (RFC 7517) of the key that answers are signed with; each use of it takes the
    person's fingerprint, face or device PIN."""
    proof: Mapping[str, str] = field(repr=False)
    """The public JWK of the key that calls are signed with, which needs nobody at hand."""
    credential: str = field(default="", repr=False)
    """A WebAuthn credential's id, in base64url."""
    attested: str = ""
    """The format of the attestation statement that led to a trusted root; empty: none did."""
    synced: bool = False
    """Whether the key may be copied to the person's other devices (a passkey of that sort)."""
    transport: str = ""
    """Of `Transport`; empty: it is not woken, and looks by itself."""
    address: str = field(default="", repr=False)
    """Where to, in the transport's own form."""
    unreachable: bool = False
    """Whether the transport refused the address for good."""
    base: int = 0
    """Where the factor's counter stood when this key took the place of another."""
    last_used_at: int = 0
    """When it last answered, in ms; 0: never."""

    def details(self) -> dict[str, Any]:
        """For the factor's row."""
        return asdict(self)


def device_of(details: Mapping[str, Any]) -> Device:
    """Reads what `details` wrote, or a later version's, which may know more of a device: during a
    rolling upgrade both are at work. Raises TypeError for details of another kind."""
    return Device(**{name: value for name, value in details.items() if name in _KNOWN})


_KNOWN: Final = frozenset(one.name for one in fields(Device))


NAME_LENGTH: Final = 64
"""Characters of a device's name at most."""
_JOINING: Final = "\u200c\u200d"
"""Format characters that words and pictures of some scripts need (UAX #31 2.3)."""
_UNFIT: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
) | {chr(one) for one in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}
"""Letters and marks that show nothing (Default_Ignorable_Code_Point, UAX #44, as far as no category
above holds them), and the empty Braille pattern. Variation selectors are among them."""
_AS_PICTURE: Final = "\ufe0e\ufe0f"
"""Two of these, behind a symbol: keyboards send them with many an emoji (UTS #51 1.4.3)."""


def fit_name(name: str) -> bool:
    """Whether a device may be called so: one line that shows as it is, in a list and in a mail.

    Control characters and line ends are unfit, and so are marks that turn the text around them
    (UAX #9) or that nobody sees: one device could pass for another.
    """
    return (
        0 < len(name) <= NAME_LENGTH
        and name == name.strip()
        and all(char in _JOINING or category(char) not in _UNFIT for char in name)
        and all(
            char not in _UNSEEN or (char in _AS_PICTURE and category(before) == "So")
            for before, char in pairwise(f" {name}")
        )
        and any(category(char)[0] in "LNPS" for char in name)
    )


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom WebAuthn credentials belong to (WebAuthn 5.1.2)."""

    id: str
    """A domain: that of the pages, or one above it."""
    origins: tuple[str, ...]
    """The pages that may ask for them."""


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """Of devices, and of asking them. Times are in ms."""

    open_questions: int = 3
    """To one person at a time, over all sessions, 2 or 3: against fatigue (ASVS 6.6.4). Log-ins
    take all but one: of one place they would leave the person none."""
    refusals: int = 3
    """Declined in a row until no more are asked for a while, and the person is told. Log-ins are
    counted apart, and those that nobody answers with them."""
    refused_block_ms: int = 15 * MINUTE
    """For how long no more are asked."""
    link_ms: int = 5 * MINUTE
    """From an enrolment's link to its end: no longer than the session it rests on may idle."""
    proof_ms: int = MINUTE
    """How far the clock of a device's call may be from ours, either way."""
    login_gap_ms: int = 15_000
    """Between two log-ins by device of one person."""
    rp_id: str = ""
    """The domain that WebAuthn credentials are made for (its relying party ID). Empty: the host
    of `server.base_url`. Another value later makes every browser's key useless."""
    origins: tuple[str, ...] = ()
    """Pages that may use these credentials beside the server's own: each on `rp_id`, or on a host
    below it."""


def relying_party(limits: DeviceLimits, origin: str) -> RelyingParty:
    """Of a server whose own pages are of this origin."""
    own = urlsplit(origin).hostname or ""
    return RelyingParty(limits.rp_id or own, (origin, *limits.origins))


def wrong_with_party(limits: DeviceLimits, origin: str) -> str:
    """What no browser would take, in a sentence; empty where all is well. `origin` is that of the
    server's own pages."""
    party = relying_party(limits, origin)
    if limits.rp_id and not is_origin(f"https://{limits.rp_id}"):
        return "devices.rp_id is a domain in lower case, as in example.com: no scheme and no port"
    for name, page in (
        ("server.base_url", origin),
        *(("devices.origins", x) for x in limits.origins),
    ):
        host = urlsplit(page).hostname or ""
        if name == "devices.origins" and not may_be_registered(page):
            return f"devices.origins holds {page!r}, which is not {ORIGIN_FORM}"
        if host != party.id and not host.endswith(f".{party.id}"):
            return (
                f"{name} holds {page}, which is neither on devices.rp_id ({party.id}) nor below "
                "it: its pages could not use the credentials"
            )
    return ""
