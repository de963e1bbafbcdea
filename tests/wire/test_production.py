"""The same wire without a sandbox's help: no such routes, no known code, budgets that bind."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client import Server
from tests.support.jose_client import JoseClient
from tests.support.processes import Installation, Running, installation, sandbox
from tests.support.weavr import CODE, Person, new_person
from tests.support.wise import CODE as WISE_CODE
from tests.support.wise import Partner

USER_CALLS, PROGRAMME_CALLS = 12, 200
PASSWORD = "correct horse staple"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("production")
    return installation(
        folder,
        f"sqlite:///{folder / 'assent.sqlite3'}",
        ASSENT_CALLS_USER=f"{USER_CALLS}/3600",
        ASSENT_CALLS_PROGRAMME=f"{PROGRAMME_CALLS}/3600",
        ASSENT_CALLS_ADDRESS="1000000/1",
    )


@pytest.fixture(scope="module")
def running(place: Installation) -> Iterator[Running]:
    with place.serve("production") as server:
        yield server
        assert "Traceback" not in server.log()


def programme(place: Installation, running: Running) -> Server:
    """A new tenant, as an operator makes it."""
    made = json.loads(place.done("programme", "create", "Bank"))
    place.done("programme", "set", made["id"], "plaintext_passwords=true")
    return Server({"programme": made, "profiles": made["profiles"]}, running.server.base_url)


@pytest.fixture(scope="module")
def bank(place: Installation, running: Running) -> Server:
    """One tenant for all tests that can share it."""
    return programme(place, running)


@pytest.mark.parametrize(
    "path",
    [
        *("/sandbox/clock", "/sandbox/programmes", "/sandbox/settings", "/sandbox/faults"),
        *("/sandbox/phones/+35679000001/messages", "/simulate/api/consumers/1/verify"),
        "/simulate/api/factors/1/challenges/1/verify_success",
    ],
)
def test_there_is_no_sandbox_in_production(running: Running, path: str):
    for method in ("GET", "POST"):
        answer = running.server.call(method, path, {}, {"sandbox-key": "x", "programme-key": "x"})
        assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND")


def test_there_is_no_fixed_code_in_production(bank: Server):
    person = new_person(bank, password=PASSWORD)
    assert person.enrol().status == 204
    assert person.verify_enrolment(CODE).error == "VERIFICATION_CODE_INVALID"


def test_there_is_no_fixed_code_in_the_sca_api_either(
    place: Installation, bank: Server, partner: JoseClient
):
    made = json.loads(place.done("programme", "add-client", bank.credentials["programme"]["id"]))
    server = Server({**bank.credentials, "wise": made}, bank.base_url)
    user = Partner(server, partner).sign_up()
    assert user.set_pin().status == 204
    assert user.set_phone("+35679000111").status == 200
    path = f"/v2/profiles/{user.profile_id}/sca-sessions/authorise"
    asked = user.call("POST", path)
    assert asked.status == 200, asked.body
    ott = asked.json["oneTimeTokenProperties"]["oneTimeToken"]
    assert user.trigger(ott).status == 200
    wrong = user.verify_code(ott, WISE_CODE)
    assert (wrong.status, wrong.json["errors"][0]["code"]) == (400, "otp.invalid")
    for path in ("/oauth/authorize?client_id=x&redirect_uri=http://localhost/", "/sandbox/clock"):
        assert server.call("GET", path).status == 404


def test_new_programmes_take_no_plain_passwords(place: Installation, running: Running):
    made = json.loads(place.done("programme", "create", "Bank"))
    server = Server({"programme": made}, running.server.base_url)
    body = {"password": {"value": PASSWORD}}
    answer = server.call("POST", "/multi/passwords/validate", body, server.api)
    assert (answer.status, answer.error) == (404, "TOKEN_NOT_FOUND")


def test_a_person_has_a_budget(bank: Server):
    person, other = [new_person(bank, password=PASSWORD) for _ in range(2)]
    statuses = [person.factors().status for _ in range(USER_CALLS)]
    assert statuses == [200] * USER_CALLS
    answer = person.factors()
    assert (answer.status, answer.body) == (429, b"")
    assert answer.headers["x-ratelimit-limit"] == f"{USER_CALLS}, {USER_CALLS};w=3600"
    assert 0 < int(answer.headers["x-ratelimit-reset"]) <= 3_600
    assert answer.headers["request-ref"]
    assert other.factors().status == 200


def test_a_programme_has_a_budget(place: Installation, running: Running, bank: Server):
    server = programme(place, running)
    body = {"password": {"value": PASSWORD}}

    def call(one: Server) -> int:
        return one.call("POST", "/multi/passwords/validate", body, one.api).status

    assert {call(server) for _ in range(PROGRAMME_CALLS)} == {204}
    assert call(server) == 429
    assert call(bank) == 204


def test_somebody_who_was_shut_out(place: Installation, bank: Server):
    """Sessions end at once, and log-in says what it says to everybody."""
    person: Person = new_person(bank, password=PASSWORD)
    number = bank.credentials["programme"]["id"]
    whose = (person.email, "--programme", number)
    arguments = (*whose, "--operator", "ann", "--reason", "stolen")
    place.done("users", "deactivate", *arguments)
    assert (person.factors().status, person.factors().body) == (401, b"")
    answer = person.log_in(PASSWORD)
    assert (answer.status, answer.body) == (403, b"")
    place.done("users", "activate", *arguments)
    assert person.log_in(PASSWORD).status == 200


def test_a_sandboxs_database_is_no_base_for_production(tmp_path: Path):
    with sandbox(tmp_path) as box:
        data = box.data
    made = Installation(
        tmp_path,
        {
            "ASSENT_DATABASE_URL": f"sqlite:///{data / 'assent.sqlite3'}",
            "ASSENT_VAULT_FILE": str(data / "vault.json"),
            "ASSENT_SERVER_PORT": "0",
            "ASSENT_SERVER_FRAMES_PORT": "0",
        },
    )
    refused = made.run("serve")
    assert refused.returncode == 1
    assert "this database was a sandbox's" in refused.stderr


def test_a_sandbox_does_not_start_in_production(place: Installation):
    refused = place.run("sandbox", "--port", "0", ASSENT_SERVER_ENVIRONMENT="production")
    assert refused.returncode == 1
    assert "this is production" in refused.stderr
    refused = place.run("serve", "--credentials", "keys.json")
    assert refused.returncode == 1
    assert "this is production" in refused.stderr
    assert not (place.place / "keys.json").exists()
