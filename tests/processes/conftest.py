"""Two servers on one PostgreSQL database, and a way to look into that database."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from assent.testing.postgres import Cluster
from tests.support.client import Server
from tests.support.device_client import Phone, owner
from tests.support.ports import free_ports
from tests.support.processes import Installation, Running, installation, until
from tests.support.twins import known_as
from tests.support.weavr import Person, log_in


@dataclass(frozen=True)
class Pair:
    """Two processes that know nothing of each other but the database."""

    place: Installation
    left: Running
    right: Running
    url: str

    @property
    def servers(self) -> tuple[Server, Server]:
        return self.left.server, self.right.server

    def turn(self, number: int) -> Server:
        """Every other request goes to the other server."""
        return self.servers[number % 2]

    def rows(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds."""
        return ask(self.url, text, *values)

    def facts(self, person: Person, name: str) -> int:
        """How often something was recorded of a person."""
        text = "SELECT count(*) FROM facts WHERE subject_id = $1 AND name = $2"
        return int(self.rows(text, int(person.user_id), name)[0][0])

    def texts(self, person: Person) -> int:
        """How many text messages were written to somebody, whichever server's worker has them."""
        text = "SELECT count(*) FROM outbox WHERE subject_id = $1 AND channel = 'sms'"
        return int(self.rows(text, int(person.user_id))[0][0])

    def advance(self, seconds: int) -> None:
        """The clock of both: the one that is not told finds out within the second."""
        self.left.server.advance(seconds)
        told = self.left.server.sandbox("GET", "/clock").json["offset_seconds"]
        until(
            "the other server's clock follows",
            lambda: self.right.server.sandbox("GET", "/clock").json["offset_seconds"] == told,
        )

    def session(self, person: Person, number: int = 0) -> Person:
        """The person once more, in a session of its own."""
        answer = log_in(self.turn(number), person.email)
        assert answer.status == 200, answer.body
        return Person(
            person.server, person.email, person.number, person.user_id, person.identity_id,
            answer.json["token"],
        )  # fmt: skip


def ask(url: str, text: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a query, on a connection of its own."""

    async def inside() -> list[tuple[Any, ...]]:
        db = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await db.fetch(text, *values)]
        finally:
            await db.close()

    return asyncio.run(inside())


@pytest.fixture(scope="package")
def pair(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    url = cluster.database("processes")
    place = installation(tmp_path_factory.mktemp("pair"), url, ASSENT_SERVER_ENVIRONMENT="sandbox")
    with place.serve("left") as left, place.serve("right") as right:
        yield Pair(place, left, right, url)


@pytest.fixture(scope="package")
def twins(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two by one address, as devices reach them; nobody moves their clock."""
    url, (port,) = cluster.database("twins"), free_ports(1)
    place = installation(tmp_path_factory.mktemp("twins"), url, ASSENT_SERVER_ENVIRONMENT="sandbox")
    base_url = f"http://localhost:{port}"
    with (
        known_as(place, "left", base_url, port) as left,
        known_as(place, "right", base_url) as right,
    ):
        yield Pair(place, left, right, url)
        for server in (left, right):
            assert "Traceback" not in server.log()


@pytest.fixture
def both(twins: Pair) -> tuple[Person, Phone]:
    """Somebody with a device, of a programme of their own, which both servers know."""
    return owner(twins.left.server.isolated())
