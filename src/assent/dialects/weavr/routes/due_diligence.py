"""KYC and KYB: their beginning and their state (Multi API: Consumers, Corporates, Users)."""

from typing import Final

from msgspec import UNSET

from assent.dialects.weavr import caller, replies, shapes
from assent.domain.subject import Diligence, IdentityType
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.usecases.due_diligence import (
    read_diligence,
    start_diligence,
    start_users_diligence,
)

_LEVEL: Final = "KYC_LEVEL_2"
"""Full due diligence, the only one there is here."""


def _word(diligence: Diligence) -> str:
    """The API's words are the core's, in capitals."""
    return diligence.value.upper()


async def start_kyb(call: Call) -> Answer:
    """`POST /corporates/kyb`."""
    started = await start_diligence(call.world, call.caller, IdentityType.CORPORATE)
    return json_answer({"reference": started})


async def start_kyc(call: Call) -> Answer:
    """`POST /consumers/kyc`."""
    started = await start_diligence(call.world, call.caller, IdentityType.CONSUMER)
    return json_answer({"reference": started, "kycLevel": _LEVEL})


async def start_users_kyc(call: Call) -> Answer:
    """`POST /users/kyc`: of the bearer's person, or of the one that the body names."""
    octets = await call.request.body()
    body = read(octets, shapes.UserDiligence) if octets else shapes.UserDiligence()
    session = call.caller.session
    if session is None and body.user_id is UNSET:
        raise Malformed([Invalid("userId", "required")])
    user_id = session.subject_id if session else int(str(body.user_id))
    started = await start_users_diligence(call.world, call.caller, user_id)
    return json_answer({"reference": started})


async def kyb(call: Call) -> Answer:
    """`GET /corporates/kyb`."""
    status = _word(await read_diligence(call.world, call.caller, IdentityType.CORPORATE))
    return json_answer({"kybStatus": status, "ongoingKybStatus": status})


async def kyc(call: Call) -> Answer:
    """`GET /consumers/kyc`."""
    status = _word(await read_diligence(call.world, call.caller, IdentityType.CONSUMER))
    return json_answer(
        {
            "fullDueDiligence": status,
            "ongoingFullDueDiligence": status,
            "kycLevel": _LEVEL,
            "ongoingKycLevel": _LEVEL,
        }
    )


_KYC = {"KYC_ALREADY_APPROVED", "KYC_PENDING_REVIEW", "KYC_REJECTED"}

ROUTES = (
    Route(
        method="POST",
        path="/corporates/kyb",
        handle=start_kyb,
        identify=caller.person,
        reply=replies.DiligenceStarted,
        conflicts=frozenset(
            {
                "KYB_ALREADY_APPROVED",
                "KYB_PERMANENTLY_REJECTED",
                "KYB_PENDING_REVIEW",
                "EMAIL_UNVERIFIED",
                "MANAGED_ONBOARDING_PENDING",
            }
        ),
    ),
    Route(
        method="GET",
        path="/corporates/kyb",
        handle=kyb,
        identify=caller.person,
        reply=replies.CorporateDiligence,
    ),
    Route(
        method="POST",
        path="/consumers/kyc",
        handle=start_kyc,
        identify=caller.person,
        reply=replies.ConsumerDiligenceStarted,
        conflicts=frozenset(_KYC | {"EMAIL_UNVERIFIED"}),
    ),
    Route(
        method="GET",
        path="/consumers/kyc",
        handle=kyc,
        identify=caller.person,
        reply=replies.ConsumerDiligence,
    ),
    Route(
        method="POST",
        path="/users/kyc",
        handle=start_users_kyc,
        identify=caller.server_or_person,
        body=shapes.UserDiligence,
        body_required=False,
        reply=replies.DiligenceStarted,
        conflicts=frozenset(
            _KYC | {"EMAIL_NOT_VERIFIED", "MOBILE_NOT_VERIFIED", "KYB_IDENTITY_NOT_APPROVED"}
        ),
    ),
)
