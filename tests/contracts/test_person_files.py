"""What operators read of one person: of that person alone, and no more than they asked for."""

import pytest

from assent.domain.factor import FactorState
from assent.domain.session import SessionLimits, alive
from assent.domain.subject import Subject
from assent.kernel.clock import MINUTE, SECOND
from assent.ports.changes import EndSession
from tests.contracts.rows import Scene, applied


async def _somebody_else(person: Scene) -> Subject:
    subject = person.make.subject(person.programme.id)
    await person.add(
        subject,
        person.make.factor(subject),
        person.make.session(subject),
        person.make.fact(person.programme.id, subject_id=subject.id),
    )
    return subject


async def test_the_latest_facts_are_the_last_ones_newest_first(person: Scene):
    await _somebody_else(person)
    facts = [
        person.make.fact(person.programme.id, subject_id=person.subject.id, at=person.now + at)
        for at in (3, 1, 2, 2)
    ]
    await person.add(*facts)
    late, early, middle, other = facts
    read = person.stores.latest_facts
    assert await read(person.programme.id, person.subject.id, 3) == [late, other, middle]
    assert await read(person.programme.id, person.subject.id, 9) == [late, other, middle, early]
    assert await read(person.programme.id + 1, person.subject.id, 9) == []


async def test_factors_that_are_held_are_those_that_were_not_removed(person: Scene):
    await _somebody_else(person)
    make, subject = person.make, person.subject
    begun = make.factor(subject, kind="pin", state=FactorState.PENDING)
    await person.add(begun, make.factor(subject, state=FactorState.REMOVED, slot=None))
    assert await person.stores.held_factors(subject.id) == [person.factor, begun]


@pytest.mark.parametrize("later", [299 * SECOND, 301 * SECOND])
async def test_sessions_live_as_long_as_the_rule_says(person: Scene, later: int):
    await _somebody_else(person)
    make, subject, limits = person.make, person.subject, SessionLimits()
    short = make.session(subject, expires_at=person.now + MINUTE)
    ended = make.session(subject)
    await person.add(short, ended)
    await applied(person.stores, EndSession(ended.id, "logged_out", person.now))
    now = person.now + later
    live = await person.stores.live_sessions(subject.id, now, limits)
    assert live == [one for one in (person.session, short) if alive(one, now, limits)]
    assert await person.stores.live_sessions(subject.id, person.now, limits) == [
        person.session,
        short,
    ]


async def test_an_approval_whose_session_is_gone_is_found_by_what_was_asked_in_it(person: Scene):
    """As it is erased, so it is exported."""
    make, subject = person.make, person.subject
    bare = make.approval(subject)  # of a session that was never kept
    await person.add(bare, make.challenge(person.session, person.factor, approval_id=bare.id))
    held = await person.stores.dossier(subject.id)
    assert {line["id"] for line in held.approvals} == {person.session.approval_id, bare.id}
