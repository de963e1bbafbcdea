"""Commands that change something about a person; all of them are recorded."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from assent.cli.running import find_programme, with_world
from assent.cli.shared import Config, say
from assent.domain.contact import mobile_of
from assent.domain.device import LOGIN_REFUSALS, NOT_ME, REFUSALS
from assent.domain.factor import Factor
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.foundation import Foundation
from assent.kernel.refusals import Code, Refusal
from assent.unfit import Unfit
from assent.usecases.end_sessions import end_sessions
from assent.usecases.find_person import find_person
from assent.usecases.register_factor import remove_factor, remove_factors
from assent.usecases.set_active import set_active
from assent.usecases.unblock_person import unblock_person

users_commands = typer.Typer(help="People.", no_args_is_help=True)

Who = Annotated[
    str,
    typer.Argument(help="E-mail address, id, or a mobile number that only one person may hold."),
]


def _not_blank(text: str) -> str:
    """A record of nothing is none."""
    if not text.strip():
        raise typer.BadParameter("it is recorded, so it must say something")
    return text.strip()


_COUNTED = {
    REFUSALS: "declined",
    LOGIN_REFUSALS: "declined or left",
    NOT_ME: "said not to be theirs",
}
"""What is counted beside wrong answers."""
Operator = Annotated[str, typer.Option(help="Who you are; recorded.", callback=_not_blank)]
Reason = Annotated[str, typer.Option(help="Why; recorded.", callback=_not_blank)]
OfProgramme = Annotated[int | None, typer.Option("--programme", help="Where there are several.")]


def with_person(
    config: Path | None,
    programme: int | None,
    who: str,
    work: Callable[[Foundation, Caller, Subject], Awaitable[None]],
    operator: str = "",
    reason: str = "",
) -> None:
    """Finds the person a command is about; `operator` does it, for `reason`."""

    async def inside(base: Foundation) -> None:
        programmes = await base.stores.programmes()
        if programme is None and len(programmes) != 1:
            raise Unfit("Say which programme with --programme. Run: assent programme list")
        held = await find_programme(base, programmes[0].id if programme is None else programme)
        unknown = f"Programme {held.id} ({held.name}) has no such person{_why(who)}"
        try:
            subject = await find_person(base.world, held, who)
            _refuse_naming(subject, reason)
            await work(base, Caller(programme=held, operator=operator), subject)
        except Refusal as refusal:
            if refusal.code is Code.SUBJECT_UNKNOWN:
                raise Unfit(unknown) from None
            if refusal.code is Code.CHANGED_MEANWHILE:
                raise Unfit("Somebody changed the person meanwhile: run it again") from None
            raise

    with_world(config, inside)


def _why(who: str) -> str:
    """Why a number that somebody has may find nobody, and what finds them."""
    if who.strip().isdigit():
        return ". Digits alone are an id; a number begins with +"
    if mobile_of(who.strip()) is None:
        return ""
    return (
        ". A number finds whoever alone may hold it (phones of the SCA API); people of the Multi "
        "API may share one, so theirs is sealed and cannot be looked up. Say the e-mail address or "
        "the id"
    )


def _refuse_naming(subject: Subject, reason: str) -> None:
    """The record is never deleted: whoever is erased must not live on in it."""
    number = subject.mobile.number if subject.mobile else ""
    for told in (subject.email, number):
        if told and told.casefold() in reason.casefold():
            raise Unfit(
                "--reason is kept for ever: leave the person's addresses out, they may be erased"
            )


@users_commands.command("unblock")
def users_unblock(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Lifts a person's blocks, the permanent one too."""

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        before = await unblock_person(base.world, caller, subject, reason)
        say(f"Unblocked {subject.id}.")
        for proof, attempts in before.items():
            counted = _COUNTED.get(proof, "wrong answers")
            say(f"    {proof}: {attempts.failures} {counted}, {attempts.blocks} blocks")

    with_person(config, programme, who, work, operator, reason)


@users_commands.command("deactivate")
def users_deactivate(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Shuts a person out; every session ends at once."""

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        await set_active(base.world, caller, subject, False, reason)
        say(f"Deactivated {subject.id}.")

    with_person(config, programme, who, work, operator, reason)


@users_commands.command("activate")
def users_activate(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Lets a person in again."""

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        await set_active(base.world, caller, subject, True, reason)
        say(f"Activated {subject.id}.")

    with_person(config, programme, who, work, operator, reason)


@users_commands.command("end-sessions")
def users_end_sessions(
    who: Who,
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Ends every session of a person, on every server, at once."""

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        await end_sessions(base.world, caller, subject, reason)
        say(f"Ended all sessions of {subject.id}.")

    with_person(config, programme, who, work, operator, reason)


@users_commands.command("remove-factor")
def users_remove_factor(
    who: Who,
    kind: Annotated[str, typer.Argument(help="Which kind, as `assent users show` calls it.")],
    operator: Operator,
    reason: Reason,
    number: Annotated[int | None, typer.Option("--id", help="Where there are several.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every one of that kind.")] = False,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Removes a factor: what was asked of the person is void, and they are told by e-mail."""
    if every and number is not None:
        raise typer.BadParameter("--id or --all")

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        why = {"operator": operator, "reason": reason}
        held = list(await base.stores.factors(subject.id, kind))
        gone = held if every and held else [_one_of(held, kind, number)]
        try:
            if every:
                await remove_factors(base.world, caller, subject.id, kind, why=why)
            else:
                await remove_factor(base.world, caller, gone[0], why)
        except Refusal as refusal:
            if refusal.code is Code.FACTOR_NOT_ENROLLED:
                raise Unfit(f"The person has no {kind} any more") from None
            raise
        for factor in gone:
            say(f"Removed {kind} {factor.id} of {subject.id}.")

    with_person(config, programme, who, work, operator, reason)


def _one_of(held: list[Factor], kind: str, number: int | None) -> Factor:
    found = [factor for factor in held if number is None or factor.id == number]
    if not found:
        which = f"{kind} {number}" if number else kind
        raise Unfit(f"The person has no {which}. Run: assent users show")
    if len(found) > 1:
        numbers = ", ".join(str(factor.id) for factor in found)
        raise Unfit(f"The person has several of {kind}: say which with --id ({numbers}), or --all")
    return found[0]
