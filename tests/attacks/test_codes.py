"""Codes used where, when or by whom they must not be."""

import re

from tests.support.client import Answer, Server
from tests.support.volley import counted, shot, volley
from tests.support.weavr import (
    PASSWORD,
    Person,
    enrolled_person,
    log_in,
    new_person,
    set_password,
)


def _with_random_codes(server: Server) -> Person:
    """An enrolled person, from now on with a real code each time."""
    person = enrolled_person(server)
    server.settings(codes="random")
    return person


def _code(person: Person) -> str:
    return str(person.server.messages(person.phone)[0]["code"])


def _other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_used_code_is_used_up(server: Server) -> None:
    """CVE-2026-103655 (MISP), CVE-2026-27855 (Dovecot Pro): a code could be replayed as long as
    its window lasted."""
    person = _with_random_codes(server)
    assert person.ask_step_up().status == 204
    code = _code(person)
    assert person.step_up(code).status == 204
    assert person.step_up(code).error == "ALREADY_VERIFIED"
    other = person.elsewhere()
    assert other.step_up(code).error == "STATE_INVALID"
    assert other.ask_step_up().status == 204
    if _code(other) != code:  # one in a million
        assert other.step_up(code).error == "VERIFICATION_CODE_INVALID"


def test_one_code_lets_one_of_many_in(server: Server) -> None:
    """CVE-2026-43930 (Parse Server), better-auth PR 8067: two requests with the same one-time
    code both succeeded, because it was looked up, compared and only then deleted."""
    person = _with_random_codes(server)
    assert person.ask_step_up().status == 204
    body = {"verificationCode": _code(person)}
    path = "/stepup/challenges/otp/SMS/verify"
    assert counted(volley([shot(server, person, path, body) for _ in range(20)]))["204"] == 1


def test_a_newer_code_voids_the_older(server: Server) -> None:
    """better-auth PR 8067: deleted and made again, the old one was good again."""
    person = _with_random_codes(server)
    assert person.ask_step_up().status == 204
    old = _code(person)
    server.advance(16)
    assert person.ask_step_up().status == 204
    new = _code(person)
    if new != old:
        assert person.step_up(old).error == "VERIFICATION_CODE_INVALID"
    assert person.step_up(new).status == 204


def test_a_code_dies_after_five_minutes(server: Server) -> None:
    """AuthQuake: codes lived far longer than they said."""
    person = _with_random_codes(server)
    assert person.ask_step_up().status == 204
    server.advance(290)
    assert person.factors().status == 200  # the session lives on
    server.advance(11)
    assert person.step_up(_code(person)).error == "VERIFICATION_CODE_EXPIRED"


def test_a_code_of_another_session_is_wrong(server: Server) -> None:
    """CVE-2026-28787 (OneUptime) and its kin: the challenge must be bound to its session."""
    person = _with_random_codes(server)
    attacker = person.elsewhere()
    assert person.ask_step_up().status == 204
    code = _code(person)
    assert attacker.ask_step_up().status == 204
    theirs = _code(attacker)
    if theirs != code:
        assert attacker.step_up(code).error == "VERIFICATION_CODE_INVALID"
        assert person.step_up(theirs).error in (
            "VERIFICATION_CODE_INVALID",
            "ONE_CHALLENGE_LIMIT_REMAINING",
        )
    assert person.step_up(code).status == 204
    assert attacker.change(mobile={"countryCode": "+356", "number": "79111111"}).status == 403


def test_a_code_to_enrol_steps_nothing_up(server: Server) -> None:
    """A code says what it is for; one that was asked for to register a phone is no consent to
    anything else."""
    server.settings(codes="random")
    person = new_person(server)
    assert person.enrol().status == 204
    code = _code(person)
    refused = person.step_up(code)
    assert refused.status == 409
    assert refused.error in ("STATE_INVALID", "CHANNEL_NOT_REGISTERED")
    assert person.factors().json["factors"][0]["status"] == "PENDING_VERIFICATION"
    assert person.verify_enrolment(code).status == 204  # and that cost no try


def test_a_code_to_step_up_enrols_nothing(server: Server) -> None:
    """The same, the other way round."""
    person = _with_random_codes(server)
    assert person.ask_step_up().status == 204
    code = _code(person)
    refused = person.verify_enrolment(code)
    assert refused.status == 409
    assert refused.error in ("STATE_INVALID", "CHANNEL_ALREADY_REGISTERED")
    assert person.step_up(code).status == 204


def test_a_code_sent_to_the_old_number_does_not_enrol_the_new_one(server: Server) -> None:
    """CVE-2026-9047 (Devolutions): what had been begun before a change was finished after it."""
    server.settings(codes="random")
    person = new_person(server)
    assert person.enrol().status == 204
    code = _code(person)
    assert person.change(mobile={"countryCode": "+356", "number": "79222222"}).status == 200
    assert person.verify_enrolment(code).status == 409
    assert person.factors().json["factors"][0]["status"] == "PENDING_VERIFICATION"


def test_a_second_enrolment_begun_before_the_first_ended_is_void(server: Server) -> None:
    """CVE-2025-46815 (ZITADEL): every intermediate state is good once."""
    server.settings(codes="random")
    person = new_person(server)
    other = person.elsewhere()
    assert other.enrol().status == 204
    old = _code(other)
    assert person.enrol().status == 204
    assert person.verify_enrolment(_code(person)).status == 204
    refused = other.verify_enrolment(old)
    assert refused.status == 409
    assert other.change_password().error == "STEP_UP_REQUIRED"


def test_no_answer_holds_a_code(server: Server) -> None:
    """MTN, three reports: the code stood in the response of the call that sent it."""
    server.settings(codes="random")
    person = new_person(server)
    answers: list[Answer] = [
        set_password(server, person.user_id, PASSWORD),
        person.enrol(),
    ]
    codes = [_code(person)]
    wrong = _other_than(codes[0])
    answers += [
        person.verify_enrolment(wrong),
        person.call(
            "POST",
            "/authentication_factors/otp/SMS/verify",
            {"verificationCode": codes[0]},
            idempotency_ref="r1",
        ),
        person.call(
            "POST",
            "/authentication_factors/otp/SMS/verify",
            {"verificationCode": codes[0]},
            idempotency_ref="r1",
        ),
        log_in(server, person.email),
    ]
    person.log_in()
    answers += [person.ask_step_up(), person.factors(), person.call("GET", "/consumers")]
    codes.append(_code(person))
    answers += [person.step_up("12345"), person.step_up(_other_than(codes[1]))]
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    for answer in answers:
        headers = {name: value for name, value in answer.headers.items() if name != "request-ref"}
        seen = f"{headers} {answer.body.decode()}"
        # ids and tokens are long: a code within one of them would be chance
        words = set(re.findall(r"(?<![0-9A-Za-z_-])\d{6}(?![0-9A-Za-z_-])", seen))
        assert not words & set(codes), answer.body
