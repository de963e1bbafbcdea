"""The back office's session at the door of each use case: nothing is even read for it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.action import Action
from assent.domain.challenge import Purpose
from assent.domain.deed import Deed
from assent.domain.policy import may_look, must_be_full, second_secret
from assent.domain.programme import Programme
from assent.domain.session import Caller, Scope, Session
from assent.domain.subject import IdentityType
from assent.kernel.refusals import Code, Refusal
from assent.usecases.answer_challenge import answer_challenge
from assent.usecases.change_password import change_password
from assent.usecases.change_person import PersonChange, change_person
from assent.usecases.choose_identity import choose_identity
from assent.usecases.due_diligence import start_diligence
from assent.usecases.enrol_factor import enrol_factor
from assent.usecases.invite_user import invite_user
from assent.usecases.manage_users import NewUser, change_user, create_user, set_user_active
from assent.usecases.require_approval import require_approval
from assent.usecases.start_challenge import ask_step_up
from assent.usecases.world import looking, speaking

PROGRAMME = Programme(id=2, name="Bank", consumers_profile=3, corporates_profile=4, created_at=0)
LOOK = Session(
    id=1,
    programme_id=2,
    subject_id=3,
    identity_id=4,
    scope=Scope.VIEW,
    elements=frozenset(),
    approval_id=5,
    created_at=0,
    last_seen=0,
    expires_at=1,
)
CALLER = Caller(programme=PROGRAMME, session=LOOK)


class _Closed:
    """A World of which nothing may be used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the use case went on to {name}")


WORLD: Any = _Closed()
NEVER: Any = _Closed()
Try = Callable[[Caller], Awaitable[Any]]
TRIES: dict[str, Try] = {
    "choose an identity": lambda caller: choose_identity(WORLD, caller, IdentityType.CONSUMER, 4),
    "change the person": lambda caller: change_person(
        WORLD, caller, IdentityType.CONSUMER, PersonChange(), ()
    ),
    "change the password": lambda caller: change_password(WORLD, caller, NEVER),
    "enrol a factor": lambda caller: enrol_factor(WORLD, caller, "sms_otp", Deed("x")),
    "ask for step-up": lambda caller: ask_step_up(WORLD, caller, "sms_otp", Deed("x")),
    "answer": lambda caller: answer_challenge(WORLD, caller, Purpose.STEP_UP, "sms_otp", "1"),
    "make a user": lambda caller: create_user(WORLD, caller, NewUser(email="", details={})),
    "change a user": lambda caller: change_user(WORLD, caller, 9, PersonChange(), None, ()),
    "deactivate a user": lambda caller: set_user_active(WORLD, caller, 9, False),
    "invite a user": lambda caller: invite_user(WORLD, caller, 9, NEVER),
    "begin due diligence": lambda caller: start_diligence(WORLD, caller, IdentityType.CONSUMER),
    "have something approved": lambda caller: require_approval(
        WORLD, caller, Action("x", Deed("x")), None, ("pin",), standing=False
    ),
}


@pytest.mark.parametrize("what", TRIES)
async def test_it_is_refused_before_anything_else(what: str) -> None:
    with pytest.raises(Refusal) as refused:
        await TRIES[what](CALLER)
    assert refused.value.code is Code.PERMISSION_MISSING


@pytest.mark.parametrize("stepped_up_at", [None, 7])
def test_the_rules_let_it_look_and_no_more(stepped_up_at: int | None) -> None:
    session = replace(LOOK, stepped_up_at=stepped_up_at)
    may_look(session)
    assert looking(replace(CALLER, session=session)) is session
    for rule in (
        must_be_full,
        lambda one: second_secret(one, 3),
        lambda one: speaking(replace(CALLER, session=one)),
    ):
        with pytest.raises(Refusal) as refused:
            rule(session)
        assert refused.value.code is Code.PERMISSION_MISSING
