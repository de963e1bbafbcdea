"""A challenge takes answers while it is pending and not a millisecond longer than it lives."""

from dataclasses import replace

import pytest

from assent.domain.challenge import Challenge, ChallengeState, Purpose

CHALLENGE = Challenge(
    id=1,
    programme_id=2,
    subject_id=3,
    session_id=4,
    approval_id=5,
    factor_id=5,
    kind="sms_otp",
    holder="subject:3",
    proof="otp",
    purpose=Purpose.STEP_UP,
    expected=b"keyed hash",
    created_at=1_000,
    expires_at=301_000,
)


@pytest.mark.parametrize(("now", "open_"), [(1_000, True), (300_999, True), (301_000, False)])
def test_it_is_open_until_it_expires(now: int, open_: bool):
    assert CHALLENGE.open(now) is open_


@pytest.mark.parametrize("state", [s for s in ChallengeState if s is not ChallengeState.PENDING])
def test_only_a_pending_one_is_open(state: ChallengeState):
    assert not replace(CHALLENGE, state=state).open(1_000)


def test_what_it_expects_is_not_printed():
    assert "keyed hash" not in repr(CHALLENGE)
