"""Real answers, of calls that go well and of calls that do not, are those of the document."""

import pytest

from assent.dialects.weavr.examples.values import TYPED
from tests.journeys.weavr import WeavrClient
from tests.openapi.conformity import Document, Watched
from tests.support.business import enrol, look_at, make_user, new_corporate
from tests.support.client import Server
from tests.support.devices import LogIn, enrol_device
from tests.support.mailed import (
    consume_invite,
    resume,
    send_code,
    start,
    validate_invite,
    verify_code,
)
from tests.support.push_conflicts import decree
from tests.support.weavr import (
    CODE,
    NEW_PASSWORD,
    OPERATIONS,
    PASSWORD,
    WRONG,
    Operation,
    Person,
    consumer_body,
    enrolled_person,
    log_in,
    new_person,
    validate,
)

each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@pytest.fixture
def watched(server: Server, document: Document) -> Watched:
    made = Watched(server.credentials, server.base_url)
    made.document = document
    return made


def test_a_journey_from_the_first_call_to_the_last(watched: Watched):
    client = WeavrClient(watched)
    client.create()
    client.set_password(PASSWORD)
    client.log_in(PASSWORD)
    client.begin_enrolment()
    assert client.enrol(client.newest_code())
    assert client.phones() == ["active"]
    client.log_in(PASSWORD)
    assert not client.change_password(PASSWORD, NEW_PASSWORD)
    client.begin()
    assert client.answer(client.newest_code())
    person = client.someone
    assert person.change(name="Augusta", tag="vip", address={"country": "MT"}).status == 200
    assert person.call("GET", "/consumers").status == 200
    assert person.call("GET", "/identities?offset=0&limit=1").status == 200
    identity = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    assert person.call("POST", "/access_token", identity).status == 200
    assert validate(watched, PASSWORD).status == 204
    assert client.change_password(PASSWORD, NEW_PASSWORD)
    assert person.call("POST", "/logout").status == 204
    assert person.factors().status == 401


def test_a_company_and_its_users(watched: Watched, document: Document):
    """With the journeys above and below, every operation goes well once."""
    server = watched
    root = new_corporate(server)
    for path, verified in (("corporates", root), ("consumers", new_person(server))):
        assert send_code(server, verified.email, path).status == 204
        assert verify_code(server, verified.email, CODE, path).status == 204
    enrol(root)
    assert root.call("GET", "/corporates").status == 200
    address = {"country": "MT", "city": "Birgu"}
    assert root.call("PATCH", "/corporates", {"companyBusinessAddress": address}).status == 200
    made = make_user(root, roles=["ADMIN"], countryOfResidence="MT")
    assert made.status == 200
    user = f"/users/{made.json['id']}"
    assert root.call("PATCH", user, {"tag": "treasury"}).status == 200
    for verb in ("deactivate", "activate", "invite"):
        assert root.call("POST", f"{user}/{verb}").status == 204
    assert validate_invite(server, made.json["id"], WRONG).status == 409
    assert validate_invite(server, made.json["id"]).status == 204
    assert consume_invite(server, made.json["id"]).status == 200
    assert root.call("GET", user).status == 200
    for query in ("", "?offset=0&limit=1", "?active=true"):
        assert root.call("GET", f"/users{query}").status == 200
    for query in ("?active=neither", "?limit=0"):
        assert root.call("GET", f"/users{query}").status == 400
    assert root.call("GET", "/users/1").status == 404
    assert root.call("POST", "/users/x/invite").status == 400
    _diligence(root, made.json)
    assert look_at(server, root).status == 200
    assert look_at(server, root).status == 409
    other = {"identity": {"type": "corporates", "id": new_corporate(server).identity_id}}
    path = "/multi/backoffice/impersonate_identity_login"
    assert server.call("POST", path, other, server.api).status == 200
    assert start(server, root.email).status == 204
    assert resume(server, root.email, WRONG).status == 409
    assert resume(server, root.email).status == 200


def _diligence(root: Person, made: dict[str, str]) -> None:
    """KYB of the company, then KYC of a user of theirs and of a consumer."""
    server, of_user = root.server, {"userId": made["id"]}

    def begin(path: str) -> list[int]:
        return [root.call("POST", path).status, root.call("GET", path).status]

    assert begin("/corporates/kyb") == [200, 200]
    assert server.call("POST", "/multi/users/kyc", of_user, server.api).status == 409
    other = make_user(root).json["email"]
    assert send_code(server, other, "users").status == 204
    assert verify_code(server, other, CODE, "users").status == 204
    user = Person(server, made["email"], "", made["id"], root.identity_id)
    assert user.log_in(NEW_PASSWORD).status == 200
    enrol(user)
    assert server.simulate(f"/corporates/{root.identity_id}/verify").status == 204
    assert server.call("POST", "/multi/users/kyc", of_user, server.api).status == 200
    assert server.call("POST", "/multi/users/kyc", {}, server.api).status == 400
    assert root.call("POST", "/corporates/kyb").status == 409
    root = new_person(server)
    assert root.call("POST", "/consumers/kyc").status == 409
    assert send_code(server, root.email).status == 204
    assert verify_code(server, root.email).status == 204
    assert begin("/consumers/kyc") == [200, 200]
    assert root.call("GET", "/corporates/kyb").status in (403, 404)


def test_devices_and_the_app(watched: Watched):
    server = watched
    person = enrolled_person(server)
    assert person.enrol_push().status == 403
    assert person.ask_push().status == 409
    assert person.ask_log_in().status == 409
    device = enrol_device(person.stepped_up())
    assert person.enrol_push("BIOMETRIC").status == 400
    assert person.enrol_push().status == 204
    assert person.enrol_push().status == 429
    assert person.factors().status == 200
    assert decree(person, "success").status == 200
    assert person.enrol_push().status == 409
    for matched in (False, True):
        server.settings(number_matching=matched)
        server.advance(15)
        log_in = LogIn(person, device)
        assert person.ask_push().status == 200
        token = decree(person, "success", log_in.challenge).json["token"]
        assert person.redeem(token).status == 200
        assert person.redeem(token).status == 403
    for _ in range(3):
        server.advance(15)
        device.decline(LogIn(person, device).challenge)
    server.advance(15)
    assert person.ask_log_in().status == 423
    assert person.ask_push().status == 409
    assert person.unlink("AUTHY").status == 204
    assert person.unlink().status == 204
    assert person.unlink().status == 409


def test_the_journeys_reach_every_operation(watched: Watched, document: Document):
    test_a_journey_from_the_first_call_to_the_last(watched)
    test_a_company_and_its_users(watched, document)
    test_devices_and_the_app(watched)
    done = {name for name, status in document.seen if status in ("200", "204")}
    every = {f"{method} {path}" for method, path, _ in document.operations()}
    assert every - done == set()


@each
def test_refusals_that_every_operation_has(watched: Watched, operation: Operation):
    person = new_person(watched)
    path = operation.path_for(person)
    body = operation.body(person)
    assert watched.call(operation.method, path, body).status == 401
    twice = [("api-key", "x"), ("api-key", "x")]
    assert watched.call(operation.method, path, body, twice).status == 400
    if body is not None:
        assert operation.call(person, b"[]").status == 400
        operation.call(person, b"{}")
        assert operation.call(person, b" " * 70_000).status == 413


def test_consumers_that_cannot_be(watched: Watched):
    new_person(watched, "ada@example.com")

    def create(**changed: object) -> int:
        body = {**consumer_body(watched, "ada@example.com", "79000009"), **changed}
        return watched.call("POST", "/multi/consumers", body, watched.api).status

    assert create() == 409
    assert create(profileId="1") == 409
    assert create(ipAddress=7) == 400
    headers = {**watched.api, "idempotency-ref": "one"}
    first = consumer_body(watched, "eve@example.com", "79000010")
    assert watched.call("POST", "/multi/consumers", first, headers).status == 200
    assert watched.call("POST", "/multi/consumers", first, headers).status == 200
    other = {**first, "tag": "other"}
    assert watched.call("POST", "/multi/consumers", other, headers).status == 422
    headers["idempotency-ref"] = "x" * 9_000
    assert watched.call("POST", "/multi/consumers", first, headers).status == 413


def test_passwords_that_will_not_do(watched: Watched):
    unknown = TYPED
    assert validate(watched, "short").status == 409
    assert validate(watched, unknown).status == 404
    person = enrolled_person(watched)
    assert person.change_password().status == 403
    stepped = person.stepped_up()
    assert stepped.change_password("Wrong-word9").status == 409
    assert stepped.change_password(PASSWORD, "Aa1!").status == 409
    watched.settings(credentials=["passcode"])
    assert log_in(watched, person.email).status == 409
    assert validate(watched, PASSWORD).status == 409


def test_log_ins_that_fail(watched: Watched):
    person = new_person(watched)
    assert log_in(watched, person.email, TYPED).status == 404
    tries = [log_in(watched, person.email, "Wrong-word9").status for _ in range(6)]
    assert tries == [403] * 5 + [423]
    watched.settings(password_days=1)
    other = new_person(watched)
    watched.advance(86_400)
    assert log_in(watched, other.email).status == 409


def test_codes_that_fail(watched: Watched):
    def tries(person: Person, code: str) -> list[int]:
        return [person.step_up(code).status for _ in range(3)]

    person = new_person(watched)
    assert person.verify_enrolment(CODE).status == 409
    assert person.enrol().status == 204
    assert person.enrol().status in (204, 429)
    assert person.call("POST", "/authentication_factors/otp/AUTHY").status == 400
    enrolled = enrolled_person(watched)
    assert enrolled.enrol().status == 409
    assert enrolled.ask_step_up().status == 204
    assert enrolled.ask_step_up().status == 409
    assert tries(enrolled, WRONG) == [409] * 3
