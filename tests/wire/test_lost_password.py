"""Lost passwords and passcodes: the code by e-mail, and the new secret."""

import pytest

from assent.kernel.clock import MINUTE
from tests.support.client import Answer, Server
from tests.support.mailed import (
    FULL_WIDTH,
    GAP,
    INVALID_NONCE,
    latest_code,
    links,
    mailbox,
    post,
    resume,
    start,
)
from tests.support.processes import Sandbox
from tests.support.sandboxes import box_users, captured, opened
from tests.support.weavr import (
    CODE,
    NEW_PASSCODE,
    NEW_PASSWORD,
    PASSCODE,
    PASSWORD,
    WRONG,
    Person,
    enrolled_person,
    log_in,
    new_person,
    set_password,
)

WRONG_WORD = "Wrong-word1"


def lost(server: Server, **settings: object) -> Person:
    """A person to whom a code is on its way."""
    if settings:
        server.settings(**settings)
    person = new_person(server)
    assert start(server, person.email).status == 204
    return person


def refused(answer: Answer, error: str = INVALID_NONCE) -> None:
    assert (answer.status, answer.error) == (409, error)


def test_a_new_password_by_e_mail(server: Server) -> None:
    person = lost(server)
    (mail,) = server.mails(person.email)
    assert mail["code"] == CODE
    assert "15 minutes" in mail["body"]
    done = resume(server, person.email)
    assert done.status == 200
    assert set(done.json) == {"token"}
    assert log_in(server, person.email, NEW_PASSWORD).status == 200
    assert log_in(server, person.email, PASSWORD).status == 403
    person.token = done.json["token"]
    consumer = person.call("GET", "/consumers")
    assert consumer.status == 200
    assert consumer.json["rootUser"]["emailVerified"]  # the code came from there
    refused(resume(server, person.email, password="Third-word3"))  # used


def test_every_session_ends_and_the_new_one_has_one_factor(server: Server) -> None:
    person = enrolled_person(server).stepped_up()
    other = person.elsewhere()
    assert start(server, person.email).status == 204
    done = resume(server, person.email)
    assert person.factors().status == other.factors().status == 401
    person.token = done.json["token"]
    assert person.factors().status == 200
    again = person.change_password(NEW_PASSWORD, "Third-word3")
    assert (again.status, again.error) == (403, "STEP_UP_REQUIRED")
    assert person.stepped_up().change_password(NEW_PASSWORD, "Third-word3").status == 200


def test_the_person_is_told_on_another_way_than_the_mailbox(server: Server) -> None:
    with_phone = enrolled_person(server)
    assert start(server, with_phone.email).status == 204
    before = len(server.messages(with_phone.phone)), len(server.mails(with_phone.email))
    assert resume(server, with_phone.email).status == 200
    assert "was reset" in server.messages(with_phone.phone)[0]["body"]
    assert len(server.messages(with_phone.phone)) == before[0] + 1
    assert len(server.mails(with_phone.email)) == before[1]
    without = lost(server)  # their number was never verified: whose it is nobody knows
    assert resume(server, without.email).status == 200
    assert "was reset" in server.mails(without.email)[0]["body"]
    assert server.messages(without.phone) == []


def test_an_address_that_is_nobodys_is_answered_like_any_other(server: Server) -> None:
    answer = start(server, "nobody@example.com")
    assert (answer.status, answer.body) == (204, b"")
    assert server.mails("nobody@example.com") == []
    assert start(server, "nobody@example.com").status == 429
    refused(resume(server, "nobody@example.com"))


def test_unless_the_programme_wants_it_told(server: Server) -> None:
    server.settings(tells_unknown_emails=True)
    answer = start(server, "nobody@example.com")
    assert (answer.status, answer.error) == (409, "ACCOUNT_NOT_FOUND")
    assert start(server, new_person(server).email).status == 204


def test_the_mail_goes_to_the_persons_own_address(server: Server) -> None:
    """However the address was spelt that asked."""
    person = new_person(server, "zoe.lost@example.com")
    wide = "\uff5a\uff4f\uff45.lost@EXAMPLE.com"
    assert start(server, wide).status == 204
    (mail,) = server.mails("zoe.lost@example.com")
    assert mailbox(server, wide) == []
    assert mail["code"] == CODE
    assert resume(server, "ZOE.LOST@example.com").status == 200
    assert log_in(server, person.email, NEW_PASSWORD).status == 200


def test_the_link_is_the_programmes_own(server: Server) -> None:
    server.settings(reset_url="http://localhost:3000/set-password/{code}/{email}")
    person = new_person(server, "ada?x#%lost@example.com")
    assert start(server, person.email).status == 204
    (mail,) = mailbox(server, "ada?x#%lost@example.com")
    page = "http://localhost:3000/set-password"
    assert links(mail) == [f"{page}/{CODE}/ada%3Fx%23%25lost%40example.com"]


def test_a_quarter_of_an_hour_and_not_longer(server: Server) -> None:
    person, other = lost(server), lost(server)
    began = server.now
    server.advance(14 * 60 + 50)
    assert server.now - began < 15 * MINUTE
    assert resume(server, other.email).status == 200
    server.advance(15)
    refused(resume(server, person.email))
    assert log_in(server, person.email).status == 200


def test_a_newer_code_voids_the_older(server: Server) -> None:
    person = lost(server, codes="random")
    older = latest_code(server, person.email)
    server.advance(GAP)
    assert start(server, person.email).status == 204
    newer = latest_code(server, person.email)
    assert older != newer
    refused(resume(server, person.email, older))
    assert resume(server, person.email, newer).status == 200


def test_five_wrong_answers_void_the_code_and_block(server: Server) -> None:
    person = lost(server)
    for _ in range(5):
        refused(resume(server, person.email, WRONG))
    refused(resume(server, person.email))
    server.advance(31 * 60)
    refused(resume(server, person.email))  # expired and void
    assert start(server, person.email).status == 204
    assert resume(server, person.email).status == 200


def test_wrong_passwords_and_wrong_codes_are_counted_apart(server: Server) -> None:
    person = lost(server)
    for _ in range(5):
        refused(resume(server, person.email, WRONG))
    assert log_in(server, person.email).status == 200


def test_an_operator_lifts_the_block_of_codes(server: Server, box: Sandbox) -> None:
    person = lost(server)
    for _ in range(5):
        refused(resume(server, person.email, WRONG))
    server.advance(GAP)
    assert start(server, person.email).status == 429
    box_users(box, server, "unblock", person)
    assert start(server, person.email).status == 204
    assert resume(server, person.email).status == 200


def test_a_reset_lifts_the_block_of_log_in(server: Server) -> None:
    person = new_person(server)
    for _ in range(5):
        assert log_in(server, person.email, WRONG_WORD).status == 403
    assert log_in(server, person.email).status == 423
    assert start(server, person.email).status == 204
    assert resume(server, person.email).status == 200
    assert log_in(server, person.email, NEW_PASSWORD).status == 200


def test_but_not_the_one_that_an_operator_lifts(server: Server) -> None:
    person = new_person(server)
    for _ in range(3):
        for _ in range(5):
            assert log_in(server, person.email, WRONG_WORD).status == 403
        server.advance(31 * 60)
    assert log_in(server, person.email).status == 423
    assert start(server, person.email).status == 204
    refused(resume(server, person.email, WRONG))
    for _ in range(6):  # told to the right code only, and costs nothing
        answer = resume(server, person.email)
        assert (answer.status, answer.headers["x-ratelimit-reset"]) == (429, "86400")
    assert log_in(server, person.email, NEW_PASSWORD).status == 423


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("Ab1-", "PASSWORD_TOO_SHORT"),
        ("Ab1-" * 8, "PASSWORD_TOO_LONG"),
        ("abcdefgh1", "PASSWORD_TOO_SIMPLE"),
    ],
)
def test_the_policy_is_told_to_anybody_and_costs_nothing(
    server: Server, password: str, error: str
) -> None:
    person = lost(server)
    for email in (person.email, "nobody@example.com"):
        for code in (WRONG, CODE):
            for _ in range(3):
                refused(resume(server, email, code, password), error)
    assert resume(server, person.email).status == 200


def test_what_depends_on_the_person_is_told_to_the_right_code_only(server: Server) -> None:
    person = lost(server)
    server.settings(password_profile="modern")
    own, new = f"{person.email}-99", "violet kettle under seven bridges"
    refused(resume(server, person.email, WRONG, own))  # it is theirs, but that is not said
    for _ in range(6):  # the code stays good all the while
        refused(resume(server, person.email, CODE, own), "PASSWORD_TOO_SIMPLE")
    assert resume(server, person.email, CODE, new).status == 200
    server.advance(GAP)
    assert start(server, person.email).status == 204
    refused(resume(server, person.email, WRONG, new))
    for _ in range(6):
        refused(resume(server, person.email, CODE, new), "PASSWORD_ALREADY_USED")
    assert resume(server, person.email, CODE, f"not {new}").status == 200


def test_the_last_five_passwords_do_not_come_again(server: Server) -> None:
    person = new_person(server)
    words = [f"Word-{number}-word" for number in range(5)]
    for word in words:
        assert start(server, person.email).status == 204
        assert resume(server, person.email, password=word).status == 200
        server.advance(GAP)
    assert start(server, person.email).status == 204
    for word in words:
        refused(resume(server, person.email, password=word), "PASSWORD_ALREADY_USED")
    assert resume(server, person.email, password=PASSWORD).status == 200  # the sixth


def test_whoever_never_had_one(server: Server) -> None:
    person = new_person(server, password="")
    assert start(server, person.email).status == 204
    refused(resume(server, person.email, WRONG))
    refused(resume(server, person.email), "PASSWORD_NOT_SET")
    assert set_password(server, person.user_id, PASSWORD).status == 200


def test_passcodes_are_reset_by_the_same_calls(server: Server) -> None:
    server.settings(credentials=["passcode"])
    person = new_person(server, password=PASSCODE)
    assert start(server, person.email).status == 204
    refused(resume(server, person.email, password="1234"), "PASSWORD_TOO_SIMPLE")
    assert resume(server, person.email, password=NEW_PASSCODE).status == 200
    assert log_in(server, person.email, NEW_PASSCODE).status == 200
    assert log_in(server, person.email, PASSCODE).status == 403


def test_a_programme_that_moved_to_passcodes(server: Server) -> None:
    """Like `update`: the new one may be of a kind that the person did not have."""
    person = new_person(server)
    server.settings(credentials=["passcode"])
    assert start(server, person.email).status == 204
    answer = resume(server, person.email, password=NEW_PASSWORD)
    assert answer.error == "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"
    assert resume(server, person.email, password=PASSCODE).status == 200
    assert log_in(server, person.email, PASSCODE).status == 200


async def test_a_token_of_the_frames(server: Server, box: Sandbox) -> None:
    """Validated, and tried with a wrong code, it is still good; then used up."""
    person = lost(server)
    token = await captured(box, server, NEW_PASSWORD)
    body = {"password": {"value": token}}
    assert post(server, "/passwords/validate", body).status == 204
    refused(resume(server, person.email, WRONG, token))
    assert resume(server, person.email, CODE, token).status == 200
    assert log_in(server, person.email, NEW_PASSWORD).status == 200
    again = resume(server, person.email, CODE, token)
    assert (again.status, again.error) == (410, "TOKEN_EXPIRED")
    unknown = resume(server, person.email, CODE, token[:-1] + ("a" if token[-1] != "a" else "b"))
    assert unknown.status in (404, 409)


def test_a_deactivated_person_gets_nothing(server: Server, box: Sandbox) -> None:
    person = lost(server)
    from_shell = box_users(box, server, "deactivate", person)
    assert "Deactivated" in from_shell
    refused(resume(server, person.email))
    server.advance(GAP)
    before = len(server.mails(person.email))
    assert start(server, person.email).status == 204
    assert len(server.mails(person.email)) == before


@pytest.mark.parametrize("helped", [("end-sessions",), ("deactivate", "activate")])
def test_an_operators_help_ends_what_was_mailed(
    server: Server, box: Sandbox, helped: tuple[str, ...]
) -> None:
    """Whoever reads the mailbox would come in by the code that they asked for before."""
    person = lost(server)
    for command in helped:
        box_users(box, server, command, person)
    refused(resume(server, person.email))
    server.advance(GAP)
    assert start(server, person.email).status == 204
    assert resume(server, person.email).status == 200


def test_another_address_ends_what_was_mailed(server: Server, box: Sandbox) -> None:
    """Also where it becomes the old one again, for which the code was made."""
    person = enrolled_person(server).stepped_up()
    assert start(server, person.email).status == 204
    for email in ("elsewhere@example.com", person.email):
        assert person.change(email=email).status == 200
    refused(resume(server, person.email))


@pytest.mark.parametrize("nonce", ["12345", "1234567", "12345a", FULL_WIDTH, "", None, 123456])
def test_a_nonce_has_six_ascii_digits(server: Server, nonce: object) -> None:
    body = {"nonce": nonce, "email": "a@example.com", "newPassword": {"value": PASSWORD}}
    answer = post(server, "/passwords/lost_password/resume", body)
    assert answer.status == 400
    (field,) = answer.json["syntaxErrors"]["invalidFields"]
    assert field["fieldName"] == "nonce"


async def test_it_is_on_record(server: Server, box: Sandbox) -> None:
    person = lost(server)
    refused(resume(server, person.email, WRONG))
    assert resume(server, person.email).status == 200
    async with opened(box) as base:
        programme = int(server.credentials["programme"]["id"])
        facts = await base.stores.facts(programme, int(person.user_id))
    names = [fact.name for fact in facts]
    for name in ("reset_password_sent", "reset_password_denied", "password_reset"):
        assert names.count(name) == 1
