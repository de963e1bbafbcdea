"""Commands about what firms' servers were told, and what they were not."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from assent.cli.people import OfProgramme
from assent.cli.running import find_programme, with_world
from assent.cli.shared import By, Config, give_up, say, utc
from assent.domain.contact import masked
from assent.domain.event import from_fields
from assent.domain.message import MessageState
from assent.domain.session import Caller
from assent.foundation import Foundation
from assent.kernel.refusals import Code, Refusal
from assent.ports.webhooks import EventLine, Wanted
from assent.unfit import Unfit
from assent.usecases.find_person import find_person
from assent.usecases.replay_events import all_events, replay_event

webhook_commands = typer.Typer(
    help="What firms' servers were told: looked at, sent once more.", no_args_is_help=True
)

_SHOWN = 50
_MOST_SHOWN = 1_000

Person = Annotated[
    str, typer.Option("--person", help="An id; with --programme also an e-mail address.")
]


class EventState(StrEnum):
    """Those that an event can be in: a server takes it or does not, and sends no receipt later."""

    WAITING = MessageState.WAITING.value
    SENT = MessageState.SENT.value
    GIVEN_UP = MessageState.GIVEN_UP.value
    EXPIRED = MessageState.EXPIRED.value
    SKIPPED = MessageState.SKIPPED.value


State = Annotated[EventState | None, typer.Option("--state", help="How it stands.")]
Since = Annotated[
    str, typer.Option("--since", help="From when on it happened: 2026-11-21, 2026-11-21T14:30Z.")
]
Until = Annotated[str, typer.Option("--until", help="Before when it happened.")]


@webhook_commands.command("list")
def webhooks_list(
    programme: OfProgramme = None,
    person: Person = "",
    state: State = None,
    since: Since = "",
    until: Until = "",
    most: Annotated[int, typer.Option(min=1, max=_MOST_SHOWN, help="How many.")] = _SHOWN,
    config: Config = None,
) -> None:
    """Events, the newest first."""

    async def work(base: Foundation) -> None:
        wanted = await _wanted(base, programme, person, state, since, until)
        for line in await base.stores.events(wanted, most):
            say(_line(line))

    with_world(config, work)


@webhook_commands.command("show")
def webhooks_show(number: int, config: Config = None) -> None:
    """One event: what it says, how often it was tried, when it is tried next."""

    async def work(base: Foundation) -> None:
        line = await _one(base, number)
        say(_line(line))
        if line.state is MessageState.WAITING:
            say(f"    next try {utc(line.next_at)}")
        if line.finished_at is not None:
            say(f"    {line.state} {utc(line.finished_at)}")
        say(f"    may be sent until {utc(line.not_after)}")
        for name, value in _said(line).items():
            say(f"    {name}: {value}")

    with_world(config, work)


@webhook_commands.command("replay")
def webhooks_replay(
    numbers: Annotated[list[int] | None, typer.Argument(help="Events, by number.")] = None,
    programme: OfProgramme = None,
    person: Person = "",
    state: State = None,
    since: Since = "",
    until: Until = "",
    operator: By = "",
    config: Config = None,
) -> None:
    """Sends events once more; recorded. Without numbers: those that were given up of a programme or
    a person; with --state sent, those that were taken."""
    if not numbers and programme is None and not person:
        raise give_up("say which: numbers, or --programme, or --person")
    if state not in (None, EventState.GIVEN_UP, EventState.SENT):
        raise give_up("only what was given_up or sent can be sent once more")

    async def work(base: Foundation) -> None:
        if numbers:
            lines = [await _one(base, number) for number in numbers]
        else:
            chosen = state or EventState.GIVEN_UP
            wanted = await _wanted(base, programme, person, chosen, since, until)
            lines = list(await all_events(base.world, wanted))
        done = 0
        for line in lines:
            held = await find_programme(base, line.programme_id)
            caller = Caller(programme=held, operator=operator)
            if await replay_event(base.world, caller, line):
                done += 1
            else:
                say(f"{line.id}: {_why_not(line)}")
        say(f"{done} of {len(lines)} wait to be sent once more.")

    with_world(config, work)


def _why_not(line: EventLine) -> str:
    if line.state is MessageState.WAITING:
        return f"it waits already; next try {utc(line.next_at)}"
    return f"{line.state}, and nothing is kept of what it said"


async def _one(base: Foundation, number: int) -> EventLine:
    found = await base.stores.events(Wanted(event_id=number), 1)
    if not found:
        raise Unfit(f"There is no event {number}. Run: assent webhooks list")
    return found[0]


async def _wanted(
    base: Foundation,
    programme: int | None,
    person: str,
    state: EventState | None,
    since: str,
    until: str,
) -> Wanted:
    held = None if programme is None else await find_programme(base, programme)
    subject_id = int(person) if person.isascii() and person.isdigit() else 0
    if person and not subject_id:
        if held is None:
            raise Unfit("An address is one of a programme: say --programme")
        try:
            subject_id = (await find_person(base.world, held, person)).id
        except Refusal as refusal:
            if refusal.code is not Code.SUBJECT_UNKNOWN:
                raise
            raise Unfit(f"Programme {held.id} has no such person") from None
    return Wanted(
        programme_id=held.id if held else 0,
        subject_id=subject_id,
        state=MessageState(state.value) if state else None,
        since=_moment(since, 0),
        until=_moment(until, Wanted().until),
    )


def _moment(text: str, otherwise: int) -> int:
    """In ms; a time without a zone is in UTC."""
    if not text:
        return otherwise
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(f"'{text}' is no date or time, as in 2026-11-21T14:30Z") from None
    return int((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() * 1_000)


def _said(line: EventLine) -> dict[str, str]:
    """Without what says nothing, and with no address in clear."""
    if line.body is None:
        return {}
    try:
        event = from_fields(json.loads(line.body))
    except (ValueError, TypeError, KeyError):
        return {"event": "another version's"}
    told = asdict(event) | {"address": masked(event.address) if event.address else ""}
    del told["at"]
    return {name: str(value) for name, value in told.items() if value}


def _line(line: EventLine) -> str:
    said = _said(line)
    what = " ".join(said[name] for name in ("name", "kind", "outcome") if name in said)
    return (
        f"{line.id}  {utc(line.created_at)}  {line.state}  tries {line.tries}  "
        f"{what or 'erased'}  person {line.subject_id}  programme {line.programme_id}"
    )
