"""Workers that are killed in the middle of a flood: every message at least once, none lost, none
after it expired; and each once where nobody is killed."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assent import foundation
from assent.domain.english import WORDS
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.wording import rendered
from assent.ports.changes import Add
from assent.settings import load
from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.processes import Installation, installation, until
from tests.support.sms_gateway import SmsGateway, sms_gateway

MINUTES = 60_000
AT_ONCE = 32
"""Messages that a worker has under way on a channel."""


@dataclass(frozen=True)
class Sender:
    """A production installation whose text messages come to us."""

    place: Installation
    url: str
    gateway: SmsGateway

    def write(self, count: int, life_ms: int = 5 * MINUTES) -> set[str]:
        """That many messages into the outbox; their references."""

        async def writing() -> set[str]:
            base = await foundation.found(load(None, self.place.settings))
            try:
                made = [self._message(base, number, life_ms) for number in range(count)]
                for start in range(0, count, 50):
                    done = await base.stores.commit(*map(Add, made[start : start + 50]))
                    assert done.failed is None
            finally:
                await base.close()
            return {str(message.id) for message in made}

        return asyncio.run(writing())

    def _message(self, base: foundation.Foundation, number: int, life_ms: int) -> Message:
        values = {"code": f"{number:06d}", "action": "pay 1.00 EUR to ACME", "minutes": "5"}
        content = Outgoing(
            channel=Channel.SMS,
            address=f"+356796{number:05d}",
            body=rendered(WORDS["code"], Channel.SMS, values).text,
            code=values["code"],
            wording="code",
            values=values,
        )
        now = base.world.clock.now()
        return base.world.message(1, 1, content, now + life_ms)

    def got(self) -> Counter[str]:
        """How often each reference came."""
        return Counter(one.body["reference"] for one in list(self.gateway.received))

    def states(self) -> Counter[str]:
        rows = ask(self.url, "SELECT state, count(*) FROM outbox GROUP BY state")
        return Counter({str(state): int(str(count)) for state, count in rows})

    def claims_are_over(self) -> None:
        """As far as the rows are concerned, the killed worker's time is up."""
        ask(self.url, "UPDATE outbox SET next_at = 0 WHERE state = 'waiting' RETURNING id")


@pytest.fixture
def sender(cluster: Cluster, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sender]:
    url = cluster.database(f"killing_{abs(hash(request.node.name)) % 10**9}")
    with sms_gateway() as gateway:
        place = installation(
            tmp_path,
            url,
            ASSENT_SMS_URL=gateway.url,
            ASSENT_SMS_TIMEOUT_SECONDS="25",
        )
        yield Sender(place, url, gateway)


def test_killed_again_and_again_every_message_arrives(sender: Sender) -> None:
    """The last to be started finds what the others had claimed."""
    arrived, killed = 0, 0
    written = sender.write(400)
    with sender.place.serve("steady"):
        for round_ in range(3):
            with sender.place.serve(f"doomed-{round_}") as doomed:
                until("it sends", lambda before=arrived: len(sender.got()) > before)
                doomed.kill()
                killed += 1
            arrived = len(sender.got())  # before more are written, which may be sent at once
            if round_ < 2:
                written |= sender.write(200)
        sender.claims_are_over()
        until("all are final", lambda: sender.states() == {"sent": len(written)}, within=60)
    got = sender.got()
    assert got.keys() == written
    again = sum(times - 1 for times in got.values())
    assert again <= (killed + 1) * AT_ONCE * 2  # what was under way, and no more


def test_all_workers_killed_and_what_was_under_way_is_sent_again(sender: Sender) -> None:
    sender.gateway.held = True
    written = sender.write(60)
    with sender.place.serve("doomed") as doomed:
        until("under way", lambda: len(sender.got()) == AT_ONCE)
        doomed.kill()
    assert sender.states() == {"waiting": 60}
    sender.gateway.held = False
    sender.gateway.let_go.set()
    sender.claims_are_over()
    with sender.place.serve("next"):
        until("all are sent", lambda: sender.states() == {"sent": 60})
    got = sender.got()
    assert got.keys() == written
    assert Counter(got.values()) == {1: 60 - AT_ONCE, 2: AT_ONCE}


def test_none_is_sent_after_it_expired_however_late_the_next_worker_comes(sender: Sender) -> None:
    sender.gateway.held = True
    with sender.place.serve("doomed") as doomed:
        short = sender.write(AT_ONCE, life_ms=8_000)
        until("under way", lambda: len(sender.got()) == AT_ONCE)
        doomed.kill()
    first = sender.got()
    sender.gateway.held = False
    sender.gateway.let_go.set()
    until("expired", lambda: _past(sender))
    sender.claims_are_over()
    with sender.place.serve("next"):
        until("given up", lambda: sender.states() == {"expired": len(short)})
    assert sender.got() == first


def _past(sender: Sender) -> bool:
    (last,) = ask(sender.url, "SELECT max(not_after) FROM outbox")[0]
    assert isinstance(last, int)
    return time.time() * 1_000 > last


def test_two_workers_send_each_message_once(sender: Sender) -> None:
    with sender.place.serve("one"), sender.place.serve("other"):
        written = sender.write(600)
        until("all are sent", lambda: sender.states() == {"sent": 600}, within=60)
    assert sender.got() == Counter(dict.fromkeys(written, 1))
