"""(g) (h) The SCA API: codes beside the first dialect's, encrypted PINs beside the libraries."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe
from joserfc.jwk import RSAKey

from assent.adapters.sql import approvals, challenges, factors, sessions
from assent.catalogue.dialects import WISE_CODE
from assent.catalogue.rooms import HashCosts
from assent.domain.approval import Approval
from assent.domain.attempts import holder_of
from assent.domain.challenge import Challenge, Purpose
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.factor import Factor, FactorState
from assent.domain.jose import RSA_BITS, KeyScope
from assent.domain.kind import PresentedKind
from assent.domain.programme import KeyRole
from assent.kernel.clock import HOUR, MINUTE
from assent.kernel.secret import Secret
from assent.usecases.find_jose_key import find_jose_key
from assent.usecases.require_approval import lookup_of
from benchmarks import load, rows, verify
from benchmarks.client import Order
from benchmarks.house import House, Place, opened
from benchmarks.logins import by_all_threads
from benchmarks.report import Report, middle
from benchmarks.servers import Server, environment

CODE_AIM = 1.1
PIN_AIM = 0.9
_PIN = "1234"
_PEOPLE = 200
"""With a PIN; each is asked again and again."""
_AT_ONCE = 16


@dataclass
class _Prepared:
    """What a call needs: a bearer and a one-time token each, and the client's key."""

    bearers: list[str]
    tokens: list[str]
    encryption_key: bytes = b""


async def _client_key(house: House) -> tuple[int, str]:
    for key in await house.base.stores.keys_of(house.programme.id):
        if key.role is KeyRole.CLIENT:
            return key.id, key.text.partition(":")[0]
    raise LookupError("the demo programme has no client")


def _approval(house: House, number: int, client: str, proven: Element) -> Approval:
    world, now = house.base.world, house.base.clock.now()
    bare = Approval(
        id=rows.ident(number) + 1,  # beside that of the session
        programme_id=house.programme.id,
        subject_id=rows.ident(number % rows.READ),
        action="TRANSFER__FUND",
        fingerprint="f" * 64,
        client=client,
        text="pay 10.00 EUR to Ada",
        parameters={"amount": "10.00"},
        proven=frozenset({proven}),
        created_at=now,
        expires_at=now + HOUR,
    )
    return replace(bare, lookup=lookup_of(world, world.uuid(bare.id, "approval token")))


async def _asked(house: House, first: int, count: int) -> _Prepared:
    """A session, an approval of which only the phone is missing, and a code that waits, each."""
    world, now = house.base.world, house.base.clock.now()
    key_id, client = await _client_key(house)
    kind = world.kind("sms_otp")
    expected = kind.begin(
        {"mobile": "+35679000000"}, now, world.randomness, Deed("{}"), WISE_CODE
    ).expected
    first += house.place.users
    made = _Prepared([], [])
    whole: rows.Rows = {}
    for number in range(first, first + count):
        session = rows.session_of(house, number, now)
        approval = _approval(house, number, client, Element.KNOWLEDGE)
        challenge = Challenge(
            id=rows.ident(number),
            programme_id=house.programme.id,
            subject_id=session.subject_id,
            session_id=session.id,
            approval_id=approval.id,
            factor_id=rows.ident(2 * (number % rows.READ) + 1),
            kind="sms_otp",
            holder=holder_of(session.subject_id),
            proof="otp",
            purpose=Purpose.APPROVE,
            expected=expected,
            created_at=now,
            expires_at=now + 5 * MINUTE,
        )
        whole.setdefault("approvals", []).append(approvals.to_row(world.vault, approval))
        whole.setdefault("sessions", []).append(sessions.to_row(session))
        whole.setdefault("challenges", []).append(challenges.to_row(world.vault, challenge))
        made.bearers.append(house.bearers.mint(session, key_id))
        made.tokens.append(world.uuid(approval.id, "approval token"))
    await rows.insert(house.place, whole)
    return made


def codes(side: verify.Side, count: int) -> float:
    """Rate of right codes in this dialect; the bearers have been seen before."""
    first = side.take(count)

    async def prepared() -> _Prepared:
        async with opened(side.place) as house:
            return await _asked(house, first, count)

    made, port = asyncio.run(prepared()), side.server.port
    reads = [
        b"GET /v1/one-time-token/status HTTP/1.1\r\nhost: localhost\r\n" + _headers(bearer, token)
        for bearer, token in zip(made.bearers, made.tokens, strict=True)
    ]
    load.send(Order(port, verify.CONNECTIONS, reads, 200))
    asyncio.run(verify.settle(side.place))
    body = json.dumps({"otpCode": WISE_CODE}).encode()
    requests = [
        b"POST /v1/one-time-token/sms/verify HTTP/1.1\r\nhost: localhost\r\n"
        + f"content-length: {len(body)}\r\n".encode()
        + _headers(bearer, token)
        + body
        for bearer, token in zip(made.bearers, made.tokens, strict=True)
    ]
    tally = load.send(Order(port, verify.CONNECTIONS, requests, 200))
    return tally.answers / tally.elapsed


def _headers(bearer: str, token: str) -> bytes:
    return f"authorization: Bearer {bearer}\r\none-time-token: {token}\r\n\r\n".encode()


def measure_codes(report: Report, side: verify.Side, count: int, rounds: int) -> None:
    """Both dialects on one server, in turn."""
    first: list[float] = []
    second: list[float] = []
    codes(side, 320)
    for _ in range(rounds):
        first.append(verify.verify(side, count))
        second.append(codes(side, count))
    report.head("(g) a code by SMS in the second dialect: how many times as long as in the first")
    beside = f"{middle(second):,.0f} a second against {middle(first):,.0f}"
    ratio = middle(first) / middle(second)
    report.at_most("SMS verify, PostgreSQL", ratio, CODE_AIM, "", beside)


@dataclass
class PinSide:
    """A server that may use every core, as the libraries may."""

    name: str
    server: Server
    place: Place
    requests: list[bytes] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


async def _with_pins(house: House) -> _Prepared:
    """People with a PIN, and an approval each that they prove again and again."""
    world, now = house.base.world, house.base.clock.now()
    key_id, client = await _client_key(house)
    kind = world.kind("pin")
    if not isinstance(kind, PresentedKind):
        raise TypeError("a PIN is presented")
    enrolled = kind.enrol(Secret(_PIN), now).details
    key = await find_jose_key(world, KeyScope.PAYLOAD_ENCRYPTION, "RSA-OAEP-256")
    made = _Prepared([], [])
    whole: rows.Rows = {}
    for place in range(_PEOPLE):
        number = house.place.users + 5_000_000 + place
        session = rows.session_of(house, number, now)
        approval = _approval(house, number, client, Element.KNOWLEDGE)
        factor = Factor(
            id=rows.ident(number) + 2,
            programme_id=house.programme.id,
            subject_id=session.subject_id,
            kind="pin",
            state=FactorState.ACTIVE,
            details=enrolled,
            created_at=now,
        )
        whole.setdefault("approvals", []).append(approvals.to_row(world.vault, approval))
        whole.setdefault("sessions", []).append(sessions.to_row(session))
        whole.setdefault("factors", []).append(factors.to_row(world.vault, factor))
        made.bearers.append(house.bearers.mint(session, key_id))
        made.tokens.append(world.uuid(approval.id, "approval token"))
    await rows.insert(house.place, whole)
    made.encryption_key = key.private
    return made


def prepare_pins(side: PinSide) -> None:
    """Encrypts each call once: the load is not to pay for it."""

    async def prepared() -> _Prepared:
        async with opened(side.place) as house:
            return await _with_pins(house)

    made = asyncio.run(prepared())
    key = RSAKey.import_key(made.encryption_key)
    body = json.dumps({"pin": _PIN}).encode()
    registry = jwe.JWERegistry(algorithms=["RSA-OAEP-256", "A256GCM"])
    for bearer, token in zip(made.bearers, made.tokens, strict=True):
        header = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}
        message = jwe.encrypt_compact(header, body, key, registry=registry).encode()
        side.requests.append(
            b"POST /v1/one-time-token/pin/verify HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/jose+json\r\naccept: application/jose+json\r\n"
            b"x-tw-jose-method: jwe\r\n"
            + f"content-length: {len(message)}\r\n".encode()
            + _headers(bearer, token)
            + message
        )


def _pins(side: PinSide, seconds: float) -> float:
    tally = load.send(
        Order(side.server.port, _AT_ONCE, side.requests, 200, seconds=seconds), anywhere=True
    )
    return tally.answers / tally.elapsed


def bare(seconds: float) -> float:
    """Decryptions of a key and verifications a second, one of each, by all threads together."""
    costs = HashCosts()
    hasher = PasswordHasher(
        time_cost=costs.passes, memory_cost=costs.memory_kib, parallelism=costs.lanes
    )
    kept, key = hasher.hash(_PIN), rsa.generate_private_key(65_537, RSA_BITS)
    oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
    wrapped = key.public_key().encrypt(os.urandom(32), oaep)

    def once() -> None:
        key.decrypt(wrapped, oaep)
        hasher.verify(kept, _PIN)

    return by_all_threads(once, seconds)


def _bare(seconds: float) -> float:
    """In a process of its own, which does nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.second_dialect", str(seconds)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(PYTHONPATH=os.pathsep.join(sys.path)),
    )
    return float(done.stdout)


def measure_pins(report: Report, sides: Sequence[PinSide], seconds: float, rounds: int) -> None:
    """Interleaved, every side on all cores."""
    for side in sides:
        prepare_pins(side)
        _pins(side, 0.5)
    alone: list[float] = []
    for _ in range(rounds):
        alone.append(_bare(seconds))
        for side in sides:
            side.rates.append(_pins(side, seconds))
    report.head(
        f"(h) PIN verify, encrypted, of the bare libraries (RSA-OAEP-256 with {RSA_BITS} bits, "
        f"argon2id; {os.cpu_count()} threads each)"
    )
    for side in sides:
        beside = f"{middle(side.rates):.0f} a second against {middle(alone):.0f}"
        report.at_least(
            f"PIN verify, {side.name}", middle(side.rates) / middle(alone), PIN_AIM, beside
        )


if __name__ == "__main__":
    print(bare(float(sys.argv[1])))
