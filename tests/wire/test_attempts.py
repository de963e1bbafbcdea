"""Wrong answers, blocks and resends, as a client meets them."""

import pytest

from tests.support.client import Server
from tests.support.weavr import (
    CODE,
    PASSWORD,
    WRONG,
    Person,
    enrolled_person,
    log_in,
    new_person,
)

INVALID, ONE, LIMIT = (
    "VERIFICATION_CODE_INVALID",
    "ONE_CHALLENGE_LIMIT_REMAINING",
    "CHALLENGE_LIMIT_EXCEEDED",
)
HALF_AN_HOUR = 1_800


def wrong_codes(person: Person, times: int) -> list[str]:
    answers = [person.step_up(WRONG) for _ in range(times)]
    assert {answer.status for answer in answers} == {409}
    return [answer.error for answer in answers]


def blocked(person: Person) -> None:
    """Uses up what a person has, over two challenges."""
    assert person.ask_step_up().status == 204
    assert wrong_codes(person, 3) == [INVALID, ONE, LIMIT]
    person.server.advance(15)
    assert person.ask_step_up().status == 204
    assert wrong_codes(person, 2) == [ONE, LIMIT]


def test_three_a_challenge_and_five_a_person(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    assert wrong_codes(person, 3) == [INVALID, ONE, LIMIT]
    assert person.step_up(CODE).error == LIMIT, "the right code does not cure a used-up challenge"
    server.advance(15)
    assert person.ask_step_up().status == 204, "another challenge does"
    assert wrong_codes(person, 2) == [ONE, LIMIT]
    assert person.step_up(CODE).error == LIMIT, "the right code does not cure a block"
    server.advance(15)
    asked = person.ask_step_up()
    assert (asked.status, asked.error) == (409, LIMIT), "nor does another challenge"


def test_a_used_up_challenge_is_cured_by_another(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    wrong_codes(person, 3)
    server.advance(15)
    assert person.ask_step_up().status == 204
    assert person.step_up(CODE).status == 204
    fresh = person.elsewhere()
    assert fresh.ask_step_up().status == 204
    assert wrong_codes(fresh, 3) == [INVALID, ONE, LIMIT], "a right code sets the count back"


def test_a_block_lasts_half_an_hour_over_all_sessions(server: Server):
    person = enrolled_person(server)
    other = person.elsewhere()
    assert other.ask_step_up().status == 204
    blocked(person)
    assert other.step_up(CODE).error == LIMIT
    server.advance(HALF_AN_HOUR - 60)
    assert person.log_in().status == 200
    assert person.ask_step_up().error == LIMIT
    server.advance(60)
    assert person.ask_step_up().status == 204
    assert person.step_up(CODE).status == 204


def test_only_the_same_factor_sets_its_count_back(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    wrong_codes(person, 3)
    again = person.elsewhere()  # a right password
    assert again.ask_step_up().status == 204
    assert wrong_codes(again, 2) == [ONE, LIMIT]


def test_passwords_do_not_burn_codes_nor_codes_passwords(server: Server):
    person = enrolled_person(server)
    for _ in range(5):
        assert log_in(server, person.email, "Wrong-word1").status == 403
    assert log_in(server, person.email).status == 423
    assert person.stepped_up().factors().status == 200
    other = enrolled_person(server)
    blocked(other)
    assert other.log_in().status == 200


def test_the_old_password_is_counted_like_one_at_log_in(server: Server):
    person = enrolled_person(server).stepped_up()
    for _ in range(5):
        assert person.change_password(old="Wrong-word1").error == "PASSWORD_INCORRECT"
    answer = person.change_password()
    assert answer.status == 429, "the operation's table has no name for a block"
    assert 1_700 < int(answer.headers["x-ratelimit-reset"]) <= HALF_AN_HOUR
    assert log_in(server, person.email).status == 423


def test_third_block_is_permanent_and_the_person_is_told_at_the_second(server: Server):
    person = enrolled_person(server)
    before = len(server.mails(person.email))
    for number, told in (
        (1, "It is blocked for 30 minutes."),
        (2, "If this happens once more, it stays blocked until you contact us."),
        (3, "It is blocked until you contact us."),
    ):
        blocked(person)
        mails = server.mails(person.email)
        assert len(mails) == before + number, "a block is told once"
        assert told in mails[0]["body"]
        server.advance(HALF_AN_HOUR)
        assert person.log_in().status == 200
    server.advance(366 * 86_400)
    assert person.log_in().status == 200
    assert person.ask_step_up().error == LIMIT


def answers_of(server: Server, email: str, *passwords: str) -> list[tuple[int, bytes, frozenset]]:
    answers = [log_in(server, email, password) for password in passwords]
    return [(answer.status, answer.body, frozenset(answer.headers)) for answer in answers]


def test_known_and_unknown_addresses_answer_alike_at_log_in(server: Server):
    person = new_person(server)
    tries = ["Wrong-word1"] * 5 + ["Wrong-word1", PASSWORD]
    known = answers_of(server, person.email, *tries)
    assert known == answers_of(server, "nobody@example.com", *tries)
    assert [status for status, _, _ in known] == [403] * 5 + [423] * 2
    assert {body for _, body, _ in known} == {b""}
    server.advance(HALF_AN_HOUR)
    assert answers_of(server, "nobody@example.com", "Wrong-word1")[0][0] == 403
    assert log_in(server, person.email).status == 200


def test_known_and_unknown_addresses_are_both_shut_out_for_good(server: Server):
    person = new_person(server)
    for email in (person.email, "nobody@example.com"):
        for _ in range(3):
            statuses = [status for status, _, _ in answers_of(server, email, *["Wrong-1"] * 6)]
            assert statuses == [403] * 5 + [423]
            server.advance(HALF_AN_HOUR)
        assert log_in(server, email).status == 423


@pytest.mark.parametrize("known", [True, False])
def test_spellings_of_an_address_share_one_budget(server: Server, known: bool):
    email = "ada@example.com"
    if known:
        new_person(server, email)
    spellings = (
        "Ada@example.com",
        "ADA@EXAMPLE.COM",
        "\uff41da@example.com",
        "ad\u1d43@Example.Com",
    )
    for spelling in spellings:
        assert log_in(server, spelling, "Wrong-word1").status == 403
    assert log_in(server, email, "Wrong-word1").status == 403
    for spelling in (email, *spellings):
        assert log_in(server, spelling, PASSWORD).status == 423


def test_right_passwords_in_between_set_the_count_back(server: Server):
    person = new_person(server)
    for _ in range(2):
        for _ in range(4):
            assert log_in(server, person.email, "Wrong-word1").status == 403
        assert log_in(server, person.email).status == 200


@pytest.mark.parametrize(
    "code", ["12345", "1234567", "12345a", "\u0661\u0662\u0663\u0664\u0665\u0666", "123456\n", ""]
)
def test_malformed_codes_cost_no_try(server: Server, code: str):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    for _ in range(6):
        answer = person.step_up(code)
        assert answer.status == 400
        (field,) = answer.json["syntaxErrors"]["invalidFields"]
        assert field["fieldName"] == "verificationCode"
    assert wrong_codes(person, 1) == [INVALID]
    assert person.step_up(CODE).status == 204


def test_expired_codes_cost_no_try(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    for seconds in (200, 101):
        server.advance(seconds)
        assert person.factors().status == 200
    expired = [person.step_up(code).error for code in (CODE, *[WRONG] * 6)]
    assert expired == ["VERIFICATION_CODE_EXPIRED"] * 7
    assert person.ask_step_up().status == 204
    assert wrong_codes(person, 1) == [INVALID]


def test_a_code_lives_five_minutes(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    server.advance(298)
    assert person.step_up(CODE).status == 204


def test_a_code_works_once(server: Server):
    person = enrolled_person(server).stepped_up()
    assert person.step_up(CODE).error == "ALREADY_VERIFIED"
    assert person.ask_step_up().error == "RETRY_IN_15SEC"
    server.advance(15)
    assert person.ask_step_up().status == 204, "issuing again on a stepped-up session is 204"
    assert person.step_up(CODE).status == 204


def test_a_newer_code_makes_the_older_void(server: Server):
    server.settings(codes="random")
    person = new_person(server)
    codes: list[str] = []
    while len(set(codes)) < 2:  # one in a million: the same code twice
        assert person.enrol().status == 204
        codes.append(server.messages(person.phone)[0]["code"])
        server.advance(15)
    assert person.verify_enrolment(codes[0]).error == INVALID
    assert person.verify_enrolment(codes[-1]).status == 204


def test_sends_of_a_step_up(server: Server):
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    server.advance(14)
    assert person.ask_step_up().error == "RETRY_IN_15SEC"
    server.advance(1)
    assert person.ask_step_up().status == 204
    server.advance(15)
    assert person.ask_step_up().status == 204
    server.advance(15)
    assert person.ask_step_up().error == LIMIT
    assert person.step_up(CODE).status == 204, "the last code still works"
    assert person.elsewhere().ask_step_up().status == 204, "another session has sends of its own"


def test_sends_of_an_enrolment_are_answered_429(server: Server):
    person = new_person(server)
    assert person.enrol().status == 204
    soon = person.enrol()
    assert (soon.status, soon.body) == (429, b"")
    assert 1 <= int(soon.headers["x-ratelimit-reset"]) <= 15
    for _ in range(2):
        server.advance(15)
        assert person.enrol().status == 204
    server.advance(15)
    spent = person.enrol()
    assert (spent.status, spent.headers["x-ratelimit-reset"]) == (429, "300")
    assert len(server.messages(person.phone)) == 3
    assert person.verify_enrolment().status == 204
    assert person.ask_step_up().status == 204, "the purposes are counted apart"


def test_a_block_at_enrolment(server: Server):
    person = new_person(server)
    assert person.enrol().status == 204
    for _ in range(3):
        person.verify_enrolment(WRONG)
    server.advance(15)
    assert person.enrol().status == 204
    assert [person.verify_enrolment(WRONG).error for _ in range(2)] == [ONE, LIMIT]
    assert person.verify_enrolment(CODE).error == LIMIT
    server.advance(15)
    answer = person.enrol()
    assert answer.status == 429
    assert HALF_AN_HOUR - 30 < int(answer.headers["x-ratelimit-reset"]) <= HALF_AN_HOUR - 14
