"""Five idle minutes to the letter: alive at 300 s, gone at 301 s, whatever the millisecond."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.session import Session, SessionLimits, alive, second

LIMITS = SessionLimits()
START = 1_750_000_000_000
IDLE_MS = 300_000


def session(now: int = START) -> Session:
    return Session(
        id=1,
        programme_id=2,
        subject_id=3,
        identity_id=4,
        elements=frozenset(),
        approval_id=5,
        created_at=now,
        last_seen=second(now),
        expires_at=now + LIMITS.absolute_ms,
    )


def touched(held: Session, now: int) -> Session:
    """A request as a store keeps it: at most one write a whole second."""
    if second(now) == held.last_seen:
        return held
    return replace(held, last_seen=second(now))


@pytest.mark.parametrize("phase", [0, 1, 499, 500, 999])
def test_it_lives_at_300_seconds_and_is_gone_at_301(phase: int):
    held = session(START + phase)
    assert alive(held, START + phase, LIMITS)
    assert alive(held, START + phase + IDLE_MS, LIMITS)
    assert not alive(held, START + phase + IDLE_MS + 1_000, LIMITS)


@given(
    phase=st.integers(0, 999),
    gaps=st.lists(st.integers(0, IDLE_MS), max_size=30),
    idle=st.integers(0, IDLE_MS),
    beyond=st.integers(0, 10**9),
)
def test_saving_writes_neither_shortens_nor_lengthens_the_five_minutes(
    phase: int, gaps: list[int], idle: int, beyond: int
):
    now = START + phase
    held = session(now)
    for gap in gaps:
        now += gap
        assert alive(held, now, LIMITS)
        held = touched(held, now)
    assert alive(held, now + idle, LIMITS)
    assert not alive(held, now + IDLE_MS + 1_000 + beyond, LIMITS)


@pytest.mark.parametrize(("now", "whole"), [(0, 0), (999, 0), (1_000, 1), (1_999, 1)])
def test_a_second_has_begun_and_not_yet_ended(now: int, whole: int):
    assert second(now) == whole


def test_activity_does_not_carry_it_over_its_absolute_end():
    end = session().expires_at
    busy = replace(session(), last_seen=second(end))
    assert alive(busy, end - 1, LIMITS)
    assert not alive(busy, end, LIMITS)


def test_it_is_stepped_up_from_the_moment_it_was():
    assert not session().stepped_up
    assert replace(session(), stepped_up_at=0).stepped_up


def test_the_law_s_number():
    assert LIMITS.idle_seconds == 300  # RTS Article 4(3)(d)
