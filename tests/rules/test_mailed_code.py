"""Codes by e-mail: how they are kept, how long they are good, and the links to them."""

from dataclasses import replace

import pytest

from assent.domain.challenge import ChallengeState
from assent.domain.link import is_template, link
from assent.domain.mailed_code import (
    MailedCode,
    MailedCodeLimits,
    MailedCodes,
    MailPurpose,
    expected_of,
)
from assent.kernel.clock import DAY, MINUTE
from assent.testing.frozen import ScriptedRandomness

KEY = b"k" * 32
LIMITS = MailedCodeLimits()
CODE = MailedCode(
    id=1,
    programme_id=2,
    subject_id=3,
    purpose=MailPurpose.INVITE,
    expected=expected_of(KEY, ScriptedRandomness(), "ada@example.com", "123456"),
    created_at=0,
    expires_at=1_000,
)


def right(email: str, answer: str, key: bytes = KEY) -> bool:
    return MailedCodes(LIMITS, key).right(CODE, email, answer)


def test_the_code_to_that_address_is_right():
    assert right("ada@example.com", "123456")
    assert right("ADA@example.COM", "123456")  # delivered to the same place


@pytest.mark.parametrize(
    ("email", "answer"),
    [
        ("ada@example.com", "123457"),
        ("ada@example.com", ""),
        ("ada@example.com", "1234567"),
        ("ada@example.com", "\ud800"),
        ("eve@example.com", "123456"),
        ("\uff41da@example.com", "123456"),
        ("ada@example.com1", "23456"),  # the border between the two is kept
        ("", "123456"),
    ],
)
def test_anything_else_is_wrong(email: str, answer: str):
    assert not right(email, answer)


def test_another_house_has_another_key():
    assert not right("ada@example.com", "123456", b"x" * 32)


def test_nobodys_code_is_never_right():
    assert not MailedCodes(LIMITS, KEY).right(None, "ada@example.com", "123456")


def test_the_same_code_is_kept_differently_each_time():
    chance = ScriptedRandomness()
    kept = {expected_of(KEY, chance, "ada@example.com", "123456") for _ in range(3)}
    assert len(kept) == 3


def test_nothing_shows_what_is_kept():
    assert "expected" not in repr(CODE)
    assert repr(KEY)[2:-1] not in repr(MailedCodes(LIMITS, KEY))


@pytest.mark.parametrize(
    ("code", "now", "open_"),
    [
        (CODE, 999, True),
        (CODE, 1_000, False),
        (replace(CODE, tries=4), 0, True),
        (replace(CODE, tries=5), 0, False),
        *((replace(CODE, state=state), 0, False) for state in list(ChallengeState)[1:]),
    ],
)
def test_when_it_takes_answers(code: MailedCode, now: int, open_: bool):
    assert code.open(now, LIMITS) is open_


def test_how_long_each_is_good():
    lives = {purpose: LIMITS.life_ms(purpose) for purpose in MailPurpose}
    assert lives == {
        MailPurpose.VERIFY_EMAIL: 60 * MINUTE,
        MailPurpose.RESET_PASSWORD: 15 * MINUTE,
        MailPurpose.INVITE: 30 * DAY,
    }


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("", ""),
        ("https://b.example/{code}/{email}", "https://b.example/123456/a%2Fb%3F%26%23%40c%20d"),
        ("https://b.example/?e={email}&u={user_id}", "https://b.example/?e=a%2Fb%3F%26%23%40c%20d&u=7"),
        ("https://b.example/#/{code}/{code}", "https://b.example/#/123456/123456"),
        ("https://b.example/plain", "https://b.example/plain"),
    ],
)  # fmt: skip
def test_a_link(template: str, made: str):
    assert is_template(template, sandbox=False)
    assert link(template, "123456", "a/b?&#@c d", 7) == made


def test_what_is_filled_in_is_not_filled_in_again():
    assert link("https://b.example/{email}", "123456", "{code}@x", 7).endswith("/%7Bcode%7D%40x")


@pytest.mark.parametrize(
    "template",
    [
        "http://localhost:3000/{code}",
        "http://127.0.0.1/{code}",
        "http://app.localhost:8080/set-password/{code}/{email}",
    ],
)
def test_pages_of_this_machine_in_a_sandbox_only(template: str):
    assert is_template(template, sandbox=True)
    assert not is_template(template, sandbox=False)


@pytest.mark.parametrize(
    "template",
    [
        "http://bank.example/{code}",
        "ftp://bank.example/{code}",
        "https://BANK.example/{code}",
        "https://bank.example:443/{code}",
        "https://{email}/",
        "https://bank.example:{code}/",
        "https://bank.example.{user_id}/",
        "https://a@bank.example/{code}",
        "https://[::1/{code}",
        "https://bank.example/{nonce}",
        "https://bank.example/{}",
        "https://bank.example/{code",
        "https://bank.example/code}",
        "https://bank.example/{{code}}",
        "https://bank.example/{code} ",
        "https://bank.example/\u00e4",
        "https://bank.example/\x00",
        "https://bank.example/\\{code}",
        "https://bank.example/" + "x" * 500,
        "javascript:{code}",
    ],
)
@pytest.mark.parametrize("sandbox", [True, False])
def test_no_page(template: str, sandbox: bool):
    assert not is_template(template, sandbox)
