"""Passcodes beside passwords or instead of them, as a client meets them."""

import pytest

from tests.support.client import Answer, Server
from tests.support.processes import Sandbox
from tests.support.sandboxes import captured
from tests.support.weavr import (
    NEW_PASSCODE,
    NEW_PASSWORD,
    PASSCODE,
    PASSWORD,
    Person,
    consumer_body,
    enrolled_person,
    log_in,
    new_person,
    set_password,
    validate,
)

CLOSED = "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"
BOTH = ["password", "passcode"]
DAY = 86_400


@pytest.fixture
def server(server: Server) -> Server:
    """A programme in which people may have either, or both."""
    server.settings(credentials=BOTH)
    return server


def refused(answer: Answer, status: int, name: str) -> bool:
    return (answer.status, answer.error) == (status, name)


def with_both(server: Server) -> Person:
    """Somebody with a password, a passcode and a phone; one factor proved."""
    person = new_person(server)
    assert set_password(server, person.user_id, PASSCODE).status == 200
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    assert person.log_in().status == 200
    return person


# the same operations, the same answers


def test_from_sign_up_to_step_up_with_a_passcode_alone(server: Server):
    server.settings(credentials=["passcode"])
    person = new_person(server, password=PASSCODE)
    answer = person.log_in(PASSCODE)
    assert set(answer.json) == {"token", "tokenType", "identity", "credentials"}
    assert person.factors().json == {"factors": []}
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    assert person.log_in(PASSCODE).status == 200
    changed = person.stepped_up().change_password(PASSCODE, NEW_PASSCODE)
    assert changed.status == 200
    assert person.factors().status == 401, "every session ends"
    person.token = changed.json["token"]
    assert person.step_up().error == "ALREADY_VERIFIED", "the new one is of the old one's level"
    assert log_in(server, person.email, PASSCODE).status == 403
    assert log_in(server, person.email, NEW_PASSCODE).status == 200


def test_a_wrong_passcode_looks_like_a_wrong_password(server: Server):
    person, without = with_both(server), new_person(server)
    answers = [
        log_in(server, email, secret)
        for email in (person.email, without.email, "nobody@example.com")
        for secret in ("Wrong-word1", NEW_PASSCODE, "830529")
    ]
    assert {(answer.status, answer.body) for answer in answers} == {(403, b"")}
    assert len({frozenset(answer.headers) for answer in answers}) == 1


def test_each_secret_opens_as_what_it_is(server: Server):
    person = with_both(server)
    for secret in (PASSWORD, PASSCODE):
        assert log_in(server, person.email, secret).status == 200
    server.settings(credentials=["password"])
    assert log_in(server, person.email, PASSCODE).status == 403, "as a password, it is wrong"
    assert set_password(server, new_person(server, password="").user_id, PASSCODE).error == (
        "PASSWORD_TOO_SHORT"
    )


async def test_a_token_is_good_for_the_field_it_was_typed_into(box: Sandbox, server: Server):
    person = with_both(server)
    for value, kind, status in (
        (PASSWORD, "password", 200),
        (PASSCODE, "passcode", 200),
        (PASSWORD, "passcode", 403),
        (PASSCODE, "password", 403),
    ):
        token = await captured(box, server, value, kind)
        assert log_in(server, person.email, token).status == status, (value, kind)
    assert validate(server, await captured(box, server, PASSWORD, "passcode")).error == (
        "PASSWORD_TOO_LONG"
    )
    assert validate(server, await captured(box, server, PASSCODE, "password")).error == (
        "PASSWORD_TOO_SHORT"
    )


async def test_a_captured_passcode_works_once(box: Sandbox, server: Server):
    server.settings(plaintext_passwords=False)
    person = new_person(server, password="")
    token = await captured(box, server, PASSCODE, "passcode")
    for _ in range(2):
        assert validate(server, token).status == 204, "a check does not use it up"
    assert set_password(server, person.user_id, token).status == 200
    assert refused(log_in(server, person.email, token), 410, "TOKEN_EXPIRED")


# one budget


def test_wrong_passcodes_and_passwords_are_counted_together(server: Server):
    person = with_both(server)
    for secret in ("Wrong-word1", NEW_PASSCODE, "Wrong-word1", NEW_PASSCODE, NEW_PASSCODE):
        assert log_in(server, person.email, secret).status == 403
    for secret in (PASSWORD, PASSCODE, NEW_PASSCODE):
        assert log_in(server, person.email, secret).status == 423


def test_the_warning_names_what_the_programme_has(server: Server):
    person = with_both(server)
    for _ in range(2):
        for _ in range(5):
            assert log_in(server, person.email, NEW_PASSCODE).status == 403
        server.advance(1_800)
    mail, *_ = server.mails(person.email)
    assert "stays blocked" in mail["body"]
    assert "entered a wrong password or passcode for your" in mail["body"]


# a kind that the programme does not have


async def test_a_closed_kind_is_refused_wherever_it_would_open_or_begin(
    box: Sandbox, server: Server
):
    person = with_both(server).stepped_up()
    server.settings(credentials=["password"])
    token = await captured(box, server, PASSCODE, "passcode")
    blank = new_person(server, password="")
    for answer in (
        log_in(server, person.email, token),
        log_in(server, "nobody@example.com", token),
        set_password(server, blank.user_id, token),
        set_password(server, "1", token),
        validate(server, token),
        person.change_password(PASSWORD, token),
    ):
        assert (answer.status, answer.json) == (409, {"errorCode": CLOSED})
    server.settings(credentials=BOTH)
    assert log_in(server, person.email, token).status == 200, "a refused token is not used up"


async def test_a_closed_kind_costs_nobody_a_try(box: Sandbox, server: Server):
    person = with_both(server)
    server.settings(credentials=["password"])
    token = await captured(box, server, NEW_PASSCODE, "passcode")
    for email in (person.email, "nobody@example.com"):
        assert {log_in(server, email, token).error for _ in range(8)} == {CLOSED}
        assert log_in(server, email, "Wrong-word1").status == 403, "and no 423"
    assert log_in(server, person.email).status == 200
    for _ in range(5):
        log_in(server, person.email, "Wrong-word1")
    assert log_in(server, person.email, token).error == CLOSED, "nor does it tell of a block"


def test_plain_text_of_a_closed_kind(server: Server):
    server.settings(credentials=["passcode"])
    person = new_person(server, password="")
    for value in (PASSWORD, "123", "8305296"):
        for answer in (
            set_password(server, person.user_id, value),
            validate(server, value),
            log_in(server, person.email, value),
        ):
            assert refused(answer, 409, CLOSED)


def test_from_passwords_to_passcodes(server: Server):
    """Both open, people move, passwords closed; and the last one moves in a session that lives."""
    moved, late = with_both(server), enrolled_person(server)
    assert late.log_in().status == 200
    late.stepped_up()
    server.settings(credentials=["passcode"])
    assert refused(log_in(server, moved.email), 409, CLOSED)
    assert moved.log_in(PASSCODE).status == 200
    assert late.change_password(PASSWORD, PASSCODE).status == 200
    assert late.log_in(PASSCODE).status == 200


# a second secret


async def test_a_second_secret_while_somebody_is_onboarded(box: Sandbox, server: Server):
    person = new_person(server)
    assert person.enrol().status == 204, "a phone that was never proved asks for nothing"
    dead = person.elsewhere()
    assert dead.call("POST", "/logout").status == 204
    token = await captured(box, server, PASSCODE, "passcode")
    made = set_password(server, person.user_id, token, dead.token)
    assert made.status == 200, "a dead bearer is as good as none"
    person.token = made.json["token"]
    assert person.factors().status == 200
    for secret in (PASSWORD, PASSCODE):
        assert log_in(server, person.email, secret).status == 200
    for secret in (NEW_PASSWORD, NEW_PASSCODE):
        again = set_password(server, person.user_id, secret)
        assert refused(again, 409, "PASSWORD_ALREADY_CREATED")


def test_two_secrets_are_one_element(server: Server):
    """A passcode beside the password asks for no step-up, as little as it gives one."""
    person = new_person(server)
    assert set_password(server, person.user_id, PASSCODE).status == 200
    assert person.change(email=f"new.{person.email}").status == 200
    assert person.ask_step_up().error == "CHANNEL_NOT_REGISTERED"
    assert person.change_password().error == "STEP_UP_REQUIRED"


def test_a_second_secret_is_no_way_round_a_block(server: Server):
    person = new_person(server)
    for _ in range(5):
        assert person.log_in("Wrong-word1").status == 403
    assert person.log_in().status == 423
    assert set_password(server, person.user_id, PASSCODE).status == 429
    server.advance(1_800)
    assert set_password(server, person.user_id, PASSCODE).status == 200


def test_nobody_is_kept_from_a_first_secret_by_somebody_elses_guesses(server: Server):
    person = new_person(server, password="")
    for _ in range(5):
        assert person.log_in("Wrong-word1").status == 403
    assert set_password(server, person.user_id, PASSCODE).status == 200


async def test_a_second_secret_needs_step_up_once_a_phone_is_proved(box: Sandbox, server: Server):
    person, other = enrolled_person(server), enrolled_person(server).stepped_up()
    token = await captured(box, server, PASSCODE, "passcode")
    for bearer in ("", person.token, other.token, "dead", f"{person.token}x"):
        answer = set_password(server, person.user_id, token, bearer)
        assert refused(answer, 403, "STEP_UP_REQUIRED"), bearer
    assert set_password(server, person.user_id, NEW_PASSWORD).error == "PASSWORD_ALREADY_CREATED"
    person.stepped_up()
    bad = set_password(server, person.user_id, "1234", person.token)
    assert bad.error == "PASSWORD_TOO_SIMPLE"
    made = set_password(server, person.user_id, token, person.token)
    assert made.status == 200, "the refusals did not use the token up"
    assert person.log_in(PASSCODE).status == 200
    person.token = made.json["token"]
    assert person.change_password().error == "STEP_UP_REQUIRED", "the new session is of one factor"


def test_a_session_of_another_programme_is_as_good_as_none(server: Server):
    person = enrolled_person(server)
    foreign = server.isolated()
    stranger = enrolled_person(foreign).stepped_up()
    answer = set_password(server, person.user_id, PASSCODE, stranger.token)
    assert refused(answer, 403, "STEP_UP_REQUIRED")
    body = {"password": {"value": PASSCODE}}
    path = f"/multi/passwords/{person.user_id}/create"
    headers = {"authorization": f"Bearer {person.stepped_up().token}", "api-key": "unknown"}
    assert server.call("POST", path, body, headers).status == 401


# changes


def test_a_change_of_one_leaves_the_other(server: Server):
    person = with_both(server).stepped_up()
    person.token = person.change_password(PASSWORD, NEW_PASSCODE).json["token"]
    opens = {
        secret: log_in(server, person.email, secret).status
        for secret in (PASSWORD, PASSCODE, NEW_PASSCODE)
    }
    assert opens == {PASSWORD: 200, PASSCODE: 403, NEW_PASSCODE: 200}
    assert person.change_password(NEW_PASSCODE, NEW_PASSWORD).status == 200
    assert log_in(server, person.email, PASSWORD).status == 403
    assert log_in(server, person.email, NEW_PASSCODE).status == 200


def test_a_change_may_add_the_other_kind(server: Server):
    person = enrolled_person(server)
    assert person.change_password(PASSWORD, PASSCODE).error == "STEP_UP_REQUIRED"
    answer = person.stepped_up().change_password(PASSWORD, PASSCODE)
    assert set(answer.json) == {"passwordInfo", "token"}
    assert person.factors().status == 401
    for secret in (PASSWORD, PASSCODE):
        assert log_in(server, person.email, secret).status == 200


def test_the_old_one_is_judged_as_its_own_kind_and_counted(server: Server):
    person = enrolled_person(server).stepped_up()
    for old in (PASSCODE, "Wrong-word1", PASSCODE, PASSCODE, "Wrong-word1"):
        assert refused(person.change_password(old, NEW_PASSCODE), 409, "PASSWORD_INCORRECT")
    assert person.change_password(PASSWORD, NEW_PASSCODE).status == 429
    assert log_in(server, person.email).status == 423


def test_passcodes_are_remembered_like_passwords(server: Server):
    person = with_both(server).stepped_up()
    for new in (NEW_PASSCODE, "4096"):
        person.token = person.change_password(PASSWORD, new).json["token"]
    for former in (PASSCODE, NEW_PASSCODE, "4096"):
        answer = person.change_password(PASSWORD, former)
        assert refused(answer, 409, "PASSWORD_ALREADY_USED"), former
    server.settings(password_profile="modern")
    assert person.change_password(PASSWORD, "4096").error == "PASSWORD_ALREADY_USED"
    assert person.change_password(PASSWORD, PASSCODE).status == 200


def test_more_digits_are_asked_of_new_passcodes_alone(server: Server):
    person = with_both(server)
    server.settings(passcode_digits=6)
    assert person.log_in(PASSCODE).status == 200
    person.stepped_up()
    assert person.change_password(PASSCODE, NEW_PASSCODE).error == "PASSWORD_TOO_SHORT"
    assert person.change_password(PASSCODE, "830529").status == 200
    assert log_in(server, person.email, "830529").status == 200
    server.settings(passcode_digits=4)
    assert log_in(server, person.email, "830529").status == 200
    assert validate(server, "830529").error == "PASSWORD_TOO_LONG"


def test_the_person_s_own_numbers_are_too_simple(server: Server):
    body = consumer_body(server, "ada@example.com", "79832746")
    made = server.call("POST", "/multi/consumers", body, server.api)
    user_id = made.json["rootUser"]["id"]["id"]
    for text in ("1012", "1210", "9010", "2746", "7983"):
        answer = set_password(server, user_id, text)
        assert refused(answer, 409, "PASSWORD_TOO_SIMPLE"), text
        assert answer.json["code"] == "AUTH_009"
        assert validate(server, text).status == 204, "a check knows nobody"
    assert set_password(server, user_id, PASSCODE).status == 200


# expiry


def test_an_expired_passcode_is_renewed_and_nothing_else(server: Server):
    person = with_both(server)
    server.settings(password_days=30)
    server.advance(30 * DAY)
    answer = log_in(server, person.email, PASSCODE)
    assert (answer.status, set(answer.json)) == (409, {"token"})
    person.token = answer.json["token"]
    assert person.factors().error == "ACCESS_TOKEN_REQUIRED"
    for old, new in ((PASSCODE, NEW_PASSWORD), (PASSWORD, NEW_PASSCODE)):
        assert refused(person.change_password(old, new), 403, "STEP_UP_REQUIRED")
    renewed = person.change_password(PASSCODE, NEW_PASSCODE)
    assert renewed.status == 200
    assert log_in(server, person.email, NEW_PASSCODE).status == 200
    assert log_in(server, person.email, PASSWORD).status == 409, "which is as old as before"


def test_each_kind_has_a_date_of_its_own(server: Server):
    person = enrolled_person(server)
    server.settings(password_days=30)
    server.advance(20 * DAY)
    assert person.log_in().status == 200
    assert person.stepped_up().change_password(PASSWORD, PASSCODE).status == 200
    server.advance(10 * DAY)
    assert log_in(server, person.email, PASSCODE).status == 200
    expired = log_in(server, person.email, PASSWORD)
    assert (expired.status, set(expired.json)) == (409, {"token"})
    person.token = expired.json["token"]
    for old, new in ((PASSCODE, NEW_PASSCODE), (PASSWORD, NEW_PASSCODE)):
        answer = person.change_password(old, new)
        assert refused(answer, 403, "STEP_UP_REQUIRED"), "a secret in force is not touched"
    assert log_in(server, person.email, PASSCODE).status == 200
    assert person.change_password(PASSWORD, NEW_PASSWORD).status == 200


def test_an_expired_password_adds_no_passcode(server: Server):
    person = new_person(server)
    server.settings(password_days=1)
    server.advance(DAY)
    person.token = log_in(server, person.email).json["token"]
    assert refused(person.change_password(PASSWORD, PASSCODE), 403, "STEP_UP_REQUIRED")
    assert person.change_password().status == 200


# what is told of it


@pytest.mark.parametrize(("secret", "told"), [(PASSWORD, True), (PASSCODE, True), ("", False)])
def test_any_secret_is_a_password_that_is_set(server: Server, secret: str, told: bool):
    server.settings(multi_identity=True)
    person = new_person(server, password=secret)
    assert server.simulate(f"/consumers/{person.identity_id}/verify").status == 204
    body = consumer_body(server, person.email, person.number)
    again = server.call("POST", "/multi/consumers", body, server.api)
    assert again.json["rootUser"]["passwordAlreadySet"] is told
