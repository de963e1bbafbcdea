"""Corporates (Multi API: Corporates)."""

from msgspec import UNSET

from assent.dialects.weavr import caller, replies, shapes
from assent.dialects.weavr.identities import (
    CHANGE_CONFLICTS,
    NEW_CONFLICTS,
    change,
    create,
    given,
    look,
    mobile_of,
)
from assent.dialects.weavr.persons import OF_CORPORATE, POSITION, VERIFIED, corporate
from assent.dialects.weavr.rules import date_at, email_at
from assent.domain.subject import IdentityType
from assent.http.answer import Answer
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.usecases.change_person import PersonChange
from assent.usecases.register_identity import NewIdentity, refuse_bad_addresses

_IDENTITY = (
    "company",
    "ipAddress",
    "baseCurrency",
    "tag",
    "industry",
    "feeGroup",
    "acceptedTerms",
    "sourceOfFunds",
    "sourceOfFundsOther",
)
_CHANGED_IDENTITY = tuple(
    name for name in _IDENTITY if name not in {"company", "ipAddress", "acceptedTerms"}
)


async def create_corporate(call: Call) -> Answer:
    """`POST /corporates`."""
    body = read(
        await call.request.body(),
        shapes.NewCorporate,
        email_at("rootUser.email"),
        date_at("rootUser.dateOfBirth"),
    )
    root, company = body.root_user, body.company
    if company.business_address is not UNSET:
        refuse_bad_addresses(None, None, company.business_address.country)
    new = NewIdentity(
        type=IdentityType.CORPORATE,
        profile_id=int(body.profile_id),
        email=root.email,
        mobile=mobile_of(root.mobile),
        country=company.registration_country,
        subject_details=shapes.plain(root, *OF_CORPORATE),
        identity_details={**shapes.plain(body, *_IDENTITY), POSITION: root.company_position},
    )
    return await create(call, new, corporate)


async def get(call: Call) -> Answer:
    """`GET /corporates`: the one the token acts for."""
    return await look(call, IdentityType.CORPORATE, corporate)


async def patch(call: Call) -> Answer:
    """`PATCH /corporates`."""
    body = read(
        await call.request.body(),
        shapes.CorporateChange,
        email_at("email"),
        date_at("dateOfBirth"),
    )
    details = shapes.plain(body, *_CHANGED_IDENTITY)
    country = None
    if body.company_business_address is not UNSET:
        country = body.company_business_address.country
        address = shapes.plain(body, "companyBusinessAddress")["companyBusinessAddress"]
        details["company"] = {"businessAddress": address}
    wanted = PersonChange(
        email=given(body.email),
        mobile=mobile_of(body.mobile),
        country=country,
        subject_details=shapes.plain(body, "name", "surname", "dateOfBirth"),
        identity_details=details,
        verified=VERIFIED,
        laid_over=("company",),
    )
    return await change(call, IdentityType.CORPORATE, wanted, corporate)


ROUTES = (
    Route(
        method="POST",
        path="/corporates",
        handle=create_corporate,
        identify=caller.server,
        body=shapes.NewCorporate,
        reply=replies.Corporate,
        once=caller.by_programme,
        conflicts=NEW_CONFLICTS
        | {
            "COMPANY_NOT_FOUND",
            "COMPANY_LOOKUP_FAILED",
            "COMPANY_TYPE_UNSUPPORTED",
            "ROOT_USER_INACTIVE",
            "ROOT_EMAIL_NOT_VERIFIED",
            "KYC_APPROVAL_MISSING",
            "PROFILE_MISMATCH",
        },
    ),
    Route(
        method="GET",
        path="/corporates",
        handle=get,
        identify=caller.person,
        reply=replies.Corporate,
    ),
    Route(
        method="PATCH",
        path="/corporates",
        handle=patch,
        identify=caller.person,
        body=shapes.CorporateChange,
        reply=replies.Corporate,
        once=caller.by_user,
        conflicts=CHANGE_CONFLICTS | {"ROOT_USER_ALREADY_VERIFIED", "UNSUPPORTED_CURRENCY"},
    ),
)
