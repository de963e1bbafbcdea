"""The worker beside gateways that hang, fail, talk nonsense and come back."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from assent.adapters.sql.statement import Statement
from assent.domain.message import Channel, Message
from assent.kernel.clock import HOUR, MINUTE, SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add
from assent.ports.delivery import AT_ONCE
from assent.ports.telemetry import Quiet
from assent.ports.upkeep import SetState
from assent.usecases.wordings import set_words
from assent.worker import Worker
from tests.conftest import Database
from tests.delivery.conftest import CODE, NUMBER, House, Post, failing
from tests.jose.house import world_of


def worker(house: House, **gateways: Post) -> Worker:
    by_channel = {Channel[name]: gateway for name, gateway in gateways.items()}
    return Worker(house.world, by_channel, asyncio.Event())


async def test_a_message_is_sent_and_its_content_erased(house: House) -> None:
    message, post = house.code(), Post()
    await house.put(message)
    await worker(house, SMS=post).drain()
    (sent,) = post.got
    assert (sent.id, sent.content.body) == (message.id, message.content.body)
    assert await house.states() == {message.id: "sent"}
    assert await house.stores.sent_message(message.id) is None


async def test_in_the_programmes_words_and_the_persons_language(house: House) -> None:
    words = """
    [de.code]
    text = "{code}: {action}"
    [de.password_changed]
    subject = "Neues Kennwort"
    text = "Ihr Kennwort bei {programme} ist neu."
    """
    await set_words(house.world, house.programme, words, by="ops")
    house.subject = replace(house.subject, details={"locale": "de-CH"})
    sms, mails = Post(), Post()
    code = house.code()
    await house.put(replace(code, content=replace(code.content, locale="de-CH")), house.mail())
    await worker(house, SMS=sms, EMAIL=mails).drain()
    assert sms.got[0].content.body == f"{CODE}: pay 12.50 EUR to ACME"
    mail = mails.got[0].content
    assert mail.subject == "Neues Kennwort"
    assert mail.body == "Ihr Kennwort bei Demo Bank ist neu."
    assert '<html lang="de"' in mail.html


async def test_the_language_is_looked_up_where_the_message_does_not_say(house: House) -> None:
    subject = house.make.subject(
        house.programme.id, details={"locale": "fr"}, email="other@example.com"
    )
    await house.stores.commit(Add(subject))
    await set_words(house.world, house.programme, '[fr.code]\ntext="FR {code} {action}"', "ops")
    await house.put(house.code())
    post = Post()
    await worker(house, SMS=post).drain()
    assert post.got[0].content.body.startswith("493817 is your code")
    house.subject = subject
    await house.put(house.code())
    await worker(house, SMS=post).drain()
    assert post.got[1].content.body.startswith("FR 493817")


async def test_words_that_cannot_be_read_hold_up_no_code(house: House) -> None:
    await house.stores.commit(SetState(f"words:{house.programme.id}", "[[[ not TOML"))
    post = Post()
    await house.put(house.code())
    with capture_logs() as logged:
        await worker(house, SMS=post).drain()
    assert CODE in post.got[0].content.body
    assert "words_unreadable" in [entry["event"] for entry in logged]


async def test_a_gateway_that_fails_for_an_hour_gets_the_notice_in_the_end(house: House) -> None:
    """Nothing is lost, and it is left in peace: the waits double up to ten minutes."""
    notice = house.mail(not_after=house.clock.now() + 72 * HOUR)
    post = Post(does=failing())
    await house.put(notice)
    one = worker(house, EMAIL=post)
    began = house.clock.now()
    while house.clock.now() < began + HOUR:
        await one.drain()
        house.clock.advance(SECOND)
    assert 8 <= len(post.got) <= 20
    post.does = None
    for _ in range(16):
        house.clock.advance(MINUTE)
        await one.drain()
    assert await house.states() == {notice.id: "sent"}
    assert len({message.content.body for message in post.got}) == 1


async def test_no_code_is_sent_after_it_expired(house: House) -> None:
    message, post = house.code(), Post(does=failing())
    await house.put(message)
    one = worker(house, SMS=post)
    for _ in range(301):
        await one.drain()
        house.clock.advance(SECOND)
    post.does, tries = None, len(post.got)
    await one.drain()
    house.clock.advance(HOUR)
    await one.drain()
    assert await house.states() == {message.id: "expired"}
    assert len(post.got) == tries
    assert tries >= 7


@pytest.mark.parametrize("error", [ValueError(NUMBER), RuntimeError(CODE), KeyError("x")])
async def test_a_gateway_that_breaks_is_asked_again_and_tells_nothing(
    house: House, error: Exception
) -> None:
    async def breaks(message: Message) -> None:
        raise error

    message, post = house.code(), Post(does=breaks)
    await house.put(message)
    one = worker(house, SMS=post)
    with capture_logs() as logged:
        await one.drain()
        post.does = None
        house.clock.advance(3 * SECOND)
        await one.drain()
    assert await house.states() == {message.id: "sent"}
    assert CODE not in repr(logged)
    assert NUMBER not in repr(logged)
    assert f"gateway broke: {type(error).__name__}" in repr(logged)


class Hanging:
    """Waits until it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def __call__(self, message: Message) -> None:
        await self.let_go.wait()


async def test_a_gateway_that_hangs_is_given_up_on_and_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent.lane._BESIDE", 0.01)
    post = Post(does=Hanging(), timeout_seconds=0.01)
    message = house.code()
    await house.put(message)
    one = worker(house, SMS=post)
    with capture_logs() as logged:
        await one.drain()
    assert [entry["reason"] for entry in logged] == ["gateway hangs"]
    post.does = None
    house.clock.advance(3 * SECOND)
    await one.drain()
    assert await house.states() == {message.id: "sent"}


async def test_a_slow_gateway_holds_up_no_other_channel(house: House) -> None:
    """More wait for it than it is given at once; mail goes out meanwhile, and new mail too."""
    slow, mails = Post(does=Hanging()), Post()
    await house.put(*(house.code() for _ in range(40)))
    await house.put(house.mail())
    one = worker(house, SMS=slow, EMAIL=mails)
    running = asyncio.create_task(one.run())
    await mails.has(1)
    await slow.has(32)
    await house.put(house.mail())
    one._woken.set()
    await mails.has(2)
    assert len(slow.got) == 32  # bounded
    slow.does.let_go.set()
    await slow.has(40)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert Counter((await house.states()).values()) == {"sent": 42}


class Counting(Quiet):
    """Writes down which parts of the worker broke."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def worker_broken(self, part: str) -> None:
        self.broken.append(part)


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), RuntimeError("ours"), RecursionError()], ids=repr
)
async def test_a_lane_that_ends_is_told_of_and_begun_again(
    house: House, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """A library that loses hold of a cancellation ends a lane without a word."""
    monkeypatch.setattr("assent.lane._POLL_SECONDS", 0.001)
    monkeypatch.setattr("assent.worker._REST_SECONDS", 0.001)
    left = {Channel.SMS: 2, Channel.EMAIL: 1}

    class Breaking:
        def __getattr__(self, name: str) -> Any:
            return getattr(house.stores, name)

        async def due_messages(self, now: int, most: int, channel: Channel) -> Any:
            if left.get(channel):
                left[channel] -= 1
                raise error
            return await house.stores.due_messages(now, most, channel)

    stores: Any = Breaking()
    gateways = {Channel.SMS: Post(), Channel.EMAIL: Post()}
    counted, world = Counting(), replace(house.world, stores=stores)
    await house.put(house.code(), house.mail())
    with capture_logs() as logged:
        one = Worker(world, gateways, asyncio.Event(), counted)
        running = asyncio.create_task(one.run())
        for gateway in gateways.values():
            await gateway.has(1)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert sorted(counted.broken) == ["email", "sms", "sms"]
    told = [entry["part"] for entry in logged if entry["event"] == "worker_broken"]
    assert sorted(told) == ["email", "sms", "sms"]
    assert [gateway.closed for gateway in gateways.values()] == [1, 1]


async def test_a_worker_that_hears_nothing_any_more_is_told_of_and_begun_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deaf(asyncio.Event):
        once = False

        async def wait(self) -> Any:
            if not self.once:
                self.once = True
                raise RuntimeError("ours")
            return await super().wait()

        def clear(self) -> None:
            super().clear()
            heard.set()

    monkeypatch.setattr("assent.lane._POLL_SECONDS", 0.001)
    monkeypatch.setattr("assent.worker._REST_SECONDS", 0.001)
    counted, post, woken, heard = Counting(), Post(), Deaf(), asyncio.Event()
    running = asyncio.create_task(Worker(house.world, {Channel.SMS: post}, woken, counted).run())
    await house.put(house.code())
    await post.has(1)
    woken.set()
    async with asyncio.timeout(30):
        await heard.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert counted.broken == ["waking"]


async def test_a_gateway_says_how_many_it_takes_at_once(house: House) -> None:
    narrow, mails = Post(does=Hanging(), at_once=2), Post()
    await house.put(*(house.code() for _ in range(5)))
    one = worker(house, SMS=narrow, EMAIL=mails)
    running = asyncio.create_task(one.run())
    await narrow.has(2)
    await house.put(house.mail())
    one._woken.set()
    await mails.has(1)
    assert len(narrow.got) == 2
    narrow.does.let_go.set()
    await narrow.has(5)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_what_is_under_way_is_finished_before_the_end(house: House) -> None:
    post = Post(does=Hanging())
    message = house.code()
    await house.put(message)
    one = worker(house, SMS=post)
    running = asyncio.create_task(one.run())
    await post.has(1)
    running.cancel()
    asyncio.get_running_loop().call_later(0.05, post.does.let_go.set)
    with suppress(asyncio.CancelledError):
        await running
    assert await house.states() == {message.id: "sent"}
    assert post.closed == 1


async def test_what_hangs_at_the_end_is_left_to_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent.lane._GRACE_SECONDS", 0.01)
    post = Post(does=Hanging())
    message = house.code()
    await house.put(message)
    running = asyncio.create_task(worker(house, SMS=post).run())
    await post.has(1)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert await house.states() == {message.id: "waiting"}
    again = Post()
    await worker(house, SMS=again).drain()
    assert again.got == []  # claimed, until the gateway's longest time and more is over
    house.clock.advance(36 * SECOND)
    await worker(house, SMS=again).drain()
    assert [one.id for one in again.got] == [message.id]


async def test_two_workers_send_each_message_once(house: House, database: Database) -> None:
    stores = house.stores if database.kind == "memory" else await database.open()
    second = replace(house, world=world_of(stores, house.clock))
    await house.put(*(house.code() for _ in range(150)))
    posts = Post(), Post()

    async def yielding(message: Message) -> None:
        await asyncio.sleep(0)

    for post in posts:
        post.does = yielding
    await asyncio.gather(worker(house, SMS=posts[0]).drain(), worker(second, SMS=posts[1]).drain())
    while "waiting" in (await house.states()).values():
        await worker(house, SMS=posts[0]).drain()
    counts = Counter(one.id for post in posts for one in post.got)
    assert set(counts.values()) == {1}
    assert len(counts) == 150


async def test_what_was_sent_is_written_down_as_soon_as_the_database_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not sent a second time."""
    monkeypatch.setattr("assent.lane._POLL_SECONDS", 0.001)
    monkeypatch.setattr("assent.worker._REST_SECONDS", 0.001)
    away = 3

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        async def commit(self, *changes: Any) -> Any:
            nonlocal away
            if type(changes[0]).__name__ == "FinishMessage" and away:
                away -= 1
                raise Refusal(Code.UNAVAILABLE, "gone", 1)
            return await real.commit(*changes)

    real = house.stores
    message, post = house.code(), Post()
    await house.put(message)
    stores: Any = Failing()
    house.world = replace(house.world, stores=stores)
    await worker(house, SMS=post).drain()
    assert away == 0
    assert len(post.got) == 1
    house.world = replace(house.world, stores=real)
    assert await house.states() == {message.id: "sent"}


async def test_a_channel_without_a_gateway_gives_up(house: House) -> None:
    notice = house.mail()
    await house.put(notice)
    with capture_logs() as logged:
        await worker(house, SMS=Post()).drain()
    assert await house.states() == {notice.id: "given_up"}
    assert [entry["event"] for entry in logged] == ["message_without_gateway"]


class Watching(Quiet):
    """Writes down what became of each try."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, str]] = []

    def message(self, channel: str, tries: int) -> Any:
        return SimpleNamespace(end=lambda outcome="": self.ended.append((channel, outcome)))


async def damage(house: House, *messages: Message) -> None:
    change = Statement("UPDATE outbox SET sealed = $sealed WHERE id = $id RETURNING id")
    for message in messages:
        step = (change, {"sealed": b"damaged" * 8, "id": message.id})
        await house.stores._engine.apply([step])


async def test_messages_that_cannot_be_opened_hold_up_nobody(house: House) -> None:
    """More of them than are under way at once, all before the one that can be."""
    bad = [house.code() for _ in range(AT_ONCE + 8)]
    house.clock.advance(SECOND)
    good, post, watching = house.code(), Post(), Watching()
    await house.put(*bad, good)
    await damage(house, *bad)
    one = Worker(house.world, {Channel.SMS: post}, asyncio.Event(), watching)
    with capture_logs() as logged:
        await one.drain()
    assert [message.id for message in post.got] == [good.id]
    told = [entry for entry in logged if entry["event"] == "message_unreadable"]
    assert sorted(entry["message"] for entry in told) == sorted(message.id for message in bad)
    assert watching.ended.count(("sms", "unreadable")) == len(bad)
    assert "worker_broken" not in {entry["event"] for entry in logged}


async def test_a_message_that_cannot_be_opened_is_looked_at_seldom_and_then_expires(
    house: House,
) -> None:
    """Rarely, because a version that knows its content, or a back-up's data key, may come."""
    message, post, watching = house.code(), Post(), Watching()
    await house.put(message)
    await damage(house, message)
    one = Worker(house.world, {Channel.SMS: post}, asyncio.Event(), watching)
    with capture_logs() as logged:
        for _ in range(299):
            await one.drain()
            house.clock.advance(SECOND)
        assert await house.states() == {message.id: "waiting"}
        for _ in range(600):
            await one.drain()
            house.clock.advance(SECOND)
    assert await house.states() == {message.id: "expired"}
    looked = [entry["event"] for entry in logged].count("message_unreadable")
    assert 4 <= looked <= 10
    assert [outcome for _, outcome in watching.ended] == ["unreadable"] * looked + ["expired"]
    assert post.got == []


async def test_two_workers_put_an_unreadable_message_off_once(house: House) -> None:
    message, watching = house.code(), Watching()
    await house.put(message)
    await damage(house, message)
    both = [Worker(house.world, {}, asyncio.Event(), watching) for _ in range(2)]
    await asyncio.gather(*(one.drain() for one in both))
    assert watching.ended == [("sms", "unreadable")]
