"""Where wrong answers end: what is said of each, how long a block lasts, who is told when."""

import pytest

from assent.domain.attempts import (
    FOR_EVER,
    AttemptLimits,
    Attempts,
    Wrong,
    after_wrong,
    alert_due,
    holder_of,
    holder_of_nobody,
)

LIMITS = AttemptLimits()
NOW = 1_750_000_000_000


@pytest.mark.parametrize(
    ("tries", "failures", "said"),
    [
        pytest.param(1, 1, Wrong.MORE_LEFT, id="first challenge, first"),
        pytest.param(2, 2, Wrong.ONE_LEFT, id="first challenge, second"),
        pytest.param(3, 3, Wrong.USED_UP, id="first challenge, third"),
        pytest.param(1, 4, Wrong.ONE_LEFT, id="second challenge, first"),
        pytest.param(2, 5, Wrong.USED_UP, id="second challenge, second"),
        pytest.param(4, 4, Wrong.USED_UP, id="beyond the challenge's limit"),
        pytest.param(1, 6, Wrong.USED_UP, id="beyond the person's limit"),
    ],
)
def test_what_is_said_of_a_wrong_answer(tries: int, failures: int, said: Wrong):
    assert after_wrong(tries, Attempts(failures=failures), LIMITS) is said


def test_a_challenge_with_one_try_is_used_up_by_it():
    limits = AttemptLimits(challenge_tries=1)
    assert after_wrong(1, Attempts(failures=1), limits) is Wrong.USED_UP


def test_the_documented_numbers():
    # three a challenge, five a person (RTS Article 4(3)(b)), half an hour, five minutes,
    # fifteen seconds, the first code and two more
    assert (LIMITS.challenge_tries, LIMITS.person_tries, LIMITS.sends) == (3, 5, 3)
    assert (LIMITS.block_ms, LIMITS.code_life_ms, LIMITS.resend_gap_ms) == (
        1_800_000,
        300_000,
        15_000,
    )


@pytest.mark.parametrize(
    ("after_ms", "blocked"), [(-1, True), (0, False), (1, False), (-1_800_000, True)]
)
def test_a_block_ends_at_its_end(after_ms: int, blocked: bool):
    assert Attempts(5, 1, blocked_until=NOW).blocked(NOW + after_ms) is blocked


@pytest.mark.parametrize(
    ("left_ms", "seconds"), [(1_800_000, 1_800), (1_001, 2), (1_000, 1), (1, 1), (0, 1), (-9, 1)]
)
def test_retry_after_never_sends_anybody_back_too_early(left_ms: int, seconds: int):
    assert Attempts(5, 1, blocked_until=NOW + left_ms).retry_after(NOW) == seconds


def test_a_permanent_block_never_ends_and_names_no_time():
    person = Attempts(5, 3, blocked_until=FOR_EVER)
    assert person.blocked(NOW)
    assert person.blocked(NOW + 1_000 * 365 * 24 * 3_600_000)
    assert person.retry_after(NOW) is None


def test_nobody_is_blocked_at_first():
    assert not Attempts().blocked(0)


@pytest.mark.parametrize(("blocks", "due"), [(0, False), (1, False), (2, True), (3, False)])
def test_the_person_is_told_at_the_block_before_the_permanent_one(blocks: int, due: bool):
    assert alert_due(Attempts(5, blocks, blocked_until=NOW), LIMITS) is due


def test_and_not_again_with_the_wrong_answers_that_follow_that_block():
    assert not alert_due(Attempts(failures=1, blocks=2, blocked_until=0), LIMITS)


def test_nobodys_count_is_never_somebodys():
    assert holder_of(7) != holder_of(8)
    assert holder_of_nobody(b"\x01") != holder_of_nobody(b"\x02")
    assert holder_of(7) != holder_of_nobody(b"7")
    assert "@" not in holder_of_nobody(b"ada@example.com")
