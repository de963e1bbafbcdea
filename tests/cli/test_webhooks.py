"""What an operator sees of events, sends once more, and how a key is changed with overlap."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest

from assent import foundation
from assent.domain.event import Event, EventName, Outcome
from assent.domain.message import MessageState
from assent.ports.changes import Add
from assent.ports.upkeep import FinishMessage
from assent.settings import load
from assent.testing.frozen import CountingIds
from assent.usecases.tell import told
from tests.cli.conftest import Place
from tests.contracts.rows import Maker

TARGET = "https://hooks.example.com/in"


def _with_base(place: Place, work: Callable[[foundation.Foundation], Awaitable[Any]]) -> Any:
    async def inside() -> Any:
        base = await foundation.found(load(None, place.settings))
        try:
            return await work(base)
        finally:
            await base.close()

    return asyncio.run(inside())


def _programme(place: Place) -> str:
    made = json.loads(place.done("programme", "create", "Bank"))
    place.done("programme", "set", made["id"], f"webhook_url={TARGET}")
    return str(made["id"])


def _events(place: Place, programme: str, *states: MessageState) -> tuple[int, list[int]]:
    """A person with an event in each of these states; theirs and the events' numbers."""

    async def work(base: foundation.Foundation) -> tuple[int, list[int]]:
        held = await base.stores.programme(int(programme))
        assert held is not None
        subject = Maker(CountingIds(), base.clock).subject(held.id)  # type: ignore[arg-type]
        await base.stores.commit(Add(subject))
        numbers = []
        for state in states:
            event = Event(
                name=EventName.USER_DEACTIVATED,
                subject_id=subject.id,
                outcome=Outcome.INACTIVE,
                address="ada.lovelace@example.com",
                at=base.clock.now(),
            )
            (change,) = told(base.world, held, event)
            number = int(change.row.id)  # type: ignore[union-attr]
            await base.stores.commit(change)
            if state is not MessageState.WAITING:
                keep = state is not MessageState.SKIPPED
                now = base.clock.now()
                await base.stores.commit(FinishMessage(number, state, now, keep=keep))
            numbers.append(number)
        return subject.id, numbers

    made: tuple[int, list[int]] = _with_base(place, work)
    return made


def _facts(place: Place, name: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(place.place / "assent.sqlite3")) as db:
        rows = db.execute("SELECT actor, details FROM facts WHERE name = ?", (name,))
        return [{"actor": row[0], **json.loads(row[1])} for row in rows]


def test_events_are_listed_by_what_is_known_of_them(place: Place) -> None:
    programme = _programme(place)
    person, (given_up, sent, waiting) = _events(
        place, programme, MessageState.GIVEN_UP, MessageState.SENT, MessageState.WAITING
    )
    lines = place.done("webhooks", "list").splitlines()
    assert [int(line.split()[0]) for line in lines] == [waiting, sent, given_up]
    assert "given_up" in lines[2]
    assert "user_deactivated inactive" in lines[2]
    assert f"person {person}  programme {programme}" in lines[2]
    for chosen, numbers in (
        (("--state", "sent"), [sent]),
        (("--person", str(person), "--state", "waiting"), [waiting]),
        (("--programme", programme, "--most", "1"), [waiting]),
        (("--since", "2026-01-01", "--until", "2026-01-02"), []),
    ):
        listed = place.done("webhooks", "list", *chosen).splitlines()
        assert [int(line.split()[0]) for line in listed] == numbers
    assert "ada.lovelace" not in "".join(lines)


def test_one_is_shown_without_the_address(place: Place) -> None:
    programme = _programme(place)
    _, (given_up, waiting, skipped) = _events(
        place, programme, MessageState.GIVEN_UP, MessageState.WAITING, MessageState.SKIPPED
    )
    shown = place.done("webhooks", "show", str(given_up))
    assert "given_up" in shown
    assert "may be sent until" in shown
    assert "address: " in shown
    assert "ada.lovelace" not in shown
    assert "next try" in place.done("webhooks", "show", str(waiting))
    assert "erased" in place.done("webhooks", "show", str(skipped))
    assert "There is no event 12" in place.run("webhooks", "show", "12").stderr


def test_one_that_was_given_up_is_sent_once_more_and_that_is_recorded(place: Place) -> None:
    programme = _programme(place)
    _, (given_up, waiting, skipped) = _events(
        place, programme, MessageState.GIVEN_UP, MessageState.WAITING, MessageState.SKIPPED
    )
    numbers = (str(given_up), str(waiting), str(skipped))
    said = place.done("webhooks", "replay", *numbers, "--operator", "grace")
    assert "1 of 3 wait to be sent once more." in said
    assert f"{waiting}: it waits already" in said
    assert f"{skipped}: skipped, and nothing is kept" in said
    assert "waiting" in place.done("webhooks", "show", str(given_up))
    (fact,) = _facts(place, "event_replayed")
    assert fact == {"actor": "operator:grace", "event": str(given_up), "before": "given_up"}


def test_many_are_sent_once_more_by_programme_and_state(place: Place) -> None:
    programme, other = _programme(place), _programme(place)
    _events(place, programme, *[MessageState.GIVEN_UP] * 3, MessageState.SENT)
    _events(place, other, MessageState.GIVEN_UP)
    assert "3 of 3 wait" in place.done("webhooks", "replay", "--programme", programme)
    assert "0 of 0 wait" in place.done("webhooks", "replay", "--programme", programme)
    sent = ("webhooks", "replay", "--programme", programme, "--state", "sent")
    assert "1 of 1 wait" in place.done(*sent)
    assert len(place.done("webhooks", "list", "--state", "given_up").splitlines()) == 1


@pytest.mark.parametrize("state", ["delivered", "undelivered"])
def test_states_that_no_event_can_have_are_not_offered(place: Place, state: str) -> None:
    done = place.run("webhooks", "list", "--state", state)
    assert done.returncode == 2
    assert "'waiting', 'sent', 'given_up', 'expired', 'skipped'" in " ".join(
        done.stderr.replace("│", " ").split()
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("replay",), "say which"),
        (("replay", "--state", "waiting", "--programme", "1"), "only what was given_up or sent"),
        (("replay", "7"), "There is no event 7"),
        (("list", "--since", "tomorrow"), "no date or time"),
        (("list", "--person", "ada@example.com"), "say --programme"),
        (("list", "--programme", "7"), "no programme 7"),
    ],
)
def test_what_cannot_be_meant_is_told(place: Place, arguments: tuple[str, ...], told: str) -> None:
    done = place.run("webhooks", *arguments)
    assert done.returncode == 1
    assert told in done.stderr


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com", "https://u:p@h.example", "https://10.0.0.1", "https://h/#x"]
)
def test_a_target_that_production_must_not_call_is_refused(place: Place, url: str) -> None:
    programme = _programme(place)
    done = place.run("programme", "set", programme, f"webhook_url={url}")
    assert done.returncode == 1
    assert "webhook_url is https://" in done.stderr
    assert f"webhook_url={TARGET}" in place.done("programme", "list")
    place.done("programme", "set", programme, "webhook_url=")


def test_a_private_one_where_the_settings_say_so(place: Place) -> None:
    programme = _programme(place)
    inside = {"ASSENT_WEBHOOKS_PRIVATE_NETWORK": "true"}
    place.done("programme", "set", programme, "webhook_url=https://10.0.0.1/in", **inside)
    done = place.run("programme", "set", programme, "webhook_url=https://169.254.169.254", **inside)
    assert done.returncode == 1


def test_a_key_is_added_before_the_old_one_is_retired(place: Place) -> None:
    programme = _programme(place)
    new = place.done("programme", "add-key", programme, "api", "--operator", "grace").strip()
    listed = [line.split() for line in place.done("programme", "keys", programme).splitlines()]
    api = [line[0] for line in listed if line[1] == "api"]
    assert len(api) == 2
    assert new not in place.done("programme", "keys", programme)
    said = place.done("programme", "retire-key", programme, api[0], "--operator", "grace")
    assert said == f"Retired api key {api[0]}.\n"
    last = place.run("programme", "retire-key", programme, api[1])
    assert last.returncode == 1
    assert "the last of its role" in last.stderr
    gone = place.run("programme", "retire-key", programme, api[0])
    assert "no such key" in gone.stderr
    assert _facts(place, "key_added")[0]["by"] == "grace"
    assert _facts(place, "key_retired")[0]["key"] == api[0]
    assert (
        "sandbox key opens nothing"
        in place.run("programme", "add-key", programme, "sandbox").stderr
    )
    assert "rotate-client" in place.run("programme", "add-key", programme, "client").stderr


def test_doctor_looks_whether_targets_can_be_reached(place: Place) -> None:
    """That one cannot is the firm's to mend: a warning."""
    programme = _programme(place)
    place.done("programme", "set", programme, "webhook_url=https://no-such-host.invalid/in")
    said = place.run("doctor").stdout
    what = f"webhook_url of programme {programme}"
    (line,) = [one for one in said.splitlines() if one[6:].startswith(what)]
    assert line.startswith("warn")
    assert "its name is unknown" in line
