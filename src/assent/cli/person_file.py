"""Commands about what is held of a person: found, shown, exported, erased."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from assent.adapters.sql.scrub import empty_log
from assent.cli.people import (
    OfProgramme,
    Operator,
    Reason,
    Who,
    users_commands,
    with_person,
)
from assent.cli.shared import Config, new_file, read_settings, say
from assent.domain.attempts import FOR_EVER
from assent.domain.challenge import Purpose
from assent.domain.contact import masked
from assent.domain.device import DEVICE_KEY, LOGIN_REFUSALS, NOT_ME, REFUSALS, Device, device_of
from assent.domain.factor import FactorState
from assent.domain.facts import Fact
from assent.domain.session import Caller
from assent.domain.subject import Subject
from assent.domain.wording import one_line
from assent.foundation import Foundation, sqlite_path
from assent.unfit import Unfit
from assent.usecases.erase_person import Plan, erase_person, plan_erasure
from assent.usecases.export_person import export_person
from assent.usecases.show_person import Shown, reveal_person, show_person

__all__ = ["users_commands"]

_COUNTED = {REFUSALS: "declined", LOGIN_REFUSALS: "declined or left", NOT_ME: "not theirs"}
_SESSIONS_ENDED = "(all their sessions were ended)"
_IN_SESSION = {f"{purpose}_declined" for purpose in (Purpose.STEP_UP, Purpose.ENROL)}
_FACTS = 20
"""The latest that are shown; `assent users export` has them all."""

Reveal = Annotated[
    bool, typer.Option("--reveal", help="Addresses in clear; needs --operator and --reason.")
]
MaybeOperator = Annotated[str, typer.Option("--operator", help="Who you are; recorded.")]
MaybeReason = Annotated[str, typer.Option("--reason", help="Why; recorded.")]


@users_commands.command("find")
def users_find(
    who: Who,
    reveal: Reveal = False,
    operator: MaybeOperator = "",
    reason: MaybeReason = "",
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Says whose address or number it is, in a line."""
    _refuse_unnamed(reveal, operator, reason)

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        if reveal:
            await reveal_person(base.world, caller, subject, reason)
        say(f"{subject.id}  {_addresses(subject, reveal)}  {_state(subject)}")

    with_person(config, programme, who, work, operator, reason)


@users_commands.command("show")
def users_show(
    who: Who,
    reveal: Reveal = False,
    operator: MaybeOperator = "",
    reason: MaybeReason = "",
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Shows what hangs on a person, and what happened lately."""
    _refuse_unnamed(reveal, operator, reason)

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        if reveal:
            await reveal_person(base.world, caller, subject, reason)
        shown = await show_person(base.world, subject, _FACTS)
        for line in _lines(shown, base.world.clock.now(), reveal):
            say(line)

    with_person(config, programme, who, work, operator, reason)


def _refuse_unnamed(reveal: bool, operator: str, reason: str) -> None:
    if reveal and not (operator.strip() and reason.strip()):
        raise typer.BadParameter("--reveal is recorded: say --operator and --reason")


def _addresses(subject: Subject, reveal: bool) -> str:
    mobile = f"{subject.mobile.country_code}{subject.mobile.number}" if subject.mobile else ""
    told = [subject.email, mobile or "no mobile"]
    if not reveal:
        told = [masked(subject.email), masked(mobile) if mobile else "no mobile"]
    return "  ".join(told)


def _state(subject: Subject) -> str:
    return "active" if subject.active else "deactivated"


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}"


def _verified(verified: bool) -> str:
    return "verified" if verified else "not verified"


def _lines(shown: Shown, now: int, reveal: bool) -> Iterator[str]:
    subject = shown.subject
    yield f"person    {subject.id}  {_state(subject)}  since {_time(subject.created_at)} UTC"
    yield f"reached   {_addresses(subject, reveal)}"
    yield (
        f"          e-mail {_verified(subject.email_verified)}, "
        f"mobile {_verified(subject.mobile_verified)}"
    )
    for acting in shown.actings:
        identity = acting.identity
        ended = "" if acting.admitted else ", deactivated there"
        yield (
            f"acts for  {identity.type} {identity.id} as {acting.role}, {identity.diligence}{ended}"
        )
    for factor in shown.factors:
        yield f"factor    {factor.kind} {factor.id}  {factor.state}  {_time(factor.created_at)}"
        if factor.kind == DEVICE_KEY and factor.state is FactorState.ACTIVE:
            yield f"          {_device(device_of(factor.details))}"
    for proof, attempts in sorted(shown.attempts.items()):
        counted = _COUNTED.get(proof, "wrong")
        yield f"answers   {proof}: {attempts.failures} {counted}, {attempts.blocks} blocks" + (
            _until(attempts.blocked_until) if attempts.blocked(now) else ""
        )
    seen = max((session.last_seen for session in shown.live), default=0)
    last = f", last seen {_time(seen * 1_000)}" if seen else ""
    yield f"sessions  {len(shown.live)} live{last}"
    for fact in shown.facts:
        details = " ".join(f"{name}={value}" for name, value in fact.details.items() if value)
        line = f"{_time(fact.at)}  {fact.name}  {fact.actor}  {fact.address}  {details}".rstrip()
        yield f"{line}  {_SESSIONS_ENDED}" if _ended_sessions(fact) else line


def _ended_sessions(fact: Fact) -> bool:
    """A log-in that is declined has no session yet."""
    return fact.name in _IN_SESSION and fact.details.get("reason") == NOT_ME


def _device(device: Device) -> str:
    """What it is called by its person, who may call it anything; its keys are nobody's to read."""
    used = f"used {_time(device.last_used_at)}" if device.last_used_at else "never used"
    push = device.transport or "no push"
    if device.unreachable:
        push = f"{push}, which no longer reaches it"
    told = [one_line(device.name), device.scheme, used, push]
    told.append(f"attested ({device.attested})" if device.attested else "not attested")
    return "  ".join([*told, "copied by its maker"] if device.synced else told)


def _until(blocked_until: int) -> str:
    if blocked_until == FOR_EVER:
        return "; blocked until an operator lifts it"
    return f"; blocked until {_time(blocked_until)}"


@users_commands.command("export")
def users_export(
    who: Who,
    out: Annotated[Path, typer.Option(help="File to make, mode 0600.")],
    operator: Operator,
    reason: Reason,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Writes all that is held of a person, as JSON (GDPR Articles 15 and 20)."""

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        with new_file(out) as file:  # before anything is recorded
            held = await export_person(base.world, caller, subject, reason)
            json.dump(held, file, ensure_ascii=False, indent=2)
            file.write("\n")
        say(f"Wrote {out}: all that is held of {subject.id}.")

    with_person(config, programme, who, work, operator, reason)


@users_commands.command("erase")
def users_erase(
    who: Who,
    operator: Operator,
    reason: Reason,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: for scripts.")] = False,
    tell: Annotated[
        bool, typer.Option("--tell/--no-tell", help="Whether a last message goes to them.")
    ] = True,
    programme: OfProgramme = None,
    config: Config = None,
) -> None:
    """Erases a person for good (GDPR Article 17)."""

    async def work(base: Foundation, caller: Caller, subject: Subject) -> None:
        plan = await plan_erasure(base.world, subject)
        for line in _told(plan, tell):
            say(line)
        if not yes:
            _confirm(subject)
        await erase_person(base.world, caller, subject, reason, tell)
        say(f"Erased {subject.id}. Back-ups from before still hold them.")

    with_person(config, programme, who, work, operator, reason)
    path = sqlite_path(read_settings(config))
    if path is not None and not empty_log(path):
        say("SQLite's log was in use and still holds older pages, sealed. They go when it is next")
        say("written over, or when the server stops.")


def _told(plan: Plan, tell: bool) -> Iterator[str]:
    alone = ", ".join(f"{identity.type} {identity.id}" for identity in plan.alone)
    yield f"Person {plan.subject.id} ({_addresses(plan.subject, False)}). This goes, for good:"
    yield f"    addresses, details, secrets, {plan.factors} factors, {plan.sessions} sessions,"
    yield f"    {plan.messages} messages, approvals, codes, tokens of clients, counts"
    if alone:
        yield f"    the details of {alone}"
    yield "This stays, because the law asks for it (docs/operations/people.md):"
    yield f"    the record, by ids; {plan.payments} payments and the balances they went from"
    for acting in plan.shared:
        others = f"{acting.identity.type} {acting.identity.id}"
        yield f"    {others}, for which others act" + (
            "; it has no root then" if acting.role == "root" else ""
        )
    if tell:
        yield "A last message tells them so; it is erased when it is sent."


def _confirm(subject: Subject) -> None:
    if not sys.stdin.isatty():
        raise Unfit("Nobody is there to ask: say --yes")
    if typer.prompt("Type the person's id to erase them").strip() != str(subject.id):
        raise Unfit("That is another id. Nothing was changed")
