"""Changes of one person that meet: what each of them names is kept."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.session import Caller
from assent.domain.subject import Acting, IdentityType
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change, ChangeIdentity, ChangeSubject, Committed
from assent.ports.stores import Stores
from assent.usecases.change_person import PersonChange, change_person
from assent.usecases.world import World
from tests.contracts.rows import Scene, applied, there

CONSUMER = IdentityType.CONSUMER
HELD = {"country": "MT", "city": "Birgu"}


class Late:
    """The store, where somebody else's changes come right before the first list."""

    def __init__(self, stores: Stores, *changes: Change) -> None:
        self._stores = stores
        self._changes = changes

    async def commit(self, *changes: Change) -> Committed:
        first, self._changes = self._changes, ()
        if first:
            assert (await self._stores.commit(*first)).failed is None
        return await self._stores.commit(*changes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)


@pytest.fixture
async def held(person: Scene) -> Acting:
    """With an address of the person's and one of the identity's."""
    acting = there(await person.stores.acting(person.subject.id, person.identity.id))
    subject = replace(acting.subject, details={"name": "Ada", "address": HELD})
    identity = replace(acting.identity, details={"tag": "vip", "company": HELD})
    await applied(person.stores, ChangeSubject(subject), ChangeIdentity(identity))
    return there(await person.stores.acting(subject.id, identity.id))


async def test_what_is_laid_over_is_laid_over_what_is_there_then(
    world: World, caller: Caller, person: Scene, held: Acting
):
    code = {**HELD, "postCode": "VLT 1112"}
    late: Any = Late(
        world.stores,
        ChangeSubject(replace(held.subject, details={"name": "Ada", "address": code})),
        ChangeIdentity(replace(held.identity, details={"tag": "vip", "company": code})),
    )
    city = {"city": "Mdina"}
    change = PersonChange(
        subject_details={"address": city},
        identity_details={"company": city},
        laid_over=("address", "company"),
    )
    told = await change_person(replace(world, stores=late), caller, CONSUMER, change, ())
    now = there(await person.stores.acting(held.subject.id, held.identity.id))
    for acting in (told, now):
        assert acting.subject.details == {"name": "Ada", "address": {**code, **city}}
        assert acting.identity.details == {"tag": "vip", "company": {**code, **city}}


async def test_what_is_not_laid_over_is_replaced(
    world: World, caller: Caller, person: Scene, held: Acting
):
    change = PersonChange(subject_details={"address": {"country": "IT"}}, laid_over=("company",))
    told = await change_person(world, caller, CONSUMER, change, ())
    assert told.subject.details == {"name": "Ada", "address": {"country": "IT"}}
    assert told.identity.details == held.identity.details


async def test_an_identity_of_another_type_is_not_changed(
    world: World, caller: Caller, person: Scene, held: Acting
):
    change = PersonChange(subject_details={"name": "Eve"})
    with pytest.raises(Refusal) as refused:
        await change_person(world, caller, IdentityType.CORPORATE, change, ())
    assert refused.value.code is Code.NOT_FOUND
    assert await person.stores.acting(held.subject.id, held.identity.id) == held
