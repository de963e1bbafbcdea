"""One-time codes: enrolment of the phone, and step-up with it (Multi API: Factors, Step-up)."""

from assent.dialects.weavr import caller, names, replies, shapes
from assent.dialects.weavr.errors import WRONG_CODE, conflict
from assent.dialects.weavr.sandbox_code import chosen
from assent.domain.challenge import Purpose
from assent.domain.deed import deed
from assent.domain.phrases import ENROL_PHONE, STEP_UP
from assent.domain.policy import may_look, must_be_full
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Handler, Route
from assent.http.shapes import both, one_of, read
from assent.kernel.refusals import Code, Refusal
from assent.usecases.answer_challenge import Answered, WrongAnswer, answer_challenge
from assent.usecases.enrol_factor import enrol_factor
from assent.usecases.start_challenge import ask_step_up
from assent.usecases.world import looking, speaking


def _channel(call: Call) -> str:
    """400 for a channel that is not documented."""
    return one_of(call.request.params["channel"], "channel", names.OTP_CHANNELS)


def _kind(call: Call, channel: str) -> str:
    """409 for a documented channel that is switched off."""
    must_be_full(speaking(call.caller))
    if channel not in call.caller.programme.settings.channels:
        raise Refusal(Code.KIND_SWITCHED_OFF, channel)
    return names.KIND_OF_CHANNEL[channel]


async def factors(call: Call) -> Answer:
    """`GET /authentication_factors`."""
    session = looking(call.caller)
    may_look(session)
    lines = await call.world.stores.factor_lines(session.subject_id)
    return json_answer(
        {
            "factors": [
                {
                    "type": names.FACTOR_TYPE[line.kind][0],
                    "channel": names.FACTOR_TYPE[line.kind][1],
                    "status": names.FACTOR_STATUS[line.state],
                }
                for line in lines
                if line.kind in names.FACTOR_TYPE and line.state in names.FACTOR_STATUS
            ]
        }
    )


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
            _kind(call, _channel(call)),
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
        channel, body = both(lambda: _channel(call), lambda: read(octets, shapes.VerificationCode))
        answered = await answer_challenge(
            call.world,
            call.caller,
            purpose,
            _kind(call, channel),
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
