"""Events on their way to a firm's server: in order per person, again and again, and kept."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from assent.adapters.sql.statement import Statement
from assent.dialects.weavr.webhooks import say
from assent.domain.event import Event, EventName, Outcome
from assent.domain.message import Message
from assent.domain.programme import KeyRole, Programme
from assent.domain.session import Caller
from assent.domain.subject import Membership, Role, Subject
from assent.kernel.clock import DAY, HOUR, MINUTE, SECOND
from assent.ports.changes import Add, ChangeProgramme, RetireKey
from assent.ports.delivery import Undelivered
from assent.ports.upkeep import ClaimMessage
from assent.ports.webhooks import EventCall, ReplayEvent, Wanted
from assent.usecases.erase_person import erase_person
from assent.usecases.set_active import set_active
from assent.usecases.tell import told
from assent.worker import Worker
from tests.conftest import Database
from tests.contracts.rows import applied
from tests.delivery.conftest import House, rows
from tests.jose.house import world_of

TARGET = "https://hooks.example.com/in"


@dataclass
class Firm:
    """`ports.webhooks.Poster` that does as it is told, and counts what is under way."""

    does: Any = None
    calls: list[EventCall] = field(default_factory=list)
    timeout_seconds: float = 10.0
    at_once: int = 64
    share: int = 16
    under_way: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def post(self, call: EventCall) -> None:
        self.under_way[call.key] += 1
        self.most[call.key] = max(self.most[call.key], self.under_way[call.key])
        async with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
        try:
            if self.does is not None:
                await self.does(call)
        finally:
            self.under_way[call.key] -= 1

    async def close(self) -> None:
        self.closed += 1

    async def has(self, count: int) -> None:
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(lambda: len(self.calls) >= count)

    @property
    def references(self) -> list[str]:
        return [call.reference for call in self.calls]


def refusing(status: int = 500, lasting: bool = False, only: Iterable[str] = ()) -> Any:
    wanted = set(only)

    async def does(call: EventCall) -> None:
        if not wanted or call.reference in wanted:
            raise Undelivered(f"the target answered {status}", lasting)

    return does


@pytest.fixture
async def firm(house: House) -> Firm:
    await house.change(webhook_url=TARGET)
    await applied(house.stores, Add(house.make.key(house.programme.id)))
    await acts(house, house.subject)
    return Firm()


async def acts(house: House, subject: Subject) -> None:
    identity = house.make.identity(subject.programme_id)
    tie = Membership(subject_id=subject.id, identity_id=identity.id, role=Role.ROOT)
    await applied(house.stores, Add(identity), Add(tie))


async def somebody(house: House, programme: Programme | None = None) -> Subject:
    subject = house.make.subject((programme or house.programme).id)
    await applied(house.stores, Add(subject))
    await acts(house, subject)
    return subject


def worker(house: House, firm: Firm, world: Any = None) -> Worker:
    return Worker(world or house.world, {}, asyncio.Event(), poster=firm, saying=(say,))


def event(house: House, subject: Subject | None = None, **values: Any) -> Event:
    usual: dict[str, Any] = {
        "name": EventName.STEP_UP_DECIDED,
        "subject_id": (subject or house.subject).id,
        "kind": "sms_otp",
        "challenge_id": 7,
        "outcome": Outcome.VERIFIED,
        "at": house.clock.now(),
    }
    return Event(**{**usual, **values})


async def tell(house: House, *events: Event, programme: Programme | None = None) -> list[str]:
    """Puts them into the outbox, and returns their references."""
    changes = told(house.world, programme or house.programme, *events)
    await applied(house.stores, *changes)
    return [str(change.row.id) for change in changes if isinstance(change, Add)]  # type: ignore[union-attr]


async def other_programme(house: House) -> Programme:
    settings = replace(house.programme.settings, webhook_url=TARGET)
    programme = house.make.programme(settings=settings)
    await applied(house.stores, Add(programme), Add(house.make.key(programme.id)))
    house.clock.advance(2 * SECOND)  # what is known of programmes is a second old at most
    return programme


async def test_what_happened_is_posted_in_the_dialects_words(house: House, firm: Firm) -> None:
    (reference,) = await tell(house, event(house))
    await worker(house, firm).drain(events=True)
    (call,) = firm.calls
    assert call.url == f"{TARGET}/stepup/watch"
    assert call.reference == reference
    (key,) = await house.stores.keys_of(house.programme.id)
    assert call.key == key.text
    assert f'"id":"{house.subject.id}"'.encode() in call.body
    assert await house.states() == {int(reference): "sent"}


async def test_nothing_is_written_where_no_target_is_named(house: House) -> None:
    assert told(house.world, house.programme, event(house)) == ()


async def test_in_order_per_person_whatever_the_clock_of_the_server_that_tells(
    house: House, firm: Firm, database: Database
) -> None:
    """The second comes from a server whose clock is behind by a second."""
    references = await tell(house, event(house), event(house))
    behind = world_of(house.stores, type(house.clock)(house.clock.now() - SECOND))
    late = told(replace(behind, ids=house.make.ids), house.programme, event(house))
    await applied(house.stores, *late)
    references.append(str(late[0].row.id))  # type: ignore[union-attr]
    house.clock.advance(SECOND)
    await worker(house, firm).drain(events=True)
    assert firm.references == references


async def test_those_of_one_commit_go_in_its_order(house: House, firm: Firm) -> None:
    references = await tell(house, *(event(house, challenge_id=n) for n in range(1, 9)))
    house.clock.advance(SECOND)
    await worker(house, firm).drain(events=True)
    assert firm.references == references
    assert [f'"challengeId":"{n}"'.encode() in call.body for n, call in enumerate(firm.calls, 1)]


async def test_only_one_of_a_person_is_under_way(house: House, firm: Firm) -> None:
    active: Counter[str] = Counter()

    async def does(call: EventCall) -> None:
        active["now"] += 1
        active["most"] = max(active["now"], active["most"])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        active["now"] -= 1

    firm.does = does
    for _ in range(5):
        await tell(house, event(house))
    house.clock.advance(SECOND)
    one, two = worker(house, firm), worker(house, firm)
    await asyncio.gather(one.drain(events=True), two.drain(events=True))
    await one.drain(events=True)
    assert active["most"] == 1
    assert len(firm.calls) == 5


async def test_one_delivery_and_five_retries_then_it_is_kept(house: House, firm: Firm) -> None:
    (reference,) = await tell(house, event(house))
    firm.does = refusing()
    at = await every_second(house, firm, 5 * HOUR, step=5 * SECOND)
    waits = [later - sooner for sooner, later in pairwise(at)]
    assert waits == [10 * SECOND, 60 * SECOND, 360 * SECOND, 2_160 * SECOND, 12_960 * SECOND]
    assert await house.states() == {int(reference): "given_up"}
    (line,) = await house.stores.events(Wanted(event_id=int(reference)), 1)
    assert line.body is not None
    assert line.tries == 6


async def every_second(house: House, firm: Firm, until: int, step: int = SECOND) -> list[int]:
    """Works until then; the moments of the calls."""
    one, end, at = worker(house, firm), house.clock.now() + until, []
    while house.clock.now() < end:
        before = len(firm.calls)
        await one.drain(events=True)
        at += [house.clock.now()] * (len(firm.calls) - before)
        house.clock.advance(step)
    return at


async def test_a_receiver_that_is_down_for_an_hour_gets_everything_in_order(
    house: House, firm: Firm
) -> None:
    people = [house.subject, *[await somebody(house) for _ in range(4)]]
    sent: dict[int, list[str]] = defaultdict(list)
    firm.does = refusing(503)
    began, one = house.clock.now(), worker(house, firm)
    while house.clock.now() < began + HOUR:
        for subject in people:
            sent[subject.id] += await tell(house, event(house, subject))
        await one.drain(events=True)
        house.clock.advance(5 * MINUTE)
    firm.does, firm.calls = None, []
    for _ in range(60):
        house.clock.advance(5 * MINUTE)
        await one.drain(events=True)
    assert set((await house.states()).values()) == {"sent"}
    for subject in people:
        mine = [one for one in firm.references if one in sent[subject.id]]
        assert mine == sent[subject.id]


async def test_what_waits_behind_a_retry_is_not_looked_at_before(house: House, firm: Firm) -> None:
    """Or a hundred thousand of them would be, each second."""
    first = await tell(house, event(house))
    behind = await tell(house, event(house))
    firm.does = refusing()
    house.clock.advance(SECOND)
    await worker(house, firm).drain(events=True)
    due = {row["id"]: row["next_at"] for row in await rows(house.stores, "SELECT * FROM outbox")}
    assert due[int(first[0])] == due[int(behind[0])] == house.clock.now() + 10 * SECOND


async def test_a_poison_event_holds_up_nobody_else(house: House, firm: Firm) -> None:
    (poison,) = await tell(house, event(house))
    after = await tell(house, event(house))
    others = [(await tell(house, event(house, await somebody(house))))[0] for _ in range(3)]
    firm.does = refusing(only=[poison])
    house.clock.advance(SECOND)
    one = worker(house, firm)
    await one.drain(events=True)
    assert {one for one in firm.references if one != poison} == set(others)
    await every_second(house, firm, 5 * HOUR, MINUTE)
    states = await house.states()
    assert states[int(poison)] == "given_up"
    assert states[int(after[0])] == "sent"


async def test_what_is_refused_for_good_is_kept_at_once_and_the_next_goes_on(
    house: House, firm: Firm
) -> None:
    refused, fine = [(await tell(house, event(house)))[0] for _ in range(2)]
    firm.does = refusing(400, lasting=True, only=[refused])
    house.clock.advance(SECOND)
    await worker(house, firm).drain(events=True)
    assert await house.states() == {int(refused): "given_up", int(fine): "sent"}


async def test_a_replay_is_another_delivery_of_the_same_event(house: House, firm: Firm) -> None:
    first, second = [(await tell(house, event(house)))[0] for _ in range(2)]
    firm.does = refusing(400, lasting=True)
    house.clock.advance(SECOND)
    one = worker(house, firm)
    await one.drain(events=True)
    firm.does, firm.calls = None, []
    now = house.clock.now()
    await applied(house.stores, ReplayEvent(int(first), now), ReplayEvent(int(second), now))
    await one.drain(events=True)
    assert firm.references == [first, second]
    await applied(house.stores, ReplayEvent(int(first), now))  # taken, and lost there
    await one.drain(events=True)
    assert firm.references == [first, second, first]
    again = await house.stores.commit(ReplayEvent(int(first), house.clock.now() + 30 * DAY))
    assert again.failed is not None


async def test_what_may_be_replayed_no_more_is_erased(house: House, firm: Firm) -> None:
    refused, sent = [(await tell(house, event(house)))[0] for _ in range(2)]
    firm.does = refusing(400, lasting=True, only=[refused])
    house.clock.advance(SECOND)
    await worker(house, firm).drain(events=True)
    await house.stores.sweep(house.clock.now() + 29 * DAY)
    assert all(line.body for line in await house.stores.events(Wanted(), 9))
    await house.stores.sweep(house.clock.now() + 30 * DAY)
    assert not any(line.body for line in await house.stores.events(Wanted(), 9))
    assert {line.id for line in await house.stores.events(Wanted(), 9)} == {int(refused), int(sent)}


async def test_one_that_is_too_old_is_not_sent(house: House, firm: Firm) -> None:
    (reference,) = await tell(house, event(house))
    house.clock.advance(30 * DAY)
    await worker(house, firm).drain(events=True)
    assert firm.calls == []
    assert await house.states() == {int(reference): "expired"}


async def test_a_firm_that_hangs_holds_up_no_other(house: House, firm: Firm) -> None:
    """It has a quarter of the places, and no more, however many events wait for it."""
    other = await other_programme(house)
    let_go = asyncio.Event()
    (slow_key,) = await house.stores.keys_of(house.programme.id)

    async def does(call: EventCall) -> None:
        if call.key == slow_key.text:
            await let_go.wait()

    firm.does = does
    for _ in range(80):
        await tell(house, event(house, await somebody(house)))
    quick = [await somebody(house, other) for _ in range(40)]
    for subject in quick:
        await tell(house, event(house, subject), programme=other)
    house.clock.advance(SECOND)
    one = worker(house, firm)
    running = asyncio.create_task(one.run())
    try:
        await firm.has(16 + 40)
        counted = Counter(call.key == slow_key.text for call in firm.calls)
        assert counted == {True: 16, False: 40}
        let_go.set()
        await firm.has(120)
        assert firm.most[slow_key.text] == 16
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert firm.closed == 1


async def test_a_worker_that_dies_in_the_middle_loses_nothing(house: House, firm: Firm) -> None:
    """Its claim is over in less than a minute; what waits behind stays behind."""
    first, second = [(await tell(house, event(house)))[0] for _ in range(2)]
    house.clock.advance(SECOND)
    now = house.clock.now()
    await applied(house.stores, ClaimMessage(int(first), now + 35 * SECOND, now))
    one = worker(house, firm)
    await one.drain(events=True)
    assert firm.calls == []
    house.clock.advance(36 * SECOND)
    await one.drain(events=True)
    assert firm.references == [first, second]


async def test_one_that_cannot_be_opened_is_given_up_after_six_looks(
    house: House, firm: Firm
) -> None:
    """It does not hold up the person's others for ever."""
    lost, fine = [(await tell(house, event(house)))[0] for _ in range(2)]
    await spoil(house, int(lost))
    at = await every_second(house, firm, 5 * HOUR, MINUTE)
    assert len(at) == 1
    assert firm.references == [fine]
    assert (await house.states())[int(lost)] == "given_up"
    (line,) = await house.stores.events(Wanted(event_id=int(lost)), 1)
    assert line.body is None


async def spoil(house: House, number: int) -> None:
    text = "UPDATE outbox SET sealed = $sealed WHERE id = $id RETURNING id"
    await house.stores._engine.apply([(Statement(text), {"sealed": b"nonsense", "id": number})])


async def test_the_oldest_key_signs_until_it_is_retired(house: House, firm: Firm) -> None:
    (old,) = await house.stores.keys_of(house.programme.id)
    house.clock.advance(SECOND)
    new = house.make.key(house.programme.id)
    ui = house.make.key(house.programme.id, role=KeyRole.UI, created_at=0)
    one = worker(house, firm)
    await applied(house.stores, Add(new), Add(ui))
    await tell(house, event(house))
    await one.drain(events=True)
    await applied(house.stores, RetireKey(old.id, house.clock.now()))
    await tell(house, event(house))
    house.clock.advance(SECOND)
    await one.drain(events=True)
    assert [call.key for call in firm.calls] == [old.text, new.text]


async def test_a_programme_that_names_no_target_any_more_keeps_its_events(
    house: House, firm: Firm
) -> None:
    (reference,) = await tell(house, event(house))
    settings = replace(house.programme.settings, webhook_url="")
    await applied(house.stores, ChangeProgramme(replace(house.programme, settings=settings)))
    house.clock.advance(2 * SECOND)
    with capture_logs() as logged:
        await worker(house, firm).drain(events=True)
    assert firm.calls == []
    assert await house.states() == {int(reference): "given_up"}
    assert "webhook_url" in repr(logged)


async def test_what_the_dialect_has_no_words_for_is_not_told(house: House, firm: Firm) -> None:
    skipped = await tell(house, event(house, name=EventName.FACTOR_CHANGED, kind="pin"))
    fine = await tell(house, event(house))
    house.clock.advance(SECOND)
    await worker(house, firm).drain(events=True)
    assert firm.references == fine
    assert (await house.states())[int(skipped[0])] == "skipped"
    (line,) = await house.stores.events(Wanted(event_id=int(skipped[0])), 1)
    assert line.body is None


async def test_what_another_version_wrote_waits_for_it(house: House, firm: Firm) -> None:
    changes = told(house.world, house.programme, event(house))
    row: Message = changes[0].row  # type: ignore[union-attr,assignment]
    strange = replace(row, content=replace(row.content, body='{"name":"something_new"}'))
    await applied(house.stores, Add(strange))
    await worker(house, firm).drain(events=True)
    assert await house.states() == {strange.id: "waiting"}


async def test_the_log_says_nothing_of_the_firms_address_or_key(house: House, firm: Firm) -> None:
    secret = "https://hooks.example.com/s3cr3t-path"
    await house.change(webhook_url=secret)
    (key,) = await house.stores.keys_of(house.programme.id)
    await tell(house, event(house))
    await tell(house, event(house, await somebody(house)))
    broken = iter([ValueError(secret), Undelivered("the target answered 500")])

    async def does(call: EventCall) -> None:
        raise next(broken)

    firm.does = does
    house.clock.advance(2 * SECOND)
    with capture_logs() as logged:
        await worker(house, firm).drain(events=True)
    assert len(logged) == 2
    assert "s3cr3t" not in repr(logged)
    assert key.text not in repr(logged)
    assert "s3cr3t" not in repr(firm.calls)
    assert key.text not in repr(firm.calls)


async def erased(house: House) -> int:
    """The event that says so of the house's person."""
    caller = Caller(programme=house.programme, operator="grace")
    subject = await house.stores.subject(house.programme.id, house.subject.id)
    await erase_person(house.world, caller, subject, "asked", tell=False)
    (line,) = await house.stores.events(Wanted(subject_id=house.subject.id), 9)
    return int(line.id)


async def test_of_somebody_who_was_erased_nothing_is_kept_once_it_was_taken(
    house: House, firm: Firm
) -> None:
    number = await erased(house)
    await worker(house, firm).drain(events=True)
    assert house.subject.email.encode() in firm.calls[0].body
    assert await house.states() == {number: "sent"}
    (line,) = await house.stores.events(Wanted(event_id=number), 1)
    assert line.body is None


async def test_of_somebody_who_was_erased_nothing_is_kept_for_longer_than_a_day(
    house: House, firm: Firm
) -> None:
    """All six tries are made, and what was not taken may be replayed for what is left of it."""
    number, began = await erased(house), house.clock.now()
    firm.does = refusing()
    assert len(await every_second(house, firm, 5 * HOUR, step=MINUTE)) == 6
    assert await house.states() == {number: "given_up"}
    await house.stores.sweep(began + DAY - 1)
    (line,) = await house.stores.events(Wanted(event_id=number), 1)
    assert line.body is not None
    await house.stores.sweep(began + DAY)
    (line,) = await house.stores.events(Wanted(event_id=number), 1)
    assert line.body is None


async def test_of_somebody_who_was_only_shut_out_it_is_kept_as_of_anybody(
    house: House, firm: Firm
) -> None:
    caller = Caller(programme=house.programme, operator="grace")
    await set_active(house.world, caller, house.subject, active=False)
    await worker(house, firm).drain(events=True)
    await house.stores.sweep(house.clock.now() + 29 * DAY)
    (line,) = await house.stores.events(Wanted(subject_id=house.subject.id), 9)
    assert line.body is not None
