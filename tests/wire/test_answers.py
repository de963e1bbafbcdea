"""Every operation as it answers when all is well: exact status, body and headers."""

import re

import pytest

from assent.catalogue.dialects import Weavr
from tests.support.client import Answer, Server
from tests.support.weavr import (
    BY_NAME,
    NEW_PASSWORD,
    OPERATIONS,
    PASSWORD,
    Operation,
    consumer_body,
    enrolled_person,
    new_person,
)

NUMBER = re.compile(r"[0-9]+")


def test_the_operations_are_those_that_the_dialect_declares():
    declared = {f"{route.method} {route.path}" for route in Weavr().routes}
    assert set(BY_NAME) == declared


def empty(answer: Answer, status: int) -> None:
    assert (answer.status, answer.body) == (status, b"")
    assert "content-type" not in answer.headers
    assert answer.headers["request-ref"]
    if status == 204:
        assert "content-length" not in answer.headers
    else:
        assert answer.headers["content-length"] == "0"


def full(answer: Answer, status: int = 200) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["request-ref"]


def whose(person) -> dict:
    return {
        "identity": {"type": "CONSUMER", "id": person.identity_id},
        "credentials": {"type": "ROOT", "id": person.user_id},
    }


def test_log_in(server: Server):
    person = new_person(server)
    answer = person.log_in()
    full(answer)
    token = answer.json["token"]
    assert answer.json == {"token": token, "tokenType": "ACCESS", **whose(person)}
    assert token.count(".") == 2


def test_log_in_refused_says_nothing(server: Server):
    person = new_person(server)
    empty(person.log_in("Wrong-word1"), 403)


def test_log_out(server: Server):
    person = new_person(server)
    empty(person.call("POST", "/logout"), 204)
    empty(person.factors(), 401)


def test_access_token(server: Server):
    person = new_person(server)
    for spelled in ("CONSUMER", "consumers"):
        body = {"identity": {"type": spelled, "id": person.identity_id}}
        answer = person.call("POST", "/access_token", body)
        full(answer)
        token = answer.json["token"]
        assert answer.json == {"token": token, "status": "STANDARD", **whose(person)}
        assert token != person.token


@pytest.mark.parametrize("kind", ["CONSUMER", "CORPORATE"])
def test_access_token_for_somebody_elses_identity(server: Server, kind: str):
    person, other = new_person(server), new_person(server)
    other_id = other.identity_id if kind == "CONSUMER" else person.identity_id
    body = {"identity": {"type": kind, "id": other_id}}
    empty(person.call("POST", "/access_token", body), 403)


def test_identities(server: Server):
    person = new_person(server)
    answer = person.call("GET", "/identities")
    full(answer)
    identity = {"type": "CONSUMER", "id": person.identity_id}
    assert answer.json == {
        "identities": [{"id": identity, "name": "Ada Lovelace"}],
        "count": 1,
        "responseCount": 1,
    }
    assert person.call("GET", "/identities?offset=1&limit=1").json == {
        "identities": [],
        "count": 1,
        "responseCount": 0,
    }


def test_create_password(server: Server):
    person = new_person(server, password="")
    body = {"password": {"value": PASSWORD}}
    answer = server.call("POST", f"/multi/passwords/{person.user_id}/create", body, server.api)
    full(answer)
    token = answer.json["token"]
    identity = {"type": "CONSUMER", "id": person.identity_id}
    assert answer.json == {
        "passwordInfo": {"identityId": identity, "expiryDate": 0},
        "token": token,
    }
    person.token = token
    assert person.factors().status == 200


def test_update_password(server: Server):
    person = enrolled_person(server).stepped_up()
    server.settings(password_days=90)
    before = server.now
    answer = person.change_password()
    full(answer)
    info = answer.json["passwordInfo"]
    assert info["identityId"] == {"type": "CONSUMER", "id": person.identity_id}
    assert 0 <= info["expiryDate"] - before - 90 * 86_400_000 < 60_000
    assert set(answer.json) == {"passwordInfo", "token"}
    assert person.log_in(PASSWORD).status == 403
    assert person.log_in(NEW_PASSWORD).status == 200


def test_validate_password(server: Server):
    body = {"password": {"value": PASSWORD}}
    empty(server.call("POST", "/multi/passwords/validate", body, server.api), 204)


def test_factors_of_a_new_person(server: Server):
    answer = new_person(server).factors()
    full(answer)
    assert answer.json == {"factors": []}


def test_enrolment(server: Server):
    person = new_person(server)
    empty(person.enrol(), 204)
    pending = {"type": "OTP", "channel": "SMS", "status": "PENDING_VERIFICATION"}
    assert person.factors().json == {"factors": [pending]}
    empty(person.verify_enrolment(), 204)
    assert person.factors().json == {"factors": [{**pending, "status": "ACTIVE"}]}


def test_step_up(server: Server):
    person = enrolled_person(server)
    token = person.token
    empty(person.ask_step_up(), 204)
    empty(person.step_up(), 204)
    assert person.token == token


def test_consumers(server: Server):
    body = consumer_body(server, "Grace.Hopper@example.com", "79123456")
    body["rootUser"] |= {"tag": "t", "locale": "en", "nationality": "MT", "unknown": 1}
    body["baseCurrency"] = "EUR"
    before = server.now
    made = server.call("POST", "/multi/consumers", body, server.api)
    full(made)
    answer = made.json
    assert answer.pop("id")["type"] == "consumers"
    assert before <= answer.pop("creationTimestamp") <= server.now
    root = answer.pop("rootUser")
    assert answer == {
        "profileId": server.credentials["profiles"]["consumers"],
        "ipAddress": "203.0.113.7",
        "baseCurrency": "EUR",
    }
    assert NUMBER.fullmatch(root.pop("id")["id"])
    assert root == {
        "name": "Ada",
        "surname": "Lovelace",
        "email": "Grace.Hopper@example.com",
        "mobile": {"countryCode": "+356", "number": "79123456"},
        "dateOfBirth": {"year": 1990, "month": 12, "day": 10},
        "address": {"country": "MT"},
        "tag": "t",
        "locale": "en",
        "nationality": "MT",
        "active": True,
        "emailVerified": False,
        "mobileNumberVerified": False,
        "passwordAlreadySet": False,
    }


def test_get_and_patch_consumer(server: Server):
    person = new_person(server)
    answer = person.call("GET", "/consumers")
    full(answer)
    assert answer.json["id"] == {"type": "consumers", "id": person.identity_id}
    assert "passwordAlreadySet" not in answer.json["rootUser"]
    changed = person.change(name="Augusta", address={"city": "Sliema"}, tag="x")
    full(changed)
    assert changed.json["rootUser"]["name"] == "Augusta"
    assert changed.json["rootUser"]["address"] == {"country": "MT", "city": "Sliema"}
    assert changed.json["tag"] == "x"
    assert changed.json == person.call("GET", "/consumers").json


def test_health_and_keys(server: Server):
    for path, body in (
        ("/health/live", {"status": "live"}),
        ("/health/ready", {"status": "ready"}),
    ):
        answer = server.call("GET", path)
        full(answer)
        assert answer.json == body
    answer = server.call("GET", "/.well-known/jwks.json")
    full(answer)
    (key,) = answer.json["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_answer_has_a_reference_of_its_own(server: Server, operation: Operation):
    person = new_person(server)
    refs = [operation.call(person).headers["request-ref"] for _ in range(2)]
    refs.append(operation.call(person, api_key="nobody").headers["request-ref"])
    assert len(set(refs)) == 3
