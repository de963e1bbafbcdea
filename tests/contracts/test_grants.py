"""Who may act for whom: clients by their keys, their grants, and what only one person may hold."""

from dataclasses import replace
from typing import Any

import pytest

from assent.domain.factor import FactorState
from assent.domain.programme import Client, KeyRole
from assent.ports.changes import ChangeFactor, ChangeGrant, ChangeProgramme, RetireKey, RetireKeys
from tests.contracts.rows import UNICODE, Scene, applied

ID = UNICODE.replace("\0", "").replace(":", "")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "client": ID,
            "secret": bytes(range(32)),
            "session_id": 2**53 - 1,
            "refresh": bytes(range(32, 64)),
            "refresh_until": 2**53 - 1,
            "version": 9,
        },
    ],
)
async def test_a_grant_comes_out_as_it_went_in(person: Scene, values: dict[str, Any]):
    grant, stores = person.make.grant(person.subject, **values), person.stores
    await person.add(grant)
    assert await stores.grant(grant.client, person.subject.id) == grant
    assert await stores.grant("another", person.subject.id) is None
    assert await stores.grant(grant.client, person.make.ids.next()) is None
    found = await stores.grant_by_refresh(grant.refresh or b"")
    assert found == (grant if grant.refresh else None)


async def test_a_grant_that_is_renewed_keeps_whose_it_is(person: Scene):
    grant, stores = person.make.grant(person.subject, refresh=b"old"), person.stores
    other = person.make.grant(person.subject, client="client-2", refresh=b"other")
    await person.add(grant, other)
    renewed = replace(grant, session_id=7, refresh=b"new", refresh_until=8, secret=b"secret")
    strange = replace(renewed, client="client-2", subject_id=1, programme_id=1, created_at=1)
    await applied(stores, ChangeGrant(strange))
    after = replace(renewed, version=grant.version + 1)
    assert await stores.grant("client-1", person.subject.id) == after
    assert await stores.grant_by_refresh(b"new") == after
    assert await stores.grant_by_refresh(b"old") is None
    assert await stores.grant("client-2", person.subject.id) == other


async def test_a_client_is_who_its_key_says(person: Scene):
    make, stores, programme = person.make, person.stores, person.programme
    key = make.key(programme.id, role=KeyRole.CLIENT, text=f"{ID}:secret:with:colons")
    api = make.key(programme.id, text=f"{ID}:api")
    await person.add(key, api)
    client = Client(ID, key.id, programme)
    assert await stores.client_by_key(key.text) == client
    assert await stores.client(key.id) == client
    for wrong in (api.text, f"{ID}:secret:with", f"{ID}:", ID, "", f"{key.text} "):
        assert await stores.client_by_key(wrong) is None, wrong
    assert await stores.client(api.id) is None, "a key of another role names no client"
    assert await stores.client(make.ids.next()) is None
    assert await stores.programme_by_key(KeyRole.API, key.text) is None


async def test_a_client_whose_key_was_retired_is_none(person: Scene):
    make, stores, programme = person.make, person.stores, person.programme
    old = make.key(programme.id, role=KeyRole.CLIENT, text="client-1:old")
    await person.add(old)
    client = Client("client-1", old.id, programme)
    assert (await stores.client_by_key(old.text), await stores.client(old.id)) == (client,) * 2
    await applied(stores, RetireKeys(programme.id, KeyRole.CLIENT, person.now))
    new = make.key(programme.id, role=KeyRole.CLIENT, text="client-1:new")
    await person.add(new)
    assert (await stores.client_by_key(old.text), await stores.client(old.id)) == (None, None)
    assert await stores.client_by_key(new.text) == Client("client-1", new.id, programme)


async def test_one_key_is_retired_and_no_other(person: Scene):
    make, stores, programme = person.make, person.stores, person.programme
    old, other = (
        make.key(programme.id, role=KeyRole.CLIENT, text=f"client-{n}:secret") for n in (1, 2)
    )
    api = make.key(programme.id)
    await person.add(old, other, api)
    assert await stores.client(old.id) is not None
    await applied(stores, RetireKey(old.id, person.now))
    assert (await stores.client_by_key(old.text), await stores.client(old.id)) == (None, None)
    assert await stores.client(other.id) == Client("client-2", other.id, programme)
    assert await stores.keys_of(programme.id) == [other, api]


async def test_another_server_believes_a_key_for_a_second(person: Scene):
    """And sees the programme's settings as they were; not longer."""
    make, stores = person.make, person.stores
    key = make.key(person.programme.id, role=KeyRole.CLIENT, text="client-1:secret")
    await person.add(key)
    before = await stores.client(key.id)
    assert before is not None
    renamed = replace(person.programme, name="Renamed")
    # what another server commits passes this one's memory by
    engine: Any = stores._engine
    elsewhere = type(stores)(engine, stores._vault, make.clock)
    await applied(elsewhere, ChangeProgramme(renamed))
    make.clock.advance(999)
    assert await stores.client(key.id) == before
    make.clock.advance(1)
    assert await stores.client(key.id) == replace(before, programme=renamed)


async def test_a_client_that_is_made_is_known_at_once(person: Scene):
    key = person.make.key(person.programme.id, role=KeyRole.CLIENT, text="client-1:secret")
    assert await person.stores.client_by_key(key.text) is None
    await person.add(key)
    assert await person.stores.client_by_key(key.text) is not None


async def test_what_only_one_may_hold_is_held_by_one(person: Scene):
    make, stores = person.make, person.stores
    phone = make.factor(person.subject, kind="phone", claim=b"a number")
    other = make.subject(person.programme.id)
    await person.add(phone, other)
    assert await stores.factor_by_claim(b"a number") == phone
    assert await stores.factor_by_claim(b"another") is None
    assert await stores.factors(person.subject.id, "phone") == [phone]
    moved = replace(phone, claim=b"another")
    await applied(stores, ChangeFactor(moved))
    assert await stores.factor_by_claim(b"another") == replace(moved, version=2)
    theirs = make.factor(other, kind="phone", claim=b"a number")
    await person.add(theirs)
    assert await stores.factor_by_claim(b"a number") == theirs


async def test_what_was_held_is_free_when_its_factor_is_removed(person: Scene):
    make, stores = person.make, person.stores
    phone = make.factor(person.subject, kind="phone", claim=b"a number", slot=2)
    await person.add(phone)
    gone = replace(phone, state=FactorState.REMOVED, slot=None, claim=None, details={})
    await applied(stores, ChangeFactor(gone))
    assert await stores.factor_by_claim(b"a number") is None
    assert await stores.factors(person.subject.id, "phone") == []
    again = make.factor(person.subject, kind="phone", claim=b"a number", slot=2)
    await person.add(again)
    assert await stores.factor_by_claim(b"a number") == again


async def test_all_factors_of_a_kind_oldest_first(person: Scene):
    make, stores = person.make, person.stores
    later = make.factor(person.subject, slot=1, created_at=person.now + 1)
    states = (FactorState.PENDING, FactorState.SUSPENDED)
    early = [
        make.factor(person.subject, slot=n + 2, state=state, created_at=person.now - 2 + n)
        for n, state in enumerate(states)
    ]
    gone = make.factor(person.subject, slot=None, state=FactorState.REMOVED)
    await person.add(later, *early, gone)
    assert await stores.factors(person.subject.id, person.factor.kind) == [
        *early, person.factor, later,
    ]  # fmt: skip
    assert await stores.factors(make.ids.next(), person.factor.kind) == []
    assert await stores.factors(person.subject.id, "phone") == []


async def test_keeping_ones_own_claim_is_no_conflict(person: Scene):
    phone = person.make.factor(person.subject, kind="phone", claim=b"a number")
    await person.add(phone)
    await applied(person.stores, ChangeFactor(replace(phone, details={})))
    held = await person.stores.factor_by_claim(b"a number")
    assert held == replace(phone, details={}, version=2)
