"""What is read of devices, and of what they are asked."""

from collections.abc import Mapping, Sequence

from assent.adapters.sql import approvals, challenges, factors
from assent.adapters.sql.engine import Engine
from assent.domain.approval import ApprovalState
from assent.domain.challenge import Challenge
from assent.domain.factor import Factor
from assent.domain.session import Session
from assent.ports.records import Asked
from assent.ports.vault import Vault


class SqlDeviceReads:
    """The part of `ports.stores.Stores` that is `ports.asking.DeviceReads`; see stores.py."""

    _engine: Engine
    _vault: Vault

    async def factor_by_id(self, factor_id: int) -> Factor | None:
        rows = await self._engine.read(factors.BY_ID, {"id": factor_id})
        return factors.from_row(self._vault, rows[0]) if rows else None

    async def put_to_device(
        self, programme_id: int, device: Factor, challenge_id: int
    ) -> tuple[Asked, Session | None] | None:
        params = {
            "id": challenge_id,
            "subject_id": device.subject_id,
            "programme_id": programme_id,
        }
        rows = await self._engine.read(challenges.PUT_TO_DEVICE, params)
        return challenges.put_from(self._vault, device, rows[0]) if rows else None

    async def asked_of(self, subject_id: int, kind: str) -> Sequence[Challenge]:
        rows = await self._engine.read(challenges.OF_KIND, {"subject_id": subject_id, "kind": kind})
        return [challenges.opened(self._vault, row) for row in rows]

    async def approval_state(self, approval_id: int) -> ApprovalState | None:
        rows = await self._engine.read(approvals.STATE, {"id": approval_id})
        return ApprovalState(rows[0]["state"]) if rows else None

    async def lapsed(self, now: int, most: int) -> Sequence[Challenge]:
        rows = await self._engine.read(challenges.LAPSED, {"now": now, "most": most})
        return [challenges.from_row(row) for row in rows]

    async def open_questions(self, kind: str) -> Mapping[int, int]:
        rows = await self._engine.read(challenges.OPEN_QUESTIONS, {"kind": kind})
        return {int(row["id"]): int(row["subject_id"]) for row in rows}
