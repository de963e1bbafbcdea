"""Commands about what has served its time: docs/operations/retention.md."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from assent.cli.running import with_world
from assent.cli.shared import By, Config, say
from assent.domain.retention import Sort
from assent.foundation import Foundation
from assent.unfit import Unfit
from assent.usecases.retain import COUNTED, Retention, counted, due
from assent.usecases.rotate_keys import of_the_house

retention_commands = typer.Typer(help="What has served its time.", no_args_is_help=True)


@retention_commands.callback()
def retention() -> None:
    """What has served its time."""


@retention_commands.command("run")
def retention_run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
    trust_clock: Annotated[
        bool, typer.Option("--trust-clock", help="Whatever it said before: it is right now.")
    ] = False,
    operator: By = "",
    config: Config = None,
) -> None:
    """Deletes what servers delete by themselves within the hour."""

    async def work(base: Foundation) -> None:
        world = base.world
        by = world.clock.now()
        if not trust_clock:
            found = await due(world)
            if found is None:
                raise Unfit(
                    "This machine's clock and the database's disagree, and nothing is deleted. "
                    "Set them right; or say --trust-clock"
                )
            by = found.moment
            if found.held_back_ms:
                say(f"Deleting as of {_time(by)} UTC: the clock is ahead of what was deleted by")
                say("last by more than a day. Is it right? Then say --trust-clock.")
        if dry_run:
            done = await counted(world, by)
        else:
            done = await Retention(world).all(by)
            about = {sort: str(number) for sort, number in done.items()}
            await world.stores.commit(of_the_house(world, operator, "retention_run", about))
        for sort in Sort:
            number = done.get(sort, 0)
            more = " or more" if dry_run and number == COUNTED else ""
            days = world.retention_limits.days(sort)
            say(f"{sort:<13} {number}{more}, older than {days} days")

    with_world(config, work)


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}"
