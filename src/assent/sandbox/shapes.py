"""Request bodies of the sandbox's own calls."""

from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from assent.domain.capture import MOST_ORIGINS
from assent.http.invalid import Invalid, Malformed
from assent.http.shapes import raw, read

S = TypeVar("S", bound=Struct)

_Text = Annotated[str, Meta(max_length=255)]
_Named = Annotated[str, Meta(min_length=1, max_length=140)]
_Id = Annotated[str, Meta(pattern="^[0-9]{1,16}$")]


def known(octets: bytes, shape: type[S]) -> S:
    """A body in which every name is known: a mistyped setting would otherwise just not work."""
    body = read(octets, shape)
    names = shape.__struct_fields__
    unknown = [name for name in raw(octets) if name not in names]
    if unknown:
        raise Malformed([Invalid(name, "one_of", tuple(sorted(names))) for name in unknown])
    return body


class Advance(Struct):
    """How far the clock goes forward."""

    advance_seconds: Annotated[int, Meta(ge=1, le=10 * 366 * 86_400)]


class NewFault(Struct):
    """The next `calls` calls are answered with `status`, or after `delay_seconds`."""

    calls: Annotated[int, Meta(ge=0, le=1_000_000)]
    status: Literal[429, 500, 503] | UnsetType = UNSET
    delay_seconds: Annotated[int, Meta(ge=0, le=60)] = 0


class ChangedSettings(Struct):
    """Any of the programme's settings; the others stay."""

    codes: Literal["fixed", "random"] | UnsetType = UNSET
    origins: Annotated[list[_Text], Meta(max_length=MOST_ORIGINS)] | UnsetType = UNSET
    channels: list[_Text] | UnsetType = UNSET
    countries: list[Annotated[str, Meta(pattern="^[A-Z]{2}$")]] | UnsetType = UNSET
    webhook_url: _Text | UnsetType = UNSET
    verify_email_url: _Text | UnsetType = UNSET
    reset_url: _Text | UnsetType = UNSET
    invite_url: _Text | UnsetType = UNSET
    tells_unknown_emails: bool | UnsetType = UNSET
    plaintext_passwords: bool | UnsetType = UNSET
    credentials: (
        Annotated[list[Literal["password", "passcode"]], Meta(min_length=1, max_length=2)]
        | UnsetType
    ) = UNSET
    password_profile: _Text | UnsetType = UNSET
    password_days: Annotated[int, Meta(ge=0, le=36_500)] | UnsetType = UNSET
    passcode_digits: Annotated[int, Meta(ge=4, le=6)] | UnsetType = UNSET
    multi_identity: bool | UnsetType = UNSET
    fingerprint_is_possession: bool | UnsetType = UNSET
    number_matching: bool | UnsetType = UNSET
    attested_devices: bool | UnsetType = UNSET
    synced_passkeys: bool | UnsetType = UNSET
    faithful_errors: bool | UnsetType = UNSET


class NewProgramme(ChangedSettings):
    """A name, if one is wanted, and any settings other than the usual ones."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] = "Isolated programme"


class NewDevice(Struct):
    """A virtual device; a name, if one is wanted."""

    name: Annotated[str, Meta(max_length=64)] = ""


class PhoneDecision(Struct):
    """Why, where the answer is no."""

    reason: Literal["not_me", "changed_mind"] | UnsetType = UNSET


class DeviceDecision(PhoneDecision):
    """On which device, and the number that the other screen shows."""

    device: _Id | UnsetType = UNSET
    number: Annotated[str, Meta(max_length=10)] | UnsetType = UNSET


class NewMoney(Struct, kw_only=True):
    """What a balance, a transfer and a card payment have in common."""

    currency: _Text
    amount: _Text
    """Decimal text, "10.50": a number would not be exact everywhere."""
    profile_id: _Id | int | UnsetType = UNSET
    """Needed where the person acts for several."""


class NewPayee(Struct):
    """Who gets a transfer."""

    name: _Named
    account: _Named


class NewTransfer(NewMoney, kw_only=True):
    """A transfer to fund."""

    payee: NewPayee


class NewCardPayment(NewMoney, kw_only=True):
    """A card payment to approve or refuse."""

    merchant: _Named
    transaction_reference: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
