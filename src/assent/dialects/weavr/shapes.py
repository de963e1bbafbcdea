"""Request bodies, as the published fields and formats have them. Unknown fields are ignored.

Patterns end in `\\Z`: `$` would let a line feed through.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Short = Annotated[str, Meta(min_length=1, max_length=50)]
Line = Annotated[str, Meta(max_length=255)]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+\Z",
        extra_json_schema={"format": "idn-email"},
    ),
]
Id = Annotated[str, Meta(max_length=18, pattern=r"^[0-9]+\Z")]
Country = Annotated[str, Meta(pattern=r"^[A-Za-z]{2}\Z", max_length=2)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z", max_length=3)]
IpAddress = Annotated[str, Meta(min_length=5, max_length=45)]
"""As published: any text of that length."""


class Shape(Struct, kw_only=True, rename="camel"):
    """camelCase on the wire."""


class SecretValue(Shape):
    """A password or passcode: a token from the frames, or plain text where the programme takes
    it."""

    value: Annotated[str, Meta(min_length=1, max_length=100)]


class Login(Shape):
    """`POST /login_with_password`."""

    email: Email
    password: SecretValue


class OnePassword(Shape):
    """`POST /passwords/{user_id}/create` and `/passwords/validate`."""

    password: SecretValue


class TwoPasswords(Shape):
    """`POST /passwords/update`."""

    old_password: SecretValue
    new_password: SecretValue


class VerificationCode(Shape):
    """A six-digit code; ASCII digits, not whatever Unicode calls a digit."""

    verification_code: Annotated[str, Meta(max_length=6, pattern=r"^[0-9]{6}\Z")]


class Mobile(Shape):
    """Country code with its plus, and the national number."""

    country_code: Annotated[str, Meta(max_length=4, pattern=r"^\+[0-9]+\Z")]
    number: Annotated[str, Meta(pattern=r"^[0-9]{1,12}\Z", max_length=12)]


class CalendarDate(Shape):
    """A day."""

    year: Annotated[int, Meta(ge=1900, le=2100)]
    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=31)]


class PartAddress(Shape):
    """An address in a change: everything may be left out."""

    country: Country | UnsetType = UNSET
    address_line1: Line | UnsetType = UNSET
    address_line2: Line | UnsetType = UNSET
    city: Line | UnsetType = UNSET
    post_code: Line | UnsetType = UNSET
    state: Line | UnsetType = UNSET


class Address(PartAddress):
    """A postal address; only the country must be there."""

    country: Country


class ConsumerRoot(Shape):
    """The person of a new consumer."""

    name: Short
    surname: Short
    email: Email
    mobile: Mobile
    date_of_birth: CalendarDate
    address: Address
    occupation: Line | UnsetType = UNSET
    place_of_birth: Line | UnsetType = UNSET
    nationality: Country | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    locale: Line | UnsetType = UNSET
    brand: Line | UnsetType = UNSET


class NewConsumer(Shape):
    """`POST /consumers`."""

    profile_id: Id
    root_user: ConsumerRoot
    ip_address: IpAddress
    tag: Line | UnsetType = UNSET
    base_currency: Currency | UnsetType = UNSET
    fee_group: Line | UnsetType = UNSET
    accepted_terms: bool | UnsetType = UNSET


class ConsumerChange(Shape):
    """`PATCH /consumers`: flat, unlike the body that creates one."""

    name: Short | UnsetType = UNSET
    surname: Short | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    mobile: Mobile | UnsetType = UNSET
    date_of_birth: CalendarDate | UnsetType = UNSET
    address: PartAddress | UnsetType = UNSET
    occupation: Line | UnsetType = UNSET
    place_of_birth: Line | UnsetType = UNSET
    nationality: Country | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    base_currency: Currency | UnsetType = UNSET
    fee_group: Line | UnsetType = UNSET


Position = Literal["DIRECTOR", "AUTHORISED_REPRESENTATIVE"]


class CorporateRoot(Shape):
    """The person of a new corporate."""

    name: Short
    surname: Short
    email: Email
    mobile: Mobile
    company_position: Position
    date_of_birth: CalendarDate | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    locale: Line | UnsetType = UNSET
    brand: Line | UnsetType = UNSET


class Company(Shape):
    """Of a corporate, as the register has it; nobody looks it up there."""

    type: Literal[
        "SOLE_TRADER",
        "LLC",
        "PUBLIC_LIMITED_COMPANY",
        "LIMITED_LIABILITY_PARTNERSHIP",
        "NON_PROFIT_ORGANISATION",
    ]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    registration_country: Country
    registration_number: Annotated[str, Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    business_address: Address | UnsetType = UNSET


class NewCorporate(Shape):
    """`POST /corporates`."""

    profile_id: Id
    root_user: CorporateRoot
    company: Company
    ip_address: IpAddress
    base_currency: Currency
    tag: Line | UnsetType = UNSET
    industry: Line | UnsetType = UNSET
    fee_group: Line | UnsetType = UNSET
    accepted_terms: bool | UnsetType = UNSET
    source_of_funds: Line | UnsetType = UNSET
    source_of_funds_other: Line | UnsetType = UNSET


class CorporateChange(Shape):
    """`PATCH /corporates`: flat, unlike the body that creates one."""

    name: Short | UnsetType = UNSET
    surname: Short | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    mobile: Mobile | UnsetType = UNSET
    date_of_birth: CalendarDate | UnsetType = UNSET
    company_business_address: Address | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    industry: Line | UnsetType = UNSET
    base_currency: Currency | UnsetType = UNSET
    fee_group: Line | UnsetType = UNSET
    source_of_funds: Line | UnsetType = UNSET
    source_of_funds_other: Line | UnsetType = UNSET


Roles = Annotated[list[Short], Meta(max_length=20)]


class UserChange(Shape):
    """`PATCH /users/{user_id}`."""

    name: Short | UnsetType = UNSET
    surname: Short | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    mobile: Mobile | UnsetType = UNSET
    date_of_birth: CalendarDate | UnsetType = UNSET
    country_of_residence: Country | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    locale: Line | UnsetType = UNSET
    brand: Line | UnsetType = UNSET
    roles: Roles | UnsetType = UNSET


class NewUser(UserChange):
    """`POST /users`."""

    name: Short
    surname: Short
    email: Email


class UserDiligence(Shape):
    """`POST /users/kyc`: whose; a bearer says it too."""

    user_id: Id | UnsetType = UNSET


class CredentialsId(Shape):
    """Which person."""

    id: Id
    type: Literal["ROOT", "USER"] | UnsetType = UNSET


class IdentityId(Shape):
    """Which identity."""

    type: Annotated[str, Meta(pattern=r"^(CONSUMER|CORPORATE|consumers|corporates)\Z")]
    id: Id


class BiometricLogin(Shape):
    """`POST /login_via_biometrics`. Without an identity, the token that comes of it chooses one."""

    email: Email
    identity: IdentityId | UnsetType = UNSET


class AccessToken(Shape):
    """`POST /access_token`. With `token`, which a log-in by device yields, nobody need be logged
    in."""

    identity: IdentityId
    token: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    client_assertion: Annotated[str, Meta(max_length=10_000)] | UnsetType = UNSET


SixDigits = Annotated[str, Meta(max_length=6, pattern=r"^[0-9]{6}\Z")]
"""A code from an e-mail; ASCII digits."""


class EmailAddress(Shape):
    """`POST /{corporates,consumers,users}/verification/email/send` and `/lost_password/start`."""

    email: Email


class EmailCode(Shape):
    """`POST /{corporates,consumers,users}/verification/email/verify`."""

    email: Email
    verification_code: SixDigits


class LostPassword(Shape):
    """`POST /passwords/lost_password/resume`."""

    nonce: SixDigits
    email: Email
    new_password: SecretValue


class InviteCode(Shape):
    """`POST /users/{user_id}/invite/validate`."""

    invite_code: SixDigits


class UsedInvite(Shape):
    """`POST /users/{user_id}/invite/consume`."""

    invite_code: SixDigits
    password: SecretValue
    mobile: Mobile | UnsetType = UNSET


class Impersonation(Shape):
    """The back office's calls."""

    identity: IdentityId
    credentials: CredentialsId | UnsetType = UNSET


def plain(shape: Struct, *names: str) -> dict[str, Any]:
    """Those of a shape's fields that were sent, by their names on the wire, ready to be kept."""
    sent: dict[str, Any] = msgspec.to_builtins(shape)
    return {name: sent[name] for name in names if name in sent}
