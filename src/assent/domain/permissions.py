"""What somebody may do within the identity they act for, by their role there.

The root may do everything. Authorised users have roles, kept among their details; only two of
them let anybody touch other people. Nobody changes their own, and nobody makes or takes over an
ADMIN who is less than one.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from assent.domain.subject import Acting, Role, Subject
from assent.kernel.refusals import Code, Refusal

ROLES: Final = "roles"
"""Under which name they are kept among the details of an authorised user."""


class UserRole(StrEnum):
    """Of authorised users, as the Multi API names them."""

    CARD_ASSIGNEE = "CARD_ASSIGNEE"
    CARDS_MANAGEMENT = "CARDS_MANAGEMENT_ROLE"
    FUNDS_MANAGEMENT = "FUNDS_MANAGEMENT_ROLE"
    ACCESS_MANAGEMENT = "ACCESS_MANAGEMENT_ROLE"
    ADMIN = "ADMIN"


_MANAGERS: Final = frozenset({UserRole.ADMIN, UserRole.ACCESS_MANAGEMENT})


def roles_named(names: Iterable[str]) -> frozenset[UserRole]:
    """Refuses ROLE_UNKNOWN."""
    try:
        return frozenset(UserRole(name) for name in names)
    except ValueError as error:
        raise Refusal(Code.ROLE_UNKNOWN) from error


def roles_of(subject: Subject) -> frozenset[UserRole]:
    """An authorised user's; a root has none and needs none."""
    return frozenset(UserRole(name) for name in subject.details.get(ROLES, ()))


def kept(roles: Iterable[UserRole]) -> list[str]:
    """As they stand among the details: always in one order."""
    held = frozenset(roles)
    return [str(role) for role in UserRole if role in held]


def is_root(acting: Acting) -> bool:
    """Whether the identity is theirs, and not just one they may act for."""
    return acting.role is Role.ROOT


def must_be_root(acting: Acting) -> None:
    """For what the holder of the identity alone decides. Refuses PERMISSION_MISSING."""
    if not is_root(acting):
        raise Refusal(Code.PERMISSION_MISSING, "not the root")


def manages_users(acting: Acting) -> bool:
    """The root, and users with ADMIN or ACCESS_MANAGEMENT_ROLE."""
    return is_root(acting) or bool(roles_of(acting.subject) & _MANAGERS)


def must_manage_users(acting: Acting) -> None:
    """Refuses PERMISSION_MISSING for everybody else."""
    if not manages_users(acting):
        raise Refusal(Code.PERMISSION_MISSING, "manages no users")


def must_manage(acting: Acting, user: Subject) -> None:
    """For a change to another user. Refuses PERMISSION_MISSING, for an ADMIN too unless it comes
    from an ADMIN or the root: whoever could move an ADMIN's e-mail could become one."""
    must_manage_users(acting)
    if UserRole.ADMIN in roles_of(user) and not _is_admin(acting):
        raise Refusal(Code.PERMISSION_MISSING, "an ADMIN is managed by their like")


def must_change_roles(acting: Acting, user: Subject | None, roles: frozenset[UserRole]) -> None:
    """For new roles of a user, or of one who is made with them (None).

    Refuses ROLES_ARE_OWN; PERMISSION_MISSING for ADMIN given by less than an ADMIN;
    ADMIN_ROLE_STAYS for ADMIN taken away by anybody but the root.
    """
    before = roles_of(user) if user is not None else frozenset()
    if roles == before:
        return
    if user is not None and user.id == acting.subject.id:
        raise Refusal(Code.ROLES_ARE_OWN)
    must_manage_users(acting)
    if UserRole.ADMIN in before - roles and not is_root(acting):
        raise Refusal(Code.ADMIN_ROLE_STAYS)
    if UserRole.ADMIN in roles - before and not _is_admin(acting):
        raise Refusal(Code.PERMISSION_MISSING, "gives more than they have")


def _is_admin(acting: Acting) -> bool:
    return is_root(acting) or UserRole.ADMIN in roles_of(acting.subject)
