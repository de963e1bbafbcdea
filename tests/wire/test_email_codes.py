"""Codes that verify an e-mail address."""

import pytest

from assent.kernel.clock import MINUTE, SECOND
from tests.support.client import Server
from tests.support.mailed import (
    FULL_WIDTH,
    GAP,
    INVALID_CODE,
    codes,
    latest_code,
    links,
    post,
    send_code,
    verify_code,
)
from tests.support.weavr import CODE, WRONG, Person, new_person


def verified(person: Person) -> bool:
    return bool(person.call("GET", "/consumers").json["rootUser"]["emailVerified"])


def test_a_code_verifies_the_address(server: Server) -> None:
    person = new_person(server)
    assert not verified(person)
    sent = send_code(server, person.email)
    assert (sent.status, sent.body) == (204, b"")
    (mail,) = server.mails(person.email)
    assert mail["code"] == CODE
    assert "60 minutes" in mail["body"]
    done = verify_code(server, person.email)
    assert (done.status, done.body) == (204, b"")
    assert verified(person)


def test_an_address_that_is_nobodys(server: Server) -> None:
    answer = send_code(server, "nobody@example.com")
    assert (answer.status, answer.error) == (409, "EMAIL_NOT_FOUND")
    assert server.mails("nobody@example.com") == []
    answer = verify_code(server, "nobody@example.com")
    assert (answer.status, answer.error) == (409, INVALID_CODE)


@pytest.mark.parametrize("path", ["corporates", "users"])
def test_a_consumers_address_is_no_other_sorts(server: Server, path: str) -> None:
    person = new_person(server)
    answer = send_code(server, person.email, path)
    assert (answer.status, answer.error) == (409, "EMAIL_NOT_FOUND")
    assert server.mails(person.email) == []


def test_a_verified_address_is_not_verified_again(server: Server) -> None:
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    assert verify_code(server, person.email).status == 204
    again = send_code(server, person.email)
    assert (again.status, again.error) == (409, "ALREADY_VERIFIED")
    used = verify_code(server, person.email)
    assert (used.status, used.error) == (409, INVALID_CODE)
    assert verified(person)


def test_no_code_was_sent(server: Server) -> None:
    person = new_person(server)
    answer = verify_code(server, person.email)
    assert (answer.status, answer.error) == (409, INVALID_CODE)
    assert not verified(person)


def test_the_next_mail_comes_after_fifteen_seconds(server: Server) -> None:
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    soon = send_code(server, person.email.upper())
    assert (soon.status, soon.body) == (429, b"")
    assert soon.headers["x-ratelimit-reset"] == "15"
    assert len(server.mails(person.email)) == 1
    server.advance(GAP)
    assert send_code(server, person.email).status == 204
    assert len(server.mails(person.email)) == 2


def test_an_hour_and_not_longer(server: Server) -> None:
    person, other = new_person(server), new_person(server)
    began = server.now
    for one in (person, other):
        assert send_code(server, one.email).status == 204
    server.advance(59 * 60 + 50)
    assert server.now - began < 60 * MINUTE
    assert verify_code(server, other.email).status == 204
    server.advance(11)
    assert server.now - began > 60 * MINUTE + SECOND
    late = verify_code(server, person.email)
    assert (late.status, late.error) == (409, INVALID_CODE)


def test_a_newer_code_voids_the_older(server: Server) -> None:
    server.settings(codes="random")
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    older = latest_code(server, person.email)
    server.advance(GAP)
    assert send_code(server, person.email).status == 204
    newer = latest_code(server, person.email)
    assert older != newer
    assert verify_code(server, person.email, older).status == 409
    assert not verified(person)
    assert verify_code(server, person.email, newer).status == 204


def test_five_wrong_answers_void_the_code(server: Server) -> None:
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    for _ in range(5):
        answer = verify_code(server, person.email, WRONG)
        assert (answer.status, answer.error) == (409, INVALID_CODE)
    right = verify_code(server, person.email)
    assert (right.status, right.error) == (409, INVALID_CODE)
    server.advance(31 * 60)  # the block is over, the code still within its hour: it stays void
    assert verify_code(server, person.email).status == 409
    assert person.log_in().status == 200
    assert not verified(person)
    assert send_code(server, person.email).status == 204
    assert verify_code(server, person.email).status == 204
    assert verified(person)


def test_while_answers_are_refused_none_is_asked_for(server: Server) -> None:
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    for _ in range(5):
        verify_code(server, person.email, WRONG)
    server.advance(GAP)
    answer = send_code(server, person.email)
    assert answer.status == 429
    assert 0 < int(answer.headers["x-ratelimit-reset"]) <= 30 * 60
    assert len(codes(server, person.email)) == 1


def test_a_right_answer_sets_the_count_back(server: Server) -> None:
    person = new_person(server)
    for _ in range(3):
        assert send_code(server, person.email).status == 204
        for _ in range(4):
            verify_code(server, person.email, WRONG)
        assert verify_code(server, person.email).status == 204
        changed = person.change(email=f"x{person.email}")
        assert changed.status == 200, changed.body
        person.email = f"x{person.email}"
        server.advance(GAP)


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", FULL_WIDTH, "", None, 123456])
def test_a_code_has_six_ascii_digits(server: Server, code: object) -> None:
    person = new_person(server)
    body = {"email": person.email, "verificationCode": code}
    answer = post(server, "/consumers/verification/email/verify", body)
    assert answer.status == 400
    (field,) = answer.json["syntaxErrors"]["invalidFields"]
    assert field["fieldName"] == "verificationCode"


@pytest.mark.parametrize("email", ["nobody", "", None, ["a@example.com"], {"a": 1}, 7])
def test_an_address_is_one_text(server: Server, email: object) -> None:
    for path in ("consumers/verification/email/send", "passwords/lost_password/start"):
        answer = post(server, f"/{path}", {"email": email})
        assert answer.status == 400
        (field,) = answer.json["syntaxErrors"]["invalidFields"]
        assert field["fieldName"] == "email"


def test_the_link_is_the_programmes_own(server: Server) -> None:
    server.settings(verify_email_url="https://bank.example/v/{code}?e={email}&u={user_id}")
    person = new_person(server, "ada+it's@example.com")
    assert send_code(server, person.email).status == 204
    (mail,) = server.mails("ada+it's@example.com")
    expected = f"https://bank.example/v/{CODE}?e=ada%2Bit%27s%40example.com&u={person.user_id}"
    assert links(mail) == [expected]


def test_one_reference_is_one_mail(server: Server) -> None:
    """Of consumers the documents name no reference; of corporates and users they do."""
    person = new_person(server)
    for status in (204, 429):
        headers = {"idempotency-ref": "once"}
        sent = post(server, "/consumers/verification/email/send", {"email": person.email}, headers)
        assert sent.status == status
