"""What is shipped to testers: time, chance and ids that they decide."""

import pytest

from assent.testing.frozen import NOON, CountingIds, FrozenClock, ScriptedRandomness


def test_the_clock_stands_until_it_is_moved():
    clock = FrozenClock()
    assert (clock.now(), clock.wall(), clock.monotonic()) == (NOON, NOON, 0.0)
    clock.advance(1_500)
    assert (clock.now(), clock.wall(), clock.monotonic()) == (NOON + 1_500, NOON + 1_500, 1.5)
    clock.now_ms += 1
    assert (clock.now(), clock.wall()) == (NOON + 1_501, NOON + 1_500)


def test_the_same_seed_says_the_same_and_never_the_same_twice():
    first, again, other = (ScriptedRandomness(seed) for seed in ("a", "a", "b"))
    values = [first.octets(16) for _ in range(100)]
    assert values == [again.octets(16) for _ in range(100)]
    assert len({*values, other.octets(16)}) == 101
    assert [len(first.octets(count)) for count in (0, 1, 32, 33, 100)] == [0, 1, 32, 33, 100]


def test_numbers_stay_below_their_limit():
    chance = ScriptedRandomness()
    assert {chance.below(3) for _ in range(100)} == {0, 1, 2}
    with pytest.raises(ValueError, match="nothing is below 0"):
        chance.below(0)


def test_codes_are_scripted_in_order_and_then_made_up():
    chance = ScriptedRandomness()
    chance.script("000123", "654321")
    assert [chance.digits(6), chance.digits(6)] == ["000123", "654321"]
    made = chance.digits(6)
    assert len(made) == 6
    assert made.isdigit()


def test_a_script_that_does_not_fit_is_an_error():
    chance = ScriptedRandomness()
    with pytest.raises(ValueError, match="not decimal digits"):
        chance.script("12a456")
    chance.script("1234")
    with pytest.raises(ValueError, match="6 digits are asked for"):
        chance.digits(6)
    assert chance.digits(4) == "1234"


def test_ids_count():
    ids = CountingIds()
    assert [ids.next(), ids.next()] == [10**15, 10**15 + 1]
    assert CountingIds(7).next() == 7
