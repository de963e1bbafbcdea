"""Receipts of Twilio's at a production server: signed over the URL that the server itself told."""

import json
import re
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.support import twilio as stand_in
from tests.support.client import Server
from tests.support.processes import Installation, Running, installation, until
from tests.support.twilio import Accepted, StatusCallback, TwilioStandIn, twilio
from tests.support.weavr import Person, new_person


@dataclass(frozen=True)
class Bank:
    """A production installation whose codes go by Twilio: as text messages, then in a call."""

    place: Installation
    running: Running
    twilio: TwilioStandIn
    server: Server

    def states(self, person: Person) -> list[tuple[str, str]]:
        path = self.place.settings["ASSENT_DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return database.execute(
                "SELECT channel, state FROM outbox WHERE subject_id = ? AND channel <> 'email' "
                "ORDER BY created_at, id",
                (int(person.user_id),),
            ).fetchall()

    def sent(self, person: Person, resource: str) -> Accepted:
        """The one of that sort for somebody."""
        return until(
            resource,
            lambda: next(
                (
                    one
                    for one in self.twilio.accepted
                    if (one.resource, one.form["To"]) == (resource, person.phone)
                ),
                None,
            ),
        )


def post(call: StatusCallback, **headers: str) -> int:
    """The status that it is answered with."""
    request = urllib.request.Request(call.url, call.body, {**call.headers, **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("twilio")
    with twilio() as theirs:
        place = installation(
            folder,
            f"sqlite:///{folder / 'assent.sqlite3'}",
            ASSENT_TWILIO_ACCOUNT_SID=stand_in.ACCOUNT,
            ASSENT_TWILIO_KEY=stand_in.KEY,
            ASSENT_TWILIO_SECRET=stand_in.SECRET,
            ASSENT_TWILIO_AUTH_TOKEN=stand_in.TOKEN,
            ASSENT_TWILIO_SMS_FROM=stand_in.SMS_FROM,
            ASSENT_TWILIO_VOICE_FROM=stand_in.VOICE_FROM,
            ASSENT_TWILIO_BASE_URL=theirs.url,
        )
        made = json.loads(place.done("programme", "create", "Bank"))
        chosen = ("plaintext_passwords=true", "password_profile=weavr", "channels=SMS,VOICE")
        place.done("programme", "set", made["id"], *chosen)
        credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
        with place.serve("bank") as running:
            yield Bank(place, running, theirs, Server(credentials, running.server.base_url))
            assert "Traceback" not in running.log()
            assert stand_in.TOKEN not in running.log()
        assert theirs.complaints == []
        assert "Unclosed" not in running.log()


def test_delivered(bank: Bank) -> None:
    person = new_person(bank.server)
    assert person.enrol().status == 204
    text = bank.sent(person, "Messages")
    until("sent", lambda: bank.states(person) == [("sms", "sent")])
    for status in ("queued", "sent", "delivered", "delivered"):
        assert post(text.receipt(status)) == 200
    assert bank.states(person) == [("sms", "delivered")]
    assert post(text.receipt("undelivered")) == 200  # too late: nothing follows
    assert bank.states(person) == [("sms", "delivered")]


def test_undelivered_goes_on_as_a_call_and_nobody_else_may_say_so(bank: Bank) -> None:
    person = new_person(bank.server)
    assert person.enrol().status == 204
    text = bank.sent(person, "Messages")
    until("sent", lambda: bank.states(person) == [("sms", "sent")])
    call = text.receipt("undelivered")
    assert post(text.receipt("undelivered", token="canary-of-another")) == 403
    assert post(call, **{"x-twilio-signature": ""}) == 403
    moved = StatusCallback.signed(call.url[:-1] + ("0" if call.url[-1] != "0" else "1"), {})
    assert post(moved) == 404  # signed by Twilio, and no URL that we told
    assert bank.states(person) == [("sms", "sent")]
    assert post(call) == 200
    ring = bank.sent(person, "Calls")
    digits = re.search(r"code is: ([0-9, ]+)\.", ring.said)
    assert digits, ring.said
    until("rang", lambda: bank.states(person) == [("sms", "undelivered"), ("voice", "sent")])
    assert post(ring.receipt("completed")) == 200
    assert bank.states(person) == [("sms", "undelivered"), ("voice", "delivered")]
    assert person.verify_enrolment(digits.group(1).replace(", ", "")).status == 204
