"""What operations answer when all went well, as the OpenAPI document shows it.

For the document only: handlers write their answers themselves, and tests hold each real answer
against the shape that its route names here.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from assent.dialects.device.shapes import MOST_SIGNATURES, Id, Name, Token
from assent.domain.device import Scheme, Transport

Millis = Annotated[int, Meta(ge=0, le=2**53, description="Milliseconds since 1970-01-01 UTC.")]
Content = Annotated[
    str,
    Meta(
        max_length=65_536,
        description="Canonical JSON (RFC 8785), as it is to be shown and signed: to the letter.",
    ),
]
Text = Annotated[str, Meta(max_length=65_536)]


class Reply(Struct, kw_only=True, rename="camel"):
    """camelCase on the wire."""


class EnrolmentLink(Reply):
    """`POST /links`. The token stands behind the link's `#`, which browsers send to nobody."""

    token: Token
    link: Text
    qr: Annotated[str, Meta(max_length=65_536, description="The link as a picture: a data URL.")]
    expires_at: Millis


class ProgrammeNamed(Reply):
    """Whose customer the person is."""

    id: Id
    name: Text


class PersonNamed(Reply):
    """The person."""

    id: Id


class RelyingPartyNamed(Reply):
    """For `navigator.credentials.create` (WebAuthn 5.4)."""

    rp_id: Text
    rp_name: Text
    user_handle: Annotated[str, Meta(max_length=86, description="64 octets at most, base64url.")]
    attestation: Literal["none", "direct"]
    """Whether the programme wants the maker to vouch for the key (WebAuthn 5.4.7)."""


class PushKey(Reply):
    """For `PushManager.subscribe`: the `applicationServerKey`, in base64url."""

    public_key: Annotated[str, Meta(max_length=100)]


class EnrolmentBegun(Reply):
    """`POST /enrolments`."""

    enrolment: Id
    device: Id
    content: Content
    programme: ProgrammeNamed
    user: PersonNamed
    code_sent: bool
    """Whether a code went to the person's phone, which the next call must hold."""
    webauthn: RelyingPartyNamed
    web_push: PushKey | None
    expires_at: Millis


class DeviceNamed(Reply):
    """The device, which may call from now on."""

    device: Id
    name: Name


class OpenChallenge(Reply):
    """One that waits for an answer."""

    id: Id
    created_at: Millis
    expires_at: Millis


class OpenChallenges(Reply):
    """`GET /challenges`, the newest first."""

    challenges: list[OpenChallenge]
    now: Millis
    """The server's clock, which their times are by."""


class ChallengeShown(Reply):
    """`GET /challenges/{id}`."""

    id: Id
    content: Content


class Answered(Reply):
    """`POST /challenges/{id}/answer`. `token` opens a session, where one was asked for."""

    state: Literal["approved", "declined"]
    token: Token | UnsetType = UNSET


class DeviceShown(Reply):
    """A device as its person sees it."""

    id: Id
    name: Name
    scheme: Scheme
    created_at: Millis
    last_used_at: Millis | None
    """When it last answered."""
    push: Transport | None
    """How it is woken; null: it looks by itself."""
    attested: bool
    """Whether its maker vouches for its key."""


class DevicesShown(Reply):
    """`GET /devices`, the oldest first."""

    devices: list[DeviceShown]


class OwnData(DeviceShown):
    """`GET /device`."""

    programme: ProgrammeNamed
    user: PersonNamed
    counter: Annotated[int, Meta(ge=0, le=MOST_SIGNATURES)]
    """The highest count of the key's signatures that the server has seen."""
    web_push: PushKey | None


class RotationBegun(Reply):
    """`POST /device/rotations`."""

    rotation: Id
    content: Content
    expires_at: Millis


class InvalidField(Reply):
    """A field, what is wrong with it, and the measure it fails."""

    field: Text
    error: Text
    params: list[Text]


class Problem(Reply):
    """What went wrong (RFC 9457)."""

    type: Literal["about:blank"]
    title: Text
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Text
    """What programs go by."""
    detail: Text
    """What to do next."""
    retry_after: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    """Seconds until it may be tried again."""
    left: Literal["more_left", "one_left", "used_up"] | UnsetType = UNSET
    """How many tries are left after a wrong answer."""
    errors: list[InvalidField] | UnsetType = UNSET
    server_time: Millis | UnsetType = UNSET
    """Of a proof whose time is wrong: the server's clock."""
