"""Messages leave the house, in production, through an HTTP gateway."""

import itertools
import json
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.client import Server
from tests.support.processes import Installation, Running, installation, until
from tests.support.sms_gateway import SmsGateway, sms_gateway
from tests.support.weavr import PASSWORD, Person, consumer_body, set_password

TEMPLATE = '{"sender": "Bank", "to": {to}, "content": {"text": {text}}, "reference": {reference}}'
_numbers = itertools.count(79_500_000)
SECOND = 1_000


@dataclass(frozen=True)
class Sender:
    """A production installation whose messages come to us."""

    place: Installation
    url: str
    gateway: SmsGateway
    credentials: dict[str, object]

    def server(self, running: Running) -> Server:
        return Server(dict(self.credentials), running.server.base_url)

    def person(self, running: Running) -> Person:
        server, number = self.server(running), str(next(_numbers))
        email = f"ada.{number}@example.com"
        body = consumer_body(server, email, number)
        made = server.call("POST", "/multi/consumers", body, server.api)
        assert made.status == 200, made.body
        user = made.json["rootUser"]["id"]["id"]
        token = set_password(server, user, PASSWORD).json["token"]
        return Person(server, email, number, user, made.json["id"]["id"], token)

    def outbox(self, person: Person) -> list[tuple[object, ...]]:
        return ask(
            self.url,
            "SELECT state, tries, next_at, sealed IS NULL FROM outbox "
            "WHERE subject_id = $1 AND channel = 'sms' ORDER BY created_at",
            int(person.user_id),
        )

    def state(self, person: Person) -> object:
        return self.outbox(person)[-1][0]

    def due_now(self, person: Person) -> None:
        """The wait is over, as far as the row is concerned."""
        ask(
            self.url,
            "UPDATE outbox SET next_at = 0 WHERE subject_id = $1 AND state = 'waiting' "
            "RETURNING id",
            int(person.user_id),
        )

    def wait_out_its_life(self, person: Person) -> None:
        """The next try is due when there is nothing to try for."""
        ask(
            self.url,
            "UPDATE outbox SET next_at = not_after WHERE subject_id = $1 AND state = 'waiting' "
            "RETURNING id",
            int(person.user_id),
        )

    def got(self, person: Person, count: int) -> None:
        until(f"{count} requests", lambda: len(self.gateway.to(person.phone)) >= count)
        assert len(self.gateway.to(person.phone)) == count


@pytest.fixture(scope="module")
def sender(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    url = cluster.database("sending")
    with sms_gateway() as gateway:
        place = installation(
            tmp_path_factory.mktemp("sending"),
            url,
            ASSENT_SMS_URL=gateway.url,
            ASSENT_SMS_AUTHORIZATION="Bearer gateway-key",
            ASSENT_SMS_BODY=TEMPLATE,
            ASSENT_SMS_TIMEOUT_SECONDS="25",
        )
        made = json.loads(place.done("programme", "create", 'Bank "of" {to} Malta'))
        for one in ("plaintext_passwords=true", "password_profile=weavr"):
            place.done("programme", "set", made["id"], one)
        credentials = {
            "programme": {"api_key": made["api_key"]},
            "profiles": made["profiles"],
        }
        yield Sender(place, url, gateway, credentials)


@pytest.fixture(scope="module")
def serving(sender: Sender) -> Iterator[Running]:
    """One server, with its worker; stopped in its tracks where another is to act."""
    with sender.place.serve("steady") as running:
        yield running


@pytest.fixture(autouse=True)
def _willing(sender: Sender) -> None:
    sender.gateway.status, sender.gateway.held = 202, False
    sender.gateway.let_go.clear()


def test_the_request_is_the_template_filled_and_the_code_within_is_the_one(
    sender: Sender, serving: Running
) -> None:
    person = sender.person(serving)
    assert person.enrol().status == 204
    sender.got(person, 1)
    (request,) = sender.gateway.to(person.phone)
    assert request.path == "/messages"
    assert request.headers["authorization"] == "Bearer gateway-key"
    assert request.headers["content-type"] == "application/json"
    assert set(request.body) == {"sender", "to", "content", "reference"}
    assert request.body["sender"] == "Bank"
    assert request.body["reference"].isdigit()
    text = request.body["content"]["text"]
    found = re.fullmatch(
        r'(\d{6}) is your code to register this phone with Bank "of" \{to\} Malta\. '
        r"It is valid for 5 minutes\. Never share it: nobody from us will ask for it\.",
        text,
    )
    assert found is not None, text
    until("the row is final", lambda: sender.state(person) == "sent")
    assert sender.outbox(person)[-1][3] is True  # and what it held is erased
    if found.group(1) != "123456":  # the sandbox's constant is nothing here
        assert person.verify_enrolment("123456").error == "VERIFICATION_CODE_INVALID"
    assert person.verify_enrolment(found.group(1)).status == 204


def test_a_refusing_gateway_is_asked_again_later_with_the_same_reference(
    sender: Sender, serving: Running
) -> None:
    person = sender.person(serving)
    sender.gateway.status = 503
    before = time.time()
    assert person.enrol().status == 204  # no call waits for the gateway
    until("put off", lambda: _put_off(sender.outbox(person)[-1]))
    _, _, next_at, _ = sender.outbox(person)[-1]
    assert isinstance(next_at, int)
    assert next_at >= (before + 2) * SECOND
    sender.gateway.status = 202
    until("sent", lambda: sender.state(person) == "sent")
    bodies = [json.dumps(one.body) for one in sender.gateway.to(person.phone)]
    assert len(bodies) >= 2  # on a busy machine the next try may be under way before it is taken
    assert len(set(bodies)) == 1


def test_a_gateway_that_says_never_is_not_asked_again(sender: Sender, serving: Running) -> None:
    person = sender.person(serving)
    sender.gateway.status = 400
    assert person.enrol().status == 204
    until("given up", lambda: sender.state(person) == "given_up")
    assert sender.outbox(person) == [("given_up", 1, sender.outbox(person)[0][2], True)]
    assert len(sender.gateway.to(person.phone)) == 1
    assert '"given_up": true' in serving.log()


def test_waits_double_and_go_on_while_the_code_is_good(sender: Sender, serving: Running) -> None:
    """There is no other channel to go on to: nothing is given up."""
    person = sender.person(serving)
    sender.gateway.status = 500
    before = time.time()
    assert person.enrol().status == 204
    for tries in range(1, 8):
        sender.got(person, tries)
        state, counted, next_at, _ = until(
            "put off",
            lambda: next(iter(row for row in sender.outbox(person) if _put_off(row)), None),
        )
        after = time.time()
        assert (state, counted) == ("waiting", tries)
        shortest = 2 * SECOND * 2 ** (tries - 1)
        assert isinstance(next_at, int)
        assert before * SECOND + shortest <= next_at <= after * SECOND + 1.5 * shortest
        before = time.time()
        if tries == 7:
            sender.gateway.status = 202
        sender.due_now(person)
    sender.got(person, 8)
    until("sent", lambda: sender.state(person) == "sent")
    assert len({str(one.body) for one in sender.gateway.to(person.phone)}) == 1


def _put_off(row: tuple[object, ...]) -> bool:
    """Neither due nor claimed: a claim lasts as long as the gateway may take and 25 seconds more,
    and no wait here is between 48 and 50."""
    next_at = row[2]
    assert isinstance(next_at, int)
    left = next_at - time.time() * SECOND
    return left > 0 and not 48 * SECOND < left <= 50 * SECOND


def test_a_code_that_expired_is_not_sent(sender: Sender, serving: Running) -> None:
    serving.process.send_signal(signal.SIGSTOP)
    try:
        with sender.place.serve("brief", ASSENT_ATTEMPTS_CODE_LIFE_MS="5000") as brief:
            person = sender.person(brief)
            sender.gateway.status = 503
            assert person.enrol().status == 204
            until("put off", lambda: _put_off(sender.outbox(person)[-1]))
            sender.wait_out_its_life(person)
            tries = len(sender.gateway.to(person.phone))
            sender.gateway.status = 202  # from now on it would take it
            until("found to have expired", lambda: sender.state(person) == "expired")
            assert len(sender.gateway.to(person.phone)) == tries >= 1
            assert sender.outbox(person)[-1][3] is True
    finally:
        serving.process.send_signal(signal.SIGCONT)


def test_killed_between_commit_and_sending_the_other_server_sends(
    sender: Sender, serving: Running
) -> None:
    serving.process.send_signal(signal.SIGSTOP)
    try:
        with sender.place.serve("doomed", "--no-worker") as doomed:
            person = sender.person(doomed)
            assert person.enrol().status == 204
            doomed.kill()
        assert sender.outbox(person)[-1][:2] == ("waiting", 0)
        assert sender.gateway.to(person.phone) == []
    finally:
        serving.process.send_signal(signal.SIGCONT)
    sender.got(person, 1)
    until("sent", lambda: sender.state(person) == "sent")
    code = sender.gateway.to(person.phone)[0].body["content"]["text"][:6]
    person.server = sender.server(serving)
    assert person.verify_enrolment(code).status == 204


def test_killed_while_sending_the_other_server_sends_again(
    sender: Sender, serving: Running
) -> None:
    """At least once: the gateway may have taken the first. It gets the same reference."""
    serving.process.send_signal(signal.SIGSTOP)
    try:
        with sender.place.serve("doomed") as doomed:
            person = sender.person(doomed)
            sender.gateway.held = True
            assert person.enrol().status == 204
            sender.got(person, 1)
            doomed.kill()
        sender.gateway.held = False
        sender.gateway.let_go.set()
        state, tries, next_at, _ = sender.outbox(person)[-1]
        assert (state, tries) == ("waiting", 1)
        assert isinstance(next_at, int)
        assert next_at > time.time() * SECOND  # claimed: nobody else sends it meanwhile
        sender.due_now(person)  # the claim's time is over
    finally:
        serving.process.send_signal(signal.SIGCONT)
    sender.got(person, 2)
    until("sent", lambda: sender.state(person) == "sent")
    first, second = sender.gateway.to(person.phone)
    assert first.body == second.body


def test_two_workers_send_each_message_once(sender: Sender, serving: Running) -> None:
    with sender.place.serve("second") as second:
        people = [sender.person(running) for running in (serving, second) for _ in range(10)]
        for person in people:
            assert person.enrol().status == 204
        for person in people:
            until("sent", lambda one: sender.state(one) == "sent", person)
            assert len(sender.gateway.to(person.phone)) == 1
