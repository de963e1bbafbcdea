"""Two servers with workers, one database, and a firm's server that fails, hangs and comes back."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assent.testing.postgres import Cluster
from tests.processes.conftest import Pair, ask
from tests.support.client import Server
from tests.support.processes import Installation, Running, installation, until
from tests.support.weavr import WRONG, Person, log_in, new_person
from tests.support.webhook_receiver import Receiver, Told, receiver

LEASE = 40
"""Seconds; a little more than a worker that died keeps an event for itself."""


@dataclass
class Firm:
    """A programme at two servers, and its firm's own server, which they tell what happens."""

    url: str
    servers: tuple[Server, Server]
    receiver: Receiver
    advance: Callable[[int], None]

    @property
    def key(self) -> str:
        return str(self.servers[0].credentials["programme"]["api_key"])

    def rows(self, text: str, *values: int) -> list[tuple[int, ...]]:
        where = "FROM outbox WHERE channel = 'webhook' AND programme_id = $1"
        number = int(self.servers[0].credentials["programme"]["id"])
        return ask(self.url, text.replace("FROM", where), number, *values)

    def all_sent(self) -> bool:
        return self.rows("SELECT DISTINCT state = 'sent' FROM") == [(True,)]

    def idle(self) -> bool:
        """No event is due or under way: one that is keeps its worker's lease, which ends later
        than the first wait after a refusal and earlier than the others. To move the clock then
        would be to have it tried again meanwhile, which counts as a try."""
        text = (
            "SELECT count(*) FROM AND state = 'waiting' AND "
            "(next_at <= $2 OR next_at BETWEEN $2 + 10500 AND $2 + 1000 * $3)"
        )
        return self.rows(text, self.servers[1].now, LEASE) == [(0,)]


def of(url: str, left: Server, right: Server, held: Receiver, advance: Any) -> Firm:
    programme = left.isolated()
    programme.settings(webhook_url=held.url)
    other = Server(programme.credentials, right.base_url)
    until(
        "the other server knows of it",
        lambda: other.sandbox("GET", "/settings").json["webhook_url"] == held.url,
    )
    return Firm(url, (programme, other), held, advance)


@pytest.fixture
def firm(pair: Pair) -> Iterator[Firm]:
    with receiver() as held:
        yield of(pair.url, *pair.servers, held, pair.advance)


@dataclass
class Mortal:
    """A firm at two servers of its own, which may be killed."""

    place: Installation
    firm: Firm
    processes: list[Running]


@pytest.fixture
def mortal(cluster: Cluster, tmp_path: Path) -> Iterator[Mortal]:
    url = cluster.database(f"mortal_{abs(hash(tmp_path))}")
    place = installation(tmp_path / "place", url, ASSENT_SERVER_ENVIRONMENT="sandbox")
    with ExitStack() as stack:
        held = stack.enter_context(receiver())
        left, right = (stack.enter_context(place.serve(name)) for name in ("left", "right"))
        pair = Pair(place, left, right, url)
        firm = of(url, left.server, right.server, held, right.server.advance)
        yield Mortal(place, firm, [pair.left, pair.right])


def at(person: Person, server: Server) -> Person:
    """The same person, calling another server."""
    return Person(
        server, person.email, person.number, person.user_id, person.identity_id, person.token
    )


def steps_up(person: Person, server: Server) -> None:
    """In a session of its own."""
    answer = log_in(server, person.email)
    assert answer.status == 200, answer.body
    there = at(person, server)
    there.token = answer.json["token"]
    there.stepped_up()


def by_person(told: list[Told]) -> defaultdict[str, list[tuple[str, str]]]:
    """Path and status, each event as often as it was taken first; none of who was not told of."""
    seen: set[str] = set()
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in told:
        if one.reference not in seen:
            seen.add(one.reference)
            body: dict[str, Any] = one.body
            whose = body.get("credential") or body["credentialId"]
            found[whose["id"]].append((one.path, body["status"]))
    return found


ENROLLED = [
    ("/hooks/authentication_factors/watch", "ACTIVE"),
    ("/hooks/stepup/watch", "VERIFIED"),
]
STEPPED_UP = ("/hooks/stepup/watch", "VERIFIED")
DECLINED = ("/hooks/stepup/watch", "DECLINED")


def test_a_server_that_is_down_for_an_hour_is_told_everything_in_order(mortal: Mortal) -> None:
    """And one of ours is killed in the middle of it."""
    firm = mortal.firm
    firm.receiver.status = 503
    left, right = firm.servers
    people = [new_person(left) for _ in range(3)]
    for person in people:
        assert person.enrol().status == 204
        assert at(person, right).verify_enrolment().status == 204
        steps_up(person, right)
    until("it was tried", lambda: len(firm.receiver.told) >= 3)
    for count, seconds in enumerate((10, 60, 360), start=2):
        until("nothing is under way", firm.idle)
        firm.advance(seconds + 1)
        until("and again", lambda count=count: len(firm.receiver.told) >= 3 * count)
    mortal.processes[0].kill()
    for person in people:
        steps_up(person, right)
    firm.advance(2_161)
    until("and again", lambda: len(firm.receiver.told) >= 3 * 5)
    firm.advance(1_010)
    assert firm.receiver.taken == []
    firm.receiver.status = 204
    firm.advance(13_000)
    until("all were taken", firm.all_sent)
    assert by_person(firm.receiver.taken) == {
        person.user_id: [*ENROLLED, STEPPED_UP, STEPPED_UP] for person in people
    }
    assert all(told.signed_with(firm.key) for told in firm.receiver.told)
    calls = [told.headers["call-ref"] for told in firm.receiver.told]
    assert len(calls) == len(set(calls))


def test_what_a_killed_worker_had_under_way_is_told_once_more(mortal: Mortal) -> None:
    firm = mortal.firm
    firm.receiver.does = firm.receiver.hang
    person = new_person(firm.servers[0])
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    until("it is told", lambda: firm.receiver.told)
    for one in mortal.processes:
        one.kill()
    firm.receiver.does, firm.receiver.status = None, 204
    firm.receiver.let_go.set()
    with mortal.place.serve("third") as third:
        third.server.advance(LEASE)
        until("all were taken", firm.all_sent)
    first, *_ = firm.receiver.told
    assert by_person(firm.receiver.taken) == {person.user_id: ENROLLED}
    assert first.reference == firm.receiver.taken[0].reference
    assert first.headers["call-ref"] != firm.receiver.taken[0].headers["call-ref"]


def test_one_that_hangs_holds_up_no_other_firm(firm: Firm) -> None:
    firm.receiver.does = firm.receiver.hang
    slow = [new_person(firm.servers[0]) for _ in range(3)]
    for person in slow:
        assert person.enrol().status == 204
        assert person.verify_enrolment().status == 204
    until("it hangs", lambda: len(firm.receiver.told) >= 3)
    with receiver() as other:
        programme = firm.servers[0].isolated()
        programme.settings(webhook_url=other.url)
        quick = new_person(programme)
        assert quick.enrol().status == 204
        assert quick.verify_enrolment().status == 204
        until("the other is told", lambda: len(other.taken) == 2, within=8.0)
        assert by_person(other.taken) == {quick.user_id: ENROLLED}
    assert firm.receiver.taken == []


def test_wrong_codes_that_are_used_up_and_codes_that_expire_are_told(firm: Firm) -> None:
    person = new_person(firm.servers[0])
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    assert person.log_in().status == 200
    assert person.ask_step_up().status == 204
    while person.step_up(WRONG).error != "CHALLENGE_LIMIT_EXCEEDED":
        pass
    until("declined", lambda: DECLINED in by_person(firm.receiver.taken)[person.user_id])
    other = new_person(firm.servers[0])
    assert other.enrol().status == 204
    assert other.verify_enrolment().status == 204
    assert other.log_in().status == 200
    assert other.ask_step_up().status == 204
    firm.advance(301)
    until(
        "expired",
        lambda: ("/hooks/stepup/watch", "EXPIRED") in by_person(firm.receiver.taken)[other.user_id],
    )
    assert by_person(firm.receiver.taken) == {
        person.user_id: [*ENROLLED, DECLINED],
        other.user_id: [*ENROLLED, ("/hooks/stepup/watch", "EXPIRED")],
    }


def test_a_flood_is_told_each_at_least_once_and_in_order(firm: Firm) -> None:
    """Many people at both servers at once, to a receiver that refuses every other event twice."""
    lock, tries = threading.Lock(), Counter[str]()

    def now_and_then(told: Told) -> int:
        with lock:
            tries[told.reference] += 1
            odd = int(told.reference) % 2
            return 503 if odd and tries[told.reference] <= 2 else 204

    firm.receiver.does = now_and_then
    people = [new_person(firm.servers[number % 2]) for number in range(10)]

    def lives(number: int) -> None:
        person = people[number]
        assert person.enrol().status == 204
        assert at(person, firm.servers[(number + 1) % 2]).verify_enrolment().status == 204
        for turn in range(2):
            steps_up(person, firm.servers[(number + turn) % 2])

    threads = [threading.Thread(target=lives, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for _ in range(2 * 4):  # each of a person's four events may be tried twice more
        until("nothing is due or under way", firm.idle)
        if firm.all_sent():
            break
        firm.advance(61)
    until("all were taken", firm.all_sent)
    assert by_person(firm.receiver.taken) == {
        person.user_id: [*ENROLLED, STEPPED_UP, STEPPED_UP] for person in people
    }


def test_a_key_that_is_changed_with_overlap_fails_no_check(pair: Pair, firm: Firm) -> None:
    server, keys = firm.servers[0], [firm.key]
    programme = server.credentials["programme"]

    def checked(told: Told) -> int:
        return 204 if any(told.signed_with(key) for key in keys) else 401

    def enrols() -> None:
        person = new_person(server)
        assert person.enrol().status == 204
        assert person.verify_enrolment().status == 204

    firm.receiver.does = checked
    enrols()
    keys.append(pair.place.done("programme", "add-key", programme["id"], "api").strip())
    enrols()
    listed = pair.place.done("programme", "keys", programme["id"]).splitlines()
    old, _ = (line.split()[0] for line in listed if line.split()[1] == "api")
    pair.place.done("programme", "retire-key", programme["id"], old)
    programme["api_key"] = keys[1]
    enrols()
    until("all were taken", firm.all_sent)
    until("and the new key signs", lambda: firm.receiver.told[-1].signed_with(keys[1]))
    assert {told.answered for told in firm.receiver.told} == {204}
    assert firm.receiver.told[0].signed_with(keys[0])
