"""An operator records what came of a due diligence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Said
from tests.support.business import enrol, enrolled_corporate, new_corporate, new_user
from tests.support.client import Answer
from tests.support.processes import Sandbox, sandbox
from tests.support.weavr import new_person


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox(tmp_path / "box") as running:
        yield running


def refused(answer: Answer, name: str) -> bool:
    return (answer.status, answer.error) == (409, name)


def decide(assent: Command, box: Sandbox, number: str, status: str, *more: str) -> Said:
    who = more or ("--operator", "olga", "--reason", "case 7")
    return assent(
        *("identities", "set-diligence", number, status, *who),
        ASSENT_DATABASE_URL=f"sqlite:///{box.data / 'assent.sqlite3'}",
        ASSENT_VAULT_FILE=str(box.data / "vault.json"),
    )


def test_what_came_of_it_is_what_the_api_says(assent: Command, box: Sandbox) -> None:
    server = box.server.isolated()
    company, consumer = new_corporate(server), new_person(server)
    for person, type, word in ((company, "corporates", "kyb"), (consumer, "consumers", "kyc")):
        assert server.simulate(f"/{type}/{person.identity_id}/verify").status == 204
        path = f"/{type}/{word}"
        for status, name in (
            ("pending_review", f"{word}_pending_review"),
            ("rejected", "kyb_permanently_rejected" if word == "kyb" else "kyc_rejected"),
            ("APPROVED", f"{word}_already_approved"),
        ):
            done = decide(assent, box, person.identity_id, status)
            assert done.code == 0, done.err
            assert done.out == f"{person.identity_id}: {status.lower()}.\n"
            assert status.upper() in person.call("GET", path).json.values()
            assert refused(person.call("POST", path), name.upper())
        assert decide(assent, box, person.identity_id, "not_started").code == 0
        assert person.call("POST", path).status == 200, "from the beginning"


def test_of_an_authorised_user(assent: Command, box: Sandbox) -> None:
    server = box.server.isolated()
    root = enrolled_corporate(server)
    user = enrol(new_user(root))
    assert server.simulate(f"/corporates/{root.identity_id}/verify").status == 204
    address = {"email": user.email}
    path = "/multi/users/verification/email"
    assert server.call("POST", f"{path}/send", address, server.api).status == 204
    code = {**address, "verificationCode": "123456"}
    assert server.call("POST", f"{path}/verify", code, server.api).status == 204
    for status, name in (
        ("pending_review", "KYC_PENDING_REVIEW"),
        ("rejected", "KYC_REJECTED"),
        ("approved", "KYC_ALREADY_APPROVED"),
    ):
        assert decide(assent, box, user.user_id, status).code == 0
        assert refused(user.call("POST", "/users/kyc"), name)


def test_it_is_on_record(assent: Command, box: Sandbox) -> None:
    person = new_person(box.server)
    assert decide(assent, box, person.identity_id, "approved").code == 0
    exported = assent(
        *("audit", "export"),
        ASSENT_DATABASE_URL=f"sqlite:///{box.data / 'assent.sqlite3'}",
        ASSENT_VAULT_FILE=str(box.data / "vault.json"),
    )
    (line,) = [one for one in exported.out.splitlines() if "due_diligence_decided" in one]
    for word in ("operator:olga", "case 7", "approved", person.identity_id):
        assert word in line


def test_what_is_refused(assent: Command, box: Sandbox) -> None:
    person = new_person(box.server)
    for number in ("1", person.user_id):  # a root has none but the identity's
        done = decide(assent, box, number, "approved")
        assert (done.code, done.out) == (1, "")
        assert done.err == f"assent: There is no identity or authorised user {number}\n"
    number = person.identity_id
    assert decide(assent, box, number, "fine").code == 2
    assert decide(assent, box, number, "approved", "--operator", "olga").code == 2
    assert decide(assent, box, number, "approved", "--operator", " ", "--reason", "x").code == 2
    assert "NOT_STARTED" in person.call("GET", "/consumers/kyc").json.values()
