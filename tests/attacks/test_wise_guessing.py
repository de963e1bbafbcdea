"""Guessing PINs and codes through the SCA API. The races on two servers are in tests/processes."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.approval_page import PATH
from tests.support.client import Answer
from tests.support.frames import loaded
from tests.support.jose_client import JoseClient
from tests.support.processes import Sandbox, sandbox
from tests.support.volley import volley
from tests.support.wise import CODE, PIN, Partner, WiseUser
from tests.support.wise_volley import code_proof, pin_proof, told
from tests.wise.people import agreed, another_client, asked, code_of, enrolled

TRIES = 5
WRONG_PIN, WRONG_CODE = "9999", "999999"
BLOCKED = {(400, "verification.blocked"), (429, "blocked")}

Door = Callable[[WiseUser, str, str], Answer]
"""Somebody, a token, and what is tried."""


def _own_call(user: WiseUser, name: str, ott: str, body: object) -> Answer:
    """As the approval page's own script makes it."""
    head = {"origin": user.server.base_url, "one-time-token": ott}
    return user.server.call("POST", f"{PATH}{name}", body, head)


def _page_pin(user: WiseUser, ott: str, pin: str) -> Answer:
    typed = loaded(user.server).token(pin, "pin")
    return _own_call(user, "verify", ott, {"type": "PIN", "answer": typed})


def _page_code(user: WiseUser, ott: str, code: str) -> Answer:
    return _own_call(user, "verify", ott, {"type": "SMS", "answer": code})


def _pin(path: str) -> Door:
    def door(user: WiseUser, ott: str, pin: str) -> Answer:
        return user.encrypted(path.format(profile=user.profile_id), {"pin": pin}, ott)

    return door


def _code(path: str) -> Door:
    def door(user: WiseUser, ott: str, code: str) -> Answer:
        return user.call("POST", path, {"otpCode": code}, ott=ott)

    return door


VERSIONS = ("2026Q3", "2026Q4", "2027Q1")
PIN_DOORS: dict[str, Door] = {
    "v1": _pin("/v1/one-time-token/pin/verify"),
    "v2": _pin("/v2/profiles/{profile}/pin/verify"),
    **{name: _pin(f"/{name}/profiles/{{profile}}/pin/verify") for name in VERSIONS},
    "page": _page_pin,
}
CODE_DOORS: dict[str, Door] = {
    "v1": _code("/v1/one-time-token/sms/verify"),
    **{name: _code(f"/{name}/one-time-token/sms/verify") for name in VERSIONS},
    "page": _page_code,
}


def _said(answer: Answer) -> tuple[int, str]:
    body = answer.json
    return answer.status, str(body["problem"] if "problem" in body else code_of(answer))


def _shut(user: WiseUser, ott: str, doors: dict[str, Door], right: str) -> None:
    """The right answer too, whichever way it comes; and no new code goes out."""
    for name, door in doors.items():
        assert _said(door(user, ott, right)) in BLOCKED, name
    own = _own_call(user, "trigger", ott, {"type": "SMS"}), _own_call(user, "status", ott, {})
    for answer in (*own, doors["page"](user, ott, right)):
        assert _said(answer) == (429, "blocked")
        assert 60 < answer.json["wait"] <= 15 * 60  # and not the gap between two codes
    assert 60 < int(user.trigger(ott).headers["retry-after"]) <= 15 * 60


@pytest.mark.parametrize("first", PIN_DOORS)
def test_every_way_to_give_a_pin_shares_one_limit(bank: Partner, first: str) -> None:
    """CVE-2025-64102 (ZITADEL): the newer API lacked the limits of the older. CVE-2026-9798
    (Keycloak): an alternate flow ignored the lock. Three generations and a page: five tries."""
    user = enrolled(bank)
    ott = asked(user)
    assert user.trigger(ott).status == 200
    doors = [first, *(name for name in PIN_DOORS if name != first)][:TRIES]
    for number, name in enumerate(doors, start=1):
        wrong = {(400, "pin.invalid"), (400, "wrong")}
        if number == TRIES:
            wrong.add((429, "blocked"))  # the page says at once what the answer has begun
        assert _said(PIN_DOORS[name](user, ott, WRONG_PIN)) in wrong, name
    _shut(user, ott, PIN_DOORS, PIN)
    _shut(user, ott, CODE_DOORS, CODE)


@pytest.mark.parametrize("first", CODE_DOORS)
def test_every_way_to_give_a_code_shares_one_limit(bank: Partner, first: str) -> None:
    """The same for codes."""
    user = enrolled(bank)
    ott = asked(user)
    assert user.trigger(ott).status == 200
    doors = [first, *(name for name in CODE_DOORS if name != first)]
    assert len(doors) == TRIES
    for number, name in enumerate(doors, start=1):
        wrong = {(400, "otp.invalid"), (400, "wrong")}
        if number == TRIES:
            wrong.add((429, "blocked"))
        assert _said(CODE_DOORS[name](user, ott, WRONG_CODE)) in wrong, name
    _shut(user, ott, CODE_DOORS, CODE)
    _shut(user, ott, PIN_DOORS, PIN)


def test_many_guesses_at_once_stay_within_the_budget(bank: Partner) -> None:
    """CVE-2024-4629 (Keycloak), CVE-2023-47111 (ZITADEL): wrong answers sent at the same time all
    passed the check that counts them. AuthQuake (Microsoft, 2024): any number of sessions at
    once; here of tokens."""
    user = enrolled(bank)
    tokens = itertools.cycle([asked(user) for _ in range(3)])
    server = user.server
    shots = [pin_proof(server, user, next(tokens), f"{9_000 + n}", number=n) for n in range(30)]
    counts = told(volley(shots))
    assert counts.pop("400 pin.invalid") == TRIES
    assert set(counts) <= {"400 verification.blocked", "503 unavailable"}
    other = enrolled(bank)
    tokens = itertools.cycle([asked(other) for _ in range(3)])
    for _ in range(3):
        assert other.trigger(next(tokens)).status == 200
    shots = [code_proof(server, other, next(tokens), f"{n:06d}") for n in range(30)]
    assert told(volley(shots)) == {"400 otp.invalid": TRIES, "400 verification.blocked": 25}


async def test_nothing_that_may_be_made_anew_gives_a_new_budget(
    box: Sandbox, bank: Partner
) -> None:
    """CVE-2025-6004 (Vault), CVE-2026-47203 (Authelia): another spelling, another session, another
    count. Here: another token, another log-in, another client, the PIN set anew."""
    user, other = enrolled(bank), await another_client(box, bank)
    first = asked(user)

    def guess(ott: str) -> None:
        assert _said(user.verify_pin(ott, WRONG_PIN)) == (400, "pin.invalid")

    guess(first)
    guess(asked(user))
    assert user.log_in().status == 200
    guess(first)
    code = await agreed(box, user, other, "https://bank.example/")
    given = other.oauth(
        grant_type="authorization_code", code=code, redirect_uri="https://bank.example/"
    )
    elsewhere = WiseUser(other, user.email, user.id, user.profile_id, given.json["access_token"])
    theirs = asked(elsewhere)
    assert _said(elsewhere.verify_pin(theirs, WRONG_PIN)) == (400, "pin.invalid")
    assert user.delete_pin().status == 204
    assert user.set_pin().status == 204
    guess(asked(user))
    assert user.fund(user.new_transfer()).status == 429
    assert elsewhere.fund(user.new_transfer()).status == 429


def test_what_the_caller_makes_up_is_no_part_of_what_is_counted(bank: Partner) -> None:
    """CVE-2025-64526 (Strapi): a field of the body in the limit's key. CVE-2025-69615 (Deutsche
    Telekom): a made-up address with each request."""
    user = enrolled(bank)
    ott = asked(user)
    assert user.trigger(ott).status == 200
    for number in range(TRIES):
        head = {
            "x-forwarded-for": f"198.51.100.{number}",
            "x-real-ip": f"198.51.100.{number}",
            "x-external-correlation-id": f"reference-{number}",
            "user-agent": f"browser/{number}",
            "idempotency-ref": f"once-{number}",
        }
        body = {"otpCode": f"{number:06d}", "userId": number, "clientId": f"c{number}"}
        path = f"/v1/one-time-token/sms/verify?userId={number}"
        wrong = user.call("POST", path, body, ott=ott, headers=head)
        assert _said(wrong) == (400, "otp.invalid")
    assert _said(user.verify_code(ott)) == (400, "verification.blocked")


def test_a_stranger_cannot_shut_the_owner_out(bank: Partner) -> None:
    """CVE-2025-64102, second half: with lockout on, anybody could shut anybody out. Guesses at a
    token that is not the guesser's count for nobody."""
    owner, mallory = enrolled(bank), enrolled(bank)
    ott = asked(owner)
    assert owner.trigger(ott).status == 200
    for number in range(2 * TRIES):
        assert mallory.verify_pin(ott, WRONG_PIN).status == 404, number
        assert mallory.verify_code(ott, WRONG_CODE).status == 404, number
    owner.new_balance()
    assert owner.verify_pin(ott).status == 200
    assert owner.verify_code(ott).status == 200
    assert mallory.verify_pin(asked(mallory)).status == 200


def test_the_lock_survives_a_crash_and_a_restart(tmp_path: Path, partner: JoseClient) -> None:
    """GHSA-fgfv-pv97-6cmj (Vikunja): the lock was rolled back with the failing call.
    CVE-2026-27801 (Vaultwarden): the counter was only in memory. And a token that was used before
    the crash is used after it."""
    with sandbox(tmp_path / "first") as first:
        bank = Partner(first.server.isolated(), partner)
        locked, near, spent = (enrolled(bank) for _ in range(3))
        spent.new_balance()
        transfer, used = spent.new_transfer(), ""
        used = spent.fund(transfer).headers["x-2fa-approval"]
        spent.clear(used)
        assert spent.fund(transfer, used).status == 200
        tokens = asked(locked), asked(near)
        for _ in range(TRIES):
            assert locked.verify_pin(tokens[0], WRONG_PIN).status == 400
        for _ in range(TRIES - 1):
            assert near.verify_pin(tokens[1], WRONG_PIN).status == 400
        first.kill()
    with sandbox(tmp_path / "second", first.data) as again:
        bank.server.base_url = again.server.base_url
        assert _said(locked.verify_pin(tokens[0])) == (400, "verification.blocked")
        assert _said(near.verify_pin(tokens[1], WRONG_PIN)) == (400, "pin.invalid")
        assert _said(near.verify_pin(tokens[1])) == (400, "verification.blocked")
        assert _said(spent.status(used)) == (404, "ott.not.found")
        assert spent.fund(transfer, used).status == 422
