"""One-time codes: enrolment of the phone, and step-up with it (Multi API: Factors, Step-up)."""

from assent.dialects.weavr import caller, names, replies, shapes
from assent.dialects.weavr.channels import channel_of, kind_of
from assent.dialects.weavr.errors import WRONG_CODE, conflict
from assent.dialects.weavr.sandbox_code import chosen
from assent.domain.challenge import Purpose
from assent.domain.deed import deed
from assent.domain.factor import FactorState
from assent.domain.phrases import ENROL_PHONE, STEP_UP
from assent.domain.policy import may_look
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Handler, Route
from assent.http.shapes import both, read
from assent.usecases.answer_challenge import Answered, WrongAnswer, answer_challenge
from assent.usecases.enrol_factor import enrol_factor
from assent.usecases.start_challenge import ask_step_up
from assent.usecases.world import looking


async def factors(call: Call) -> Answer:
    """`GET /authentication_factors`."""
    session = looking(call.caller)
    may_look(session)
    states: dict[str, set[FactorState]] = {}
    for line in await call.world.stores.factor_lines(session.subject_id):
        if line.kind in names.FACTOR_TYPE and line.state in names.FACTOR_STATUS:
            states.setdefault(line.kind, set()).add(line.state)
    return json_answer({"factors": [_listed(kind, held) for kind, held in states.items()]})


def _listed(kind: str, states: set[FactorState]) -> dict[str, str]:
    """One line for all that a person has of a kind: entries have no id to tell them apart by."""
    type_, channel = names.FACTOR_TYPE[kind]
    best = next(state for state in names.FACTOR_STATUS if state in states)
    return {"type": type_, "channel": channel, "status": names.FACTOR_STATUS[best]}


def _asking(purpose: Purpose, fixed_code: str | None) -> Handler:
    """The first step of either purpose: a code is sent."""
    start, words = {
        Purpose.ENROL: (enrol_factor, ENROL_PHONE),
        Purpose.STEP_UP: (ask_step_up, STEP_UP),
    }[purpose]

    async def ask(call: Call) -> Answer:
        await start(
            call.world,
            call.caller,
            kind_of(call, channel_of(call, names.OTP_CHANNELS)),
            deed(words, programme=call.caller.programme.name),
            chosen(call, fixed_code),
            keep=call.keep(lambda challenge: NO_CONTENT),
        )
        return NO_CONTENT

    return ask


def _answering(purpose: Purpose) -> Handler:
    """The second step of either purpose: the code comes back."""

    async def answer(call: Call) -> Answer:
        octets = await call.request.body()
        channel, body = both(
            lambda: channel_of(call, names.OTP_CHANNELS),
            lambda: read(octets, shapes.VerificationCode),
        )
        answered = await answer_challenge(
            call.world,
            call.caller,
            purpose,
            kind_of(call, channel),
            body.verification_code,
            keep=call.keep(_told),
        )
        return _told(answered)

    return answer


def _told(answered: Answered) -> Answer:
    if isinstance(answered, WrongAnswer):
        return conflict(WRONG_CODE[answered.left])
    return NO_CONTENT


_WRONG = set(WRONG_CODE.values()) | {
    "CHANNEL_NOT_SUPPORTED",
    "VERIFICATION_CODE_EXPIRED",
    "STATE_INVALID",
}
_REACH = {"CHANNEL_NOT_SUPPORTED", "MOBILE_NUMBER_INVALID", "MOBILE_COUNTRY_NOT_SUPPORTED"}


def routes(fixed_code: str | None) -> tuple[Route, ...]:
    """`fixed_code` is the sandbox's documented constant; production has none."""
    return (
        Route(
            method="GET",
            path="/authentication_factors",
            handle=factors,
            identify=caller.person,
            reply=replies.Factors,
        ),
        Route(
            method="POST",
            path="/authentication_factors/otp/{channel}",
            handle=_asking(Purpose.ENROL, fixed_code),
            identify=caller.person,
            once=caller.by_user,
            conflicts=frozenset(
                _REACH
                | {
                    "CHANNEL_ALREADY_REGISTERED",
                    "MOBILE_NUMBER_NOT_AVAILABLE",
                    "CREDENTIALS_INACTIVE",
                    "TYPE_DOES_NOT_SUPPORT_ENROLMENT",
                }
            ),
        ),
        Route(
            method="POST",
            path="/authentication_factors/otp/{channel}/verify",
            handle=_answering(Purpose.ENROL),
            identify=caller.person,
            body=shapes.VerificationCode,
            once=caller.by_user,
            conflicts=frozenset(
                _WRONG
                | {
                    "CHANNEL_ALREADY_REGISTERED",
                    "CREDENTIALS_INACTIVE",
                    "TYPE_DOES_NOT_SUPPORT_ENROLMENT",
                }
            ),
        ),
        Route(
            method="POST",
            path="/stepup/challenges/otp/{channel}",
            handle=_asking(Purpose.STEP_UP, fixed_code),
            identify=caller.person,
            once=caller.by_session,
            conflicts=frozenset(
                _REACH | {"CHANNEL_NOT_REGISTERED", "RETRY_IN_15SEC", "CHALLENGE_LIMIT_EXCEEDED"}
            ),
        ),
        Route(
            method="POST",
            path="/stepup/challenges/otp/{channel}/verify",
            handle=_answering(Purpose.STEP_UP),
            identify=caller.person,
            body=shapes.VerificationCode,
            once=caller.by_session,
            conflicts=frozenset(_WRONG | {"CHANNEL_NOT_REGISTERED", "ALREADY_VERIFIED"}),
        ),
    )
