"""The channel that a path names, and what stands behind it."""

from assent.dialects.weavr import names
from assent.domain.policy import must_be_full
from assent.http.route import Call
from assent.http.shapes import one_of
from assent.kernel.refusals import Code, Refusal
from assent.usecases.world import speaking


def channel_of(call: Call, documented: tuple[str, ...]) -> str:
    """400 for a channel that is not documented for this operation."""
    return one_of(call.request.params["channel"], "channel", documented)


def kind_of(call: Call, channel: str) -> str:
    """409 for a documented channel that is switched off; 403 for a session that is only good for
    something else."""
    must_be_full(speaking(call.caller))
    refuse_switched_off(call, channel)
    return names.KIND_OF_CHANNEL[channel]


def refuse_switched_off(call: Call, channel: str) -> None:
    """409 for a channel that the programme has not switched on."""
    if channel not in call.caller.programme.settings.channels:
        raise Refusal(Code.KIND_SWITCHED_OFF, channel)
