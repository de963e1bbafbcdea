"""What fifty requests at once may not do to a one-time token, with two servers and one database.

The calls go by way of all generations of the API; they share every count.
"""

import itertools

import pytest

from tests.processes.conftest import Pair
from tests.support.jose_client import JoseClient
from tests.support.volley import Shot, volley
from tests.support.wise import CODE, Partner, WiseUser, ott_of
from tests.support.wise_volley import code_proof, funding, pin_proof, plain, told

MANY = 50
CHANNELS = ("sms", "whatsapp", "voice")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bank(pair: Pair, partner: JoseClient) -> Partner:
    return Partner(pair.left.server, partner)


@pytest.fixture
def user(bank: Partner) -> WiseUser:
    """With a PIN, a phone, a face and money."""
    made = bank.sign_up()
    assert made.set_pin().status == 204
    assert made.set_phone(f"+6587{next(_numbers):06d}").status == 200
    assert made.set_face().status == 204
    made.new_balance("1000.00")
    return made


def asked(user: WiseUser) -> tuple[int, str]:
    """A transfer, and the token that would fund it."""
    transfer = user.new_transfer()
    return transfer, ott_of(user.fund(transfer))


def facts(pair: Pair, user: WiseUser, name: str) -> int:
    text = "SELECT count(*) FROM facts WHERE subject_id = $1 AND name = $2"
    return int(pair.rows(text, user.id, name)[0][0])


def attempts(pair: Pair, user: WiseUser, proof: str) -> list[tuple[int, bool]]:
    text = "SELECT failures, blocked_until > 0 FROM attempts WHERE holder = $1 AND proof = $2"
    return [(row[0], row[1]) for row in pair.rows(text, f"subject:{user.id}", proof)]


def left(pair: Pair, user: WiseUser) -> int:
    """Of the money, in cents."""
    text = "SELECT amount FROM balances WHERE identity_id = $1"
    return int(pair.rows(text, user.profile_id)[0][0])


def refused_everywhere(
    pair: Pair, user: WiseUser, transfer: int, ott: str, channel: str = "sms"
) -> None:
    """By either server: a protected call and a code's trigger 429, each proof 400, the right one
    too."""
    for number, server in enumerate(pair.servers):
        shots = [
            funding(server, user, transfer, ""),
            plain(server, user, "/v1/one-time-token/sms/trigger", one_time_token=ott),
            pin_proof(server, user, ott, number=number),
            code_proof(server, user, ott, CODE, channel),
        ]
        call, trigger, pin, code = [volley([shot])[0] for shot in shots]
        assert told([call, trigger]) == {"429 verification.blocked": 2}
        assert told([pin, code]) == {"400 verification.blocked": 2}
        for answer in (call, trigger):
            assert 60 < int(answer.headers["retry-after"]) <= 15 * 60


def test_fifty_wrong_pins_at_once_are_five(pair: Pair, user: WiseUser) -> None:
    transfer, ott = asked(user)
    assert user.trigger(ott).status == 200
    shots = [pin_proof(pair.turn(n), user, ott, f"{9_000 + n}", number=n // 2) for n in range(MANY)]
    counts = told(volley(shots))
    assert counts.pop("400 pin.invalid") == 5
    assert sum(counts.values()) == MANY - 5
    assert set(counts) <= {"400 verification.blocked", "503 unavailable"}
    assert facts(pair, user, "approval_denied") == 5
    assert attempts(pair, user, "pin") == [(5, True)]
    refused_everywhere(pair, user, transfer, ott)
    # and after a quarter of an hour they are five again
    pair.advance(15 * 60)
    shots = [pin_proof(pair.turn(n), user, ott, "9999", number=n) for n in range(20)]
    assert told(volley(shots))["400 pin.invalid"] == 5
    assert facts(pair, user, "approval_denied") == 10
    assert facts(pair, user, "approval_proved") == 0


def test_fifty_right_pins_at_once_prove_one_category(pair: Pair, user: WiseUser) -> None:
    """Whoever gave the right answer fifty times is not the poorer for it, nor the richer."""
    transfer, ott = asked(user)
    counts = told(volley([pin_proof(pair.turn(n), user, ott, number=n // 2) for n in range(MANY)]))
    passed = counts.pop("200")
    assert passed >= 1
    # as many as were under way when one of them was compared; a count is a count
    assert set(counts) <= {"400 verification.blocked", "503 unavailable"}
    assert facts(pair, user, "approval_proved") == passed
    assert facts(pair, user, "approval_denied") == 0
    assert attempts(pair, user, "pin") == [(0, False)]
    assert told(volley([funding(pair.turn(1), user, transfer, ott)])) == {"403 REJECTED": 1}
    assert user.trigger(ott).status == 200
    assert user.verify_code(ott).status == 200
    assert told(volley([funding(pair.turn(1), user, transfer, ott)])) == {"200": 1}


def test_fifty_right_codes_at_once_pass_once(pair: Pair, user: WiseUser) -> None:
    _, ott = asked(user)
    assert user.trigger(ott).status == 200
    counts = told(volley([code_proof(pair.turn(n), user, ott) for n in range(MANY)]))
    assert counts.pop("200") == 1
    assert sum(counts.values()) == MANY - 1
    assert set(counts) <= {"400 otp.not.triggered", "400 verification.blocked"}
    assert facts(pair, user, "approval_proved") == 1
    assert attempts(pair, user, "otp") == [(0, False)]


def test_fifty_wrong_codes_of_three_channels_share_five(pair: Pair, user: WiseUser) -> None:
    """Three tokens, each with a code on its way by another channel, all guessed at together."""
    tokens = [asked(user) for _ in CHANNELS]
    for (_, ott), channel in zip(tokens, CHANNELS, strict=True):
        assert user.trigger(ott, channel).status == 200
    shots = [
        code_proof(pair.turn(n), user, tokens[which][1], f"{n:06d}", CHANNELS[which])
        for n, which in zip(range(MANY), itertools.cycle((0, 0, 1, 1, 2, 2)), strict=False)
    ]
    assert told(volley(shots)) == {"400 otp.invalid": 5, "400 verification.blocked": MANY - 5}
    assert facts(pair, user, "approval_denied") == 5
    assert attempts(pair, user, "otp") == [(5, True)]
    for (transfer, ott), channel in zip(tokens, CHANNELS, strict=True):
        refused_everywhere(pair, user, transfer, ott, channel)


def test_proofs_of_three_kinds_at_once_grant_it(pair: Pair, user: WiseUser) -> None:
    """None of them is lost because another came first."""
    for _ in range(4):
        transfer, ott = asked(user)
        assert user.trigger(ott).status == 200
        face = {"faceMap": "YSBmYWNl"}
        path = "/v1/one-time-token/facemap/verify"
        shots = [
            pin_proof(pair.turn(0), user, ott),
            code_proof(pair.turn(1), user, ott),
            plain(pair.turn(0), user, path, face, one_time_token=ott),
            pin_proof(pair.turn(1), user, ott, number=1),
            plain(pair.turn(1), user, path, face, one_time_token=ott),
        ]
        assert told(volley(shots)) == {"200": len(shots)}
        assert told([user.fund(transfer, ott)]) == {"200": 1}


def test_one_question_at_once_has_one_token(pair: Pair, user: WiseUser) -> None:
    transfer = user.new_transfer()
    answers = volley([funding(pair.turn(n), user, transfer, "") for n in range(MANY)])
    assert told(answers) == {"403 REJECTED": MANY}
    assert len({answer.headers["x-2fa-approval"] for answer in answers}) == 1
    assert facts(pair, user, "approval_asked") == 1


def test_a_cleared_token_moves_the_money_once(pair: Pair, user: WiseUser) -> None:
    before = left(pair, user)
    transfer, ott = asked(user)
    user.clear(ott)
    answers = volley([funding(pair.turn(n), user, transfer, ott) for n in range(MANY)])
    counts = told(answers)
    assert counts.pop("200") == 1
    assert set(counts) <= {
        "403 REJECTED",  # used up
        "404 ott.not.found",  # used up between the look and the commit
        "409 conflict",
        "422 transfer.invalid-state",  # paid
    }
    (paid,) = [answer for answer in answers if answer.status == 200]
    assert paid.json["status"] == "COMPLETED"
    assert left(pair, user) == before - 1_000
    assert facts(pair, user, "transfer_payment_completed") == 1


def test_a_cleared_token_shows_a_statement_once(pair: Pair, user: WiseUser) -> None:
    """The five minutes that follow are open, but not to whoever waves a token that is used up."""
    balance = pair.rows("SELECT id FROM balances WHERE identity_id = $1", user.profile_id)[0][0]
    ott = ott_of(user.statement(balance))
    user.clear(ott)
    path = (
        f"/v1/profiles/{user.profile_id}/balance-statements/{balance}/statement.json?currency=EUR"
        "&intervalStart=2026-01-01T00:00:00.000Z&intervalEnd=2026-02-01T00:00:00.000Z"
    )
    shots = [plain(pair.turn(n), user, path, method="GET", x_2fa_approval=ott) for n in range(MANY)]
    counts = told(volley(shots))
    assert counts.pop("200") == 1
    assert set(counts) <= {"403 REJECTED", "404 ott.not.found"}
    assert facts(pair, user, "statement_read") == 1
    without = [plain(pair.turn(n), user, path, method="GET") for n in range(4)]
    assert told(volley(without)) == {"200": 4}


def test_removing_the_pin_while_the_token_is_used(pair: Pair, user: WiseUser) -> None:
    """Whichever comes first: the money moves at most once, and never after the PIN has gone. Nor
    with another token that was cleared before, or whose last proof comes in at the same moment."""
    before, completed = left(pair, user), 0
    for number in range(8):
        (transfer, ott), (idle, cleared), (late, half) = (asked(user) for _ in range(3))
        user.clear(ott)
        user.clear(cleared)
        assert user.verify_pin(half).status == 200
        assert user.trigger(half).status == 200
        delete = Shot(
            pair.turn(number), "DELETE", f"/v1/users/{user.id}/pin", headers=user.partner.bearer
        )
        shots = [funding(pair.turn(n), user, transfer, ott) for n in range(6)]
        shots.append(code_proof(pair.turn(number + 1), user, half))
        shots.insert(number % len(shots), delete)
        answers = volley(shots)
        gone, proved = answers.pop(shots.index(delete)), answers.pop()
        assert gone.status == 204, gone.body
        assert proved.status in (200, 400, 404), proved.body
        counts = told(answers)
        paid = counts.pop("200", 0)
        assert paid <= 1
        assert not any(name.startswith("5") for name in counts), counts
        completed += paid
        for server in pair.servers:
            for wanted, token in ((transfer, ott), (idle, cleared), (late, half)):
                after = volley([funding(server, user, wanted, token)])[0]
                assert after.status in (403, 422), after.body
                assert after.headers.get("x-2fa-approval") != token
        held = pair.rows("SELECT state FROM payments WHERE id = $1", transfer)
        assert held == [("completed" if paid else "pending",)]
        assert left(pair, user) == before - 1_000 * completed
        assert user.set_pin().status == 204
    assert facts(pair, user, "transfer_payment_completed") == completed
