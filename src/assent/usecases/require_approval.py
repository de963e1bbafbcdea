"""May this happen? What a client is told before it does something that a person must approve."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assent.domain.action import Action
from assent.domain.approval import Approval, ApprovalState, enough
from assent.domain.element import Element
from assent.domain.factor import FactorState
from assent.domain.session import Caller
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, Change, ExpireApproval, SpendApproval
from assent.usecases.count_attempt import refuse_any_block
from assent.usecases.world import REPEATS, World, speaking


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may, if these changes are committed with it: they use the approval up."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """It may not yet: this is to be proved first."""

    approval: Approval


class FactorsMissing(Refusal):
    """Two categories are needed; a factor of one of these kinds would be another one."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(Code.FACTORS_MISSING)
        self.kinds = tuple(kinds)


async def require_approval(
    world: World,
    caller: Caller,
    action: Action,
    presented: str | None,
    kinds: Sequence[str],
    *,
    standing: bool,
) -> Allowed | Needed:
    """`presented` is a token; `kinds` are those that may prove an approval here, best first.

    A token that is presented must be the one for this very action; where it is not, no standing
    approval helps. Refuses ATTEMPTS_BLOCKED, FACTORS_MISSING.
    """
    session, now = speaking(caller), world.clock.now()
    await refuse_any_block(world, caller.programme.id, session.subject_id, kinds)
    if presented is not None:
        held = await _held(world, caller, presented)
        if held is not None and _is_for(world, held, action):
            spend = SpendApproval(held.id, now)
            if set(await world.stores.passed_kinds(held.id)) <= set(kinds):
                return Allowed((spend,))
            await world.stores.commit(spend)  # rests on what does not count here any more
    elif standing and await _stands(world, caller):
        return Allowed(())
    return Needed(await _asked(world, caller, action, kinds, standing=standing))


async def ask_approval(
    world: World, caller: Caller, action: Action, kinds: Sequence[str], *, standing: bool
) -> Approval:
    """The approval that this question has already, or a new one. Refuses ATTEMPTS_BLOCKED, and
    FACTORS_MISSING where the person has not enrolled two categories: nothing could ever be
    granted."""
    subject_id = speaking(caller).subject_id
    await refuse_any_block(world, caller.programme.id, subject_id, kinds)
    held = await _asked(world, caller, action, kinds, standing=standing)
    now = world.clock.now()
    if held.granted_at is None or held.granted_at > now - world.approval_limits.standing_ms:
        return held
    # it has stood for as long as it may, and no action will ever use it up
    await world.stores.commit(SpendApproval(held.id, now))
    return await _asked(world, caller, action, kinds, standing=standing)


async def _asked(
    world: World, caller: Caller, action: Action, kinds: Sequence[str], *, standing: bool
) -> Approval:
    session = speaking(caller)
    await _refuse_one_category(world, session.subject_id, kinds)
    question = (str(session.subject_id), caller.client, _mark(world, action), str(standing))
    claim = world.vault.lookup("\n".join(question), "approval claim")
    for _ in range(REPEATS):
        held = await world.stores.approval_by_claim(claim)
        now = world.clock.now()
        if held is not None and held.usable(now):
            return held
        if held is not None:
            await world.stores.commit(ExpireApproval(held.id, now))
        new = _new(world, caller, action, claim, standing)
        about = {"approval": str(new.id), "action": action.name, "client": caller.client}
        recorded = world.fact(caller, "approval_asked", session.subject_id, about)
        done = await world.stores.commit(Add(new), recorded)
        if done.failed is None:
            return new
    raise Refusal(Code.CHANGED_MEANWHILE)


async def _refuse_one_category(world: World, subject_id: int, kinds: Sequence[str]) -> None:
    possible = await enrolled_kinds(world, subject_id, kinds)
    proofs = [world.kind(name).elements for name in possible]
    if not enough(*proofs):
        held = frozenset[Element]().union(*proofs)
        offered = (name for name in kinds if name in world.kinds)
        raise FactorsMissing([name for name in offered if not world.kind(name).elements <= held])


async def find_approval(world: World, caller: Caller, token: str) -> Approval:
    """What a token stands for. Refuses APPROVAL_UNKNOWN for one that is not this person's and
    this client's, is used up, void or expired: all the same."""
    held = await _held(world, caller, token)
    if held is None:
        raise Refusal(Code.APPROVAL_UNKNOWN)
    return held


async def shown_approval(world: World, token: str) -> Approval:
    """What a token stands for, to whoever shows it: the page on which people approve holds nothing
    else. Refuses APPROVAL_UNKNOWN for one that is used up, void or expired: all the same."""
    held = await _usable(world, token)
    if held is None:
        raise Refusal(Code.APPROVAL_UNKNOWN)
    return held


async def enrolled_kinds(world: World, subject_id: int, kinds: Sequence[str]) -> tuple[str, ...]:
    """Those of `kinds` whose factor the person has, in their order."""
    lines = await world.stores.factor_lines(subject_id)
    active = {line.kind for line in lines if line.state is FactorState.ACTIVE}
    return tuple(
        name for name in kinds if name in world.kinds and world.kinds[name].factor_kind in active
    )


def token_of(world: World, approval: Approval) -> str:
    """The token as clients see it, a UUID; the store holds no more than its hash."""
    return world.uuid(approval.id, "approval token")


def lookup_of(world: World, token: str) -> bytes:
    """The keyed hash under which a token is found."""
    return world.vault.lookup(token, "approval")


async def _usable(world: World, token: str) -> Approval | None:
    held = await world.stores.approval(lookup_of(world, token))
    return held if held is not None and held.usable(world.clock.now()) else None


async def _held(world: World, caller: Caller, token: str) -> Approval | None:
    session = speaking(caller)
    held = await _usable(world, token)
    if held is None:
        return None
    whose = (held.programme_id, held.subject_id, held.client)
    return held if whose == (caller.programme.id, session.subject_id, caller.client) else None


def _is_for(world: World, held: Approval, action: Action) -> bool:
    return held.state is ApprovalState.GRANTED and held.fingerprint == _mark(world, action)


def _mark(world: World, action: Action) -> str:
    """The action's fingerprint, keyed: whoever reads the table could try payees otherwise."""
    return world.vault.lookup(action.fingerprint, "approval action").hex()


async def _stands(world: World, caller: Caller) -> bool:
    since = world.clock.now() - world.approval_limits.standing_ms
    subject_id = speaking(caller).subject_id
    return await world.stores.standing(subject_id, caller.client, since) is not None


def _new(world: World, caller: Caller, action: Action, claim: bytes, standing: bool) -> Approval:
    now, number = world.clock.now(), world.ids.next()
    bare = Approval(
        id=number,
        programme_id=caller.programme.id,
        subject_id=speaking(caller).subject_id,
        client=caller.client,
        action=action.name,
        fingerprint=_mark(world, action),
        claim=claim,
        text=action.deed.text,
        words=action.deed.words,
        values=dict(action.deed.values),
        parameters=action.parameters,
        standing=standing,
        created_at=now,
        expires_at=now + world.approval_limits.life_ms,
    )
    return replace(bare, lookup=lookup_of(world, token_of(world, bare)))
