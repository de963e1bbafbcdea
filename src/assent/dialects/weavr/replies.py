"""What operations answer when all went well, as the OpenAPI document shows it.

For the document only: handlers write their answers themselves, and tests hold each real answer
against the shape that its route names here.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from assent.dialects.weavr.shapes import (
    Address,
    CalendarDate,
    Company,
    Country,
    Currency,
    Email,
    Id,
    IpAddress,
    Line,
    Mobile,
    Position,
    Short,
)

Millis = Annotated[int, Meta(ge=0, le=2**53, description="Milliseconds since 1970-01-01 UTC.")]
Count = Annotated[int, Meta(ge=0, le=2**31)]
Token = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2_000,
        description="Goes into `Authorization: Bearer`. Opaque: what is in it may change.",
    ),
]


class Reply(Struct, kw_only=True, rename="camel"):
    """camelCase on the wire."""


class ResourceId(Reply):
    """A resource's id, with the word that resources spell its type with."""

    type: Literal["consumers", "corporates"]
    id: Id


class Identity(Reply):
    """Whom a token acts for; tokens spell the type in capitals."""

    type: Literal["CONSUMER", "CORPORATE"]
    id: Id


class Credentials(Reply):
    """The person that a token was given to."""

    type: Literal["ROOT", "USER"]
    id: Id


class LoggedIn(Reply):
    """`POST /login_with_password`. AUTH tokens only choose an identity; ACCESS tokens do all."""

    token: Token
    token_type: Literal["AUTH", "ACCESS"]
    identity: Identity
    credentials: Credentials


class AccessGranted(Reply):
    """`POST /access_token`."""

    token: Token
    identity: Identity
    credentials: Credentials
    status: Literal["STANDARD", "STEPPED_UP"]


class TokenReply(Reply):
    """A token and nothing else."""

    token: Token


class NamedIdentity(Reply):
    """An identity that the person may choose."""

    id: Identity
    name: str


class Identities(Reply):
    """`GET /identities`."""

    identities: list[NamedIdentity]
    count: Count
    """How many there are."""
    response_count: Count
    """How many of them are in this answer."""


class PasswordInfo(Reply):
    """Whose password it is, and until when; 0: it does not expire."""

    identity_id: Identity
    expiry_date: Millis


class PasswordSet(Reply):
    """`POST /passwords/{user_id}/create` and `/passwords/update`."""

    password_info: PasswordInfo
    token: Token


class Factor(Reply):
    """What the person has of one type and channel."""

    type: Literal["OTP", "PUSH", "BIOMETRIC"]
    channel: Literal["SMS", "AUTHY", "BIOMETRIC"]
    status: Literal["PENDING_VERIFICATION", "ACTIVE", "INACTIVE"]


class Factors(Reply):
    """`GET /authentication_factors`."""

    factors: list[Factor]


MatchedNumber = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{2}\Z",
        description="To be shown on this screen and typed on the device. Only where the programme "
        "has numbers matched (`number_matching`).",
    ),
]


class PushAsked(Reply):
    """`POST /stepup/challenges/push/{channel}`."""

    id: Id
    number: MatchedNumber | UnsetType = UNSET


class LogInAsked(Reply):
    """`POST /login_via_biometrics`."""

    challenge_id: Id
    number: MatchedNumber | UnsetType = UNSET


class ConsumerRootUser(Reply):
    """The person of a consumer. What was never given is left out."""

    id: ResourceId
    name: Short
    surname: Short
    email: Email
    mobile: Mobile
    date_of_birth: CalendarDate
    address: Address
    active: bool
    email_verified: bool
    mobile_number_verified: bool
    password_already_set: bool | UnsetType = UNSET
    """Only when the consumer is created."""
    occupation: Line | UnsetType = UNSET
    place_of_birth: Line | UnsetType = UNSET
    nationality: Country | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    locale: Line | UnsetType = UNSET
    brand: Line | UnsetType = UNSET


class Consumer(Reply):
    """A consumer with its root user."""

    id: ResourceId
    profile_id: Id
    root_user: ConsumerRootUser
    creation_timestamp: Millis
    ip_address: IpAddress
    tag: Line | UnsetType = UNSET
    base_currency: Currency | UnsetType = UNSET
    fee_group: Line | UnsetType = UNSET
    accepted_terms: bool | UnsetType = UNSET


class CorporateRootUser(Reply):
    """The person of a corporate. What was never given is left out."""

    id: ResourceId
    name: Short
    surname: Short
    email: Email
    mobile: Mobile
    company_position: Position
    active: bool
    email_verified: bool
    mobile_number_verified: bool
    password_already_set: bool | UnsetType = UNSET
    """Only when the corporate is created."""
    date_of_birth: CalendarDate | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    locale: Line | UnsetType = UNSET
    brand: Line | UnsetType = UNSET


class Corporate(Reply):
    """A corporate with its root user."""

    id: ResourceId
    profile_id: Id
    root_user: CorporateRootUser
    company: Company
    creation_timestamp: Millis
    ip_address: IpAddress
    base_currency: Currency
    tag: Line | UnsetType = UNSET
    industry: Line | UnsetType = UNSET
    fee_group: Line | UnsetType = UNSET
    accepted_terms: bool | UnsetType = UNSET
    source_of_funds: Line | UnsetType = UNSET
    source_of_funds_other: Line | UnsetType = UNSET


class User(Reply):
    """An authorised user. What was never given is left out."""

    id: Id
    identity: ResourceId
    name: Short
    surname: Short
    email: Email
    active: bool
    email_verified: bool
    mobile_number_verified: bool
    roles: list[
        Literal[
            "CARD_ASSIGNEE",
            "CARDS_MANAGEMENT_ROLE",
            "FUNDS_MANAGEMENT_ROLE",
            "ACCESS_MANAGEMENT_ROLE",
            "ADMIN",
        ]
    ]
    creation_timestamp: Millis
    mobile: Mobile | UnsetType = UNSET
    date_of_birth: CalendarDate | UnsetType = UNSET
    country_of_residence: Country | UnsetType = UNSET
    tag: Line | UnsetType = UNSET
    locale: Line | UnsetType = UNSET
    brand: Line | UnsetType = UNSET


class Users(Reply):
    """`GET /users`."""

    users: list[User]
    count: Count
    """How many there are."""
    response_count: Count
    """How many of them are in this answer."""


DiligenceStatus = Literal["NOT_STARTED", "INITIATED", "PENDING_REVIEW", "APPROVED", "REJECTED"]
DiligenceReference = Annotated[
    str, Meta(max_length=36, description="Always the same for an identity or user.")
]


class DiligenceStarted(Reply):
    """`POST /corporates/kyb` and `/users/kyc`."""

    reference: DiligenceReference


class ConsumerDiligenceStarted(DiligenceStarted):
    """`POST /consumers/kyc`."""

    kyc_level: Literal["KYC_LEVEL_2"]


class CorporateDiligence(Reply):
    """`GET /corporates/kyb`."""

    kyb_status: DiligenceStatus
    ongoing_kyb_status: DiligenceStatus


class ConsumerDiligence(Reply):
    """`GET /consumers/kyc`."""

    full_due_diligence: DiligenceStatus
    ongoing_full_due_diligence: DiligenceStatus
    kyc_level: Literal["KYC_LEVEL_2"]
    ongoing_kyc_level: Literal["KYC_LEVEL_2"]


class Impersonated(Reply):
    """The back office's calls: a token that reads, and does nothing else."""

    token: TokenReply
    identity: Identity
    credentials: Credentials


class Simulated(Reply):
    """The simulator: it was done, or there was nothing to do it to."""

    code: Literal["COMPLETED", "DENIED"]
    token: str | UnsetType = UNSET
    """Of a log-in that was passed: what the device would have been given."""
