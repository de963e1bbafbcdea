"""Two servers on one database wake devices, over all three transports: each push at least once,
and none of a question that ended."""

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest

from assent import foundation
from assent.domain.device import DEVICE_KEY, Device, Transport, device_of
from assent.domain.message import Channel, Outgoing
from assent.kernel.clock import MINUTE, SECOND
from assent.kernel.ids import RandomIds
from assent.kernel.randomness import SystemRandomness
from assent.ports.changes import Add
from assent.settings import load
from assent.testing.postgres import Cluster
from tests.contracts.rows import Maker
from tests.processes.conftest import ask
from tests.support.apple import KEY_ID, TEAM, TOPIC, Apple, apple
from tests.support.fcm import Firebase, firebase
from tests.support.processes import Installation, Running, installation, until
from tests.support.push_service import Browser, PushService, push_service
from tests.support.signed import octets

T = TypeVar("T")


@dataclass(frozen=True)
class Waking:
    """A production installation, and whoever its pushes go to."""

    place: Installation
    url: str
    browsers: PushService
    google: Firebase
    apns: Apple

    def inside(self, work: Callable[[foundation.Foundation], Awaitable[T]]) -> T:
        """Something in the database, as a server would do it."""

        async def run() -> T:
            base = await foundation.found(load(None, self.place.settings))
            try:
                return await work(base)
            finally:
                await base.close()

        return asyncio.run(run())

    def push(self, *wanted: tuple[Transport, str], life_ms: int = 5 * MINUTE) -> list[int]:
        """Devices with these addresses, and a push to each; the messages' ids."""

        async def work(base: foundation.Foundation) -> list[int]:
            made = Maker(RandomIds(SystemRandomness()), base.clock)  # type: ignore[arg-type]
            programme = (await base.stores.programmes())[0]
            numbers = []
            for transport, address in wanted:
                email = f"{made.ids.next()}@example.com"
                subject = made.subject(programme.id, email=email)
                held = Device(
                    name="phone", scheme="jws", key={}, proof={},
                    transport=transport, address=address,
                )  # fmt: skip
                factor = made.factor(
                    subject, kind=DEVICE_KEY, details=held.details(), created_at=base.clock.now()
                )
                body = json.dumps({"challenge": str(made.ids.next())}, separators=(",", ":"))
                content = Outgoing(channel=Channel(transport), address=address, body=body)
                ends = base.clock.now() + life_ms
                message = base.world.message(programme.id, subject.id, content, ends)
                done = await base.stores.commit(Add(subject), Add(factor), Add(message))
                assert done.failed is None
                numbers.append(message.id)
            return numbers

        return self.inside(work)

    def states(self, numbers: list[int]) -> list[str]:
        rows = ask(self.url, "SELECT id, state FROM outbox WHERE id = ANY($1)", numbers)
        return [str(dict(rows)[number]) for number in numbers]

    def all_are(self, state: str, numbers: list[int]) -> None:
        until(state, lambda: set(self.states(numbers)) == {state})

    def unreachable(self) -> list[str]:
        """The addresses that were given up."""

        async def work(base: foundation.Foundation) -> list[str]:
            text = "SELECT DISTINCT subject_id FROM factors WHERE kind = 'device_key'"
            found = []
            for (subject,) in await asyncio.to_thread(ask, self.url, text):
                for factor in await base.stores.factors(subject, DEVICE_KEY):
                    device = device_of(factor.details)
                    if device.unreachable:
                        found.append(device.address)
            return found

        return self.inside(work)


@pytest.fixture(scope="module")
def waking(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waking]:
    url, folder = cluster.database("waking"), tmp_path_factory.mktemp("waking")
    web, ios = folder / "web", folder / "ios"
    web.mkdir()
    ios.mkdir()
    with push_service(web) as browsers, firebase() as google, apple(ios) as apns:
        place = installation(
            folder / "place",
            url,
            ASSENT_WEB_PUSH_PRIVATE_NETWORK="true",
            ASSENT_WEB_PUSH_CA_FILE=str(browsers.ca_file),
            ASSENT_WEB_PUSH_CONTACT="mailto:security@bank.example",
            ASSENT_FCM_ACCOUNT_FILE=str(google.account(folder)),
            ASSENT_FCM_URL=google.origin,
            ASSENT_APNS_KEY_FILE=str(apns.key_file(folder)),
            ASSENT_APNS_KEY_ID=KEY_ID,
            ASSENT_APNS_TEAM_ID=TEAM,
            ASSENT_APNS_TOPIC=TOPIC,
            ASSENT_APNS_URL=apns.url,
            ASSENT_APNS_CA_FILE=str(apns.ca_file),
        )
        place.done("programme", "create", "Demo Bank")
        yield Waking(place, url, browsers, google, apns)
        assert (google.complaints, apns.complaints) == ([], [])


@pytest.fixture(scope="module")
def pair(waking: Waking) -> Iterator[tuple[Running, Running]]:
    with waking.place.serve("left") as left, waking.place.serve("right") as right:
        yield left, right


@pytest.fixture(autouse=True)
def _willing(waking: Waking) -> None:
    waking.browsers.status = 201
    waking.browsers.held.clear()
    waking.browsers.let_go.clear()
    waking.google.status = waking.apns.status = 200


def test_each_push_is_sent_once_by_two_servers(
    waking: Waking, pair: tuple[Running, Running]
) -> None:
    browsers = [waking.browsers.browser(f"many-{number}") for number in range(20)]
    wanted = [(Transport.WEB_PUSH, one.address) for one in browsers]
    wanted += [(Transport.FCM, f"token-of-device-number-{number:04}") for number in range(20)]
    wanted += [(Transport.APNS, f"{number:064x}") for number in range(20)]
    waking.all_are("sent", waking.push(*wanted))
    for one in browsers:
        (got,) = waking.browsers.of(one)
        assert set(json.loads(one.opened(got.body))) == {"challenge"}
        assert got.checked(waking.browsers.origin)["sub"] == "mailto:security@bank.example"
    assert len({got.headers["topic"] for got in waking.browsers.received}) == 20
    assert sorted(got["message"]["token"] for got in waking.google.received) == [
        address for transport, address in wanted if transport is Transport.FCM
    ]
    assert sorted(got.device for got in waking.apns.received) == [
        f"{number:064x}" for number in range(20)
    ]


def test_all_servers_have_one_key(waking: Waking, pair: tuple[Running, Running]) -> None:
    keys = {got.headers["authorization"].rpartition("k=")[2] for got in waking.browsers.received}
    assert len(keys) == 1
    assert len(octets(keys.pop())) == 65
    listed = waking.place.done("keys", "list")
    assert listed.count("WEB_PUSH ES256 1 ") == 1
    refused = waking.place.run("keys", "rotate", "jose", "--scope", "WEB_PUSH",
                               "--algorithm", "ES256")  # fmt: skip
    assert (refused.returncode != 0, "--scope" in refused.stdout + refused.stderr) == (True, True)


def test_one_that_is_killed_while_it_sends_is_made_up_for(
    waking: Waking, pair: tuple[Running, Running]
) -> None:
    browser = waking.browsers.browser("twice")
    for one in pair:
        one.process.send_signal(signal.SIGSTOP)
    try:
        with waking.place.serve("doomed") as doomed:
            waking.browsers.held.add("/push/twice")
            numbers = waking.push((Transport.WEB_PUSH, browser.address))
            until("it is sending", lambda: waking.browsers.of(browser))
            doomed.kill()
        assert waking.states(numbers) == ["waiting"]
        waking.browsers.held.clear()
        waking.browsers.let_go.set()
        text = "UPDATE outbox SET next_at = 0 WHERE id = $1 RETURNING id"
        ask(waking.url, text, numbers[0])  # the claim's time is over
    finally:
        for one in pair:
            one.process.send_signal(signal.SIGCONT)
    waking.all_are("sent", numbers)
    first, second = waking.browsers.of(browser)
    assert browser.opened(first.body) == browser.opened(second.body)
    assert first.headers["topic"] == second.headers["topic"]  # the newer takes its place


def test_nothing_is_sent_after_its_questions_end(
    waking: Waking, pair: tuple[Running, Running]
) -> None:
    """They fail, over and over, until they are worth nothing; then everybody would take them."""
    waking.browsers.status = 503
    waking.google.status = waking.apns.status = 503
    browser = waking.browsers.browser("late")
    wanted = [
        (Transport.WEB_PUSH, browser.address),
        (Transport.FCM, "token-of-a-late-device-0001"),
        (Transport.APNS, "0f" * 32),
    ]
    ends = time.time() + 6
    numbers = waking.push(*wanted, life_ms=6 * SECOND)
    until("it was tried", lambda: waking.browsers.of(browser))
    waking.all_are("expired", numbers)
    assert time.time() >= ends
    before = len(waking.browsers.of(browser))
    waking.browsers.status = 201
    late = waking.push(*wanted, life_ms=0)
    waking.all_are("expired", late)
    assert len(waking.browsers.of(browser)) == before


def test_an_address_that_is_gone_is_given_up_by_whichever_server(
    waking: Waking, pair: tuple[Running, Running]
) -> None:
    waking.browsers.gone.add("/push/gone")
    waking.apns.answers["0e" * 32] = (410, "Unregistered")
    browser = waking.browsers.browser("gone")
    numbers = waking.push((Transport.WEB_PUSH, browser.address), (Transport.APNS, "0e" * 32))
    waking.all_are("given_up", numbers)
    assert sorted(waking.unreachable()) == sorted([browser.address, "0e" * 32])

    def told() -> str:
        return "".join(one.log() for one in pair)

    until("both are told", lambda: told().count('"event": "device_unreachable"') == 2)
    logs = told()
    assert "/push/gone" not in logs
    assert "0e" * 32 not in logs


def test_the_doctor_tries_the_push_services_that_are_known(waking: Waking) -> None:
    said = waking.place.run("doctor").stdout
    assert "gateway for web_push: web_push.enabled" in said
    assert "gateway for fcm: fcm.account_file" in said
    assert "gateway for apns: apns.key_file" in said
    for setting in ("fcm.url", "fcm.token_url"):
        assert f"ok    {setting}: 127.0.0.1, port " in said
    assert "apns.url: localhost, port " in said


def test_an_address_that_leads_to_this_machine_gets_nothing(
    waking: Waking, pair: tuple[Running, Running]
) -> None:
    """As every installation has it, whose settings do not say otherwise."""
    browser = Browser(f"{waking.browsers.origin}/push/inside")
    for one in pair:
        one.process.send_signal(signal.SIGSTOP)
    try:
        with waking.place.serve("strict", ASSENT_WEB_PUSH_PRIVATE_NETWORK="false") as strict:
            numbers = waking.push((Transport.WEB_PUSH, browser.address), life_ms=5 * SECOND)
            until("it was tried", lambda: '"reason": "AddressRefused"' in strict.log())
            waking.all_are("expired", numbers)
    finally:
        for one in pair:
            one.process.send_signal(signal.SIGCONT)
    assert waking.browsers.of(browser) == []
