"""Fixtures: one sandbox for all tests of a folder, a programme of its own for each of them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from assent import wiring
from assent.kernel.secret import Secret
from assent.settings import DatabaseSettings, Settings, VaultSettings
from tests.support.client import Server
from tests.support.processes import Sandbox, sandbox


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
async def opened(box: Sandbox) -> AsyncIterator[wiring.Foundation]:
    """The server's own database, as a command of the operator would open it."""
    settings = replace(
        Settings(),
        server=replace(Settings().server, environment="sandbox"),
        database=DatabaseSettings(Secret(f"sqlite:///{box.data / 'assent.sqlite3'}")),
        vault=VaultSettings(str(box.data / "vault.json")),
    )
    base = await wiring.found(settings)
    try:
        yield base
    finally:
        await base.close()
