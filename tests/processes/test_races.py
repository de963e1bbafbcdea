"""What fifty requests at once may not do, with two servers and one database."""

import itertools

from tests.processes.conftest import Pair
from tests.support.volley import Shot, counted, shot, volley
from tests.support.weavr import (
    CODE,
    NEW_PASSCODE,
    PASSCODE,
    PASSWORD,
    Person,
    consumer_body,
    enrolled_person,
    log_in,
    new_person,
    set_password,
)

WRONG = {"verificationCode": "000000"}
RIGHT = {"verificationCode": CODE}
STEP_UP = "/stepup/challenges/otp/SMS"
ENROL = "/authentication_factors/otp/SMS"
MANY = 50
_fresh = itertools.count(1)


def test_fifty_wrong_codes_at_once_spend_the_challenge_and_no_more(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    assert person.ask_step_up().status == 204
    answers = volley([shot(pair.turn(n), person, f"{STEP_UP}/verify", WRONG) for n in range(MANY)])
    assert counted(answers) == {
        "VERIFICATION_CODE_INVALID": 1,
        "ONE_CHALLENGE_LIMIT_REMAINING": 1,
        "CHALLENGE_LIMIT_EXCEEDED": MANY - 2,
    }
    assert pair.facts(person, "step_up_denied") == 3
    for number in range(2):
        answer = volley([shot(pair.turn(number), person, f"{STEP_UP}/verify", RIGHT)])[0]
        assert (answer.status, answer.error) == (409, "CHALLENGE_LIMIT_EXCEEDED")


def test_fifty_wrong_codes_over_many_sessions_spend_the_person_and_no_more(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    sessions = [pair.session(person, number) for number in range(5)]
    for number, one in enumerate(sessions):
        asked = volley([shot(pair.turn(number), one, STEP_UP)])[0]
        assert asked.status == 204, asked.body
    answers = volley(
        [
            shot(pair.turn(n), sessions[n // 2 % len(sessions)], f"{STEP_UP}/verify", WRONG)
            for n in range(MANY)
        ]
    )
    assert {answer.status for answer in answers} == {409}
    assert pair.facts(person, "step_up_denied") == 5
    for number, one in enumerate(sessions * 2):
        answer = volley([shot(pair.turn(number), one, f"{STEP_UP}/verify", RIGHT)])[0]
        assert (answer.status, answer.error) == (409, "CHALLENGE_LIMIT_EXCEEDED"), number
    assert pair.facts(person, "step_up_passed") == 0


def test_fifty_right_codes_at_once_pass_once(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    assert person.ask_step_up().status == 204
    passed = pair.facts(person, "step_up_passed")
    answers = volley([shot(pair.turn(n), person, f"{STEP_UP}/verify", RIGHT) for n in range(MANY)])
    counts = counted(answers)
    assert counts.pop("204") == 1
    assert sum(counts.values()) == MANY - 1
    assert set(counts) <= {"ALREADY_VERIFIED", "STATE_INVALID", "CHALLENGE_LIMIT_EXCEEDED"}
    assert pair.facts(person, "step_up_passed") == passed + 1
    # and whoever gave the right answer fifty times is not the poorer for it
    attempts = pair.rows(
        "SELECT failures, blocked_until FROM attempts WHERE holder = $1 AND proof = 'otp'",
        f"subject:{person.user_id}",
    )
    assert attempts == [(0, 0)]


def test_fifty_right_enrolment_codes_at_once_enrol_once(pair: Pair) -> None:
    person = new_person(pair.left.server)
    assert person.enrol().status == 204
    answers = volley([shot(pair.turn(n), person, f"{ENROL}/verify", RIGHT) for n in range(MANY)])
    assert counted(answers)["204"] == 1
    assert pair.facts(person, "enrol_passed") == 1
    held = pair.rows(
        "SELECT count(*) FROM factors WHERE subject_id = $1 AND kind = 'sms_otp'",
        int(person.user_id),
    )
    assert held == [(1,)]


def test_one_reference_sends_one_message(pair: Pair) -> None:
    person = new_person(pair.left.server)
    ref = f"enrol-{next(_fresh)}"
    answers = volley([shot(pair.turn(n), person, ENROL, ref=ref) for n in range(MANY)])
    counts = counted(answers)
    assert set(counts) <= {"204", "IDEMPOTENT_REQUEST_IN_PROGRESS"}
    assert counts["204"] >= 1
    later = volley([shot(pair.turn(n), person, ENROL, ref=ref) for n in range(4)])
    assert counted(later) == {"204": 4}
    assert pair.texts(person) == 1
    assert pair.facts(person, "challenge_started") == 1


def test_one_reference_makes_one_consumer(pair: Pair) -> None:
    number = f"7{next(_fresh):07d}"
    email = f"one.{number}@example.com"
    server = pair.left.server
    headers = {**server.api, "idempotency-ref": f"consumer-{number}"}
    body = consumer_body(server, email, number)
    made = [Shot(pair.turn(n), "POST", "/multi/consumers", body, headers) for n in range(MANY)]
    answers = volley(made)
    counts = counted(answers)
    assert set(counts) <= {"200", "IDEMPOTENT_REQUEST_IN_PROGRESS"}
    answers += volley(made[:4])
    bodies = {answer.body for answer in answers if answer.status == 200}
    assert len(bodies) == 1
    identity = int(next(answer.json["id"]["id"] for answer in answers if answer.status == 200))
    registered = pair.rows(
        "SELECT details FROM facts WHERE name = 'identity_registered' AND details LIKE $1",
        f'%"{identity}"%',
    )
    assert len(registered) == 1
    assert (
        volley([Shot(pair.turn(1), "POST", "/multi/consumers", body, server.api)])[0].status == 409
    )


def test_one_reference_counts_one_wrong_code(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    assert person.ask_step_up().status == 204
    ref = f"wrong-{next(_fresh)}"
    answers = volley(
        [shot(pair.turn(n), person, f"{STEP_UP}/verify", WRONG, ref) for n in range(MANY)]
    )
    counts = counted(answers)
    assert set(counts) <= {"VERIFICATION_CODE_INVALID", "IDEMPOTENT_REQUEST_IN_PROGRESS"}
    assert counts["VERIFICATION_CODE_INVALID"] >= 1
    assert pair.facts(person, "step_up_denied") == 1


def test_another_payload_under_the_same_reference_is_refused_by_either_server(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    assert person.ask_step_up().status == 204
    path, ref = f"{STEP_UP}/verify", f"other-{next(_fresh)}"
    first = volley([shot(pair.turn(0), person, path, WRONG, ref)])[0]
    second = volley([shot(pair.turn(1), person, path, RIGHT, ref)])[0]
    assert (first.status, second.status) == (409, 422)
    assert pair.facts(person, "step_up_passed") == 0


def _forty_log_ins(pair: Pair, emails: list[str]) -> dict[str, int]:
    body = {"password": {"value": "Wrong-word1"}}
    server = pair.left.server
    return counted(
        volley(
            [
                Shot(
                    pair.turn(n),
                    "POST",
                    "/multi/login_with_password",
                    {"email": emails[n % len(emails)], **body},
                    server.api,
                )
                for n in range(40)
            ]
        )
    )


def test_forty_wrong_passwords_at_once_compare_at_most_five(pair: Pair) -> None:
    person = new_person(pair.left.server)
    assert _forty_log_ins(pair, [person.email]) == {"403": 5, "423": 35}
    assert pair.facts(person, "log_in_denied") == 5
    for server in pair.servers:
        assert log_in(server, person.email, PASSWORD).status == 423


def test_fifty_wrong_passwords_and_passcodes_at_once_share_five(pair: Pair) -> None:
    """A budget for each would be ten tries at one person (RTS Article 4(3)(b) allows five)."""
    person = new_person(pair.left.server)
    assert set_password(pair.left.server, person.user_id, PASSCODE).status == 200
    api = pair.left.server.api
    bodies = [
        {"email": person.email, "password": {"value": value}}
        for value in (NEW_PASSCODE, "Wrong-word1", "830529")
    ]
    shots = [
        Shot(pair.turn(n), "POST", "/multi/login_with_password", bodies[n // 2 % 3], api)
        for n in range(MANY)
    ]
    assert counted(volley(shots)) == {"403": 5, "423": MANY - 5}
    assert pair.facts(person, "log_in_denied") == 5
    budgets = pair.rows("SELECT proof FROM attempts WHERE holder = $1", f"subject:{person.user_id}")
    assert len(budgets) == 1
    for server in pair.servers:
        for secret in (PASSWORD, PASSCODE):
            assert log_in(server, person.email, secret).status == 423


def test_twenty_first_passcodes_at_once_set_one(pair: Pair) -> None:
    person = new_person(pair.left.server)
    path = f"/multi/passwords/{person.user_id}/create"
    codes = [f"83{number:02d}" for number in range(10, 30)]
    shots = [
        Shot(pair.turn(n), "POST", path, {"password": {"value": code}}, pair.left.server.api)
        for n, code in enumerate(codes)
    ]
    answers = volley(shots)
    assert counted(answers) == {"200": 1, "PASSWORD_ALREADY_CREATED": len(codes) - 1}
    (right,) = [code for code, answer in zip(codes, answers, strict=True) if answer.status == 200]
    assert log_in(pair.right.server, person.email, right).status == 200
    assert pair.facts(person, "password_set") == 2


def test_twenty_changes_that_add_a_passcode_at_once_add_one(pair: Pair) -> None:
    person = enrolled_person(pair.left.server).stepped_up()
    codes = [f"83{number:02d}" for number in range(10, 30)]
    shots = [
        shot(
            pair.turn(n),
            person,
            "/passwords/update",
            {"oldPassword": {"value": PASSWORD}, "newPassword": {"value": code}},
        )
        for n, code in enumerate(codes)
    ]
    counts = counted(volley(shots))
    assert counts.pop("200") == 1
    # the sessions ended, the passcode was there, or too many old passwords stood to be judged
    assert set(counts) <= {"401", "429", "503", "PASSWORD_INCORRECT"}
    assert pair.facts(person, "password_changed") == 1
    held = pair.rows(
        "SELECT count(*) FROM factors WHERE subject_id = $1 AND kind = 'passcode'",
        int(person.user_id),
    )
    assert held == [(1,)]


def test_forty_wrong_passwords_for_nobody_are_counted_alike(pair: Pair) -> None:
    email = f"nobody.{next(_fresh)}@example.com"
    assert _forty_log_ins(pair, [email]) == {"403": 5, "423": 35}
    for server in pair.servers:
        assert log_in(server, email, PASSWORD).status == 423


def _spellings(email: str) -> list[str]:
    local, _, domain = email.partition("@")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in local if letter.isalpha())
    rest = "".join(letter for letter in local if not letter.isalpha())
    assert local == "".join(letter for letter in local if letter.isalpha()) + rest
    return [
        email,
        email.upper(),
        f"{local.title()}@{domain}",
        f"{local}@{domain.upper()}",
        f"{wide}{rest}@{domain}",
    ]


def test_spellings_of_an_address_share_one_count(pair: Pair) -> None:
    number = next(_fresh)
    person = new_person(pair.left.server, f"spelt{number}@example.com")
    assert _forty_log_ins(pair, _spellings(person.email)) == {"403": 5, "423": 35}
    assert _forty_log_ins(pair, _spellings(f"nobody{number}@example.com")) == {"403": 5, "423": 35}


def test_fifty_sends_at_once_are_three_a_session(pair: Pair) -> None:
    person = enrolled_person(pair.left.server)
    before = pair.texts(person)
    seen = []
    for _ in range(4):
        answers = volley([shot(pair.turn(n), person, STEP_UP) for n in range(MANY)])
        seen.append(counted(answers))
        pair.advance(16)
    once = {"204": 1, "RETRY_IN_15SEC": MANY - 1}
    last = {"204": 1, "CHALLENGE_LIMIT_EXCEEDED": MANY - 1}
    assert seen == [once, once, last, {"CHALLENGE_LIMIT_EXCEEDED": MANY}]
    assert pair.texts(person) == before + 3
    other: Person = pair.session(person)
    assert volley([shot(pair.turn(1), other, STEP_UP)])[0].status == 204
