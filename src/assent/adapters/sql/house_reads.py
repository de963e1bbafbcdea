"""What the house keeps for itself: keys, captures, messages, the record."""

from collections.abc import Mapping, Sequence

from assent.adapters.sql import audit, jose, outbox, records, resealing
from assent.adapters.sql.engine import Engine
from assent.domain.facts import Fact
from assent.domain.message import Channel, Message
from assent.domain.record import Block
from assent.ports.records import (
    Capture,
    CaptureKey,
    ClientKey,
    DataKey,
    Delivery,
    HeldCall,
    JoseKey,
    Resealing,
    SigningKey,
    Unreadable,
)
from assent.ports.vault import Vault


class HouseReads:
    """The half of `ports.stores.Stores` that is about no person's doing; see stores.py."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    async def capture(self, programme_id: int, token: str) -> Capture | None:
        rows = await self._engine.read(
            records.CAPTURE,
            {"programme_id": programme_id, "lookup": self._vault.lookup(token, "capture")},
        )
        return records.capture_from(self._vault, token, rows[0]) if rows else None

    async def capture_keys(self, now: int) -> Sequence[CaptureKey]:
        rows = await self._engine.read(records.CAPTURE_KEYS, {"now": now})
        return [records.capture_key_from(self._vault, row) for row in rows]

    async def call(self, key: bytes) -> HeldCall | None:
        rows = await self._engine.read(records.CALL, {"key": key})
        return records.call_from(self._vault, key, rows[0]) if rows else None

    async def facts(self, programme_id: int, subject_id: int | None = None) -> Sequence[Fact]:
        params = {"programme_id": programme_id}
        if subject_id is None:
            rows = await self._engine.read(audit.FACTS, params)
        else:
            params["subject_id"] = subject_id
            rows = await self._engine.read(audit.FACTS_OF_SUBJECT, params)
        return [audit.fact_from(row) for row in rows]

    async def unchained_facts(self, limit: int) -> Sequence[Fact]:
        rows = await self._engine.read(audit.UNCHAINED, {"most": limit})
        return [audit.fact_from(row) for row in rows]

    async def facts_of_block(self, block: int) -> Sequence[Fact]:
        rows = await self._engine.read(audit.OF_BLOCK, {"block": block})
        return [audit.fact_from(row) for row in rows]

    async def stray_facts(self, last: int) -> int:
        rows = await self._engine.read(audit.STRAY, {"last": last})
        return int(rows[0]["stray"])

    async def last_block(self) -> Block | None:
        rows = await self._engine.read(audit.LAST_BLOCK, {})
        return audit.block_from(rows[0]) if rows else None

    async def blocks(self, after: int, limit: int) -> Sequence[Block]:
        rows = await self._engine.read(audit.BLOCKS, {"after": after, "most": limit})
        return [audit.block_from(row) for row in rows]

    async def sent_message(self, message_id: int) -> Message | None:
        rows = await self._engine.read(outbox.SENT, {"id": message_id})
        found = outbox.message_from(self._vault, rows[0]) if rows else None
        return found if isinstance(found, Message) else None

    async def due_messages(
        self, now: int, limit: int, channel: Channel | None = None
    ) -> Sequence[Message | Unreadable]:
        params = {"now": now, "most": limit}
        if channel is None:
            rows = await self._engine.read(outbox.DUE, params)
        else:
            rows = await self._engine.read(outbox.DUE_ON, {"channel": channel, **params})
        return [outbox.message_from(self._vault, row) for row in rows]

    async def deliveries(self, programme_id: int, address: str) -> Sequence[Delivery]:
        lookup = self._vault.lookup(address, f"deliveries:{programme_id}")
        rows = await self._engine.read(
            outbox.DELIVERIES, {"programme_id": programme_id, "lookup": lookup}
        )
        opened = (outbox.delivery_from(self._vault, row) for row in rows)
        return [delivery for delivery in opened if delivery is not None]

    async def signing_keys(self) -> Sequence[SigningKey]:
        rows = await self._engine.read(records.SIGNING_KEYS, {})
        return [records.signing_key_from(self._vault, row) for row in rows]

    async def jose_keys(self) -> Sequence[JoseKey]:
        rows = await self._engine.read(jose.JOSE_KEYS, {})
        return [jose.jose_key_from(self._vault, row) for row in rows]

    async def client_keys(self, programme_id: int, client: str, now: int) -> Sequence[ClientKey]:
        rows = await self._engine.read(
            jose.CLIENT_KEYS, {"programme_id": programme_id, "client": client, "now": now}
        )
        return [jose.client_key_from(row) for row in rows]

    async def data_keys(self) -> Sequence[DataKey]:
        rows = await self._engine.read(records.DATA_KEYS, {})
        return [records.data_key_from(row) for row in rows]

    async def reseal(self) -> Resealing:
        return await resealing.reseal(self._engine, self._vault)

    async def data_keys_in_use(self) -> Mapping[int, int]:
        return await resealing.in_use(self._engine, self._vault)

    async def state(self, name: str) -> str | None:
        rows = await self._engine.read(records.STATE, {"name": name})
        return str(rows[0]["value"]) if rows else None
