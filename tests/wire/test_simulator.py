"""Open challenges, and the simulator's calls: outcomes by decree."""

import pytest

from tests.support.client import Answer, Server
from tests.support.weavr import CODE, WRONG, Person, enrolled_person, new_person


def challenges(person: Person) -> list[dict]:
    answer = person.server.sandbox("GET", f"/users/{person.user_id}/challenges")
    assert answer.status == 200
    return list(answer.json["challenges"])


def simulate(person: Person, challenge_id: str, verb: str, **keys: str) -> Answer:
    path = f"/factors/{person.user_id}/challenges/{challenge_id}/{verb}"
    key = keys or {"programme-key": person.server.credentials["simulator_key"]}
    return person.server.call("POST", f"/simulate/api{path}", None, key)


def test_open_challenges(server: Server):
    person = new_person(server)
    assert challenges(person) == []
    assert person.enrol().status == 204
    (challenge,) = challenges(person)
    assert set(challenge) == {"id", "purpose", "kind", "created_at", "expires_at"}
    assert challenge["expires_at"] - challenge["created_at"] == 300_000
    foreign = server.isolated().sandbox("GET", f"/users/{person.user_id}/challenges")
    assert foreign.json == {"challenges": []}
    assert person.verify_enrolment().status == 204
    assert challenges(person) == []


@pytest.mark.parametrize("role", ["simulator_key", "api_key"])
def test_a_challenge_is_passed_by_decree(server: Server, role: str):
    keys = {**server.credentials, **server.credentials["programme"]}
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    (challenge,) = challenges(person)
    key = {"programme-key": keys[role]}
    answer = simulate(person, challenge["id"], "verify_success", **key)
    assert (answer.status, answer.json) == (200, {"code": "COMPLETED"})
    assert person.change_password().status == 200, "the session is stepped up"
    again = simulate(person, challenge["id"], "verify_success", **key)
    assert (again.status, again.json) == (200, {"code": "DENIED"})


def test_a_challenge_that_a_newer_one_replaced_is_passed_by_nothing(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    (older,) = challenges(person)
    server.advance(15)
    assert person.ask_step_up().status == 204
    (newer,) = challenges(person)
    assert newer["id"] != older["id"]
    assert simulate(person, older["id"], "verify_success").json == {"code": "DENIED"}
    assert person.change_password().error == "STEP_UP_REQUIRED"
    assert simulate(person, newer["id"], "verify_success").json == {"code": "COMPLETED"}


def test_an_enrolment_is_passed_by_decree(server: Server):
    person = new_person(server)
    assert person.enrol().status == 204
    answer = simulate(person, challenges(person)[0]["id"], "verify_success")
    assert answer.json == {"code": "COMPLETED"}
    assert person.factors().json["factors"][0]["status"] == "ACTIVE"


def test_wrong_answers_by_decree_count(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    challenge = challenges(person)[0]["id"]
    assert simulate(person, challenge, "verify_invalid").json == {"code": "COMPLETED"}
    assert person.step_up(WRONG).error == "ONE_CHALLENGE_LIMIT_REMAINING"
    assert simulate(person, challenge, "verify_invalid").json == {"code": "COMPLETED"}
    assert person.step_up(CODE).error == "CHALLENGE_LIMIT_EXCEEDED"
    assert simulate(person, challenge, "verify_success").json == {"code": "DENIED"}


def test_expiry_by_decree(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    challenge = challenges(person)[0]["id"]
    assert simulate(person, challenge, "verify_expired").json == {"code": "COMPLETED"}
    assert person.step_up(CODE).error == "VERIFICATION_CODE_EXPIRED"
    assert simulate(person, challenge, "verify_expired").json == {"code": "DENIED"}


@pytest.mark.parametrize("verb", ["verify_success", "verify_invalid", "verify_expired"])
def test_the_simulator_refuses(server: Server, verb: str):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    challenge = challenges(person)[0]["id"]
    unknown = simulate(person, "1", verb)
    assert (unknown.status, set(unknown.json)) == (404, {"message"})
    foreign = {"programme-key": server.isolated().credentials["simulator_key"]}
    assert simulate(person, challenge, verb, **foreign).body == unknown.body
    for key in ("x", server.credentials["sandbox_key"]):
        answer = simulate(person, challenge, verb, **{"programme-key": key})
        assert (answer.status, set(answer.json)) == (401, {"message"})
    answer = simulate(person, "x", verb)
    assert answer.status == 400
    assert set(answer.json) == {"message", "validation"}
    assert person.step_up(CODE).status == 204, "and the challenge is as it was"


@pytest.mark.parametrize("role", ["simulator_key", "api_key"])
def test_verified_by_decree_enrols_nothing(server: Server, role: str):
    keys = {**server.credentials, **server.credentials["programme"]}
    person = new_person(server)
    path = f"/simulate/api/consumers/{person.identity_id}/verify"
    answer = server.call("POST", path, None, {"programme-key": keys[role]})
    assert (answer.status, answer.body) == (204, b"")
    root = person.call("GET", "/consumers").json["rootUser"]
    assert (root["emailVerified"], root["mobileNumberVerified"]) == (True, True)
    assert person.factors().json == {"factors": []}
    assert person.ask_step_up().error == "CHANNEL_NOT_REGISTERED"
    assert person.enrol().status == 204


def test_verified_by_decree_for_nobody(server: Server):
    person = new_person(server)
    assert server.simulate("/consumers/1/verify").status == 404
    assert server.isolated().simulate(f"/consumers/{person.identity_id}/verify").status == 404
    assert server.simulate("/consumers/x/verify").status == 400
