"""Attacks: a one-time token, or what made one good, used once more or for something else.

A token that is not right for a protected call gets that call's own token to clear, and nothing
else; the answer is the same whatever is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.wise import Partner, WiseUser, ott_of
from tests.wise.people import agreed, another_client, enrolled, refused


@dataclass
class Attempt:
    """A person with money, a transfer to fund and its token, cleared."""

    user: WiseUser
    balance: int
    transfer: int
    ott: str

    def left(self) -> float:
        """What is on the balance, by its statement."""
        user = self.user
        now = datetime.fromtimestamp(user.server.now / 1_000, UTC)
        days = [f"{now + timedelta(days=n):%Y-%m-%dT%H:%M:%SZ}" for n in (-1, 1)]
        interval = f"intervalStart={days[0]}&intervalEnd={days[1]}"
        home = f"/v1/profiles/{user.profile_id}/balance-statements/{self.balance}"
        path = f"{home}/statement.json?currency=EUR&{interval}"
        user.clear(ott_of(user.call("GET", path)))
        statement = user.call("GET", path)
        assert statement.status == 200, statement.body
        return float(statement.json["endOfStatementBalance"]["value"])


@pytest.fixture
def attempt(bank: Partner) -> Attempt:
    user = enrolled(bank, "pin", "phone", "face")
    balance, transfer = user.new_balance("100.00"), user.new_transfer("10.00")
    ott = ott_of(user.fund(transfer))
    user.clear(ott)
    return Attempt(user, balance, transfer, ott)


def rejected(answer: Answer, presented: str) -> str:
    """403 with another token than the one that was sent, and that one still to clear."""
    fresh = ott_of(answer)
    assert fresh != presented
    assert answer.json["error"] == "Forbidden"
    return fresh


def test_the_token_is_good_once(attempt: Attempt):
    user = attempt.user
    funded = user.fund(attempt.transfer, attempt.ott)
    assert (funded.status, funded.json) == (
        200,
        {"type": "BALANCE", "status": "COMPLETED", "errorCode": None},
    )
    assert funded.headers["x-2fa-approval-result"] == "APPROVED"
    assert "x-2fa-approval" not in funded.headers


def test_a_spent_token(attempt: Attempt):
    user = attempt.user
    assert user.fund(attempt.transfer, attempt.ott).status == 200
    refused(user.fund(attempt.transfer, attempt.ott), 422, "transfer.invalid-state")
    for answer in (
        user.status(attempt.ott),
        user.verify_pin(attempt.ott),
        user.verify_face(attempt.ott),
        user.trigger(attempt.ott),
        user.verify_code(attempt.ott),
    ):
        refused(answer, 404, "ott.not.found")
    rejected(user.fund(user.new_transfer("10.00"), attempt.ott), attempt.ott)
    rejected(user.statement(attempt.balance, attempt.ott), attempt.ott)
    assert attempt.left() == 90


def test_a_spent_token_of_a_statement(attempt: Attempt):
    user = attempt.user
    ott = ott_of(user.statement(attempt.balance))
    user.clear(ott)
    assert user.statement(attempt.balance, ott).status == 200
    rejected(user.statement(attempt.balance, ott), ott)


def test_an_expired_token(attempt: Attempt):
    user = attempt.user
    user.server.advance(3_600)
    rejected(user.fund(attempt.transfer, attempt.ott), attempt.ott)
    refused(user.status(attempt.ott), 404, "ott.not.found")


def test_a_token_that_is_not_cleared(attempt: Attempt):
    user = attempt.user
    transfer = user.new_transfer()
    ott = ott_of(user.fund(transfer))
    assert ott_of(user.fund(transfer, ott)) == ott
    assert user.verify_face(ott).status == 200
    assert ott_of(user.fund(transfer, ott)) == ott


def test_another_user_s_token(attempt: Attempt):
    mallory = enrolled(attempt.user.partner)
    mallory.new_balance()
    transfer = mallory.new_transfer("10.00")
    mine = ott_of(mallory.fund(transfer))
    assert rejected(mallory.fund(transfer, attempt.ott), attempt.ott) == mine
    assert mallory.fund(attempt.transfer, attempt.ott).status == 404
    assert attempt.user.fund(attempt.transfer, attempt.ott).status == 200, "it was not used up"


async def test_another_client_s_token(box: Sandbox, attempt: Attempt):
    """The same person, the same transfer."""
    user = attempt.user
    other = await another_client(box, user.partner)
    code = await agreed(box, user, other, "https://bank.example/")
    form = {"grant_type": "authorization_code", "redirect_uri": "https://bank.example/"}
    token = other.oauth(**form, code=code).json["access_token"]
    elsewhere = replace(user, partner=other, token=token)
    rejected(elsewhere.fund(attempt.transfer, attempt.ott), attempt.ott)
    assert user.fund(attempt.transfer, attempt.ott).status == 200


# the right token, something else

ELSE: dict[str, Callable[[Attempt], Answer]] = {
    "another amount": lambda a: a.user.fund(a.user.new_transfer("10.01"), a.ott),
    "another payee": lambda a: a.user.fund(a.user.new_transfer("10.00", "Mallory"), a.ott),
    "the same once more": lambda a: a.user.fund(a.user.new_transfer("10.00"), a.ott),
    "another action": lambda a: a.user.statement(a.balance, a.ott),
    "a card payment": lambda a: card(a.user, a.ott),
}


def card(user: WiseUser, ott: str, status: str = "APPROVED", reference: str = "") -> Answer:
    if not reference:
        body = {"currency": "EUR", "amount": "10.00", "merchant": "A shop"}
        made = user.server.sandbox("POST", f"/users/{user.id}/card-payments", body)
        reference = made.json["transaction_reference"]
    path = f"/v3/spend/profiles/{user.profile_id}/3dsecure/challenge-result"
    body = {"transactionReference": reference, "challengeStatus": status}
    return user.call("POST", path, body, approval=ott)


@pytest.mark.parametrize("what", ELSE)
def test_a_token_for_something_else(attempt: Attempt, what: str):
    rejected(ELSE[what](attempt), attempt.ott)
    funded = attempt.user.fund(attempt.transfer, attempt.ott)
    assert funded.status == 200, "it is still good for its own"
    assert attempt.left() == 90


def test_a_yes_is_no_no(attempt: Attempt):
    user = attempt.user
    body = {"currency": "EUR", "amount": "10.00", "merchant": "A shop"}
    made = user.server.sandbox("POST", f"/users/{user.id}/card-payments", body)
    reference = made.json["transaction_reference"]
    ott = ott_of(card(user, "", "APPROVED", reference))
    user.clear(ott)
    rejected(card(user, ott, "REJECTED", reference), ott)
    answer = card(user, ott, "APPROVED", reference)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["x-2fa-approval-result"] == "APPROVED"
    refused(card(user, ott, "APPROVED", reference), 409, "challenge.already.answered")


def test_a_statement_of_another_time(attempt: Attempt):
    user = attempt.user
    ott = ott_of(user.statement(attempt.balance))
    user.clear(ott)
    home = f"/v1/profiles/{user.profile_id}/balance-statements/{attempt.balance}"
    interval = "intervalStart=2026-01-01T00:00:00Z&intervalEnd=2026-02-02T00:00:00Z"
    path = f"{home}/statement.json?currency=EUR&{interval}"
    rejected(user.call("GET", path, approval=ott), ott)


# a cleared token, when what cleared it is gone


def phone_path(user: WiseUser) -> str:
    path = f"/v1/application/users/{user.id}/phone-numbers"
    return f"{path}/{user.partner.call('GET', path).json[0]['id']}"


GONE: dict[str, Callable[[WiseUser], Answer]] = {
    "the PIN is deleted": lambda user: user.delete_pin(),
    "the PIN is deleted by the profile": lambda user: user.call(
        "DELETE", f"/v2/profiles/{user.profile_id}/pin"
    ),
    "the phone is another": lambda user: user.partner.call(
        "PUT", phone_path(user), {"phoneNumber": "+6581234567"}
    ),
    "the phone is deleted": lambda user: user.partner.call("DELETE", phone_path(user)),
    "a factor that cleared nothing is deleted": lambda user: user.partner.call(
        "DELETE", f"/v1/users/{user.id}/facemap/enrol"
    ),
}


@pytest.mark.parametrize("change", GONE)
def test_a_cleared_token_after(attempt: Attempt, change: str):
    """Whatever factor goes, everything that was asked of the person is void."""
    user = attempt.user
    assert GONE[change](user).status in (200, 204)
    rejected(user.fund(attempt.transfer, attempt.ott), attempt.ott)
    refused(user.status(attempt.ott), 404, "ott.not.found")
    refused(user.verify_face(attempt.ott), 404, "ott.not.found")


def test_a_new_pin_does_not_bring_the_token_back(attempt: Attempt):
    user = attempt.user
    assert user.delete_pin().status == 204
    assert user.set_pin().status == 204
    fresh = rejected(user.fund(attempt.transfer, attempt.ott), attempt.ott)
    user.server.advance(15)
    user.clear(fresh)
    assert user.fund(attempt.transfer, fresh).status == 200


def test_without_a_second_category_the_replay_says_what_to_enrol(grace: WiseUser):
    grace.new_balance()
    transfer = grace.new_transfer()
    ott = ott_of(grace.fund(transfer))
    grace.clear(ott)
    assert grace.delete_pin().status == 204
    refused(grace.fund(transfer, ott), 403, "sca.factors.missing")


def test_a_code_or_a_pin_of_one_token_does_nothing_for_another(attempt: Attempt):
    user = attempt.user
    first, second = (ott_of(user.fund(user.new_transfer())) for _ in range(2))
    assert user.verify_pin(first).status == 200
    assert user.trigger(first).status == 200
    refused(user.verify_code(second), 400, "otp.not.triggered")
    assert len(user.status(second).json["oneTimeTokenProperties"]["challenges"]) == 2
    assert user.verify_code(first).status == 200
