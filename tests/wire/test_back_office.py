"""The back office looks as a person would: it reads what they read, and does nothing else."""

import pytest

from assent.catalogue.dialects import Weavr
from assent.dialects.weavr import caller
from assent.dialects.wise.dialect import Wise
from assent.http.route import Route
from tests.support.business import (
    enrol,
    enrolled_corporate,
    look_at,
    looking,
    new_corporate,
    new_user,
)
from tests.support.client import Answer, Server
from tests.support.processes import Sandbox
from tests.support.sandboxes import opened
from tests.support.weavr import Person, enrolled_person, filled, new_person

MISSING = "INSUFFICIENT_PERMISSIONS"
BY_PERSON = [
    route
    for route in Weavr("123456").routes
    if route.identify
    in (
        caller.person,
        caller.server_or_person,
        caller.person_or_token,
        caller.bearer,
    )
]
READS = [route for route in BY_PERSON if route.method == "GET"]
ACTS = [route for route in BY_PERSON if route.method != "GET" and route.path != "/logout"]


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route, person: Person) -> str:
    return filled(route.path, person)


def refused(answer: Answer, status: int, name: str) -> bool:
    return (answer.status, answer.error) == (status, name)


def test_what_it_is_given(server: Server) -> None:
    person = new_corporate(server)
    answer = look_at(server, person)
    token = answer.json["token"]["token"]
    assert answer.json == {
        "token": {"token": token},
        "identity": {"type": "CORPORATE", "id": person.identity_id},
        "credentials": {"type": "ROOT", "id": person.user_id},
    }
    assert token != person.token


def test_both_names_of_the_call_do_the_same(server: Server) -> None:
    person = new_person(server)
    body = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    path = "/multi/backoffice/impersonate_identity_login"
    answer = server.call("POST", path, body, server.api)
    assert answer.json["credentials"] == {"type": "ROOT", "id": person.user_id}


def test_it_sees_what_the_person_sees(server: Server) -> None:
    person = enrolled_corporate(server)
    new_user(person)
    office = looking(person)
    for path in ("/corporates", "/users", "/identities", "/authentication_factors"):
        seen = office.call("GET", path)
        assert (seen.status, seen.json) == (200, person.call("GET", path).json), path


def test_as_a_user_it_sees_what_the_user_sees(server: Server) -> None:
    root = enrolled_corporate(server)
    user = new_user(root, "CARD_ASSIGNEE")
    office = looking(user, as_user=True)
    assert office.call("GET", f"/users/{user.user_id}").json["id"] == user.user_id
    assert refused(office.call("GET", "/users"), 403, MISSING)
    assert refused(office.call("GET", "/corporates"), 403, MISSING)


@pytest.mark.parametrize("route", ACTS, ids=name)
def test_it_does_nothing(server: Server, route: Route) -> None:
    person = enrolled_person(server)
    office = looking(person, "consumers")
    for body in (None, {"identity": {"type": "CONSUMER", "id": person.identity_id}}):
        answer = office.call(route.method, path_of(route, person), body)
        assert refused(answer, 403, MISSING), answer.body


def test_those_are_all_there_are() -> None:
    # enough to see that the list has not been emptied by a new way of saying who calls
    assert len(ACTS) > 15
    known = {
        caller.person,
        caller.bearer,
        caller.server_or_person,
        caller.person_or_token,
        caller.server,
    }
    assert {route.identify for route in Weavr("123456").routes} == known
    assert [route.path for route in BY_PERSON if route.identify is caller.bearer] == ["/logout"]


@pytest.mark.parametrize("route", READS, ids=name)
def test_a_read_is_answered(server: Server, route: Route) -> None:
    root = enrolled_corporate(server)
    user = new_user(root)
    person = new_person(server)
    answers = [
        looking(root).call("GET", path_of(route, user)),
        looking(person, "consumers").call("GET", path_of(route, user)),
    ]
    assert 200 in [answer.status for answer in answers]


@pytest.mark.parametrize("path", sorted({route.path for route in Wise().routes}))
def test_its_token_is_none_elsewhere(server: Server, path: str) -> None:
    """No client stands behind it, and the SCA API knows clients only."""
    person = new_person(server)
    office = looking(person, "consumers")
    for route in Wise().routes:
        if route.path != path:
            continue
        filled = "/".join("1" if part.startswith("{") else part for part in path.split("/"))
        headers = {"authorization": f"Bearer {office.token}"}
        answer = server.call(route.method, f"{Wise.prefix}{filled}", {}, headers)
        assert answer.status in (400, 401, 403, 404, 405, 415), answer.body
        assert b"token" not in answer.body or answer.status != 200


def test_it_replays_no_answer_of_the_persons(server: Server) -> None:
    person = enrolled_person(server)
    sent = person.call("POST", "/authentication_factors/otp/SMS", idempotency_ref="one")
    assert sent.status == 409
    fresh = new_person(server)
    assert fresh.call("POST", "/authentication_factors/otp/SMS", idempotency_ref="r").status == 204
    office = looking(fresh, "consumers")
    again = office.call("POST", "/authentication_factors/otp/SMS", idempotency_ref="r")
    assert refused(again, 403, MISSING)


def test_it_is_not_fit_for_the_fields_of_a_page(server: Server) -> None:
    person = new_person(server)
    office = looking(person, "consumers")
    ui_key = server.credentials["programme"]["ui_key"]
    frames = Server(server.credentials, server.credentials["frames_url"])
    origin = {"origin": "http://localhost:3000"}
    for token, status in ((person.token, 204), (office.token, 401)):
        body = {"ui_key": ui_key, "token": f"Bearer {token}"}
        assert frames.call("POST", "/association", body, origin).status == status


# one at a time, and the person's own sessions untouched


def test_one_look_at_a_time(server: Server) -> None:
    person = enrolled_corporate(server)
    user = new_user(person)
    office = looking(person)
    assert refused(look_at(server, person), 409, "ALREADY_IMPERSONATED")
    looking(user, as_user=True)
    assert office.call("POST", "/logout").status == 204
    assert office.call("GET", "/corporates").status == 401
    assert person.call("GET", "/corporates").status == 200
    assert look_at(server, person).status == 200


def test_an_idle_look_is_over(server: Server) -> None:
    person = new_corporate(server)
    office = looking(person)
    server.advance(200)
    assert office.call("GET", "/corporates").status == 200
    server.advance(200)
    assert refused(look_at(server, person), 409, "ALREADY_IMPERSONATED")
    assert person.call("GET", "/corporates").status == 401, "no look keeps the person's alive"
    server.advance(302)
    assert look_at(server, person).status == 200
    assert office.call("GET", "/corporates").status == 401


def test_a_look_lasts_an_hour_at_most(server: Server) -> None:
    office = looking(new_corporate(server))
    for _ in range(14):
        server.advance(250)
        assert office.call("GET", "/corporates").status == 200
    server.advance(100)
    assert office.call("GET", "/corporates").status == 401


def test_what_ends_the_persons_sessions_ends_the_look(server: Server) -> None:
    root = enrolled_corporate(server)
    user = enrol(new_user(root))
    office = looking(user, as_user=True)
    assert user.change_password().status == 200
    assert office.call("GET", f"/users/{user.user_id}").status == 401
    office = looking(user, as_user=True)
    assert root.call("POST", f"/users/{user.user_id}/deactivate").status == 204
    assert office.call("GET", f"/users/{user.user_id}").status == 401


def test_whom_it_cannot_look_at(server: Server) -> None:
    person, other = enrolled_corporate(server), enrolled_corporate(server)
    user = new_user(other)
    assert refused(look_at(server, person, "consumers"), 409, "UNRESOLVED_IDENTITY")
    stranger = {"type": "USER", "id": user.user_id}
    assert refused(look_at(server, person, credentials=stranger), 409, "UNRESOLVED_IDENTITY")
    assert other.call("POST", f"/users/{user.user_id}/deactivate").status == 204
    assert refused(look_at(server, other, credentials=stranger), 409, "UNRESOLVED_IDENTITY")
    elsewhere = server.isolated()
    assert refused(look_at(elsewhere, person), 409, "UNRESOLVED_IDENTITY")
    body = {"identity": {"type": "corporates", "id": "1"}}
    path = "/multi/backoffice/access_token"
    assert refused(server.call("POST", path, body, server.api), 409, "UNRESOLVED_IDENTITY")
    assert server.call("POST", path, {}, server.api).status == 400
    assert server.call("POST", path, body).status == 401


async def test_it_is_on_record(box: Sandbox, server: Server) -> None:
    person = new_corporate(server)
    office = looking(person)
    assert office.call("POST", "/logout").status == 204
    async with opened(box) as base:
        facts = await base.stores.facts(int(server.credentials["programme"]["id"]))
        mine = {fact.name: fact for fact in facts if fact.subject_id == int(person.user_id)}
    assert mine["impersonated"].actor == "programme"
    assert mine["impersonated"].details["identity"] == person.identity_id
    assert mine["session_ended"].actor == "back-office"
    assert mine["session_ended"].details["session"] == mine["impersonated"].details["session"]
