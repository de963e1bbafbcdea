"""Codes by e-mail: guessed, mailed to somebody else, taken for another, used to find people."""

import json

import pytest

from tests.support.client import Answer, Server
from tests.support.mailed import (
    GAP,
    INVALID_CODE,
    INVALID_NONCE,
    latest_code,
    links,
    mailbox,
    post,
    resume,
    send_code,
    start,
    verify_code,
)
from tests.support.weavr import (
    CODE,
    NEW_PASSWORD,
    PASSWORD,
    WRONG,
    enrolled_person,
    log_in,
    new_person,
)

PAGE = "https://bank.example/set-password/{code}/{email}"
FOREIGN = (
    {"host": "evil.example"},
    {"host": "bank.example@evil.example"},
    {"x-forwarded-host": "evil.example"},
    {"x-forwarded-server": "evil.example", "x-forwarded-proto": "http"},
    {"forwarded": "host=evil.example;proto=http"},
    {"x-original-url": "https://evil.example/", "x-rewrite-url": "/evil.example"},
    {"origin": "https://evil.example", "referer": "https://evil.example/"},
)


def _plain(answer: Answer) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    """All of an answer, but for the reference that each has for itself."""
    shown = sorted((n, v) for n, v in answer.headers.items() if n != "request-ref")
    return answer.status, answer.body, tuple(shown)


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: "+".join(headers))
def test_no_header_goes_into_the_link(server: Server, headers: dict[str, str]) -> None:
    """CVE-2025-64101 (ZITADEL), CVE-2025-25198 (mailcow): the link was built from Host or
    Forwarded, and whoever sent those got the code when the owner followed it."""
    server.settings(reset_url=PAGE)
    person = new_person(server)
    assert start(server, person.email, **headers).status == 204
    (mail,) = server.mails(person.email)
    assert "evil" not in json.dumps(mail)
    (link,) = links(mail)
    assert link.startswith(f"https://bank.example/set-password/{CODE}/")


def test_without_a_page_of_the_firms_own_there_is_no_link(server: Server) -> None:
    person = new_person(server)
    assert start(server, person.email, host="evil.example").status == 204
    (mail,) = server.mails(person.email)
    assert links(mail) == []
    assert "evil" not in json.dumps(mail)


@pytest.mark.parametrize(
    "page",
    [
        "http://bank.example/{code}",
        "https://{email}/x",
        "https://bank.example:{code}/x",
        "https://{user_id}.bank.example/",
        "https://user:{code}@bank.example/",
        "https://bank.example@evil.example/{code}",
        "//bank.example/{code}",
        "javascript:alert({code})",
        "https://bank.example/{password}",
        "https://bank.example/{code",
        "https://bank.example/{{code}}",
        "https://bank.example/{code} x",
        "https://bank.example/{code}\n",
        'https://bank.example/"><script>{code}',
        "https://",
        "{code}",
    ],
)
def test_what_is_no_page_of_a_firm_is_refused(server: Server, page: str) -> None:
    for name in ("reset_url", "verify_email_url", "invite_url"):
        answer = server.sandbox("POST", "/settings", {name: page})
        assert answer.status == 400, page
    assert server.sandbox("GET", "/settings").json["reset_url"] == ""


def test_one_address_gets_the_mail(server: Server) -> None:
    """CVE-2023-7028 (GitLab): with an array of addresses the mail went to all of them."""
    person, thief = new_person(server), "thief@evil.example"
    for email in ([person.email, thief], [thief], {"0": person.email, "1": thief}):
        assert post(server, "/passwords/lost_password/start", {"email": email}).status == 400
    # two members of one name: one address is meant, whichever, and no more than one
    twice = f'{{"email": "{thief}", "email": "{person.email}"}}'.encode()
    server.call("POST", "/multi/passwords/lost_password/start", None, server.api, twice)
    for separator in (",", ";", " ", "%0a", "\\n", "\\u0000"):
        both = f'{{"email": "{person.email}{separator}{thief}"}}'.encode()
        server.call("POST", "/multi/passwords/lost_password/start", None, server.api, both)
    assert server.mails(thief) == []
    assert len(server.mails(person.email)) <= 1


def test_a_look_alike_address_gets_no_mail(server: Server) -> None:
    """CVE-2019-19844 (Django): an address that only compares alike was mailed as it was typed, and
    another's it was."""
    person = new_person(server, "mike.lost@example.org")
    typed = "mi\u212ae.lost@example.org"  # the sign for kelvin, which folds to k
    assert start(server, typed).status == 204
    assert mailbox(server, typed) == []
    assert [mail["code"] for mail in server.mails(person.email)] == [CODE]


def test_known_and_unknown_addresses_look_alike(server: Server) -> None:
    """ASVS 6.3.8. From the first call to the block, with and without a code, right and wrong."""
    known, unknown = new_person(server).email, "nobody@example.com"
    without = new_person(server, password="").email
    seen: dict[str, list[object]] = {}
    for email in (known, unknown, without):
        story: list[object] = [
            _plain(start(server, email)),
            _plain(start(server, email)),
            *(_plain(resume(server, email, WRONG)) for _ in range(7)),
            _plain(resume(server, email)),  # the right one for two of them
        ]
        seen[email] = story
    server.advance(GAP)
    for email, story in seen.items():
        blocked = start(server, email)
        left = int(blocked.headers["x-ratelimit-reset"])
        assert 30 * 60 - 60 < left <= 30 * 60
        story.append((blocked.status, blocked.body, sorted(blocked.headers)))
    assert seen[known] == seen[unknown] == seen[without]
    verifying = [_plain(verify_code(server, email, WRONG)) for email in (known, unknown)]
    assert verifying[0] == verifying[1]


def test_a_block_looks_like_a_wrong_code(server: Server) -> None:
    """The right code after five guesses is refused in the same words, so that guessers do not
    learn whether the sixth was it."""
    person = new_person(server)
    assert start(server, person.email).status == 204
    answers = [resume(server, person.email, WRONG) for _ in range(5)]
    answers += [resume(server, person.email) for _ in range(2)]
    assert {(answer.status, answer.error) for answer in answers} == {(409, INVALID_NONCE)}
    assert len({_plain(answer) for answer in answers}) == 1
    assert log_in(server, person.email, NEW_PASSWORD).status == 403


def test_one_count_for_all_purposes(server: Server) -> None:
    """Or each of them would give five more guesses at one mailbox."""
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    assert start(server, person.email).status == 204
    for _ in range(3):
        assert verify_code(server, person.email, WRONG).error == INVALID_CODE
    for _ in range(2):
        assert resume(server, person.email, WRONG).error == INVALID_NONCE
    assert resume(server, person.email).error == INVALID_NONCE
    assert verify_code(server, person.email).error == INVALID_CODE
    for path in ("corporates", "users"):
        assert verify_code(server, person.email, path=path).error == INVALID_CODE


def test_sending_again_gives_no_new_guesses(server: Server) -> None:
    person = new_person(server)
    compared = 0
    for _ in range(3):
        if start(server, person.email).status == 204:
            compared += sum(resume(server, person.email, WRONG).status == 409 for _ in range(3))
        server.advance(GAP)
    assert compared == 6  # answers, of which five were compared; the third mail was refused
    assert start(server, person.email).status == 429
    assert resume(server, person.email).error == INVALID_NONCE


def test_a_code_of_one_purpose_is_none_of_another(server: Server) -> None:
    """CVE-2025-69614 (Telekom), CVE-2026-9090 (Casdoor): what was made for one thing was taken for
    another, the reset of anybody's password among them."""
    server.settings(codes="random")
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    to_verify = latest_code(server, person.email)
    assert resume(server, person.email, to_verify).error == INVALID_NONCE
    assert start(server, person.email).status == 204
    to_reset = latest_code(server, person.email)
    assert verify_code(server, person.email, to_reset).error == INVALID_CODE
    assert resume(server, person.email, to_verify).error == INVALID_NONCE
    assert log_in(server, person.email, PASSWORD).status == 200
    assert resume(server, person.email, to_reset).status == 200


def test_a_code_of_another_person_is_wrong(server: Server) -> None:
    server.settings(codes="random")
    person, thief = new_person(server), new_person(server)
    for one in (person, thief):
        assert start(server, one.email).status == 204
    code = latest_code(server, thief.email)
    assert resume(server, person.email, code).error == INVALID_NONCE
    assert log_in(server, person.email, PASSWORD).status == 200


def test_a_code_to_the_old_address_is_void_when_it_changes(server: Server) -> None:
    """Or whoever once had the mailbox could verify, or take over, what came after it."""
    person = new_person(server)
    old, new = person.email, f"new.{person.email}"
    assert send_code(server, old).status == 204
    assert start(server, old).status == 204
    assert person.change(email=new).status == 200
    assert verify_code(server, new).error == INVALID_CODE
    assert verify_code(server, old).error == INVALID_CODE
    assert resume(server, new).error == INVALID_NONCE
    assert resume(server, old).error == INVALID_NONCE
    assert not person.call("GET", "/consumers").json["rootUser"]["emailVerified"]
    assert log_in(server, new, PASSWORD).status == 200


def test_nor_does_it_verify_another_spelling(server: Server) -> None:
    """Two spellings that are counted as one may still be two mailboxes."""
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    wide = "\uff41" + person.email[1:]
    assert person.change(email=wide).status == 200
    assert verify_code(server, wide).error == INVALID_CODE


def test_a_stranger_who_guesses_stops_no_log_in_and_no_payment(server: Server) -> None:
    """Whoever knows an address may guess at its codes: the owner still logs in and steps up."""
    person = enrolled_person(server)
    assert start(server, person.email).status == 204
    for _ in range(6):
        resume(server, person.email, WRONG)
    assert person.log_in().status == 200
    assert person.ask_step_up().status == 204
    assert person.step_up(WRONG).error == "VERIFICATION_CODE_INVALID"
    assert person.step_up().status == 204


def test_the_mailbox_alone_is_no_second_factor(server: Server) -> None:
    """Telekom, authentik: whoever could have a password set was in. Here the new session is one
    factor's: what is protected stays so."""
    person = enrolled_person(server)
    assert start(server, person.email).status == 204
    person.token = resume(server, person.email).json["token"]
    for answer in (
        person.change_password(NEW_PASSWORD, "Third-word3"),
        person.change(email="thief@evil.example"),
        person.change(mobile={"countryCode": "+356", "number": "79999999"}),
    ):
        assert (answer.status, answer.error) == (403, "STEP_UP_REQUIRED")


def test_no_answer_holds_a_code(server: Server) -> None:
    server.settings(codes="random")
    person = new_person(server)
    answers = [send_code(server, person.email), start(server, person.email)]
    codes = {mail["code"] for mail in server.mails(person.email)}
    assert len(codes) == 2
    for answer in answers:
        whole = answer.body.decode() + json.dumps(answer.headers)
        assert not [code for code in codes if code in whole]


def test_another_programmes_key_finds_nobody(server: Server) -> None:
    person, other = new_person(server), server.isolated()
    assert start(other, person.email).status == 204
    assert server.mails(person.email) == other.mails(person.email) == []
    assert start(server, person.email).status == 204
    assert resume(other, person.email).error == INVALID_NONCE
    assert resume(server, person.email).status == 200


def test_a_mail_that_waited_too_long_is_not_sent(server: Server) -> None:
    """What expired is nobody's help, and in a mailbox for ever. (The worker's own tests have the
    moment itself; here: the message lives as long as its code.)"""
    person = new_person(server)
    assert start(server, person.email).status == 204
    server.advance(15 * 60 + 1)  # sends what waits first, as the sandbox does
    assert resume(server, person.email).error == INVALID_NONCE
    assert len(server.mails(person.email)) == 1
