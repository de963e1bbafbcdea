"""A one-time token as each generation of the API prints it."""

from collections.abc import Sequence
from typing import Any

from assent.dialects.wise import names
from assent.domain.approval import Approval
from assent.domain.element import Element
from assent.kernel.clock import SECOND
from assent.usecases.require_approval import enrolled_kinds, token_of
from assent.usecases.world import World

_CATEGORIES = (Element.KNOWLEDGE, Element.POSSESSION, Element.INHERENCE)
_WANTED = 2
"""Categories, whatever a person has enrolled (RTS Article 4(1))."""

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
    left = (approval.expires_at or 0) - world.clock.now()
    return max(0, left // SECOND)


async def challenges(
    world: World, approval: Approval, kinds: Sequence[str], *, with_passed: bool
) -> Challenges:
    """One entry for each category needed. What could be given instead stands with it as an
    alternative: other ways to prove its category, then those of categories to spare."""
    entries = await _passed(world, approval) if with_passed else []
    missing = max(0, _WANTED - len(approval.proven))
    if not missing:
        return entries
    possible = await enrolled_kinds(world, approval.subject_id, kinds)
    by_category = {
        category: [name for name in possible if category in world.kind(name).elements]
        for category in _CATEGORIES
    }
    open_categories = [
        category
        for category in _CATEGORIES
        if by_category[category] and category not in approval.proven
    ]
    needed, spare = open_categories[:missing], open_categories[missing:]
    instead = [name for category in spare for name in by_category[category]]
    return entries + [
        _entry([*by_category[category], *instead], approval.subject_id, passed=False)
        for category in needed
    ]


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
