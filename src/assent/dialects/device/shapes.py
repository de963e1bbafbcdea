"""Request bodies. Unknown fields are ignored. Patterns end in `\\Z`: `$` would let a line feed
through."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from assent.domain.device import Transport
from assent.domain.push import LONGEST_ADDRESS, is_address
from assent.domain.question import Decision, Reason
from assent.http.invalid import Invalid

_BASE64URL = r"^[A-Za-z0-9_-]+\Z"
MOST_JWS: Final = 16_384
MOST_SIGNATURES: Final = 2**32 - 1
"""What a key's count may come to: as wide as WebAuthn's own (6.1, signCount)."""
Id = Annotated[str, Meta(max_length=18, pattern=r"^[0-9]+\Z")]
Token = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_]+\Z")]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=64, description="What the person calls the device."),
]
Jws = Annotated[
    str,
    Meta(
        max_length=MOST_JWS,
        pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z",
        description="Compact (RFC 7515); its payload is the octets to be signed.",
    ),
]
Code = Annotated[str, Meta(max_length=6, pattern=r"^[0-9]{6}\Z")]
Whole = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Seconds = Annotated[str, Meta(max_length=2, pattern=r"^[0-9]{1,2}\Z")]
Ids = Annotated[str, Meta(max_length=380, pattern=r"^[0-9]{1,18}(,[0-9]{1,18}){0,19}\Z")]
CredentialId = Annotated[str, Meta(max_length=1_364, pattern=_BASE64URL)]
"""1,023 octets at most (WebAuthn 4)."""
ClientData = Annotated[str, Meta(max_length=MOST_JWS, pattern=_BASE64URL)]
Small = Annotated[str, Meta(max_length=2_048, pattern=_BASE64URL)]
Large = Annotated[str, Meta(max_length=44_000, pattern=_BASE64URL)]
"""More than the 32,768 octets that the kind of factor looks at: it says what is wrong."""


class Shape(Struct, kw_only=True, rename="camel"):
    """camelCase on the wire."""


class LinkToken(Shape):
    """`POST /enrolments`."""

    token: Token


class Attestation(Shape, kw_only=True):
    """A registration's answer (WebAuthn 5.2.1), in base64url."""

    id: CredentialId
    client_data: ClientData = msgspec.field(name="clientDataJSON")
    attestation_object: Large


class Assertion(Shape, kw_only=True):
    """A credential's answer (WebAuthn 5.2.2), in base64url. Its challenge is the SHA-256 of the
    octets to be signed."""

    id: CredentialId
    client_data: ClientData = msgspec.field(name="clientDataJSON")
    authenticator_data: Small
    signature: Small


class Push(Shape):
    """How the device is woken, and where: for `web_push` the subscription's JSON as text, else the
    token that the maker's library gives."""

    transport: Transport
    address: Annotated[str, Meta(min_length=1, max_length=LONGEST_ADDRESS)]


class Offered(Shape):
    """A new key: `jws` of a native device, or `attestation` of a browser."""

    name: Name
    jws: Jws | UnsetType = UNSET
    attestation: Attestation | UnsetType = UNSET


class FinishEnrolment(Offered, kw_only=True):
    """`POST /enrolments/finish`."""

    token: Token
    code: Code | UnsetType = UNSET
    push: Push | UnsetType = UNSET


class Signed(Shape):
    """By the enrolled key: `jws` of a native device, or `assertion` of a browser."""

    jws: Jws | UnsetType = UNSET
    assertion: Assertion | UnsetType = UNSET


class FinishRotation(Offered, kw_only=True):
    """`POST /device/rotations/{id}/finish`."""

    old: Signed


class Answer(Signed, kw_only=True):
    """`POST /challenges/{id}/answer`."""

    decision: Decision
    time: Annotated[Whole, Meta(description="The device's own clock, in ms since 1970 (UTC).")]
    reason: Reason | UnsetType = UNSET
    number: Annotated[str, Meta(max_length=4, pattern=r"^[0-9]{1,4}\Z")] | UnsetType = UNSET
    counter: Annotated[int, Meta(ge=1, le=MOST_SIGNATURES)] | UnsetType = UNSET


def one_of(*names: str, at: str = "") -> Any:
    """A rule: exactly one of these stands there."""

    def wrong(value: dict[str, Any]) -> Any:
        inside = value.get(at) if at else value
        if isinstance(inside, dict) and sum(name in inside for name in names) != 1:
            yield Invalid(f"{at}.{names[0]}" if at else names[0], "exactly", ("1", *names))

    return wrong


def reason_of_decline(value: dict[str, Any]) -> Any:
    """A rule: who approves gives no reason."""
    if "reason" in value and value.get("decision") != Decision.DECLINE:
        yield Invalid("reason", "one_of", ())


def fitting_address(value: dict[str, Any]) -> Any:
    """A rule: an address has the form of its transport's."""
    push = value.get("push", value)
    where = "push.address" if "push" in value else "address"
    if not isinstance(push, dict):
        return
    transport, address = push.get("transport"), push.get("address")
    if not isinstance(transport, str) or transport not in {one.value for one in Transport}:
        return
    if isinstance(address, str) and not is_address(Transport(transport), address):
        yield Invalid(where, "pattern", (transport,))
