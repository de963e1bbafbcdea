"""(j) A device's answer against the bare signature check and one transaction.

The use case as servers run it, in one process, against PostgreSQL: the question is read, the answer
counted, its signature checked, and what it was for settled with the record, in two commits. Held
against what no server could do without: the check, and one commit of one row.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import asyncpg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey

from assent.adapters.sql import approvals, challenges, factors, sessions
from assent.domain.approval import SESSION_ACTION, Approval, ApprovalState
from assent.domain.attempts import holder_of
from assent.domain.challenge import Challenge, Purpose
from assent.domain.device import DEVICE_KEY, Device, RelyingParty, Scheme
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import Signature
from assent.domain.question import Decision, DeviceAnswer, Question
from assent.domain.session import Caller
from assent.kernel.base64url import encoded
from assent.kernel.clock import MINUTE
from assent.usecases.answer_on_device import Approved, answer_on_device
from benchmarks import rows, verify
from benchmarks.house import House, Place, opened
from benchmarks.report import Report, middle

AIM = 0.5
CONNECTIONS = 32
_FIRST = 8_000_000
"""Numbers below are other measurements' sessions."""
_PARTY = RelyingParty("localhost", ("http://localhost",))
_SESSION_OFFSET, _FACTOR_OFFSET = 3, 4
_UP_UV = bytes([5])
_FIRST_COUNT = (1).to_bytes(4, "big")


@dataclass(frozen=True)
class _Ready:
    """An answer that waits, and what the bare check needs of it."""

    factor: Factor
    challenge_id: int
    answer: DeviceAnswer
    signature: Signature
    signed: bytes
    der: bytes


class _Signer:
    """One key for all: making them is not measured."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = self._key.public_key()
        self._jose = ECKey.import_key(self._key)
        told = self._jose.as_dict(private=False)
        self.jwk = {name: str(told[name]) for name in ("kty", "crv", "x", "y")}

    def der(self, octets: bytes) -> bytes:
        return self._key.sign(octets, ec.ECDSA(SHA256()))

    def signature(self, scheme: Scheme, octets: bytes) -> Signature:
        if scheme is Scheme.JWS:
            header = {"alg": "ES256", "typ": "assent+jws"}
            return Signature(jws=jws.serialize_compact(header, octets, self._jose))
        told = {
            "type": "webauthn.get",
            "challenge": encoded(hashlib.sha256(octets).digest()),
            "origin": _PARTY.origins[0],
            "crossOrigin": False,
        }
        client = json.dumps(told, separators=(",", ":")).encode()
        data = hashlib.sha256(_PARTY.id.encode()).digest() + _UP_UV + _FIRST_COUNT
        return Signature(
            assertion={
                "id": encoded(bytes(16)),
                "clientDataJSON": encoded(client),
                "authenticatorData": encoded(data),
                "signature": encoded(self.der(data + hashlib.sha256(client).digest())),
            }
        )


def _ready(house: House, signer: _Signer, scheme: Scheme, number: int, whole: rows.Rows) -> _Ready:
    world, programme, now = house.base.world, house.programme, house.base.clock.now()
    session = replace(rows.session_of(house, number, now), id=rows.ident(number) + _SESSION_OFFSET)
    approval = Approval(
        id=session.approval_id,
        programme_id=programme.id,
        subject_id=session.subject_id,
        action=SESSION_ACTION,
        fingerprint=str(session.id),
        state=ApprovalState.OPEN,
        proven=session.elements,
        created_at=now,
    )
    device = Device(
        name="Phone", scheme=scheme, key=signer.jwk, proof=signer.jwk, credential=encoded(bytes(16))
    )
    factor = Factor(
        id=rows.ident(number) + _FACTOR_OFFSET,
        programme_id=programme.id,
        subject_id=session.subject_id,
        kind=DEVICE_KEY,
        state=FactorState.ACTIVE,
        details=device.details(),
        slot=None,
        created_at=now,
    )
    question = Question(
        challenge=rows.ident(number),
        programme_id=programme.id,
        programme=programme.name,
        action=SESSION_ACTION,
        fingerprint=str(session.id),
        text="Log in",
        nonce=world.randomness.octets(32),
        number=False,
        created_at=now,
        expires_at=now + 5 * MINUTE,
    )
    challenge = Challenge(
        id=question.challenge,
        programme_id=programme.id,
        subject_id=session.subject_id,
        session_id=session.id,
        approval_id=approval.id,
        factor_id=factor.id,
        kind=DEVICE_KEY,
        holder=holder_of(session.subject_id),
        proof=DEVICE_KEY,
        purpose=Purpose.STEP_UP,
        expected=b"",
        content=question.content(),
        created_at=now,
        expires_at=question.expires_at,
    )
    whole.setdefault("approvals", []).append(approvals.to_row(world.vault, approval))
    whole.setdefault("sessions", []).append(sessions.to_row(session))
    whole.setdefault("factors", []).append(factors.to_row(world.vault, factor))
    whole.setdefault("challenges", []).append(challenges.to_row(world.vault, challenge))
    count = 1 if scheme is Scheme.JWS else 0
    answer = DeviceAnswer(device=factor.id, decision=Decision.APPROVE, time=now, counter=count)
    octets = answer.octets(challenge.content)
    signature = signer.signature(scheme, octets)
    return _Ready(factor, challenge.id, answer, signature, octets, signer.der(octets))


async def _all(work: list[_Ready], one: Callable[[_Ready], Awaitable[None]]) -> float:
    """How many a second, so many at once."""
    left = iter(work)

    async def some() -> None:
        for ready in left:
            await one(ready)

    begin = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(CONNECTIONS)))
    return len(work) / (time.perf_counter() - begin)


async def _answers(house: House, work: list[_Ready]) -> float:
    caller = Caller(programme=house.programme, address="127.0.0.1", request_ref="f" * 24)

    async def one(ready: _Ready) -> None:
        done = await answer_on_device(
            house.base.world,
            caller,
            ready.factor,
            ready.challenge_id,
            ready.answer,
            ready.signature,
            _PARTY,
        )
        if not isinstance(done, Approved):
            raise verify.Unequal(f"an answer was {done}")

    return await _all(work, one)


async def _bare(place: Place, signer: _Signer, work: list[_Ready]) -> float:
    async with asyncpg.create_pool(place.url, min_size=10, max_size=10) as pool:

        async def one(ready: _Ready) -> None:
            signer.public.verify(ready.der, ready.signed, ec.ECDSA(SHA256()))
            done = await pool.execute(
                "UPDATE challenges SET state = 'passed' WHERE id = $1 AND state = 'pending'",
                ready.challenge_id,
            )
            if done != "UPDATE 1":
                raise verify.Unequal(f"the bare transaction: {done}")

        return await _all(work, one)


async def _measured(
    place: Place, count: int, rounds: int
) -> tuple[dict[Scheme, list[float]], list[float]]:
    ours: dict[Scheme, list[float]] = {scheme: [] for scheme in Scheme}
    bare: list[float] = []
    signer, first = _Signer(), place.users + _FIRST
    async with opened(place) as house:
        for turn in range(-1, rounds):  # the first is to warm up
            size = count if turn >= 0 else 320
            for scheme in (*Scheme, None):
                whole: rows.Rows = {}
                work = [
                    _ready(house, signer, scheme or Scheme.JWS, first + number, whole)
                    for number in range(size)
                ]
                first += size
                await rows.insert(place, whole)
                await verify.settle(place)
                rate = await (_answers(house, work) if scheme else _bare(place, signer, work))
                if turn >= 0:
                    (ours[scheme] if scheme else bare).append(rate)
    return ours, bare


def measure(report: Report, place: Place, count: int, rounds: int) -> None:
    """Interleaved, on one database."""
    ours, bare = asyncio.run(_measured(place, count, rounds))
    report.head(
        "(j) a device's answer on PostgreSQL, of the bare signature check (P-256) and one "
        f"transaction ({CONNECTIONS} at once, fsync on, {count:,} a run)"
    )
    for scheme, rates in ours.items():
        beside = f"{middle(rates):,.0f} a second against {middle(bare):,.0f}"
        report.at_least(
            f"answer verified and settled, {scheme}", middle(rates) / middle(bare), AIM, beside
        )
