"""A session lives and ends on every server alike."""

import json

from tests.processes.conftest import Pair
from tests.support.client import Answer, Server
from tests.support.processes import until
from tests.support.weavr import PASSWORD, Person, enrolled_person, log_in, new_person

IDLE = 300


def _second(server: Server) -> int:
    return int(server.sandbox("GET", "/clock").json["now"]) // 1_000


def _look(server: Server, person: Person) -> Answer:
    return server.call("GET", "/multi/authentication_factors", None, server.bearer(person.token))


def _used(server: Server, person: Person) -> int:
    """The second in which a session was used, by a call that began and ended in it."""

    def within_one_second() -> int:
        before = _second(server)
        assert _look(server, person).status == 200
        return before if _second(server) == before else 0

    return until("a call within one second", within_one_second)


def _look_at(server: Server, person: Person, second: int) -> Answer | None:
    """A call in that very second; none where the machine was too busy to make it then."""
    until("the second has come", lambda: _second(server) >= second)
    answer = _look(server, person)
    return answer if _second(server) == second else None


def _idle_for(pair: Pair, last: Server, then: Server, seconds: int) -> tuple[Person, Answer]:
    """What `then` says `seconds` after `last` served the session."""
    for _ in range(5):
        person = new_person(pair.left.server)
        used = _used(last, person)
        pair.advance(seconds - 2)
        answer = _look_at(then, person, used + seconds)
        if answer is not None:
            return person, answer
    raise AssertionError("the machine was too busy, five times")


def test_at_300_seconds_it_lives_and_at_301_it_is_gone_whoever_served_last(pair: Pair) -> None:
    left, right = pair.servers
    for last, then in ((left, right), (right, left), (right, right)):
        person, answer = _idle_for(pair, last, then, IDLE)
        assert answer.status == 200, (last, then)
        assert _look(last, person).status == 200  # the other server's touch counts here
    for last, then in ((left, right), (right, left)):
        person, answer = _idle_for(pair, last, then, IDLE + 1)
        assert answer.status == 401, (last, then)
        assert _look(last, person).status == 401


def test_a_call_on_the_other_server_is_activity(pair: Pair) -> None:
    left, right = pair.servers
    person = new_person(left)
    for _ in range(3):
        pair.advance(IDLE - 100)
        assert _look(right, person).status == 200
    pair.advance(IDLE - 100)
    assert _look(left, person).status == 200


def test_after_log_out_the_bearer_is_dead_on_the_other_server_at_once(pair: Pair) -> None:
    left, right = pair.servers
    for ends, then in ((left, right), (right, left)):
        person = new_person(left)
        assert _look(then, person).status == 200
        out = ends.call("POST", "/multi/logout", None, ends.bearer(person.token))
        assert out.status == 204
        assert _look(then, person).status == 401


def test_after_a_change_of_password_all_other_sessions_are_dead_everywhere(pair: Pair) -> None:
    left, right = pair.servers
    person = enrolled_person(left)
    others = [pair.session(person, number) for number in range(4)]
    assert [_look(right, one).status for one in others] == [200] * 4
    assert person.ask_step_up().status == 204
    assert person.step_up().status == 204
    changed = left.call(
        "POST",
        "/multi/passwords/update",
        {"oldPassword": {"value": PASSWORD}, "newPassword": {"value": "Other-word2"}},
        left.bearer(person.token),
    )
    assert changed.status == 200, changed.body
    assert [_look(right, one).status for one in (person, *others)] == [401] * 5
    assert log_in(right, person.email, PASSWORD).status == 403
    person.token = changed.json["token"]
    assert _look(right, person).status == 200


def test_a_step_up_on_one_server_holds_on_the_other(pair: Pair) -> None:
    left, right = pair.servers
    person = enrolled_person(left)
    mobile = {"mobile": {"countryCode": "+356", "number": f"{int(person.number) + 900_000}"}}
    refused = right.call("PATCH", "/multi/consumers", mobile, right.bearer(person.token))
    assert (refused.status, refused.error) == (403, "STEP_UP_REQUIRED")
    assert person.ask_step_up().status == 204
    assert person.step_up().status == 204
    taken = right.call("PATCH", "/multi/consumers", mobile, right.bearer(person.token))
    assert taken.status == 200, taken.body


def test_the_clock_of_one_server_never_sets_the_others_back(pair: Pair) -> None:
    """Told to move one straight after the other, neither forgets what the other was told."""
    left, right = pair.servers
    before = left.sandbox("GET", "/clock").json["offset_seconds"]
    for number in range(6):
        pair.turn(number).advance(10)
    offsets = [server.sandbox("GET", "/clock").json["offset_seconds"] for server in (left, right)]
    assert max(offsets) == before + 60
    until(
        "both agree",
        lambda: (
            {server.sandbox("GET", "/clock").json["offset_seconds"] for server in (left, right)}
            == {before + 60}
        ),
    )


def test_every_answer_is_json_or_empty(pair: Pair) -> None:
    """A dead bearer is refused in the dialect's own form by a server that never saw it."""
    left, right = pair.servers
    person = new_person(left)
    assert left.call("POST", "/multi/logout", None, left.bearer(person.token)).status == 204
    refused = _look(right, person)
    assert refused.status == 401
    assert refused.body == b"" or json.loads(refused.body)
    assert "request-ref" in refused.headers
