"""Who may do what within an identity."""

import itertools
from typing import Any

import pytest

from assent.domain.permissions import (
    ROLES,
    UserRole,
    kept,
    manages_users,
    must_be_root,
    must_change_roles,
    must_manage,
    must_manage_users,
    roles_named,
    roles_of,
)
from assent.domain.subject import Acting, Identity, IdentityType, Role, Subject
from assent.kernel.refusals import Code, Refusal

IDENTITY = Identity(
    id=1, programme_id=2, type=IdentityType.CORPORATE, profile_id=3, details={}, created_at=0
)
NONE: frozenset[UserRole] = frozenset()
ADMIN = frozenset({UserRole.ADMIN})
ACCESS = frozenset({UserRole.ACCESS_MANAGEMENT})
CARDS = frozenset({UserRole.CARDS_MANAGEMENT, UserRole.CARD_ASSIGNEE, UserRole.FUNDS_MANAGEMENT})
_ids = itertools.count(10)


def person(roles: frozenset[UserRole] = NONE) -> Subject:
    details: dict[str, Any] = {ROLES: kept(roles)} if roles else {}
    return Subject(
        id=next(_ids), programme_id=2, email="a@example.com", details=details, created_at=0
    )


def user(roles: frozenset[UserRole]) -> Acting:
    return Acting(person(roles), IDENTITY, Role.USER)


def root() -> Acting:
    return Acting(person(), IDENTITY, Role.ROOT)


def refusal(what: Any, *arguments: Any) -> Code | None:
    try:
        what(*arguments)
    except Refusal as refused:
        return refused.code
    return None


def test_roles_are_kept_in_one_order_and_read_again():
    held = kept([UserRole.ADMIN, UserRole.CARD_ASSIGNEE, UserRole.ADMIN])
    assert held == ["CARD_ASSIGNEE", "ADMIN"]
    assert roles_named(held) == frozenset({UserRole.ADMIN, UserRole.CARD_ASSIGNEE})
    assert roles_of(person(ADMIN)) == ADMIN
    assert roles_of(person()) == NONE


@pytest.mark.parametrize("name", ["admin", "", "ROOT", "ADMIN "])
def test_other_names_are_none(name: str):
    assert refusal(roles_named, ["ADMIN", name]) is Code.ROLE_UNKNOWN


@pytest.mark.parametrize(
    ("acting", "manages"),
    [(root(), True), (user(ADMIN), True), (user(ACCESS), True), (user(CARDS), False)],
)
def test_who_manages_users(acting: Acting, manages: bool):
    assert manages_users(acting) is manages
    assert (refusal(must_manage_users, acting) is None) is manages


def test_a_root_s_details_give_no_roles_away():
    # a user elsewhere who is the root here: roles of there are none of here, and none are needed
    acting = Acting(person(CARDS), IDENTITY, Role.ROOT)
    assert manages_users(acting)
    assert refusal(must_be_root, acting) is None
    assert refusal(must_be_root, user(ADMIN)) is Code.PERMISSION_MISSING


@pytest.mark.parametrize("acting", [root(), user(ADMIN), user(ACCESS), user(CARDS)])
@pytest.mark.parametrize("theirs", [NONE, CARDS, ACCESS, ADMIN])
def test_an_admin_is_managed_by_their_like(acting: Acting, theirs: frozenset[UserRole]):
    small = acting.role is Role.USER and roles_of(acting.subject) in (ACCESS, CARDS)
    plain = acting.role is Role.USER and roles_of(acting.subject) == CARDS
    wanted = Code.PERMISSION_MISSING if plain or (small and theirs == ADMIN) else None
    assert refusal(must_manage, acting, person(theirs)) is wanted


@pytest.mark.parametrize(
    ("acting", "before", "after", "wanted"),
    [
        (root(), NONE, ADMIN, None),
        (root(), ADMIN, NONE, None),
        (user(ADMIN), NONE, ADMIN, None),
        (user(ADMIN), ADMIN, CARDS, Code.ADMIN_ROLE_STAYS),
        (user(ADMIN), ADMIN, ADMIN | CARDS, None),
        (user(ACCESS), NONE, ADMIN, Code.PERMISSION_MISSING),
        (user(ACCESS), NONE, ACCESS, None),
        (user(ACCESS), CARDS, NONE, None),
        (user(ACCESS), ADMIN, NONE, Code.ADMIN_ROLE_STAYS),
        (user(CARDS), NONE, CARDS, Code.PERMISSION_MISSING),
        (user(CARDS), ADMIN, ADMIN, None),
    ],
)
def test_roles_of_others(
    acting: Acting,
    before: frozenset[UserRole],
    after: frozenset[UserRole],
    wanted: Code | None,
):
    assert refusal(must_change_roles, acting, person(before), after) is wanted
    if before == NONE:
        assert refusal(must_change_roles, acting, None, after) is wanted


@pytest.mark.parametrize("acting", [user(NONE), user(ADMIN), user(ACCESS)])
def test_nobody_changes_their_own(acting: Acting):
    own = acting.subject
    assert refusal(must_change_roles, acting, own, roles_of(own) | CARDS) is Code.ROLES_ARE_OWN
    assert refusal(must_change_roles, acting, own, roles_of(own)) is None
