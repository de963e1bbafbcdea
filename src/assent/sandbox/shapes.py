"""Request bodies of the sandbox's own calls."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from assent.domain.capture import MOST_ORIGINS

_Text = Annotated[str, Meta(max_length=255)]


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
    plaintext_passwords: bool | UnsetType = UNSET
    credentials: (
        Annotated[list[Literal["password", "passcode"]], Meta(min_length=1, max_length=2)]
        | UnsetType
    ) = UNSET
    password_profile: _Text | UnsetType = UNSET
    password_days: Annotated[int, Meta(ge=0, le=36_500)] | UnsetType = UNSET
    passcode_digits: Annotated[int, Meta(ge=4, le=6)] | UnsetType = UNSET
    multi_identity: bool | UnsetType = UNSET


class NewProgramme(ChangedSettings):
    """A name, if one is wanted, and any settings other than the usual ones."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] = "Isolated programme"
