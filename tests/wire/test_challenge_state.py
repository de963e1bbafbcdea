"""The sandbox says how a challenge stands, also when it is over."""

from tests.support.client import Server
from tests.support.weavr import WRONG, Person, enrolled_person


def state(server: Server, person: Person, challenge: str) -> str:
    answer = server.sandbox("GET", f"/users/{person.user_id}/challenges/{challenge}")
    assert answer.json["id"] == challenge
    return str(answer.json["state"])


def asked(server: Server, person: Person) -> str:
    """The one that is open now."""
    assert person.ask_step_up().status == 204
    held = server.sandbox("GET", f"/users/{person.user_id}/challenges").json["challenges"]
    return str(held[0]["id"])


def test_from_pending_to_passed(server: Server):
    ada = enrolled_person(server)
    challenge = asked(server, ada)
    assert ada.step_up(WRONG).status == 409
    assert state(server, ada, challenge) == "pending"
    assert ada.step_up().status == 204
    assert state(server, ada, challenge) == "passed"


def test_one_that_another_took_the_place_of(server: Server):
    ada = enrolled_person(server)
    first = asked(server, ada)
    server.advance(16)
    second = asked(server, ada)
    assert state(server, ada, first) == "withdrawn"
    assert state(server, ada, second) == "pending"


def test_nobody_elses(server: Server):
    """Neither another person's, nor with another programme's key."""
    ada, grace = enrolled_person(server), enrolled_person(server)
    challenge = asked(server, ada)
    for whose, person in ((server, grace), (server.isolated(), ada)):
        path = f"/users/{person.user_id}/challenges/{challenge}"
        assert whose.sandbox("GET", path).status == 404
    assert server.sandbox("GET", f"/users/{ada.user_id}/challenges/0").status == 404
