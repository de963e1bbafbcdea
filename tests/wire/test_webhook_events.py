"""What a firm's server is told of, from the calls that bring it about to the post that arrives."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.business import enrolled_corporate, new_user
from tests.support.client import Server
from tests.support.devices import LogIn, enrol_device, with_device
from tests.support.mailed import send_code, verify_code
from tests.support.processes import Sandbox, until
from tests.support.push_conflicts import decree, newest
from tests.support.sandboxes import box_users
from tests.support.weavr import WRONG, Person, enrolled_person, new_person
from tests.support.webhook_receiver import Receiver, Told, receiver

FACTOR, STEP_UP, LOG_IN, SHUT_OUT = (
    "/hooks/authentication_factors/watch",
    "/hooks/stepup/watch",
    "/hooks/login/watch",
    "/hooks/auth/users/user_deactivated/watch",
)


@pytest.fixture
def firm(server: Server) -> Iterator[Receiver]:
    """The firm's own server, told from now on."""
    with receiver() as held:
        server.settings(webhook_url=held.url)
        yield held


@pytest.fixture
def log_ins(server: Server) -> Iterator[Receiver]:
    """The same, with log-ins by password."""
    with receiver(log_ins=True) as held:
        server.settings(webhook_url=held.url)
        yield held


def short(told: Told) -> tuple[str, str, str]:
    """Path, type and status."""
    return told.path, str(told.body.get("type", "")), str(told.body.get("status", ""))


def heard(firm: Receiver, count: int) -> list[tuple[str, str, str]]:
    until(f"{count} are told", lambda: len(firm.taken) >= count)
    return [short(told) for told in firm.taken]


def silent(server: Server, firm: Receiver, count: int) -> None:
    """Nothing more is told than so many: all that there is has been sent."""
    until("all are sent", lambda: not waiting(server))
    assert len(firm.told) == count


def waiting(server: Server) -> list[Any]:
    events = server.sandbox("GET", "/webhooks").json["events"]
    return [one for one in events if one["state"] == "waiting"]


def test_a_phone_that_is_enrolled_also_steps_up(server: Server, firm: Receiver) -> None:
    person = new_person(server)
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    assert heard(firm, 2) == [(FACTOR, "OTP", "ACTIVE"), (STEP_UP, "OTP", "VERIFIED")]
    factor, step_up = firm.taken
    whose = {"type": "ROOT", "id": person.user_id}
    assert factor.body["credentialId"] == whose
    assert step_up.body["credential"] == whose
    assert step_up.body["identity"] == {"type": "CONSUMER", "id": person.identity_id}
    assert set(step_up.body) == {
        *("credential", "identity", "challengeId", "type", "status", "publishedTimestamp")
    }
    assert all(told.signed_with(server.credentials["programme"]["api_key"]) for told in firm.taken)


def test_a_second_proof_of_a_stepped_up_session(server: Server, firm: Receiver) -> None:
    person = enrolled_person(server).stepped_up()
    heard(firm, 3)
    server.advance(16)  # or it would be too soon for another code
    person.stepped_up()
    assert heard(firm, 4)[2:] == [(STEP_UP, "OTP", "VERIFIED")] * 2
    ids = [told.body["challengeId"] for told in firm.taken if told.path == STEP_UP]
    assert len(set(ids)) == 3


def test_codes_that_are_used_up(server: Server, firm: Receiver) -> None:
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    while person.step_up(WRONG).error != "CHALLENGE_LIMIT_EXCEEDED":
        pass
    assert heard(firm, 3)[2] == (STEP_UP, "OTP", "DECLINED")
    silent(server, firm, 3)


def test_an_enrolment_that_fails_is_no_step_up(server: Server, firm: Receiver) -> None:
    person = new_person(server)
    assert person.enrol().status == 204
    while person.verify_enrolment(WRONG).error != "CHALLENGE_LIMIT_EXCEEDED":
        pass
    silent(server, firm, 0)


def test_a_new_number_ends_the_old_factor(server: Server, firm: Receiver) -> None:
    person = enrolled_person(server).stepped_up()
    heard(firm, 3)
    answer = person.change(mobile={"countryCode": "+356", "number": "79111222"})
    assert answer.status == 200, answer.body
    assert heard(firm, 4)[3] == (FACTOR, "OTP", "INACTIVE")


def push(person: Person) -> str:
    answer = person.call("POST", "/stepup/challenges/push/BIOMETRIC")
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


def test_a_device_from_its_enrolment_to_its_end(server: Server, firm: Receiver) -> None:
    person, device = with_device(server)
    assert heard(firm, 4) == [
        (FACTOR, "OTP", "ACTIVE"),
        (STEP_UP, "OTP", "VERIFIED"),
        (STEP_UP, "OTP", "VERIFIED"),  # the code of the ceremony
        (FACTOR, "BIOMETRIC", "ACTIVE"),
    ]
    asked = [push(person)]
    device.decline(asked[0])
    server.advance(16)
    asked.append(push(person))
    device.approve(asked[1])
    assert heard(firm, 6)[4:] == [
        (STEP_UP, "BIOMETRIC", "DECLINED"),
        (STEP_UP, "BIOMETRIC", "VERIFIED"),
    ]
    assert [told.body["challengeId"] for told in firm.taken[4:]] == asked
    assert person.call("DELETE", "/authentication_factors/push/BIOMETRIC").status == 204
    assert heard(firm, 7)[6] == (FACTOR, "BIOMETRIC", "INACTIVE")


def test_a_log_in_on_a_device(server: Server, firm: Receiver) -> None:
    person, device = with_device(server)
    heard(firm, 4)
    LogIn(person, device).token()
    assert heard(firm, 5)[4] == (LOG_IN, "BIOMETRIC", "VERIFIED")
    body = firm.taken[4].body
    assert body["credential"] == {"type": "ROOT", "id": person.user_id}
    assert "token" not in repr(body).lower()


@pytest.mark.parametrize("status", ["VERIFIED", "DECLINED", "EXPIRED"])
def test_a_log_in_on_a_device_names_the_identity_that_it_was_asked_for(
    server: Server, firm: Receiver, status: str
) -> None:
    person, device = with_device(server)
    heard(firm, 4)
    identity = {"type": "CONSUMER", "id": person.identity_id}
    assert person.ask_log_in(**identity).status == 200
    if status == "VERIFIED":
        device.approve(newest(person))
    elif status == "DECLINED":
        device.decline(newest(person))
    else:
        server.advance(301)
    assert heard(firm, 5)[4] == (LOG_IN, "BIOMETRIC", status)
    assert firm.taken[4].body["identity"] == identity


def test_log_ins_by_password(server: Server, log_ins: Receiver) -> None:
    person = new_person(server)
    assert person.log_in("Wrong-word9").status == 403
    assert person.log_in().status == 200
    assert heard(log_ins, 1) == [(LOG_IN, "PASSWORD", "VERIFIED")]
    assert log_ins.taken[0].body.keys() == {
        *("credential", "identity", "type", "status", "publishedTimestamp")
    }
    assert log_ins.taken[0].body["credential"] == {"type": "ROOT", "id": person.user_id}
    assert log_ins.taken[0].body["identity"] == {"type": "CONSUMER", "id": person.identity_id}
    assert person.token.encode() not in log_ins.taken[0].octets
    silent(server, log_ins, 1)


def test_a_log_in_that_has_yet_to_choose_names_no_identity(
    server: Server, log_ins: Receiver
) -> None:
    person = new_person(server)
    server.settings(multi_identity=True)
    assert person.log_in().json["tokenType"] == "AUTH"
    assert heard(log_ins, 1) == [(LOG_IN, "PASSWORD", "VERIFIED")]
    assert "identity" not in log_ins.taken[0].body


def test_a_password_that_has_expired_is_no_log_in_yet(server: Server, log_ins: Receiver) -> None:
    person = new_person(server)
    server.settings(password_days=1)
    server.advance(2 * 86_400)
    assert person.log_in().status == 409
    silent(server, log_ins, 0)


def test_passwords_that_are_used_up(server: Server, log_ins: Receiver) -> None:
    """As with codes: a wrong one is not told of, but the last one is."""
    person, nobody = new_person(server), Person(server, "nobody@example.com", "", "", "")
    for _ in range(4):
        assert [one.log_in("Wrong-word9").status for one in (person, nobody)] == [403, 403]
    assert server.sandbox("GET", "/webhooks").json == {"events": []}
    assert [one.log_in("Wrong-word9").status for one in (person, nobody)] == [403, 403]
    assert [one.log_in().status for one in (person, nobody)] == [423, 423]
    assert heard(log_ins, 1) == [(LOG_IN, "PASSWORD", "DECLINED")]
    assert log_ins.taken[0].body.keys() == {"credential", "type", "status", "publishedTimestamp"}
    silent(server, log_ins, 1)


def test_not_me_is_told_as_a_step_up_that_was_declined(server: Server, firm: Receiver) -> None:
    person, device = with_device(server)
    other = person.elsewhere()
    count = len(heard(firm, 4))
    open_still = push(other)
    device.decline(push(person), "not_me")
    assert heard(firm, count + 1)[count] == (STEP_UP, "BIOMETRIC", "DECLINED")
    assert firm.taken[count].body["challengeId"] != open_still
    silent(server, firm, count + 1)  # what became void with the sessions is told of no more


@pytest.mark.parametrize(("verb", "status"), [("expired", "EXPIRED"), ("invalid", "DECLINED")])
def test_by_decree(server: Server, firm: Receiver, verb: str, status: str) -> None:
    person, _ = with_device(server)
    heard(firm, 4)
    challenge = push(person)
    while decree(person, verb, challenge).json.get("code") == "COMPLETED":
        pass
    assert heard(firm, 5)[4] == (STEP_UP, "BIOMETRIC", status)
    silent(server, firm, 5)


def test_a_user_whom_a_manager_shuts_out(server: Server, firm: Receiver) -> None:
    root = enrolled_corporate(server).stepped_up()
    user = new_user(root)
    until("all are sent", lambda: not waiting(server))
    before = len(firm.taken)
    assert root.call("POST", f"/users/{user.user_id}/deactivate").status == 204
    heard(firm, before + 1)
    assert (firm.taken[before].path, firm.taken[before].body) == (
        SHUT_OUT,
        {
            "actionDoneBy": "UNDEFINED",
            "emailAddress": user.email,
            "reasonCode": "UNDEFINED_REASON",
        },
    )
    assert root.call("POST", f"/users/{user.user_id}/deactivate").status == 204
    silent(server, firm, before + 1)


def by_operator(box: Sandbox, server: Server, person: Person) -> None:
    box_users(box, server, "deactivate", person)


def erased(box: Sandbox, server: Server, person: Person) -> None:
    box_users(box, server, "erase", person, "--yes")


@pytest.mark.parametrize(
    ("end", "reason"), [(by_operator, "UNDEFINED_REASON"), (erased, "ACCOUNT_CLOSURE")]
)
def test_a_person_whom_an_operator_ends(
    box: Sandbox, server: Server, firm: Receiver, end: Callable[..., None], reason: str
) -> None:
    person = enrolled_person(server)
    heard(firm, 2)
    end(box, server, person)
    heard(firm, 3)
    assert (firm.taken[2].path, firm.taken[2].body) == (
        SHUT_OUT,
        {"actionDoneBy": "ADMIN", "emailAddress": person.email, "reasonCode": reason},
    )


def test_what_had_not_been_told_of_somebody_who_is_erased_goes_with_them(
    box: Sandbox, server: Server, firm: Receiver
) -> None:
    firm.status = 503
    person = enrolled_person(server)
    until("it was tried", lambda: firm.told)
    firm.status = 204
    erased(box, server, person)
    heard(firm, 1)
    silent(server, firm, 2)
    assert [told.path for told in firm.taken] == [SHUT_OUT]
    assert person.user_id not in repr(firm.taken[0].octets)


def test_other_mail_is_nobodys_business(server: Server, firm: Receiver) -> None:
    """A verified address, a first password: nobody waits for these."""
    person = new_person(server)
    assert send_code(server, person.email, "consumers").status == 204
    assert verify_code(server, person.email, path="consumers").status == 204
    assert server.sandbox("GET", "/webhooks").json == {"events": []}
    silent(server, firm, 0)


def test_the_sandbox_shows_what_was_told(server: Server, firm: Receiver) -> None:
    firm.status = 503
    person = new_person(server)
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    until("it was tried", lambda: firm.told)

    def shown() -> list[dict[str, Any]]:
        return list(server.sandbox("GET", "/webhooks").json["events"])

    until("that is recorded", lambda: shown()[-1]["next_at"] > server.now + 5_000)
    step_up, factor = shown()
    assert (factor["state"], factor["tries"], factor["user_id"]) == ("waiting", 1, person.user_id)
    assert factor["event"]["kind"] == "sms_otp"
    assert (step_up["state"], step_up["tries"]) == ("waiting", 0)
    assert server.isolated().sandbox("GET", "/webhooks").json == {"events": []}


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://169.254.169.254", "http://u@localhost", "ftp://x", "x"]
)
def test_a_target_that_is_none_is_refused(server: Server, url: str) -> None:
    answer = server.sandbox("POST", "/settings", {"webhook_url": url})
    assert answer.status == 400
    assert answer.json["fields"][0]["field"] == "webhook_url"


def test_neither_key_nor_address_nor_event_gets_into_the_log(
    box: Sandbox, server: Server, firm: Receiver
) -> None:
    server.settings(webhook_url=f"{firm.url}/s3cr3t")
    firm.status = 500
    person = new_person(server)
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    until("it was tried", lambda: firm.told)
    until("it is logged", lambda: '"channel": "webhook"' in box.log())
    assert "s3cr3t" not in box.log()
    assert server.credentials["programme"]["api_key"] not in box.log()
    assert firm.told[0].headers["signature-v2"] not in box.log()


def test_a_device_enrolled_where_the_session_is_stepped_up(server: Server, firm: Receiver) -> None:
    person = new_person(server)
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    enrol_device(person)
    assert heard(firm, 3)[2] == (FACTOR, "BIOMETRIC", "ACTIVE")
    silent(server, firm, 3)
