"""What the fixtures hand out, in this very suite: programmes, people, codes, the clock."""

import subprocess
import tomllib
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from assent.testing import (
    Clock,
    NoAnswer,
    NoCode,
    Person,
    Programme,
    Refused,
    Sandbox,
    SandboxFailed,
    join,
    start,
)
from tests.support.processes import ASSENT, environment, stop

met: list[Person] = []


def status(person: Person) -> int:
    return person.call("GET", "/multi/consumers").status


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_each_test_has_a_programme_and_a_person_of_its_own(
    nth: int, assent_programme: Programme, assent_person: Person
):
    """The others' tokens are unknown to it, and their addresses free."""
    assert assent_person.programme is assent_programme
    assert status(assent_person) == 200
    for other in met:
        assert other.programme.id != assent_programme.id
        stranger = assent_programme.multi("GET", "/multi/consumers", token=other.token)
        assert stranger.status == 401
        assert assent_programme.messages(other.mobile) == []
        assert assent_programme.new_person(email=other.email, mobile=other.mobile).id != other.id
    met.append(assent_person.enrol_sms())


def test_a_company_has_a_root(assent_programme: Programme):
    root = assent_programme.new_corporate()
    user = root.call("GET", "/multi/corporates").json["rootUser"]
    assert user["id"]["id"] == root.id
    assert (user["emailVerified"], user["mobileNumberVerified"]) == (True, True)
    assert root.enrol_sms().call("GET", "/multi/users").status == 200
    with pytest.raises(ValueError, match=r"no mobile in E\.164"):
        assent_programme.new_corporate(mobile="79000001")


@pytest.mark.parametrize("table", [False, True])
def test_a_programme_says_it_in_its_own_words(
    assent_programme: Programme, assent_person: Person, table: bool
):
    text = '[en.factor_enrolled]\nsubject = "New"\ntext = "At {programme}"\nhtml = "<i>x</i>"'
    assent_programme.set_words(tomllib.loads(text) if table else text)
    assent_person.enrol_sms()
    (mail, *_) = assent_programme.messages(assent_person.email)
    assert (mail.subject, mail.html) == ("New", "<i>x</i>")
    assert mail.body == f"At {assent_programme.name}"
    with pytest.raises(Refused, match="text must have"):
        assent_programme.set_words('[en.code]\ntext = "{code}"')


def test_a_person_is_verified_and_has_no_phone_until_it_is_enrolled(assent_person: Person):
    user = assent_person.call("GET", "/multi/consumers").json["rootUser"]
    assert (user["emailVerified"], user["mobileNumberVerified"]) == (True, True)
    assert user["id"]["id"] == assent_person.id
    assert assent_person.call("GET", "/multi/authentication_factors").json == {"factors": []}
    with pytest.raises(NoCode, match=r"No code has come to .*; 0 messages without one have"):
        assent_person.last_code()
    with pytest.raises(Refused, match="Enrol first"):
        assent_person.step_up()
    assent_person.enrol_sms()
    (factor,) = assent_person.call("GET", "/multi/authentication_factors").json["factors"]
    assert (factor["channel"], factor["status"]) == ("SMS", "ACTIVE")


def test_one_who_is_not_verified_can_be_had(assent_programme: Programme):
    person = assent_programme.new_person(verified=False)
    assert person.call("GET", "/multi/consumers").json["rootUser"]["emailVerified"] is False


def test_codes_by_chance_are_read_from_the_phone(assent_person: Person):
    assent_person.programme.change_settings(codes="random")
    assent_person.enrol_sms().log_in().step_up()
    codes = [message.code for message in assent_person.messages() if message.code]
    assert len(codes) == 2
    assert "123456" not in codes
    assert assent_person.last_code() == codes[0]


async def test_an_asynchronous_test_uses_them_as_well(assent_person: Person, assent_clock: Clock):
    assent_person.enrol_sms().step_up()
    assent_clock.advance(minutes=5, seconds=1)
    assert status(assent_person) == 401
    assert status(assent_person.log_in()) == 200


def test_the_clock_goes_forward_and_never_back(assent_clock: Clock):
    before = assent_clock.now()
    moved = [assent_clock.advance(**by) for by in ({"days": 1}, {"hours": 1}, {"seconds": 1})]
    expected = (timedelta(days=1), timedelta(hours=1), timedelta(seconds=1))
    for (one, next_), by in zip(pairwise([before, *moved]), expected, strict=True):
        assert by <= next_ - one < by + timedelta(seconds=30)
    for wrong in ({}, {"seconds": -1}, {"minutes": 1, "seconds": -60}):
        with pytest.raises(ValueError, match="goes forward only"):
            assent_clock.advance(**wrong)


def test_a_person_of_the_sca_api_clears_a_token(assent_programme: Programme):
    assent_programme.change_settings(codes="random")
    grace = assent_programme.new_sca_person().set_face(b"hers")
    body = {"currency": "EUR", "amount": "10.00", "payee": {"name": "Ada", "account": "GB33"}}
    path = f"/sandbox/users/{grace.id}"
    key = {"sandbox-key": assent_programme.sandbox_key}
    balance = {"currency": "EUR", "amount": "100.00"}
    assent_programme.call("POST", f"{path}/balances", balance, key).wanted()
    made = assent_programme.sandbox("POST", f"/users/{grace.id}/transfers", body).json
    fund = f"/v3/profiles/{grace.profile_id}/transfers/{made['transfer_id']}/payments"
    refused = grace.call("POST", fund, {"type": "BALANCE"})
    assert refused.status == 403
    token = refused.headers["x-2fa-approval"]
    left = grace.answer_sms(token).json["oneTimeTokenProperties"]["challenges"]
    assert [one["primaryChallenge"]["type"] for one in left] == ["FACE_MAP"]
    with pytest.raises(Refused):
        grace.show_face(token, b"another's")
    assert grace.show_face(token, b"hers").json["oneTimeTokenProperties"]["challenges"] == []
    assert grace.call("POST", fund, {"type": "BALANCE"}, approval=token).json["status"] == (
        "COMPLETED"
    )
    client = {"authorization": f"Bearer {assent_programme.client_token()}"}
    found = assent_programme.call("POST", "/v1/users/exists", {"email": grace.email}, client)
    assert found.json == {"exists": True}


def test_ordered_faults_are_one_programmes(assent_sandbox: Sandbox, assent_person: Person):
    assent_person.programme.order_faults(1, status=503)
    assert assent_sandbox.new_person().token
    assert [status(assent_person), status(assent_person)] == [503, 200]


def test_a_refusal_tells_what_was_asked_and_what_came(assent_person: Person):
    with pytest.raises(Refused, match=r"POST /multi/consumers answered 409: .*\nIs the address"):
        assent_person.programme.new_person(email=assent_person.email)
    with pytest.raises(ValueError, match=r"no mobile in E\.164"):
        assent_person.programme.new_person(mobile="79000001")
    assent_person.password = "Forgotten-1"
    with pytest.raises(Refused, match=r"set person\.password") as refused:
        assent_person.log_in()
    assert refused.value.answer.status == 403


def test_a_programme_is_set_as_it_is_asked_for(assent_sandbox: Sandbox):
    made = assent_sandbox.new_programme("Six digits", passcode_digits=6)
    held = made.sandbox("GET", "/settings").json
    demo = assent_sandbox.sandbox("GET", "/settings").json
    assert held == {**demo, "passcode_digits": 6}
    assert made.name == "Six digits"


def test_numbers_that_are_made_up_take_messages(assent_programme: Programme):
    """Any of them, or a test would fail once in a while."""
    people = [assent_programme.new_person(verified=False).enrol_sms() for _ in range(20)]
    assert len({person.mobile for person in people}) == 20


def test_what_is_no_sandboxs_file_is_told(tmp_path: Path, assent_sandbox: Sandbox):
    with pytest.raises(SandboxFailed, match="there is no such folder"):
        join(tmp_path / "nowhere" / "credentials.json")
    file = tmp_path / "credentials.json"
    for text in ("", "[]", '{"base_url": "http://localhost"}'):
        file.write_text(text)
        with pytest.raises(SandboxFailed, match="is not what"):
            join(file)
    with pytest.raises(SandboxFailed, match="cannot be read"):
        join(tmp_path)


def test_one_that_has_ended_is_told(tmp_path: Path):
    """Outside pytest's fixtures too; it is started, asked, and over with the block."""
    with start(tmp_path) as sandbox:
        ada = sandbox.new_programme().new_person()
        assert join(sandbox.credentials_file).id == sandbox.id
    with pytest.raises(NoAnswer, match="Does the sandbox run"):
        ada.log_in()
    with pytest.raises(SandboxFailed, match="where nobody answers"):
        join(sandbox.credentials_file)


def test_one_that_is_only_starting_is_waited_for(tmp_path: Path):
    file = tmp_path / "credentials.json"
    options = ("--port", "0", "--frames-port", "0", "--data", str(tmp_path / "data"))
    with subprocess.Popen(
        [ASSENT, "sandbox", *options, "--credentials", str(file)],
        env=environment({}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert not file.exists()
            assert join(file).new_person().token
        finally:
            stop(process)


def test_one_that_never_starts_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("assent.testing.sandbox._LONGEST_WAIT_FOR_FILE_SECONDS", 0)
    with pytest.raises(SandboxFailed, match=r"did not appear .* Start one: assent sandbox"):
        join(tmp_path / "credentials.json")
