"""A World that is closed again, for commands that need one; errors as sentences."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import uvloop

from assent.adapters.sql.sqlite import SecondServer
from assent.adapters.vault_file.vault import VaultFileError
from assent.cli.shared import give_up, read_settings
from assent.domain.programme import Programme
from assent.foundation import Foundation, found
from assent.kernel.refusals import Refusal
from assent.unfit import CannotListen, Unfit

T = TypeVar("T")


def run(work: Awaitable[T]) -> T:
    """Runs a command's work; what it may run into becomes a sentence."""

    async def wrapped() -> T:
        return await work

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(wrapped())
    except (Unfit, VaultFileError, CannotListen, SecondServer) as error:
        raise give_up(error) from error
    except Refusal as refusal:
        raise give_up(f"{refusal}. Run: assent doctor") from refusal


def with_world(config: Path | None, work: Callable[[Foundation], Awaitable[T]]) -> T:
    """Opens what a command needs, and closes it again."""
    settings = read_settings(config)

    async def inside() -> T:
        base = await found(settings)
        try:
            return await work(base)
        finally:
            await base.close()

    return run(inside())


async def find_programme(base: Foundation, number: int) -> Programme:
    """The tenant of that id, or the end."""
    for programme in await base.stores.programmes():
        if programme.id == number:
            return programme
    raise Unfit(f"There is no programme {number}. Run: assent programme list")
