"""Stand-ins for whom messages are handed to, and messages to hand over."""

from collections.abc import Iterator

import pytest

from assent.domain.english import WORDS
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.wording import rendered
from tests.support.sms_gateway import SmsGateway, sms_gateway
from tests.support.twilio import TwilioStandIn, twilio

CODE = "493817"
NUMBER = "+35679846213"
ACTION = 'pay 12.50 EUR to Smith & <Sons> "{to}"'


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    with sms_gateway() as one:
        yield one


@pytest.fixture
def stand_in() -> Iterator[TwilioStandIn]:
    with twilio() as one:
        yield one
        assert one.complaints == []


def message(channel: Channel, number: int = 1) -> Message:
    """As the kind of that channel words it."""
    values = {"code": CODE, "action": ACTION, "minutes": "5"}
    spoken = rendered(WORDS["code"], Channel.VOICE, values).text
    words = spoken if channel is Channel.VOICE else f"{CODE} is to {ACTION}. 日本"
    return Message(
        id=number,
        programme_id=1,
        subject_id=2,
        content=Outgoing(channel=channel, address=NUMBER, body=words, code=CODE),
        created_at=0,
        not_after=300_000,
        dedupe=str(number),
    )
