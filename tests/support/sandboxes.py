"""Fixtures: one sandbox for all tests of a folder, a programme of its own for each of them."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from assent import foundation
from assent.kernel.secret import Secret
from assent.settings import DatabaseSettings, Settings, VaultSettings
from assent.usecases.read_capture import capture
from tests.support.client import Server
from tests.support.processes import Installation, Sandbox, sandbox
from tests.support.weavr import Person


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A server process; whatever is asked of it, it must not break."""
    with sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running
        broken = [line for line in running.log().splitlines() if '"broken"' in line]
        assert broken == []
        assert "Traceback" not in running.log()


@pytest.fixture
def server(box: Sandbox) -> Server:
    """A programme that nobody else knows, on the one server; its clock is everybody's."""
    return box.server.isolated()


@asynccontextmanager
async def opened(box: Sandbox) -> AsyncIterator[foundation.Foundation]:
    """The server's own database, as a command of the operator would open it."""
    settings = replace(
        Settings(),
        server=replace(Settings().server, environment="sandbox"),
        database=DatabaseSettings(Secret(f"sqlite:///{box.data / 'assent.sqlite3'}")),
        vault=VaultSettings(str(box.data / "vault.json")),
    )
    base = await foundation.found(settings)
    try:
        yield base
    finally:
        await base.close()


_envelopes = itertools.count(1)


async def captured(box: Sandbox, server: Server, value: str, kind: str = "password") -> str:
    """A token for what somebody typed into a field of that kind, put in by hand."""
    async with opened(box) as base:
        programmes = await base.stores.programmes()
        wanted = int(server.credentials["programme"]["id"])
        (programme,) = [one for one in programmes if one.id == wanted]
        envelope = f"{wanted}-{next(_envelopes)}".encode()
        return await capture(base.world, programme, kind, Secret(value), envelope)


def box_users(box: Sandbox, server: Server, verb: str, person: Person, *more: str) -> str:
    """What an operator's `assent users` says."""
    place = Installation(
        box.data,
        {
            "ASSENT_DATABASE_URL": f"sqlite:///{box.data / 'assent.sqlite3'}",
            "ASSENT_VAULT_FILE": str(box.data / "vault.json"),
            "ASSENT_SERVER_ENVIRONMENT": "sandbox",
        },
    )
    programme = ("--programme", server.credentials["programme"]["id"])
    return place.done(
        "users", verb, person.email, *programme, "--operator", "op", "--reason", "test", *more
    )
