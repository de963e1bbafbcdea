"""The address that a client writes to, changed while somebody else changes the person."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, ChangeSubject, Committed
from assent.ports.stores import Stores
from assent.usecases.change_contact_email import change_contact_email, contact_email
from assent.usecases.world import REPEATS, World
from tests.contracts.rows import Scene, there


class Busy:
    """The store, where the person is changed just before this call does it, so many times."""

    def __init__(self, stores: Stores, times: int) -> None:
        self._stores = stores
        self.left = times

    async def commit(self, *changes: Change) -> Committed:
        change = changes[0]
        if isinstance(change, ChangeSubject) and self.left:
            self.left -= 1
            details = {**change.subject.details, "contactEmail": None, "left": self.left}
            other = replace(change.subject, details=details)
            assert (await self._stores.commit(ChangeSubject(other))).failed is None
        return await self._stores.commit(*changes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)


@pytest.mark.parametrize("times", [0, REPEATS - 1])
async def test_it_is_changed_and_nothing_else(
    world: World, caller: Caller, person: Scene, times: int
):
    stores: Any = Busy(world.stores, times)
    await change_contact_email(
        replace(world, stores=stores), caller, person.subject.id, "new@example.com"
    )
    held = there(await person.stores.subject(person.programme.id, person.subject.id))
    assert contact_email(held) == "new@example.com"
    assert held.email == person.subject.email, "it signs nobody in"
    assert held.details.get("left") == (0 if times else None), "and what came first is there too"
    facts = await person.stores.facts(person.programme.id, person.subject.id)
    assert [fact.name for fact in facts] == ["contact_email_changed"]


async def test_what_is_refused(world: World, caller: Caller, person: Scene):
    stores: Any = Busy(world.stores, REPEATS)
    busy, mine = replace(world, stores=stores), person.subject.id
    for place, subject_id, email, code in (
        (world, mine, "no address", Code.EMAIL_INVALID),
        (world, 1, "new@example.com", Code.SUBJECT_UNKNOWN),
        (busy, mine, "new@example.com", Code.CHANGED_MEANWHILE),
    ):
        with pytest.raises(Refusal) as refusal:
            await change_contact_email(place, caller, subject_id, email)
        assert refusal.value.code is code
    assert await person.stores.facts(person.programme.id, mine) == []


def test_without_one_it_is_their_own(person: Scene):
    assert contact_email(person.subject) == person.subject.email
