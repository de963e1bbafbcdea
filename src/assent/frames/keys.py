"""The keys that frames encrypt to: made when one is needed, known to every server, soon erased."""

import asyncio

from assent.domain.capture import CaptureLimits
from assent.frames.envelope import EnvelopeKey, new_capture_key
from assent.ports.changes import Add
from assent.usecases.world import World


class EnvelopeKeys:
    """Kept in the store, so that what was encrypted for one server opens on another.

    A page left open for long is answered with the newer key and encrypts anew. An erased key opens
    nothing any more, whoever recorded the traffic.
    """

    def __init__(self, world: World, limits: CaptureLimits) -> None:
        self._world = world
        self._limits = limits
        self._known: dict[str, EnvelopeKey] = {}
        self._making = asyncio.Lock()

    async def current(self) -> EnvelopeKey:
        """The one to encrypt to."""
        newest = self._fresh()
        if newest is not None:
            return newest
        async with self._making:
            newest = self._fresh()
            if newest is None:
                await self._read()
                newest = self._fresh()
            return newest or await self._make()

    async def _make(self) -> EnvelopeKey:
        now = self._world.clock.now()
        row = new_capture_key(self._world.randomness, now, self._limits)
        await self._world.stores.commit(Add(row))
        made = self._known[row.kid] = EnvelopeKey(row)
        return made

    async def find(self, kid: str) -> EnvelopeKey | None:
        """A key that still opens. One that another server has just made is read from the store."""
        if kid not in self._known:
            await self._read()
        key = self._known.get(kid)
        return key if key and key.row.expires_at > self._world.clock.now() else None

    def _fresh(self) -> EnvelopeKey | None:
        now = self._world.clock.now()
        return next(
            (
                key
                for key in self._known.values()
                if key.row.created_at <= now < key.row.created_at + self._limits.key_ms
            ),
            None,
        )

    async def _read(self) -> None:
        rows = await self._world.stores.capture_keys(self._world.clock.now())
        self._known = {row.kid: self._known.get(row.kid) or EnvelopeKey(row) for row in rows}
