"""Codes by e-mail, with two servers and one database."""

import itertools

from tests.processes.conftest import Pair
from tests.support.client import Server
from tests.support.mailed import (
    GAP,
    INVALID_CODE,
    INVALID_NONCE,
    resume,
    send_code,
    start,
)
from tests.support.processes import until
from tests.support.volley import Shot, counted, volley
from tests.support.weavr import (
    CODE,
    NEW_PASSWORD,
    PASSWORD,
    Person,
    enrolled_person,
    log_in,
    new_person,
)

MANY = 50
_fresh = itertools.count(1)


def _resume(server: Server, api: dict[str, str], email: str, code: str, word: str) -> Shot:
    body = {"nonce": code, "email": email, "newPassword": {"value": word}}
    return Shot(server, "POST", "/multi/passwords/lost_password/resume", body, api)


def _guesses(pair: Pair, email: str) -> list[Shot]:
    api = pair.left.server.api
    return [_resume(pair.turn(n), api, email, f"{n:06d}", NEW_PASSWORD) for n in range(MANY)]


def test_fifty_guesses_at_once_compare_at_most_five(pair: Pair) -> None:
    person = new_person(pair.left.server)
    assert start(pair.left.server, person.email).status == 204
    assert counted(volley(_guesses(pair, person.email))) == {INVALID_NONCE: MANY}
    assert pair.facts(person, "reset_password_denied") == 5
    tries = pair.rows("SELECT tries FROM mailed_codes WHERE subject_id = $1", int(person.user_id))
    assert tries == [(5,)]
    for server in pair.servers:  # the right one
        assert resume(server, person.email).error == INVALID_NONCE
        assert log_in(server, person.email, PASSWORD).status == 200


def test_fifty_guesses_at_nobody_are_counted_alike(pair: Pair) -> None:
    email = f"nobody.mail{next(_fresh)}@example.com"
    before = pair.rows("SELECT count(*) FROM facts WHERE name = 'reset_password_denied'")[0][0]
    assert counted(volley(_guesses(pair, email))) == {INVALID_NONCE: MANY}
    after = pair.rows("SELECT count(*) FROM facts WHERE name = 'reset_password_denied'")[0][0]
    assert after - before == 5
    for server in pair.servers:
        assert start(server, email).status == 429


def test_the_right_code_is_used_once_by_twenty_at_once(pair: Pair) -> None:
    person = new_person(pair.left.server)
    assert start(pair.left.server, person.email).status == 204
    words = [f"Word-{number}-word" for number in range(20)]
    api = pair.left.server.api
    shots = [_resume(pair.turn(n), api, person.email, CODE, word) for n, word in enumerate(words)]
    answers = volley(shots)
    counts = counted(answers)
    assert counts["200"] == 1
    assert set(counts) <= {"200", INVALID_NONCE, "503"}
    assert pair.facts(person, "password_reset") == 1
    (word,) = [w for w, answer in zip(words, answers, strict=True) if answer.status == 200]
    for server in pair.servers:
        assert log_in(server, person.email, word).status == 200
    assert pair.facts(person, "log_in_denied") == 0


def test_a_right_code_verifies_once(pair: Pair) -> None:
    person = new_person(pair.left.server)
    assert send_code(pair.right.server, person.email).status == 204
    body = {"email": person.email, "verificationCode": CODE}
    path = "/multi/consumers/verification/email/verify"
    api = pair.left.server.api
    answers = volley([Shot(pair.turn(n), "POST", path, body, api) for n in range(20)])
    counts = counted(answers)
    assert counts.pop("204") == 1
    assert set(counts) == {INVALID_CODE}
    assert pair.facts(person, "verify_email_passed") == 1


def test_fifty_starts_at_once_are_one_mail(pair: Pair) -> None:
    person = new_person(pair.left.server)
    body, api = {"email": person.email}, pair.left.server.api
    path = "/multi/passwords/lost_password/start"
    for mails in (1, 2):
        answers = volley([Shot(pair.turn(n), "POST", path, body, api) for n in range(MANY)])
        assert counted(answers) == {"204": 1, "429": MANY - 1}
        until("it is delivered", lambda n=mails: _delivered(pair, person) == n)
        queued = pair.rows(
            "SELECT count(*) FROM mailed_codes WHERE subject_id = $1", int(person.user_id)
        )
        assert queued == [(mails,)]
        pair.advance(GAP)
    pending = pair.rows(
        "SELECT count(*) FROM mailed_codes WHERE subject_id = $1 AND state = 'pending'",
        int(person.user_id),
    )
    assert pending == [(1,)]


def _delivered(pair: Pair, person: Person) -> int:
    """By either server's worker."""
    return len(pair.left.server.mails(person.email))


def test_a_reset_ends_the_sessions_of_the_other_server_at_once(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    others = [pair.session(person, number) for number in range(4)]
    for number, one in enumerate(others):
        one.server = pair.turn(number)
        assert one.factors().status == 200
    assert start(pair.left.server, person.email).status == 204
    assert resume(pair.left.server, person.email).status == 200
    assert [one.factors().status for one in others] == [401] * 4
    assert person.factors().status == 401


def test_a_log_in_under_way_does_not_outlive_the_reset(pair: Pair) -> None:
    """Sessions whose opening began before it are dead with the others."""
    person = new_person(pair.left.server)
    assert start(pair.left.server, person.email).status == 204
    api = pair.left.server.api
    body = {"email": person.email, "password": {"value": PASSWORD}}
    log_ins = [
        Shot(pair.turn(n), "POST", "/multi/login_with_password", body, api) for n in range(8)
    ]
    reset = _resume(pair.right.server, api, person.email, CODE, NEW_PASSWORD)
    answers = volley([*log_ins[:4], reset, *log_ins[4:]])
    assert answers[4].status == 200
    tokens = [a.json["token"] for a in answers[:4] + answers[5:] if a.status == 200]
    for number, token in enumerate(tokens):
        person.server, person.token = pair.turn(number), token
        assert person.factors().status == 401
