"""Guessing passwords and codes. The races on two servers are in tests/processes."""

from pathlib import Path

import pytest

from tests.support.client import Server
from tests.support.processes import sandbox
from tests.support.volley import Shot, counted, shot, volley
from tests.support.weavr import (
    CODE,
    PASSWORD,
    WRONG,
    Person,
    enrolled_person,
    log_in,
    new_person,
)

WRONG_BODY = {"verificationCode": WRONG}
STEP_UP = "/stepup/challenges/otp/SMS"
TRIES = 5


def _lock_passwords(server: Server, email: str) -> None:
    for _ in range(TRIES):
        assert log_in(server, email, "Wrong-word1").status == 403
    assert log_in(server, email, "Wrong-word1").status == 423


def _block_codes(person: Person) -> None:
    """Five wrong codes: three in one session's challenge, two in another's."""
    for number, tries in enumerate((3, 2)):
        session = person.elsewhere()
        assert session.ask_step_up().status == 204
        for _ in range(tries):
            assert session.step_up(WRONG).status == 409, number


def test_many_logins_at_once_stay_within_the_budget(server: Server) -> None:
    """CVE-2024-4629 (Keycloak), CVE-2023-47111 (ZITADEL): wrong log-ins sent at the same time all
    passed the check that counts them, because each read the count before any had written it."""
    person = new_person(server)
    body = {"email": person.email, "password": {"value": "Wrong-word1"}}
    path = "/multi/login_with_password"
    answers = volley([Shot(server, "POST", path, body, server.api) for _ in range(30)])
    assert counted(answers) == {"403": TRIES, "423": 25}
    assert log_in(server, person.email).status == 423


def test_every_operation_that_checks_a_code_shares_one_limit(server: Server) -> None:
    """CVE-2024-32868, CVE-2025-64102 (ZITADEL): codes had no lockout at all, and later the newer
    endpoints lacked it. The block that step-up earned must hold for enrolment too."""
    person = enrolled_person(server)
    _block_codes(person)
    for call in (person.ask_step_up, person.step_up, person.verify_enrolment):
        answer = call()
        assert answer.status == 409
        assert answer.error in ("CHALLENGE_LIMIT_EXCEEDED", "STATE_INVALID"), call
    other = person.elsewhere()
    assert other.ask_step_up().error == "CHALLENGE_LIMIT_EXCEEDED"


def test_a_block_of_enrolment_is_a_block_of_everything_that_takes_codes(server: Server) -> None:
    """CVE-2026-9798 (Keycloak): an alternate flow ignored the lockout."""
    person = new_person(server)
    for tries in (3, 2):
        session = person.elsewhere()
        assert session.enrol().status == 204
        for _ in range(tries):
            assert session.verify_enrolment(WRONG).status == 409
    other = person.elsewhere()
    refused = other.enrol()
    assert refused.status == 429  # its table has no name for it
    assert int(refused.headers["x-ratelimit-reset"]) <= 30 * 60
    assert other.factors().json["factors"][0]["status"] == "PENDING_VERIFICATION"


def test_a_stranger_who_blocks_the_codes_leaves_log_in_open_and_the_other_way_round(
    server: Server,
) -> None:
    """CVE-2025-64102 (ZITADEL): with lockout on, anybody could shut anybody out of everything."""
    person = enrolled_person(server)
    _block_codes(person)
    assert person.log_in().status == 200
    other = enrolled_person(server)
    _lock_passwords(server, other.email)
    assert other.ask_step_up().status == 204
    assert other.step_up().status == 204


def test_parallel_sessions_do_not_multiply_the_budget(server: Server) -> None:
    """AuthQuake (Microsoft, 2024): ten tries a session, any number of sessions, and nobody told."""
    person = enrolled_person(server)
    sessions = [person.elsewhere() for _ in range(6)]
    for session in sessions:
        assert session.ask_step_up().status == 204
    answers = volley(
        [shot(server, sessions[n % 6], f"{STEP_UP}/verify", WRONG_BODY) for n in range(36)]
    )
    told = counted(answers)
    assert told.get("VERIFICATION_CODE_INVALID", 0) <= TRIES - 1
    # the right one would have passed in every session that was not blocked with the person
    for session in sessions:
        assert session.step_up(CODE).error == "CHALLENGE_LIMIT_EXCEEDED"


def test_the_owner_is_told_before_the_last_block(server: Server) -> None:
    """AuthQuake, second half: no alert. RTS Article 4(4): the payer is told before the block
    becomes permanent."""
    person = enrolled_person(server)
    before = len(server.mails(person.email))
    for _ in range(2):
        _lock_passwords(server, person.email)
        server.advance(30 * 60 + 1)
    last, first = server.mails(person.email)[:-before]
    assert "wrong password" in first["body"]
    assert "stays blocked" not in first["body"]
    assert "If this happens once more, it stays blocked" in last["body"]
    _lock_passwords(server, person.email)
    server.advance(10 * 86_400)
    assert log_in(server, person.email).status == 423  # for good
    # one mail a block, and not one a guess
    assert len(server.mails(person.email)) == before + 3


def test_the_right_password_does_not_set_the_codes_back(server: Server) -> None:
    """Resetting the counter with another factor: whoever has the password logs in between the
    guesses and never runs out of them."""
    person = enrolled_person(server)
    for tries in (2, 2):
        session = person.elsewhere()  # a right password each time
        assert session.ask_step_up().status == 204
        for _ in range(tries):
            assert session.step_up(WRONG).status == 409
    assert person.log_in().status == 200
    last = person.elsewhere()
    assert last.ask_step_up().status == 204
    assert last.step_up(WRONG).error == "CHALLENGE_LIMIT_EXCEEDED"  # the fifth in a row
    assert last.elsewhere().ask_step_up().error == "CHALLENGE_LIMIT_EXCEEDED"


def test_a_right_code_does_not_set_the_passwords_back(server: Server) -> None:
    """The same, the other way round."""
    person = enrolled_person(server)
    session = person.elsewhere()
    for _ in range(TRIES - 1):
        assert log_in(server, person.email, "Wrong-word1").status == 403
    assert session.ask_step_up().status == 204
    assert session.step_up().status == 204
    assert log_in(server, person.email, "Wrong-word1").status == 403
    assert log_in(server, person.email).status == 423


def test_sends_do_not_set_the_tries_back(server: Server) -> None:
    """CVE-2026-27801 (Vaultwarden), and every "resend" that starts counting anew."""
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    assert person.step_up(WRONG).error == "VERIFICATION_CODE_INVALID"
    assert person.step_up(WRONG).error == "ONE_CHALLENGE_LIMIT_REMAINING"
    server.advance(16)
    assert person.ask_step_up().status == 204
    assert person.step_up(WRONG).error == "VERIFICATION_CODE_INVALID"
    assert person.step_up(WRONG).error == "ONE_CHALLENGE_LIMIT_REMAINING"
    assert person.step_up(WRONG).error == "CHALLENGE_LIMIT_EXCEEDED"
    server.advance(16)
    assert person.ask_step_up().error == "CHALLENGE_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "spell",
    [
        str.upper,
        str.title,
        lambda email: email.replace("a", "\uff41"),  # full width
        lambda email: email.replace("@example", "@EXAMPLE"),
        lambda email: email.replace("s", "\u017f"),  # long s
        lambda email: email.replace("k", "\u212a"),  # Kelvin
    ],
    ids=["upper", "title", "full-width", "domain", "long-s", "kelvin"],
)
def test_spellings_of_an_address_share_one_budget(server: Server, spell: object) -> None:
    """CVE-2026-47203 (Authelia), CVE-2025-6004 (Vault): each way to write a name had its own
    count, so that a lock was walked round by a capital letter."""
    person = new_person(server, email="sakari.k@example.com")
    assert callable(spell)
    other = spell(person.email)
    assert other != person.email
    for number in range(TRIES):
        email = other if number % 2 else person.email
        assert log_in(server, email, "Wrong-word1").status == 403
    assert log_in(server, other).status == 423
    assert log_in(server, person.email).status == 423


@pytest.mark.parametrize("email", [" {}", "{} ", "{}\t", "{}\u00a0", "\u200b{}", "{}\u0000"])
def test_spaces_do_not_make_another_person(server: Server, email: str) -> None:
    """CVE-2025-6013 (Vault): a name with a space in it was another name to the check, and the
    same one to the directory."""
    person = new_person(server)
    for _ in range(2 * TRIES):
        assert log_in(server, email.format(person.email), PASSWORD).status in (400, 403, 423)
    assert person.log_in().status == 200  # and they did not count as this person's either


def test_the_lock_survives_a_crash_and_a_restart(tmp_path: Path) -> None:
    """GHSA-fgfv-pv97-6cmj (Vikunja): the lock was written in the transaction that the failing
    log-in rolled back. CVE-2026-27801 (Vaultwarden): the counter was only in memory."""
    with sandbox(tmp_path / "first") as first:
        locked = new_person(first.server)
        near = enrolled_person(first.server)
        _lock_passwords(first.server, locked.email)
        for _ in range(TRIES - 1):
            assert log_in(first.server, near.email, "Wrong-word1").status == 403
        assert near.ask_step_up().status == 204
        for _ in range(2):
            assert near.step_up(WRONG).status == 409
        first.kill()
    with sandbox(tmp_path / "second", first.data) as again:
        assert log_in(again.server, locked.email).status == 423
        near.server = again.server
        assert near.step_up(WRONG).error == "CHALLENGE_LIMIT_EXCEEDED"  # the third
        assert near.step_up(CODE).error == "CHALLENGE_LIMIT_EXCEEDED"
        assert log_in(again.server, near.email, "Wrong-word1").status == 403  # the fifth
        assert log_in(again.server, near.email).status == 423


def test_a_body_field_is_no_part_of_what_is_counted(server: Server) -> None:
    """CVE-2025-64526 (Strapi): the key of the limit held a field of the body that the attacker
    chose anew for every request."""
    person = new_person(server)
    for number in range(TRIES):
        body = {
            "email": person.email,
            "password": {"value": "Wrong-word1"},
            "identifier": f"someone-{number}",
            "programmeId": number,
            "x": "y" * number,
        }
        path = f"/multi/login_with_password?email=other{number}@example.com"
        assert server.call("POST", path, body, server.api).status == 403
    assert log_in(server, person.email).status == 423
