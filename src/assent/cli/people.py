"""Commands about people; all of them are recorded."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from assent import wiring
from assent.cli.shared import Config, find_programme, say, with_world
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.kernel.refusals import Code, Refusal
from assent.usecases.find_person import find_person
from assent.usecases.set_active import set_active
from assent.usecases.unblock_person import unblock_person

users_commands = typer.Typer(help="People.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="E-mail address or id.")]


def _not_blank(text: str) -> str:
    """A record of nothing is none."""
    if not text.strip():
        raise typer.BadParameter("it is recorded, so it must say something")
    return text.strip()


Operator = Annotated[str, typer.Option(help="Who you are; recorded.", callback=_not_blank)]
Reason = Annotated[str, typer.Option(help="Why; recorded.", callback=_not_blank)]
OfProgramme = Annotated[int | None, typer.Option("--programme", help="Where there are several.")]


def with_person(
    config: Path | None,
    programme: int | None,
    who: str,
    work: Callable[[wiring.Foundation, Caller, Subject], Awaitable[None]],
) -> None:
    """Finds the person a command is about."""

    async def inside(base: wiring.Foundation) -> None:
        programmes = await base.stores.programmes()
        if programme is None and len(programmes) != 1:
            raise wiring.Unfit("Say which programme with --programme. Run: assent programme list")
        held = await find_programme(base, programmes[0].id if programme is None else programme)
        try:
            subject = await find_person(base.world, held, who)
        except Refusal as refusal:
            if refusal.code is Code.SUBJECT_UNKNOWN:
                raise wiring.Unfit(
                    f"Programme {held.id} ({held.name}) has no such person"
                ) from None
            raise
        await work(base, Caller(programme=held), subject)

    with_world(config, inside)


@users_commands.command("unblock")
def users_unblock(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Lifts a person's blocks, the permanent one too."""

    async def work(base: wiring.Foundation, caller: Caller, subject: Subject) -> None:
        before = await unblock_person(base.world, caller, subject, operator, reason)
        say(f"Unblocked {subject.id}.")
        for proof, attempts in before.items():
            say(f"    {proof}: {attempts.failures} wrong answers, {attempts.blocks} blocks")

    with_person(config, programme, who, work)


@users_commands.command("deactivate")
def users_deactivate(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Shuts a person out; every session ends at once."""

    async def work(base: wiring.Foundation, caller: Caller, subject: Subject) -> None:
        await set_active(base.world, caller, subject, False, operator, reason)
        say(f"Deactivated {subject.id}.")

    with_person(config, programme, who, work)


@users_commands.command("activate")
def users_activate(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Lets a person in again."""

    async def work(base: wiring.Foundation, caller: Caller, subject: Subject) -> None:
        await set_active(base.world, caller, subject, True, operator, reason)
        say(f"Activated {subject.id}.")

    with_person(config, programme, who, work)
