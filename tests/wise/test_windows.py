"""What time does: to a token, to the five minutes of low risk; and the headers of every answer."""

import re
from dataclasses import replace

import pytest

from assent.domain.session import Caller
from assent.kernel.refusals import Refusal
from assent.usecases.require_approval import lookup_of, shown_approval
from assent.usecases.set_active import set_active
from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.sandboxes import opened
from tests.support.wise import Partner, WiseUser, ott_of
from tests.wise.people import agreed, another_client, asked, enrolled, refused

FIVE_MINUTES = 300


def validity(answer: Answer) -> int:
    return int(answer.json["oneTimeTokenProperties"]["validity"])


def opened_window(user: WiseUser, balance: int) -> str:
    """By a statement, that was let through."""
    ott = ott_of(user.statement(balance))
    user.clear(ott)
    assert is_approved(user.statement(balance, approval=ott))
    return ott


def is_approved(answer: Answer) -> bool:
    assert answer.status == 200, answer.body
    return answer.headers["x-2fa-approval-result"] == "APPROVED"


# a token's hour


def test_validity_counts_down(grace: WiseUser):
    ott = asked(grace)
    assert validity(grace.status(ott)) in (3_599, 3_600)
    grace.server.advance(600)
    assert validity(grace.status(ott)) in (2_998, 2_999, 3_000)
    assert validity(grace.verify_pin(ott)) in (2_998, 2_999, 3_000), "proof does not lengthen it"
    grace.server.advance(2_990)
    assert validity(grace.status(ott)) <= 10
    assert grace.trigger(ott).status == 200
    assert grace.verify_code(ott).status == 200, "to the end"
    grace.server.advance(10)
    for answer in (grace.status(ott), grace.verify_pin(ott), grace.trigger(ott)):
        refused(answer, 404, "ott.not.found")


def test_after_its_hour_the_same_call_gets_another(grace: WiseUser):
    transfer = grace.new_transfer()
    grace.new_balance()
    old = ott_of(grace.fund(transfer))
    grace.clear(old)
    grace.server.advance(3_600)
    new = ott_of(grace.fund(transfer, approval=old))
    assert new != old
    assert ott_of(grace.fund(transfer, approval=old)) == new
    assert validity(grace.status(new)) in (3_599, 3_600)
    grace.clear(new)
    assert is_approved(grace.fund(transfer, approval=new))


# the five minutes


def test_low_risk_is_let_through_for_five_minutes(grace: WiseUser):
    euros, dollars = grace.new_balance(), grace.new_balance(currency="USD")
    ott = ott_of(grace.statement(euros))
    grace.clear(ott)
    assert is_approved(grace.statement(dollars, currency="USD")), "from the grant on, for any"
    assert is_approved(grace.statement(euros, approval=ott))
    for _ in range(2):
        grace.server.advance(145)
        assert is_approved(grace.statement(euros))
    grace.server.advance(10)
    assert ott_of(grace.statement(euros)), "not sliding"


def test_it_runs_from_the_grant_not_from_the_use(grace: WiseUser):
    balance = grace.new_balance()
    ott = ott_of(grace.statement(balance))
    grace.clear(ott)
    grace.server.advance(FIVE_MINUTES)
    assert is_approved(grace.statement(balance, approval=ott)), "the token itself lives longer"
    assert ott_of(grace.statement(balance))


def test_authorise_opens_it(grace: WiseUser):
    balance = grace.new_balance()
    path = f"/v2/profiles/{grace.profile_id}/sca-sessions/authorise"
    given = grace.call("POST", path).json["oneTimeTokenProperties"]["oneTimeToken"]
    assert ott_of(grace.statement(balance))
    grace.clear(given)
    assert is_approved(grace.statement(balance))
    grace.server.advance(FIVE_MINUTES)
    assert ott_of(grace.statement(balance))


def test_authorise_opens_it_again(grace: WiseUser):
    """Once the five minutes are over; until then it is the same token, and all of it is passed."""
    balance = grace.new_balance()
    path = f"/v2/profiles/{grace.profile_id}/sca-sessions/authorise"

    def authorised() -> tuple[str, set[bool]]:
        held = grace.call("POST", path).json["oneTimeTokenProperties"]
        return held["oneTimeToken"], {one["passed"] for one in held["challenges"]}

    first, _ = authorised()
    grace.clear(first)
    grace.server.advance(290)
    assert authorised() == (first, {True})
    grace.server.advance(10)
    second, passed = authorised()
    assert (second != first, passed) == (True, {False})
    assert grace.statement(balance).status == 403
    assert grace.status(first).status == 404
    grace.clear(second)
    assert grace.statement(balance).status == 200


def test_high_risk_asks_each_time_and_opens_nothing(grace: WiseUser):
    balance, transfer = grace.new_balance(), grace.new_transfer()
    ott = ott_of(grace.fund(transfer))
    grace.clear(ott)
    assert ott_of(grace.statement(balance)), "granted"
    assert is_approved(grace.fund(transfer, approval=ott))
    assert ott_of(grace.statement(balance)), "used"
    opened_window(grace, balance)
    assert ott_of(grace.fund(grace.new_transfer()))


def test_a_half_cleared_token_opens_nothing(grace: WiseUser):
    balance = grace.new_balance()
    ott = ott_of(grace.statement(balance))
    assert grace.verify_pin(ott).status == 200
    assert ott_of(grace.statement(balance)) == ott


async def test_it_is_one_person_s_and_one_client_s(box: Sandbox, grace: WiseUser):
    bank = grace.partner
    balance = grace.new_balance()
    other = await another_client(box, bank)
    code = await agreed(box, grace, other, "https://bank.example/")
    form = {"grant_type": "authorization_code", "redirect_uri": "https://bank.example/"}
    token = other.oauth(**form, code=code).json["access_token"]
    elsewhere = replace(grace, partner=other, token=token)
    opened_window(grace, balance)
    assert ott_of(elsewhere.statement(balance))
    stranger = enrolled(bank)
    assert ott_of(stranger.statement(stranger.new_balance()))
    assert grace.log_in().status == 200
    assert is_approved(grace.statement(balance)), "a new access token is the same client's"


def test_a_factor_that_goes_takes_it_along(grace: WiseUser):
    balance = grace.new_balance()
    opened_window(grace, balance)
    assert grace.set_face().status == 204
    assert is_approved(grace.statement(balance))
    assert grace.delete_pin().status == 204
    assert ott_of(grace.statement(balance))


def test_a_token_that_does_not_fit_is_refused_in_them_too(grace: WiseUser):
    balance = grace.new_balance()
    spent = opened_window(grace, balance)
    for presented in (spent, "x", asked(grace)):
        assert ott_of(grace.statement(balance, approval=presented)) != presented
    assert is_approved(grace.statement(balance))


# headers


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("a", "a"),
        ("f5b9e4a2-3c1d-4b8e-9f0a-1c2d3e4f5a6b", "f5b9e4a2-3c1d-4b8e-9f0a-1c2d3e4f5a6b"),
        ("é" * 36, "é" * 36),
        ("a" * 37, None),
        ("a" * 4_000, None),
        ("", None),
        (None, None),
    ],
)
def test_the_caller_s_own_reference(grace: WiseUser, sent: str | None, echoed: str | None):
    headers = {} if sent is None else {"x-external-correlation-id": sent}
    answers = [
        grace.call("GET", "/v1/me", headers=headers),
        grace.call("GET", "/v1/nothing", headers=headers),
        grace.call("PATCH", "/v1/me", headers=headers),
        grace.call("GET", "/v1/profiles/x", headers=headers),
        grace.call("GET", "/v1/one-time-token/status", headers=headers),
        grace.call("POST", "/v1/user/pin", {}, headers=headers),
        replace(grace, token="x").call("GET", "/v1/me", headers=headers),
    ]
    assert [answer.status for answer in answers] == [200, 404, 405, 400, 404, 400, 401]
    for answer in answers:
        assert answer.headers.get("x-external-correlation-id") == echoed


def test_a_trace_of_every_answer(bank: Partner, grace: WiseUser):
    answers = [
        bank.oauth(),
        bank.oauth(grant_type="client_credentials"),
        grace.call("GET", "/v1/nothing"),
        grace.fund(grace.new_transfer()),
        grace.set_pin(),
        grace.call("POST", "/v1/user/pin", {}),
    ]
    traces = [answer.headers["x-trace-id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{32}", trace) for trace in traces)
    assert len(set(traces)) == len(traces)


def test_the_five_minutes_outlive_the_tokens_hour(grace: WiseUser):
    """Whatever is asked meanwhile, and whichever token comes again."""
    balance = grace.new_balance()
    ott = ott_of(grace.statement(balance))
    grace.server.advance(3_540)
    grace.clear(ott)
    grace.server.advance(90)
    path = f"/v2/profiles/{grace.profile_id}/sca-sessions/authorise"
    assert grace.call("POST", path).status == 200
    assert ott_of(grace.statement(balance, approval=ott)) != ott
    assert is_approved(grace.statement(balance))
    grace.server.advance(FIVE_MINUTES)
    assert ott_of(grace.statement(balance))


async def test_whoever_is_deactivated_keeps_no_token(box: Sandbox, grace: WiseUser):
    """The page on which people approve needs no more than the token."""
    transfer = grace.new_transfer()
    ott = ott_of(grace.fund(transfer))
    grace.clear(ott)
    async with opened(box) as base:
        programme_id = int(grace.server.credentials["programme"]["id"])
        subject = await base.stores.subject(programme_id, grace.id)
        programme = await base.stores.programme(programme_id)
        assert subject is not None
        assert programme is not None
        caller = Caller(programme=programme, operator="a test")
        gone = await set_active(base.world, caller, subject, False, "to see")
        assert await base.stores.approval(lookup_of(base.world, ott)) is not None
        with pytest.raises(Refusal):
            await shown_approval(base.world, ott)
        gone = replace(gone, version=gone.version + 1)
        await set_active(base.world, caller, gone, True, "to see")
    grace.log_in()
    assert ott_of(grace.fund(transfer, approval=ott)) != ott


def test_proof_that_does_not_count_any_more(bank: Partner):
    """A programme stops counting fingerprints: what they cleared is not clear."""
    bank.server.settings(fingerprint_is_possession=True)
    user = enrolled(bank, "pin", "phone", "fingerprint")
    transfer = user.new_transfer()
    ott = ott_of(user.fund(transfer))
    assert user.verify_pin(ott).status == 200
    assert user.verify_fingerprint(ott).status == 200
    bank.server.settings(fingerprint_is_possession=False)
    again = ott_of(user.fund(transfer, approval=ott))
    assert again != ott
    user.clear(again)
    assert is_approved(user.fund(transfer, approval=again))
