"""Whoever manages people is a road to all of them."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from assent.domain.contact import Mobile
from assent.domain.programme import Programme
from assent.domain.session import Caller
from assent.domain.subject import IdentityType, Role
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import ChangeSubject
from assent.ports.stores import Stores
from assent.usecases.change_person import PersonChange
from assent.usecases.choose_identity import choose_identity
from assent.usecases.manage_users import change_user, set_user_active
from assent.usecases.register_identity import NewIdentity, register_identity
from assent.usecases.world import World
from tests.support.business import enrol, enrolled_corporate, mobile, new_user
from tests.support.client import Server
from tests.support.processes import Sandbox
from tests.support.sandboxes import opened
from tests.support.weavr import Person


def test_a_stolen_password_of_a_manager_moves_nobodys_address(server: Server) -> None:
    """A forgotten password is reset by way of the address, and a phone is enrolled by way of the
    number: whoever changes either can become the person. One factor of a manager must not be
    every user's password (RTS Article 24(2)(b))."""
    root = enrolled_corporate(server)
    manager, user = new_user(root, "ADMIN"), new_user(root)
    assert root.log_in().status == 200
    for who in (root, manager):
        for fields in ({"email": "thief@example.com"}, {"mobile": mobile("99666666")}):
            answer = who.call("PATCH", f"/users/{user.user_id}", fields)
            assert (answer.status, answer.error) == (403, "STEP_UP_REQUIRED")
    assert user.log_in().status == 200
    body = {"name": "T", "surname": "T", "email": "thief@example.com", "roles": ["ADMIN"]}
    for who in (root, manager):
        answer = who.call("POST", "/users", body)
        assert (answer.status, answer.error) == (403, "STEP_UP_REQUIRED")


def test_who_manages_access_does_not_become_an_admin(server: Server) -> None:
    """Not by a role of their own, not by an ADMIN whom they make, and not by way of the address of
    one whom they edit."""
    root = enrolled_corporate(server)
    manager = enrol(new_user(root, "ACCESS_MANAGEMENT_ROLE"))
    admin, user = new_user(root, "ADMIN"), new_user(root)

    def refused(who: str, body: dict[str, Any]) -> tuple[int, str]:
        method, path = ("PATCH", f"/users/{who}") if who else ("POST", "/users")
        answer = manager.call(method, path, body)
        return answer.status, answer.error

    roles = {"roles": ["ADMIN"]}
    new = {"name": "T", "surname": "T", "email": "thief@example.com"}
    assert refused(manager.user_id, roles) == (409, "CANNOT_MODIFY_OWN_ROLES")
    for who, body in (
        (user.user_id, roles),
        ("", {**new, **roles}),
        (admin.user_id, {"email": "thief@example.com"}),
        (admin.user_id, {"mobile": mobile("99666666")}),
        (admin.user_id, {"roles": []}),
    ):
        assert refused(who, body) == (403, "INSUFFICIENT_PERMISSIONS")
    assert admin.call("GET", "/users").status == 200


@dataclass
class _AMomentBefore:
    """Stores on which something else happens right before the first change."""

    stores: Stores
    happens: Callable[[], Awaitable[Any]] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stores, name)

    async def commit(self, *changes: Any) -> Any:
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        return await self.stores.commit(*changes)


@dataclass(frozen=True)
class _Meeting:
    """A manager, a user with a verified address, and the World they meet in."""

    world: World
    programme: Programme
    manager: Caller
    user: Person

    def late(self, happens: Callable[[], Awaitable[Any]]) -> World:
        stores: Any = _AMomentBefore(self.world.stores, happens)
        return replace(self.world, stores=stores)

    async def register(self, world: World) -> Any:
        new = NewIdentity(
            type=IdentityType.CONSUMER,
            profile_id=self.programme.consumers_profile,
            email=self.user.email,
            mobile=Mobile("+356", self.user.number),
            subject_details={},
            identity_details={},
        )
        return await register_identity(world, Caller(programme=self.programme), new)

    async def move(self, world: World) -> Any:
        change = PersonChange(email=f"thief.{self.user.email}")
        return await change_user(world, self.manager, int(self.user.user_id), change, None, ())

    async def shut_out(self, world: World) -> Any:
        return await set_user_active(world, self.manager, int(self.user.user_id), False)


def _session_id(token: str) -> int:
    claims = token.split(".")[1]
    return int(json.loads(base64.urlsafe_b64decode(claims + "=="))["sid"])


@asynccontextmanager
async def _meeting(box: Sandbox, server: Server) -> AsyncIterator[_Meeting]:
    server.settings(multi_identity=False)
    root = enrolled_corporate(server)
    user = new_user(root)
    server.settings(multi_identity=True)
    session_id = _session_id(root.token)
    async with opened(box) as base:
        programme = await base.stores.programme(int(server.credentials["programme"]["id"]))
        assert programme is not None
        subject = await base.stores.subject(programme.id, int(user.user_id))
        assert subject is not None
        await base.stores.commit(ChangeSubject(replace(subject, email_verified=True)))
        session = await base.stores.session(session_id)
        caller = Caller(programme=programme, session=session)
        yield _Meeting(base.world, programme, caller, user)


async def test_who_opens_a_company_a_moment_before_stays_out_of_reach(
    box: Sandbox, server: Server
) -> None:
    """The manager has read the user, and was allowed to go on; then the user becomes the root of
    something of their own."""
    async with _meeting(box, server) as meeting:

        async def registered() -> None:
            await meeting.register(meeting.world)

        with pytest.raises(Refusal) as refused:
            await meeting.move(meeting.late(registered))
        assert refused.value.code is Code.PERMISSION_MISSING
    assert meeting.user.log_in().status == 200


async def test_and_is_shut_out_of_the_managers_own_alone(box: Sandbox, server: Server) -> None:
    """What they opened stays theirs, and keeps them in nowhere else."""
    async with _meeting(box, server) as meeting:

        async def registered() -> None:
            await meeting.register(meeting.world)

        await meeting.shut_out(meeting.late(registered))
        held = await meeting.world.stores.actings_of(int(meeting.user.user_id))
        assert [acting.role for acting in held] == [Role.ROOT]
    assert meeting.user.log_in().status == 200


async def test_nobody_chooses_what_is_closed_to_them_that_moment(
    box: Sandbox, server: Server
) -> None:
    """The choice has read that it is open; then it is closed, and the session comes after."""
    async with _meeting(box, server) as meeting:
        await meeting.register(meeting.world)
        user = meeting.user.elsewhere()
        session = await meeting.world.stores.session(_session_id(user.token))
        caller = Caller(programme=meeting.programme, session=session)
        corporate = IdentityType.CORPORATE

        async def shut_out() -> None:
            await meeting.shut_out(meeting.world)

        identity_id = int(user.identity_id)
        late = meeting.late(shut_out)
        opened = await choose_identity(late, caller, corporate, identity_id)
        stores, limits = meeting.world.stores, meeting.world.session_limits
        now = meeting.world.clock.now()
        assert await stores.session(opened.session.id) is None
        assert await stores.touch(opened.session.id, now, limits) is None
        assert await stores.live_sessions(int(user.user_id), now, limits) == []
        await set_user_active(meeting.world, meeting.manager, int(user.user_id), True)
        assert await stores.session(opened.session.id) is None, "nor when it is open again"


@pytest.mark.parametrize("verb", ["move", "shut_out"])
async def test_whose_address_moved_a_moment_before_gets_no_company(
    box: Sandbox, server: Server, verb: str
) -> None:
    """The other way round: what was verified is verified no more."""
    async with _meeting(box, server) as meeting:

        async def changed() -> None:
            await getattr(meeting, verb)(meeting.world)

        with pytest.raises(Refusal) as refused:
            await meeting.register(meeting.late(changed))
        assert refused.value.code is Code.CHANGED_MEANWHILE
        held = await meeting.world.stores.actings_of(int(meeting.user.user_id))
        assert len(held) == 1
