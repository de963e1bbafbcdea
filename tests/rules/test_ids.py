"""Ids and chance: 16 digits, below 2**53, uniform, leading zeros kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.kernel.ids import LIMIT, RandomIds
from assent.kernel.randomness import SystemRandomness

SMALLEST, LARGEST = 1_000_000_000_000_000, 9_007_199_254_740_991


class Scripted(SystemRandomness):
    """Draws what the test says; without it, the largest there is."""

    def __init__(self, drawn: int | None) -> None:
        self.drawn = drawn

    def below(self, limit: int) -> int:
        return limit - 1 if self.drawn is None else self.drawn


def test_the_ends_of_the_range():
    assert RandomIds(Scripted(0)).next() == SMALLEST
    assert RandomIds(Scripted(None)).next() == LARGEST == LIMIT - 1


@given(st.integers(0, LARGEST - SMALLEST))
def test_an_id_is_16_digits_in_both_dialects(drawn: int):
    one = RandomIds(Scripted(drawn)).next()
    assert len(str(one)) == 16
    assert json.loads(json.dumps(float(one))) == one  # a reader that knows only doubles
    assert one - SMALLEST == drawn  # no two draws meet in one id


def test_ids_do_not_follow_each_other():
    ids = RandomIds(SystemRandomness())
    drawn = [ids.next() for _ in range(1_000)]
    assert len(set(drawn)) == 1_000
    assert drawn != sorted(drawn)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_code_comes_from_exactly_one_draw(monkeypatch, count: int):
    """A one-to-one map of a uniform draw is uniform: no need for a sample."""
    asked: list[int] = []
    draws = iter(range(10**count))

    def scripted(limit: int) -> int:
        asked.append(limit)
        return next(draws)

    monkeypatch.setattr("assent.kernel.randomness.secrets.randbelow", scripted)
    codes = [SystemRandomness().digits(count) for _ in range(10**count)]
    assert set(asked) == {10**count}
    assert len(set(codes)) == 10**count
    assert {len(code) for code in codes} == {count}
    assert all(code.isascii() and code.isdecimal() for code in codes)


def test_leading_zeros_are_kept(monkeypatch):
    monkeypatch.setattr("assent.kernel.randomness.secrets.randbelow", lambda limit: 42)
    assert SystemRandomness().digits(6) == "000042"


def test_octets_are_as_many_as_asked_for_and_never_the_same():
    chance = SystemRandomness()
    drawn = {chance.octets(24) for _ in range(100)}
    assert len(drawn) == 100
    assert {len(one) for one in drawn} == {24}


def test_below_stays_below():
    assert {SystemRandomness().below(3) for _ in range(500)} == {0, 1, 2}
