"""The dialect on a store in memory, called without a network: as a partner's client would."""

import asyncio
import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from assent.adapters.sql.stores import SqlStores
from assent.adapters.vault_file.vault import FileVault
from assent.dialects.wise.dialect import Wise
from assent.domain.approval import ApprovalLimits
from assent.domain.attempts import AttemptLimits
from assent.domain.capture import CaptureLimits
from assent.domain.grant import GrantLimits
from assent.domain.mailed_code import MailedCodeLimits, MailedCodes
from assent.domain.programme import KeyRole, Programme, ProgrammeKey, ProgrammeSettings
from assent.domain.session import SessionLimits
from assent.http.app import DialectApp, Refs
from assent.http.bearer import Bearers
from assent.http.limits import GENEROUS, Budget
from assent.http.route import House
from assent.http.signing_key import new_signing_key
from assent.kernel.randomness import SystemRandomness
from assent.ports.changes import Add, ChangeProgramme
from assent.ports.offload import Run
from assent.testing.frozen import CountingIds, FrozenClock
from assent.usecases.world import World
from tests.conftest import ROOTS

JOSE = "application/jose+json"


class AtOnce:
    """An offload that counts, and lets others run first."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self, work: Callable[[], Any]) -> Any:
        await asyncio.sleep(0)
        self.done += 1
        return work()

    def place(self) -> AbstractContextManager[Run]:
        raise NotImplementedError


def world_of(stores: SqlStores, clock: FrozenClock) -> World:
    return World(
        clock=clock,
        randomness=SystemRandomness(),
        ids=CountingIds(),
        kinds={},
        stores=stores,
        vault=FileVault(ROOTS, SystemRandomness()),
        offload=AtOnce(),
        attempt_limits=AttemptLimits(),
        session_limits=SessionLimits(),
        capture_limits=CaptureLimits(),
        approval_limits=ApprovalLimits(),
        grant_limits=GrantLimits(),
        mailed_codes=MailedCodes(MailedCodeLimits(), b"k" * 32),
    )


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        assert self.headers["content-type"] == JOSE
        return self.body.decode()

    @property
    def error(self) -> tuple[int, str, str]:
        (one,) = self.json["errors"]
        return self.status, one["code"], one["message"]


@dataclass
class Partner:
    """A client of the API, with a token that speaks for itself."""

    app: DialectApp
    token: str

    async def call(
        self, method: str, path: str, body: bytes | str | dict[str, Any] = b"", **headers: str
    ) -> Answer:
        octets = json.dumps(body).encode() if isinstance(body, dict) else body
        octets = octets.encode() if isinstance(octets, str) else octets
        url = urlsplit(path)
        sent = {"authorization": f"Bearer {self.token}", **headers}
        scope = {
            "type": "http",
            "method": method,
            "path": url.path,
            "query_string": url.query.encode(),
            "headers": [
                (name.replace("_", "-").lower().encode(), value.encode("latin-1"))
                for name, value in sent.items()
            ],
        }
        got: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": octets}

        async def send(message: Any) -> None:
            got.append(message)

        await self.app(scope, receive, send)
        held = {name.decode(): value.decode() for name, value in got[0]["headers"]}
        return Answer(got[0]["status"], held, got[1]["body"])

    async def jose(self, path: str, token: str, method: str = "jwe", accept: str = JOSE) -> Answer:
        named = {"content_type": JOSE, "x_tw_jose_method": method, "accept": accept}
        return await self.call("POST", path, token, **named)

    async def key(self, scope: str, algorithm: str, **query: Any) -> dict[str, Any]:
        more = "".join(f"&{name}={value}" for name, value in query.items())
        answer = await self.call(
            "GET", f"/v1/auth/jose/response/public-keys?scope={scope}&algorithm={algorithm}{more}"
        )
        assert answer.status == 200, answer.body
        held: dict[str, Any] = answer.json
        return held

    async def encryption_key(self) -> str:
        key = await self.key("PAYLOAD_ENCRYPTION", "RSA_OAEP_256")
        material: str = key["keyMaterial"]["keyMaterial"]
        return material

    async def upload(self, **values: Any) -> Answer:
        return await self.call("POST", "/v1/auth/jose/request/public-keys", values)


@dataclass
class Room:
    """A programme with clients."""

    world: World
    house: House
    app: DialectApp
    programme: Programme
    clock: FrozenClock
    partners: dict[str, Partner] = field(default_factory=dict)

    @classmethod
    async def open(cls, stores: SqlStores, clock: FrozenClock) -> "Room":
        world = world_of(stores, clock)
        key = new_signing_key("k", bytes(32), clock.wall())
        house = House(
            world=world,
            bearers=Bearers("assent", [key], clock.wall()),
            by_programme=Budget(GENEROUS.programme),
            by_address=Budget(GENEROUS.programme),
            by_user=Budget(GENEROUS.programme),
        )
        programme = Programme(
            id=world.ids.next(),
            name="Demo Bank",
            consumers_profile=1,
            corporates_profile=2,
            created_at=clock.now(),
        )
        await stores.commit(Add(programme))
        app = DialectApp(house, Wise(), Refs(bytes(8)))
        return cls(world, house, app, programme, clock)

    async def token(self, name: str) -> str:
        """As of now."""
        client = await self.world.stores.client_by_key(f"{name}:secret")
        assert client is not None
        now = self.clock.now()
        return self.house.bearers.mint_for_client(self.programme.id, client.key_id, now)

    async def partner(self, name: str) -> Partner:
        key = ProgrammeKey(
            id=self.world.ids.next(),
            programme_id=self.programme.id,
            role=KeyRole.CLIENT,
            text=f"{name}:secret",
            created_at=self.clock.now(),
        )
        await self.world.stores.commit(Add(key))
        return Partner(self.app, await self.token(name))

    async def settle(self, **settings: Any) -> None:
        changed = replace(self.programme, settings=ProgrammeSettings(**settings))
        await self.world.stores.commit(ChangeProgramme(changed))
        self.clock.advance(1_000)


def encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
