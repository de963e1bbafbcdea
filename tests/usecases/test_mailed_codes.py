"""Codes by e-mail: what they cost whoever has an account, and whoever has none."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from assent.adapters.sql.stores import SqlStores
from assent.adapters.vault_file.vault import FileVault
from assent.domain.attempts import holder_of
from assent.domain.challenge import ChallengeState
from assent.domain.factor import FactorState
from assent.domain.hashed_secret import HashCosts
from assent.domain.kind import Kind
from assent.domain.mailed_code import PROOF, MailPurpose
from assent.domain.message import Message
from assent.domain.programme import ProgrammeSettings
from assent.domain.session import Caller
from assent.domain.subject import Role
from assent.factors.password.kind import Password
from assent.kernel.clock import MINUTE
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Change, ChangeSubject, Committed
from assent.testing.frozen import FrozenClock
from assent.usecases.mailed_codes import WrongCode
from assent.usecases.read_capture import Captured
from assent.usecases.reset_password import PasswordReset, reset_password, start_reset
from assent.usecases.verify_email import Verified, send_verification, verify_email
from assent.usecases.world import World
from tests.conftest import ROOTS
from tests.contracts.rows import Scene, applied, there

T = TypeVar("T")
NOBODY = "nobody@example.com"
OLD, NEW = "harbour lamp seventeen crows", "violet kettle under seven bridges"
CHEAP = HashCosts(memory_kib=8, passes=1, lanes=1)


class Counting:
    """An offload that counts the slow work, at once."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self, work: Callable[[], T]) -> T:
        self.done += 1
        return work()

    @contextmanager
    def place(self) -> Iterator["Counting"]:
        yield self


class Watched:
    """The stores, with each read and commit counted."""

    def __init__(self, stores: SqlStores) -> None:
        self._stores = stores
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._stores, name)


class Watching:
    """A World whose work can be counted."""

    def __init__(self, world: World, stores: SqlStores) -> None:
        self.stores, self.slow = Watched(stores), Counting()
        vault = FileVault(ROOTS, SystemRandomness())
        password: Kind = Password(CHEAP, b"p" * 32)
        untyped: Any = self.stores
        self.world = replace(
            world, stores=untyped, vault=vault, offload=self.slow, kinds={"password": password}
        )

    def work(self) -> tuple[dict[str, int], int]:
        """What was done since it was asked last."""
        done = dict(self.stores.calls), self.slow.done
        self.stores.calls.clear()
        self.slow.done = 0
        return done


@pytest.fixture
def watching(world: World, stores: SqlStores) -> Watching:
    return Watching(world, stores)


@pytest.fixture
async def someone(person: Scene, watching: Watching) -> Scene:
    """With a password."""
    kind = watching.world.secret_kind("password")
    details = kind.keep({}, Secret(OLD), person.now)
    factor = person.make.factor(person.subject, kind="password", details=details)
    await person.add(factor)
    return person


@pytest.fixture
def server(person: Scene) -> Caller:
    settings = ProgrammeSettings(plaintext_passwords=True)
    return Caller(programme=replace(person.programme, settings=settings), address="192.0.2.1")


def typed(password: str) -> Callable[[bool], Any]:
    async def read(spend: bool) -> Captured:
        return Captured("password", Secret(password))

    return read


async def test_nobody_costs_as_much_as_somebody(
    someone: Scene, watching: Watching, server: Caller
) -> None:
    """ASVS 6.3.8: as many reads, commits and hashes, from the start to the block."""
    world = watching.world
    costs: dict[str, list[object]] = {}
    for email in (someone.subject.email, NOBODY):
        watching.work()
        await start_reset(world, server, email, "123456")
        seen: list[object] = [watching.work()]
        with pytest.raises(Refusal) as refused:
            await start_reset(world, server, email)
        seen += [refused.value.code, watching.work()]
        for _ in range(7):
            wrong = await reset_password(world, server, email, "000000", typed(NEW))
            assert isinstance(wrong, WrongCode)
            seen.append(watching.work())
        with pytest.raises(Refusal) as refused:
            await start_reset(world, server, email)
        seen += [refused.value.code, watching.work()]
        costs[email] = seen
    known, unknown = costs.values()
    assert known == unknown
    assert known[1] is Code.RESEND_TOO_SOON
    first = known[3]
    assert isinstance(first, tuple)
    assert first[0]["commit"] == 2  # counted, then told
    assert first[1] == 0


async def test_a_right_code_costs_a_hash_and_a_wrong_one_none(
    someone: Scene, watching: Watching, server: Caller
) -> None:
    """Or the above would hold because nothing is ever hashed."""
    world, email = watching.world, someone.subject.email
    await start_reset(world, server, email, "123456")
    watching.work()
    done = await reset_password(world, server, email, "123456", typed(NEW))
    assert isinstance(done, PasswordReset)
    assert watching.work()[1] == 2  # compared with the one before, and kept


async def test_a_code_is_not_kept_as_it_is(
    someone: Scene, watching: Watching, server: Caller
) -> None:
    await start_reset(watching.world, server, someone.subject.email, "123456")
    mailed = there(await someone.stores.mailed(someone.subject.id, MailPurpose.RESET_PASSWORD))
    assert b"123456" not in mailed.code.expected
    assert len(mailed.code.expected) == 48
    assert mailed.code.expires_at == someone.now + 15 * MINUTE


async def test_the_message_lives_as_long_as_its_code(
    someone: Scene, watching: Watching, server: Caller
) -> None:
    await start_reset(watching.world, server, someone.subject.email.upper(), "123456")
    (message,) = await someone.stores.due_messages(someone.now, 10)
    assert isinstance(message, Message)
    assert message.not_after == someone.now + 15 * MINUTE
    assert message.content.address == someone.subject.email
    assert message.content.code == "123456"


async def test_everything_of_a_reset_in_one_commit(
    someone: Scene, watching: Watching, server: Caller, clock: FrozenClock
) -> None:
    world, stores, subject = watching.world, someone.stores, someone.subject
    approval = someone.make.asked(subject)
    await someone.add(approval)
    for _ in range(5):
        await applied(stores, someone.attempt(proof="password"))
    await start_reset(world, server, subject.email, "123456")
    clock.advance(MINUTE)
    done = await reset_password(world, server, subject.email, "123456", typed(NEW))
    assert isinstance(done, PasswordReset)
    assert await stores.session(someone.session.id) is None
    fresh = there(await stores.session(done.session.id))
    assert not fresh.stepped_up
    changed = there(await stores.subject(subject.programme_id, subject.id))
    assert (changed.email_verified, changed.epoch) == (True, subject.epoch + 1)
    assert there(await stores.approval(there(approval.lookup))).state != approval.state
    attempts = await stores.attempts_of(subject.programme_id, holder_of(subject.id))
    assert {proof: held.blocked_until for proof, held in attempts.items()} == {
        "password": 0,
        PROOF: 0,
    }
    mailed = there(await stores.mailed(subject.id, MailPurpose.RESET_PASSWORD))
    assert mailed.code.state is ChallengeState.PASSED
    factor = there(await stores.factor(subject.id, "password"))
    assert len(factor.details["history"]) == 1
    assert factor.state is FactorState.ACTIVE


class Interrupted:
    """Stores in which somebody else changes the person right before a commit, once."""

    def __init__(self, stores: SqlStores, change: Change, nth: int) -> None:
        self._stores, self._change, self._left = stores, change, nth

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)

    async def commit(self, *changes: Change) -> Committed:
        self._left -= 1
        if self._left == 0:
            await applied(self._stores, self._change)
        return await self._stores.commit(*changes)


async def test_an_address_that_changes_in_the_very_moment(
    someone: Scene, watching: Watching, server: Caller
) -> None:
    """Between the comparing and the commit: the code went to another address than theirs."""
    subject = someone.subject
    await start_reset(watching.world, server, subject.email, "123456")
    moved = ChangeSubject(replace(subject, email="moved@example.com"))
    untyped: Any = Interrupted(someone.stores, moved, 2)
    world = replace(watching.world, stores=untyped)
    done = await reset_password(world, server, subject.email, "123456", typed(NEW))
    assert isinstance(done, WrongCode)
    factor = there(await someone.stores.factor(subject.id, "password"))
    assert factor.details["history"] == []


async def test_another_change_in_the_very_moment_is_no_harm(
    someone: Scene, watching: Watching, server: Caller
) -> None:
    subject = someone.subject
    await start_reset(watching.world, server, subject.email, "123456")
    named = ChangeSubject(replace(subject, details={"name": "Augusta"}))
    untyped: Any = Interrupted(someone.stores, named, 2)
    world = replace(watching.world, stores=untyped)
    done = await reset_password(world, server, subject.email, "123456", typed(NEW))
    assert isinstance(done, PasswordReset)
    kept = there(await someone.stores.subject(subject.programme_id, subject.id))
    assert kept.details == {"name": "Augusta"}


async def test_twenty_right_codes_at_once_verify_once(
    someone: Scene, watching: Watching, server: Caller
) -> None:
    world, email = watching.world, someone.subject.email
    await send_verification(world, server, email, Role.ROOT, chosen="123456")
    done = await asyncio.gather(
        *(verify_email(world, server, email, "123456") for _ in range(20)), return_exceptions=True
    )
    assert [type(one) for one in done].count(Verified) == 1
    assert {type(one) for one in done} == {Verified, WrongCode}
