"""Which sessions must be stepped up first."""

from dataclasses import replace

import pytest

from assent.domain.factor import FactorLine, FactorState
from assent.domain.policy import contact_change, must_be_full, must_be_stepped_up
from assent.domain.session import Scope, Session
from assent.kernel.refusals import Code, Refusal

ONE_FACTOR = Session(
    id=1,
    programme_id=2,
    subject_id=3,
    identity_id=4,
    elements=frozenset(),
    approval_id=5,
    created_at=0,
    last_seen=0,
    expires_at=1,
)
STEPPED_UP = replace(ONE_FACTOR, stepped_up_at=7)


@pytest.mark.parametrize("scope", [Scope.CHOOSE_IDENTITY, Scope.CHANGE_PASSWORD])
def test_a_narrow_session_is_refused_even_if_stepped_up(scope: Scope):
    with pytest.raises(Refusal) as refused:
        must_be_full(replace(STEPPED_UP, scope=scope))
    assert refused.value.code is Code.SESSION_TOO_NARROW


def test_a_full_one_passes():
    must_be_full(ONE_FACTOR)


def test_one_element_does_not_pass_for_two():
    with pytest.raises(Refusal) as refused:
        must_be_stepped_up(ONE_FACTOR)
    assert refused.value.code is Code.STEP_UP_REQUIRED
    must_be_stepped_up(STEPPED_UP)


@pytest.mark.parametrize("state", [FactorState.ACTIVE, FactorState.SUSPENDED, FactorState.REMOVED])
def test_a_stolen_password_does_not_move_the_number(state: FactorState):
    # RTS Article 24(2)(b); a removed factor counts, or the gap after a change would be a door
    lines = [FactorLine("sms_otp", FactorState.PENDING), FactorLine("sms_otp", state)]
    with pytest.raises(Refusal) as refused:
        contact_change(ONE_FACTOR, lines)
    assert refused.value.code is Code.STEP_UP_REQUIRED
    contact_change(STEPPED_UP, lines)


@pytest.mark.parametrize("lines", [[], [FactorLine("sms_otp", FactorState.PENDING)]])
def test_before_anything_was_proved_a_typing_error_can_be_mended(lines: list[FactorLine]):
    contact_change(ONE_FACTOR, lines)
