"""A client is let act for a person, and given tokens to do so (RFC 6749)."""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from assent.domain.grant import Grant
from assent.domain.session import Caller, Session
from assent.domain.subject import Acting, IdentityType
from assent.kernel import token
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add, Change, ChangeGrant, EndSession
from assent.ports.records import Capture
from assent.ports.upkeep import SpendCapture
from assent.usecases.begin_session import begin_session
from assent.usecases.register_identity import NewIdentity, register_identity
from assent.usecases.world import REPEATS, World

_CODE = "authorization_code"
"""Codes are kept as captures, which are all that a code must be: sealed, used once, erased by that
use, and swept when their time is over."""

Find = Callable[[], Awaitable[Grant | None]]


@dataclass(frozen=True, slots=True)
class Access:
    """A session for the client, and the refresh token that renews it."""

    session: Session
    refresh: str = field(repr=False)
    refresh_until: int


async def sign_up(world: World, caller: Caller, email: str, code: Secret) -> Acting:
    """A new person, for whom the client may act with the registration code it chose.

    Refuses EMAIL_TAKEN, EMAIL_INVALID.
    """
    new = NewIdentity(
        type=IdentityType.CONSUMER,
        profile_id=caller.programme.consumers_profile,
        email=email,
        mobile=None,
        subject_details={},
        identity_details={},
        first=True,  # or the client could act for whoever came a moment before
    )

    def granted(acting: Acting) -> tuple[Change, ...]:
        secret = _hashed(world, code.reveal(), "registration code")
        return (Add(_new_grant(world, caller, acting.subject.id, secret)),)

    return await register_identity(world, caller, new, keep=granted)


async def access_by_registration(world: World, caller: Caller, email: str, code: Secret) -> Access:
    """Refuses GRANT_WRONG for an address or code that is not the client's."""
    presented = _hashed(world, code.reveal(), "registration code")

    async def find() -> Grant | None:
        subject = await world.stores.subject_by_email(caller.programme.id, email)
        grant = await world.stores.grant(caller.client, subject.id) if subject else None
        right = grant is not None and hmac.compare_digest(grant.secret or b"", presented)
        return grant if right else None

    return await _open(world, caller, find)


async def authorise(
    world: World, caller: Caller, subject_id: int, client: str, redirect_uri: str
) -> str:
    """The person lets the client act for them: a code, good once and for a few minutes."""
    code = token.make("asz", world.randomness.octets(token.OCTETS))
    value = json.dumps([client, subject_id, redirect_uri])
    now = world.clock.now()
    held = Capture(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        kind=_CODE,
        token=code,
        value=value,
        envelope=world.randomness.octets(32),
        created_at=now,
        expires_at=now + world.grant_limits.code_ms,
    )
    recorded = world.fact(caller, "client_authorised", subject_id, {"client": client})
    await world.stores.commit(Add(held), recorded)
    return code


async def access_by_code(world: World, caller: Caller, code: str, redirect_uri: str) -> Access:
    """Refuses GRANT_WRONG for a code that was used, has expired, was given to another client or
    for another address (RFC 6749 4.1.3)."""
    held = await world.stores.capture(caller.programme.id, code)
    now = world.clock.now()
    if held is None or held.kind != _CODE or held.value is None or now >= held.expires_at:
        raise Refusal(Code.GRANT_WRONG)
    client, subject_id, agreed_uri = json.loads(held.value)
    if client != caller.client or agreed_uri != redirect_uri:
        raise Refusal(Code.GRANT_WRONG)

    async def find() -> Grant | None:
        if await world.stores.subject(caller.programme.id, subject_id) is None:
            return None
        grant = await world.stores.grant(client, subject_id)
        if grant is None:
            # Not looked at whether it was added: where it was not, another call has added the same.
            await world.stores.commit(Add(_new_grant(world, caller, subject_id, None)))
            grant = await world.stores.grant(client, subject_id)
        return grant

    return await _open(world, caller, find, spend=SpendCapture(held.id, now))


async def access_by_refresh(world: World, caller: Caller, refresh: str) -> Access:
    """A new access token; the one before is dead at once. Refuses GRANT_WRONG."""
    hashed = _hashed(world, refresh, "refresh token")

    async def find() -> Grant | None:
        grant = await world.stores.grant_by_refresh(hashed)
        if grant is None or grant.client != caller.client:
            return None
        return grant if world.clock.now() < grant.refresh_until else None

    return await _open(world, caller, find, refresh)


async def _open(
    world: World,
    caller: Caller,
    find: Find,
    refresh: str | None = None,
    spend: SpendCapture | None = None,
) -> Access:
    """A session by the grant that is found; found anew where another call has renewed it
    meanwhile. `spend` is committed with it, so that nothing is used up for nothing.

    Refuses GRANT_WRONG where none is found, and where `spend` was used before.
    """
    for _ in range(REPEATS):
        grant = await find()
        if grant is None:
            raise Refusal(Code.GRANT_WRONG)
        access = await _opened(world, caller, grant, refresh, spend)
        if access is not None:
            return access
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _opened(
    world: World,
    caller: Caller,
    grant: Grant,
    refresh: str | None,
    spend: SpendCapture | None,
) -> Access | None:
    """None where somebody was faster. Without a refresh token there will be a new one, and the
    old one is dead."""
    subject = await world.stores.subject(caller.programme.id, grant.subject_id)
    actings = await world.stores.actings_of(grant.subject_id)
    if subject is None or not subject.active or not actings:
        raise Refusal(Code.GRANT_WRONG)
    now, limits = world.clock.now(), world.grant_limits
    session, begun = begin_session(
        world,
        caller.programme.id,
        subject.id,
        actings[0].identity.id,
        frozenset(),
        epoch=subject.epoch,
        expires_at=now + limits.access_ms,
    )
    until = grant.refresh_until if refresh else now + limits.refresh_ms
    refresh = refresh or token.make("asf", world.randomness.octets(token.OCTETS))
    hashed = _hashed(world, refresh, "refresh token")
    renewed = replace(grant, session_id=session.id, refresh=hashed, refresh_until=until)
    changed = ChangeGrant(renewed)
    about = {"session": str(session.id), "client": caller.client}
    recorded = world.fact(caller, "access_granted", subject.id, about)
    spent = () if spend is None else (spend,)
    ended = await _ended(world, grant)
    done = await world.stores.commit(*spent, changed, *ended, *begun, recorded)
    if spend is not None and done.failed is spend:
        raise Refusal(Code.GRANT_WRONG)
    return Access(session, refresh, until) if done.failed is None else None


async def _ended(world: World, grant: Grant) -> tuple[Change, ...]:
    """The session before, where it has not ended by itself."""
    if grant.session_id is None or await world.stores.session(grant.session_id) is None:
        return ()
    return (EndSession(grant.session_id, "renewed", world.clock.now()),)


def _new_grant(world: World, caller: Caller, subject_id: int, secret: bytes | None) -> Grant:
    return Grant(
        id=world.ids.next(),
        programme_id=caller.programme.id,
        client=caller.client,
        subject_id=subject_id,
        secret=secret,
        created_at=world.clock.now(),
    )


def _hashed(world: World, text: str, about: str) -> bytes:
    return world.vault.lookup(text, about)
