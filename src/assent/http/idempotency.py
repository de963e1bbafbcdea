"""One call, once: the reference is reserved first, and the answer is committed with the result."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from assent.http.answer import Answer, packed, unpacked
from assent.http.invalid import Invalid, Malformed, TooLarge
from assent.http.shapes import raw
from assent.kernel.clock import HOUR, SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change
from assent.ports.upkeep import HoldCall, KeepAnswer, ReleaseCall
from assent.usecases.world import World

LONGEST_REF = 8_000
"""Octets; what the vendor documents for its endpoints that say anything of it."""
_KEPT_MS = 25 * HOUR
"""Documented: at least 24 hours."""
_LEASE_MS = 30 * SECOND
"""What a crash leaves behind is free again after this; no call takes nearly as long."""


@dataclass(frozen=True, slots=True)
class Once:
    """A reservation under way."""

    key: bytes = field(repr=False)
    holder: int

    def kept(self, answer: Answer) -> tuple[Change, ...]:
        """The change that stores an answer under the reference."""
        return (KeepAnswer(self.key, self.holder, packed(answer)),)


@dataclass(frozen=True, slots=True)
class Payload:
    """What a reference stands for: the path, parameters and all, and the body."""

    path: str
    body: bytes = field(repr=False)


def reference(value: str) -> str:
    """A reference as sent: visible ASCII. Raises TooLarge, Malformed."""
    if len(value) > LONGEST_REF:
        raise TooLarge
    if not value or not all(" " <= letter <= "~" for letter in value):
        raise Malformed([Invalid("idempotency-ref", "text")])
    return value


async def run_once(
    world: World,
    whose: str,
    operation: str,
    ref: str,
    payload: Payload,
    run: Callable[[Once], Awaitable[Answer]],
) -> Answer:
    """Runs the call, or answers again what it answered before.

    Refuses CALL_DIFFERS for another payload under the same reference, CALL_IN_PROGRESS while the
    first is running. A call that is refused gives the reference back.
    """
    now = world.clock.now()
    key = world.vault.lookup("\n".join((whose, operation, ref)), "call")
    fingerprint = world.vault.lookup(_canonical(payload), "payload")
    once = Once(key, world.ids.next())
    hold = HoldCall(
        key=key,
        fingerprint=fingerprint,
        holder=once.holder,
        lease_until=now + _LEASE_MS,
        kept_until=now + _KEPT_MS,
        now=now,
    )
    done = await world.stores.commit(hold)
    if done.failed is not None:
        return await _again(world, key, fingerprint)
    try:
        return await run(once)
    except BaseException:
        await world.stores.commit(ReleaseCall(key, once.holder))
        raise


async def _again(world: World, key: bytes, fingerprint: bytes) -> Answer:
    held = await world.stores.call(key)
    if held is None:  # released in this very moment
        raise Refusal(Code.CALL_IN_PROGRESS, retry_after=1)
    if held.fingerprint != fingerprint:
        raise Refusal(Code.CALL_DIFFERS)
    if held.answer is None:
        raise Refusal(Code.CALL_IN_PROGRESS, retry_after=1)
    return unpacked(held.answer)


def _canonical(payload: Payload) -> str:
    """The same JSON is the same payload, however it is spaced and ordered."""
    try:
        body = msgspec.json.encode(raw(payload.body), order="deterministic").decode()
    except (Malformed, OverflowError, UnicodeError, RecursionError):
        body = payload.body.decode("latin-1")
    return f"{payload.path}\n{body}"
