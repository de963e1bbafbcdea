"""Journeys that only the Multi API knows: sessions, passwords, several identities."""

import pytest

from tests.journeys.weavr import WeavrClient
from tests.support.client import Server
from tests.support.weavr import BY_NAME, PASSWORD, Person, consumer_body, log_in

NEW_PASSWORD = "Other-word2"


@pytest.fixture
def client(server: Server) -> WeavrClient:
    server.settings(codes="random")
    return WeavrClient(server)


def test_from_the_first_call_to_the_last(client: WeavrClient):
    client.create()
    client.set_password(PASSWORD)
    client.log_in(PASSWORD)
    client.begin_enrolment()
    assert client.phones() == ["pending"]
    assert client.enrol(client.newest_code())
    assert client.phones() == ["active"]
    client.log_in(PASSWORD)
    assert not client.change_password(PASSWORD, NEW_PASSWORD), "it needs a second factor"
    client.begin()
    assert client.answer(client.newest_code())
    assert client.change_password(PASSWORD, NEW_PASSWORD)
    assert not client.log_in(PASSWORD)
    assert client.log_in(NEW_PASSWORD)
    client.idle(300)
    assert client.alive(), "five minutes after its last call a session lives"
    client.idle(301)
    assert not client.alive(), "a second later it does not"
    assert client.log_in(NEW_PASSWORD)


def test_every_call_begins_the_five_minutes_anew(client: WeavrClient):
    client.register()
    for _ in range(5):
        client.idle(300)
        assert client.alive()
    client.idle(301)
    assert not client.alive()


def test_wrong_until_used_up_then_another(client: WeavrClient):
    client.enrolled_person()
    client.begin()
    code = client.newest_code()
    for _ in range(3):
        assert not client.answer("000000" if code != "000000" else "000001")
    assert not client.answer(code), "three wrong answers use a challenge up"
    client.stay(15)
    client.begin()
    assert client.answer(client.newest_code())


def test_update_returns_a_token_of_the_same_level(server: Server):
    client = WeavrClient(server)
    client.enrolled_person()
    client.begin()
    assert client.answer(client.newest_code())
    assert client.change_password(PASSWORD, NEW_PASSWORD)
    assert client.change_password(NEW_PASSWORD, "Third-word3"), "stepped up as the one before"


def test_one_person_with_two_identities(server: Server):
    server.settings(multi_identity=True)
    made = [
        server.call(
            "POST",
            "/multi/consumers",
            consumer_body(server, "ada@example.com", "79000007"),
            server.api,
        ).json
    ]
    client = WeavrClient(server)
    root = made[0]["rootUser"]
    assert root["passwordAlreadySet"] is False
    client.someone = Person(
        server, "ada@example.com", "79000007", root["id"]["id"], made[0]["id"]["id"]
    )
    client.set_password(PASSWORD)
    assert server.simulate(f"/consumers/{made[0]['id']['id']}/verify").status == 204
    body = consumer_body(server, "ADA@example.com", "79000007")
    made.append(server.call("POST", "/multi/consumers", body, server.api).json)
    assert made[1]["rootUser"]["passwordAlreadySet"] is True
    assert made[1]["rootUser"]["id"] == root["id"], "the same person"
    ids = [one["id"]["id"] for one in made]
    assert len(set(ids)) == 2

    person = client.someone
    answer = person.log_in()
    assert (answer.status, answer.json["tokenType"]) == (200, "AUTH")
    choosing = person.token
    allowed = {"GET /identities", "POST /access_token", "POST /logout"}
    for name, operation in BY_NAME.items():
        if operation.by_person and name not in allowed:
            refused = operation.call(person)
            assert (refused.status, refused.error) == (403, "ACCESS_TOKEN_REQUIRED"), name

    listed = person.call("GET", "/identities").json
    assert (listed["count"], listed["responseCount"]) == (2, 2)
    assert [one["id"] for one in listed["identities"]] == [
        {"type": "CONSUMER", "id": number} for number in ids
    ]
    assert person.call("GET", "/identities?offset=1&limit=1").json["responseCount"] == 1

    tokens = []
    for number in ids:
        person.token = choosing
        body = {"identity": {"type": "CONSUMER", "id": number}}
        chosen = person.call("POST", "/access_token", body)
        assert (chosen.status, chosen.json["status"]) == (200, "STANDARD")
        assert chosen.json["identity"] == {"type": "CONSUMER", "id": number}
        assert chosen.json["credentials"] == {"type": "ROOT", "id": person.user_id}
        tokens.append(chosen.json["token"])
    for number, token in zip(ids, tokens, strict=True):
        person.token = token
        assert person.call("GET", "/consumers").json["id"]["id"] == number
    # factors are the person's, step-up is the session's
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    person.token = tokens[0]
    assert person.factors().json["factors"][0]["status"] == "ACTIVE"
    assert person.change_password().error == "STEP_UP_REQUIRED"


def test_an_expired_password(server: Server):
    client = WeavrClient(server)
    client.enrolled_person()
    person = client.someone
    server.settings(password_days=1)
    server.advance(86_400)
    answer = person.log_in()
    assert answer.status == 409
    assert set(answer.json) == {"token"}
    person.token = answer.json["token"]
    allowed = {"POST /passwords/update", "POST /logout"}
    for name, operation in BY_NAME.items():
        if operation.by_person and name not in allowed:
            assert operation.call(person).status == 403, name
    assert person.change_password(PASSWORD, PASSWORD).error == "PASSWORD_ALREADY_USED"
    renewed = person.change_password(PASSWORD, NEW_PASSWORD)
    assert renewed.status == 200
    assert renewed.json["passwordInfo"]["expiryDate"] > server.now
    assert person.factors().status == 401, "the temporary token has done its work"
    person.token = renewed.json["token"]
    assert person.factors().status == 200
    assert log_in(server, person.email, NEW_PASSWORD).status == 200
