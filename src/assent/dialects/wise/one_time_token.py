"""A one-time token as each generation of the API prints it."""

from collections.abc import Sequence
from typing import Any

from assent.dialects.wise import names
from assent.domain.approval import Approval, enough, still_to_prove
from assent.domain.element import Element
from assent.kernel.clock import SECOND
from assent.usecases.require_approval import enrolled_kinds, token_of
from assent.usecases.world import World

Challenges = list[dict[str, Any]]


async def whole(
    world: World, approval: Approval, kinds: Sequence[str], *, with_passed: bool
) -> dict[str, Any]:
    """`oneTimeTokenProperties`, of the first generation and of `authorise`."""
    return {
        "oneTimeToken": token_of(world, approval),
        "challenges": await challenges(world, approval, kinds, with_passed=with_passed),
        "validity": validity(world, approval),
        "actionType": approval.action,
        "userId": approval.subject_id,
    }


async def bare(world: World, approval: Approval, kinds: Sequence[str]) -> dict[str, Any]:
    """Of the second generation's verify: types, and which of them have passed."""
    entries = await challenges(world, approval, kinds, with_passed=True)
    return {
        "oneTimeToken": token_of(world, approval),
        "challenges": [
            {
                "primaryChallenge": {"type": one["primaryChallenge"]["type"]},
                "passed": one["passed"],
            }
            for one in entries
        ],
        "validity": validity(world, approval),
    }


def validity(world: World, approval: Approval) -> int:
    """Whole seconds that are left."""
    return approval.left(world.clock.now()) // SECOND


async def challenges(
    world: World, approval: Approval, kinds: Sequence[str], *, with_passed: bool
) -> Challenges:
    """One entry for each category needed; what could be given instead stands with it as an
    alternative."""
    entries = await _passed(world, approval) if with_passed else []
    if enough(approval.proven):
        return entries
    possible = await enrolled_kinds(world, approval.subject_id, kinds)
    left = still_to_prove(approval.proven, {name: world.kind(name).elements for name in possible})
    return entries + [_entry(names, approval.subject_id, passed=False) for names in left]


async def _passed(world: World, approval: Approval) -> Challenges:
    """One for each category that was proved, by the first kind that did."""
    entries: Challenges = []
    seen: set[Element] = set()
    for name in await world.stores.passed_kinds(approval.id):
        elements = world.kind(name).elements
        if not elements <= seen:
            seen |= elements
            entries.append(_entry([name], approval.subject_id, passed=True))
    return entries


def _entry(kinds: Sequence[str], subject_id: int, *, passed: bool) -> dict[str, Any]:
    first, *others = [_shown(name, subject_id) for name in kinds]
    return {
        "primaryChallenge": first,
        "alternatives": others,
        "required": True,
        "passed": passed,
    }


def _shown(kind: str, subject_id: int) -> dict[str, Any]:
    return {
        "type": names.TYPE_OF_KIND[kind],
        "viewData": {"attributes": {"userId": subject_id}},
    }
