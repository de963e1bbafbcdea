"""One reference, one effect, one answer."""

import json

import pytest

from tests.support.client import Answer, Server
from tests.support.weavr import CODE, WRONG, Person, consumer_body, enrolled_person, new_person

ENROL = "/authentication_factors/otp/SMS"
VERIFY = f"{ENROL}/verify"
ASK = "/stepup/challenges/otp/SMS"
STEP_UP = f"{ASK}/verify"


def create(server: Server, body: dict, ref: str) -> Answer:
    return server.call("POST", "/multi/consumers", body, {**server.api, "idempotency-ref": ref})


def enrol(person: Person, ref: str) -> int:
    return person.call("POST", ENROL, idempotency_ref=ref).status


def texts(person: Person) -> int:
    return len(person.server.messages(person.phone))


def test_a_replay_answers_the_same_and_does_nothing(server: Server):
    body = consumer_body(server, "mary@example.com", "79000002")
    first, again = create(server, body, "a"), create(server, body, "a")
    assert (first.status, first.body) == (again.status, again.body)
    assert first.status == 200
    assert first.headers["content-type"] == again.headers["content-type"]
    assert first.headers["request-ref"] != again.headers["request-ref"]
    assert create(server, body, "b").error == "ROOT_EMAIL_NOT_UNIQUE"


def test_a_replay_sends_no_second_message(server: Server):
    person = new_person(server)
    assert [enrol(person, "a") for _ in range(3)] == [204, 204, 204]
    assert texts(person) == 1
    assert enrol(person, "b") == 429
    assert person.verify_enrolment().status == 204
    person.log_in()
    for _ in range(3):
        assert person.call("POST", ASK, idempotency_ref="a").status == 204
    assert texts(person) == 2


def test_another_session_of_the_same_person_replays_an_enrolment(server: Server):
    person = new_person(server)
    other = person.elsewhere()
    assert [enrol(person, "a"), enrol(other, "a")] == [204, 204]
    assert texts(person) == 1


def test_another_payload_is_refused(server: Server):
    body = consumer_body(server, "mary@example.com", "79000002")
    assert create(server, body, "a").status == 200
    answer = create(server, {**body, "ipAddress": "203.0.113.8"}, "a")
    assert answer.status == 422
    assert answer.json == {"errorCode": "IDEMPOTENT_REQUEST_PAYLOAD_MISMATCH"}
    assert create(server, {**body, "unknown": 1}, "a").status == 422
    person = enrolled_person(server)
    person.ask_step_up()
    wrong, right = {"verificationCode": WRONG}, {"verificationCode": CODE}
    assert person.call("POST", STEP_UP, wrong, idempotency_ref="a").status == 409
    assert person.call("POST", STEP_UP, right, idempotency_ref="a").status == 422
    assert person.step_up().status == 204


def test_the_same_json_is_the_same_payload(server: Server):
    body = consumer_body(server, "mary@example.com", "79000002")
    first = create(server, body, "a")
    turned = json.dumps(dict(reversed(body.items())), indent=4).encode()
    headers = {**server.api, "idempotency-ref": "a"}
    again = server.call("POST", "/multi/consumers", None, headers, turned)
    assert (again.status, again.body) == (200, first.body)
    spelled = json.dumps(body).replace("Ada", "\\u0041da").encode()
    again = server.call("POST", "/multi/consumers", None, headers, spelled)
    assert (again.status, again.body) == (200, first.body)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"verificationCode": "\\ud800"}',
        b'{"verificationCode": 1e999}',
        b'{"verificationCode": ' + b"9" * 400 + b"}",
        b"[" * 5_000,
        b"\xff\xfe",
        b"",
    ],
)
def test_what_is_no_payload_at_all_is_malformed(server: Server, raw: bytes):
    person = enrolled_person(server)
    headers = {**server.bearer(person.token), "idempotency-ref": "a"}
    for _ in range(2):
        assert server.call("POST", f"/multi{STEP_UP}", None, headers, raw).status == 400


def test_a_reference_has_at_most_8000_characters(server: Server):
    person = new_person(server)
    answer = person.call("POST", ENROL, idempotency_ref="a" * 8_001)
    assert answer.status == 413
    assert answer.json == {
        "code": "PAYLOAD_TOO_LARGE",
        "message": "The request is too large.",
    }
    assert texts(person) == 0
    assert enrol(person, "a" * 8_000) == 204
    assert enrol(person, "a" * 8_000) == 204
    assert texts(person) == 1


@pytest.mark.parametrize("ref", ["", "\u00e9", "a\tb"])
def test_a_reference_is_visible_ascii(server: Server, ref: str):
    answer = new_person(server).call("POST", ENROL, idempotency_ref=ref)
    assert answer.status == 400
    (field,) = answer.json["syntaxErrors"]["invalidFields"]
    assert (field["fieldName"], field["error"]) == ("idempotency-ref", "REGEX")


def test_a_refusal_gives_the_reference_back(server: Server):
    person = new_person(server)
    server.settings(channels=[])
    assert enrol(person, "a") == 409
    server.settings(channels=["SMS"])
    assert enrol(person, "a") == 204
    assert enrol(person, "b") == 429
    server.advance(15)
    assert enrol(person, "b") == 204
    assert texts(person) == 2


def test_a_malformed_call_gives_the_reference_back(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    for code, status in (("1", 400), (CODE, 204), (CODE, 204)):
        body = {"verificationCode": code}
        assert person.call("POST", STEP_UP, body, idempotency_ref="a").status == status


def test_a_state_that_did_not_fit_gives_the_reference_back(server: Server):
    person = enrolled_person(server)
    body = {"verificationCode": CODE}
    early = person.call("POST", STEP_UP, body, idempotency_ref="a")
    assert early.error == "STATE_INVALID"
    assert person.ask_step_up().status == 204
    assert person.call("POST", STEP_UP, body, idempotency_ref="a").status == 204
    assert person.step_up().error == "ALREADY_VERIFIED"
    assert person.call("POST", STEP_UP, body, idempotency_ref="a").status == 204


def test_a_conflict_gives_the_reference_back(server: Server):
    taken = consumer_body(server, "mary@example.com", "79000002")
    assert create(server, taken, "a").status == 200
    assert create(server, taken, "b").error == "ROOT_EMAIL_NOT_UNIQUE"
    free = consumer_body(server, "jane@example.com", "79000003")
    assert create(server, free, "b").status == 200


def test_a_wrong_answer_is_kept_and_counted_once(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    body = {"verificationCode": WRONG}
    for _ in range(4):
        answer = person.call("POST", STEP_UP, body, idempotency_ref="a")
        assert (answer.status, answer.error) == (409, "VERIFICATION_CODE_INVALID")
    assert person.step_up(WRONG).error == "ONE_CHALLENGE_LIMIT_REMAINING"
    assert person.step_up(CODE).status == 204
    assert person.call("POST", STEP_UP, body, idempotency_ref="a").status == 409


def test_references_of_two_people_do_not_meet(server: Server):
    one, other = new_person(server), new_person(server)
    assert [enrol(one, "a"), enrol(other, "a")] == [204, 204]
    assert [texts(one), texts(other)] == [1, 1]
    assert [person.verify_enrolment().status for person in (one, other)] == [204, 204]


def test_references_of_two_programmes_do_not_meet(server: Server):
    made = [
        create(programme, consumer_body(programme, "mary@example.com", "79000002"), "a")
        for programme in (server, server.isolated())
    ]
    assert [answer.status for answer in made] == [200, 200]
    assert made[0].json["id"] != made[1].json["id"]


def test_references_of_two_sessions_do_not_meet(server: Server):
    person = enrolled_person(server)
    other = person.elsewhere()
    before = texts(person)
    for session in (person, other):
        assert session.call("POST", ASK, idempotency_ref="a").status == 204
    assert texts(person) == before + 2
    body = {"verificationCode": CODE}
    assert person.call("POST", STEP_UP, body, idempotency_ref="b").status == 204
    assert other.change_password().error == "STEP_UP_REQUIRED"
    assert other.call("POST", STEP_UP, body, idempotency_ref="b").status == 204
    assert other.change_password().status == 200


def test_references_of_two_operations_do_not_meet(server: Server):
    person = new_person(server)
    assert enrol(person, "a") == 204
    body = {"verificationCode": CODE}
    assert person.call("POST", VERIFY, body, idempotency_ref="a").status == 204
    assert person.call("POST", ASK, idempotency_ref="a").status == 204
    assert person.call("POST", STEP_UP, body, idempotency_ref="a").status == 204
    assert texts(person) == 2


def test_a_replay_needs_a_living_session(server: Server):
    person = enrolled_person(server)
    assert person.call("POST", ASK, idempotency_ref="a").status == 204
    assert person.call("POST", "/logout").status == 204
    assert person.call("POST", ASK, idempotency_ref="a").status == 401


def test_references_are_kept_for_a_day(server: Server):
    person = new_person(server)
    assert enrol(person, "a") == 204
    server.advance(86_400)
    assert person.log_in().status == 200
    assert enrol(person, "a") == 204
    assert texts(person) == 1
    server.advance(2 * 3_600)
    assert person.log_in().status == 200
    assert enrol(person, "a") == 204
    assert texts(person) == 2


def test_other_operations_take_no_reference(server: Server):
    person = new_person(server)
    headers = {**server.api, "idempotency-ref": "a" * 8_001}
    body = {"email": person.email, "password": {"value": "Pass-word1"}}
    tokens = {
        server.call("POST", "/multi/login_with_password", body, headers).json["token"]
        for _ in range(2)
    }
    assert len(tokens) == 2
