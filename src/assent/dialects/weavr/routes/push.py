"""Push: the enrolment of an app, step-up on the person's devices, and their unlinking (Multi API:
Factors, Step-up)."""

from assent.dialects.weavr import caller, names, replies
from assent.dialects.weavr.channels import channel_of, kind_of
from assent.domain.deed import deed
from assent.domain.kind import SigningKind
from assent.domain.phrases import ENROL_DEVICE, STEP_UP
from assent.domain.policy import must_be_full, must_be_stepped_up
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Route
from assent.usecases.ask_devices import AskedDevices, ask_step_up_on_devices
from assent.usecases.ask_push import ask_push, enrol_push
from assent.usecases.register_factor import remove_factors
from assent.usecases.world import speaking


async def enrol(call: Call) -> Answer:
    """`POST /authentication_factors/push/{channel}`."""
    channel = channel_of(call, names.PUSH_ENROLMENTS)
    must_be_full(speaking(call.caller))
    must_be_stepped_up(speaking(call.caller))
    await enrol_push(
        call.world,
        call.caller,
        kind_of(call, channel),
        deed(ENROL_DEVICE, programme=call.caller.programme.name),
        keep=call.keep(lambda asked: NO_CONTENT),
    )
    return NO_CONTENT


async def unlink(call: Call) -> Answer:
    """`DELETE /authentication_factors/push/{channel}`: all that the person has of it. Also where
    the programme has switched it off since."""
    channel = channel_of(call, names.PUSH_CHANNELS)
    session = speaking(call.caller)
    must_be_full(session)
    must_be_stepped_up(session)
    await remove_factors(
        call.world,
        call.caller,
        session.subject_id,
        names.KIND_OF_CHANNEL[channel],
        keep=call.keep(lambda removed: NO_CONTENT),
    )
    return NO_CONTENT


async def step_up(call: Call) -> Answer:
    """`POST /stepup/challenges/push/{channel}`: all of the person's devices are asked, and one
    answers."""
    kind = kind_of(call, channel_of(call, names.PUSH_CHANNELS))
    ask = ask_step_up_on_devices if isinstance(call.world.kind(kind), SigningKind) else ask_push
    asked = await ask(
        call.world,
        call.caller,
        kind,
        deed(STEP_UP, programme=call.caller.programme.name),
        keep=call.keep(_asked),
    )
    return _asked(asked)


def _asked(asked: AskedDevices) -> Answer:
    """The published `id`; and the number that this screen is to show, where the programme has
    numbers matched."""
    number = asked.prompt.number
    return json_answer({"id": str(asked.challenge.id)} | ({"number": number} if number else {}))


ROUTES = (
    Route(
        method="POST",
        path="/authentication_factors/push/{channel}",
        handle=enrol,
        identify=caller.person,
        once=caller.by_user,
        conflicts=frozenset(
            {
                "CHANNEL_NOT_SUPPORTED",
                "CHANNEL_NOT_READY",
                "CHANNEL_ALREADY_REGISTERED",
                "MOBILE_NUMBER_NOT_AVAILABLE",
                "CHALLENGE_LIMIT_EXCEEDED",
                "PASSCODE_NOT_SET",
                "ENROLMENT_LIMIT_EXCEEDED",
                "MOBILE_COUNTRY_NOT_SUPPORTED",
                "TYPE_DOES_NOT_SUPPORT_ENROLMENT",
            }
        ),
    ),
    Route(
        method="DELETE",
        path="/authentication_factors/push/{channel}",
        handle=unlink,
        identify=caller.person,
        once=caller.by_user,
        conflicts=frozenset({"CHANNEL_NOT_REGISTERED", "CREDENTIALS_INACTIVE"}),
    ),
    Route(
        method="POST",
        path="/stepup/challenges/push/{channel}",
        handle=step_up,
        identify=caller.person,
        once=caller.by_session,
        reply=replies.PushAsked,
        conflicts=frozenset(
            {
                "STATE_INVALID",
                "CHANNEL_NOT_SUPPORTED",
                "CHANNEL_NOT_REGISTERED",
                "CHALLENGE_LIMIT_EXCEEDED",
            }
        ),
    ),
)
