"""What ends all sessions ends those too whose opening is under way, on whichever server."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.processes.conftest import Pair
from tests.support.client import Answer, Server
from tests.support.weavr import NEW_PASSWORD, PASSWORD, Person, enrolled_person, log_in

HAMMERS = 4


def _hammer(pair: Pair, ask: Callable[[Server], Answer], end: Callable[[], None]) -> list[str]:
    """Every token that was handed out while `end` was carried out, and shortly before and after.

    A hammer asks on until one answer came after the end; so some are surely under way with it.
    """
    ended, begun = threading.Event(), threading.Barrier(HAMMERS + 1, timeout=30)

    def work(number: int) -> list[str]:
        tokens: list[str] = []
        server = pair.turn(number)
        begun.wait()
        while True:
            last = ended.is_set()
            answer = ask(server)
            if answer.status == 200:
                tokens.append(str(answer.json["token"]))
            if last:
                return tokens

    with ThreadPoolExecutor(HAMMERS) as pool:
        running = [pool.submit(work, number) for number in range(HAMMERS)]
        begun.wait()
        end()
        ended.set()
        return [token for one in running for token in one.result(timeout=60)]


def _alive(pair: Pair, tokens: list[str]) -> int:
    looks = [
        server.call("GET", "/multi/authentication_factors", None, server.bearer(token)).status
        for token in tokens
        for server in pair.servers
    ]
    assert set(looks) <= {200, 401}
    return looks.count(200)


def _change_password(person: Person) -> Callable[[], None]:
    person.stepped_up()

    def change() -> None:
        answer = person.change_password(PASSWORD, NEW_PASSWORD)
        assert answer.status == 200, answer.body

    return change


def _deactivate(pair: Pair, person: Person) -> Callable[[], None]:
    def deactivate() -> None:
        programme = person.server.credentials["programme"]["id"]
        pair.place.done(
            "users", "deactivate", person.user_id, "--programme", programme,
            "--operator", "grace", "--reason", "stolen phone",
        )  # fmt: skip

    return deactivate


def _choose(person: Person) -> Callable[[Server], Answer]:
    """A thief's bearer, turned into one fresh session after the other."""
    stolen = person.elsewhere()
    body = {"identity": {"type": "CONSUMER", "id": person.identity_id}}

    def choose(server: Server) -> Answer:
        return server.call("POST", "/multi/access_token", body, server.bearer(stolen.token))

    return choose


def test_no_session_derived_from_a_stolen_one_outlives_a_new_password(pair: Pair) -> None:
    for _ in range(3):
        person = enrolled_person(pair.left.server)
        tokens = _hammer(pair, _choose(person), _change_password(person))
        assert tokens
        assert _alive(pair, tokens) == 0


def test_no_log_in_with_the_old_password_outlives_the_new_one(pair: Pair) -> None:
    for _ in range(3):
        person = enrolled_person(pair.left.server)

        def ask(server: Server, person: Person = person) -> Answer:
            return log_in(server, person.email, PASSWORD)

        tokens = _hammer(pair, ask, _change_password(person))
        assert _alive(pair, tokens) == 0


def test_nobody_who_was_shut_out_keeps_a_session(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    tokens = _hammer(pair, _choose(person), _deactivate(pair, person))
    assert tokens
    assert _alive(pair, tokens) == 0
    assert log_in(pair.right.server, person.email).status == 403


def test_two_changes_of_password_at_once_leave_one_session(pair: Pair) -> None:
    """The second one asks with a session that the first has ended."""
    person = enrolled_person(pair.left.server)
    other = person.elsewhere().stepped_up()
    pair.advance(20)
    person.stepped_up()
    begun = threading.Barrier(2, timeout=30)

    def change(who: Person, new: str) -> Answer:
        begun.wait()
        return who.change_password(PASSWORD, new)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(change, person, "Pass-word2")
        second = pool.submit(change, other, "Pass-word3")
        answers = [first.result(timeout=60), second.result(timeout=60)]
    assert sorted(answer.status for answer in answers)[0] == 200
    assert sorted(answer.status for answer in answers)[1] in (401, 409)
    tokens = [answer.json["token"] for answer in answers if answer.status == 200]
    assert _alive(pair, [*tokens, person.token, other.token]) == 2  # one, on both servers
