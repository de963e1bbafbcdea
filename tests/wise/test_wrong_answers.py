"""Wrong answers: each is a 400, five in a row block, and what a block keeps out."""

import pytest

from assent.dialects.wise.names import VERSIONS
from tests.support.client import Answer
from tests.support.wise import CODE, PIN, Partner, WiseUser, ott_of
from tests.wise.people import FACTORS, another_programme, asked, enrolled, refused

WRONG_PIN, WRONG_CODE = "9999", "999999"
QUARTER = 900
A_DAY = "86400"


def wrong_pins(user: WiseUser, ott: str, times: int) -> None:
    for _ in range(times):
        refused(user.verify_pin(ott, WRONG_PIN), 400, "pin.invalid")


def is_blocked(answer: Answer, seconds: int) -> None:
    """429, for at most so long."""
    refused(answer, 429, "verification.blocked")
    assert answer.headers["x-rate-limited-by"] == "assent"
    assert seconds - 5 <= int(answer.headers["retry-after"]) <= seconds


def everything_is_blocked(user: WiseUser, ott: str, seconds: int) -> None:
    """What makes tokens or codes is 429, what verifies is 400, though the answers are right."""
    authorise = f"profiles/{user.profile_id}/sca-sessions/authorise"
    for answer in (
        user.fund(user.new_transfer()),
        *(user.trigger(ott, channel) for channel in ("sms", "whatsapp", "voice")),
        *(user.call("POST", f"/{version}/{authorise}") for version in ("v2", *VERSIONS)),
    ):
        is_blocked(answer, seconds)
    profile = f"/v2/profiles/{user.profile_id}"
    face = {"faceMap": "YSBmYWNl"}
    for answer in (
        user.verify_pin(ott),
        user.verify_code(ott),
        user.verify_face(ott),
        user.verify_fingerprint(ott),
        user.encrypted(f"{profile}/pin/verify", {"pin": PIN}, ott),
        user.encrypted(f"{profile}/device-fingerprints/verify", {"deviceFingerprint": "a"}, ott),
        user.call("POST", f"{profile}/facemaps/verify", face, ott=ott),
    ):
        refused(answer, 400, "verification.blocked")
    assert user.status(ott).status == 200


@pytest.fixture
def user(bank: Partner) -> WiseUser:
    """With everything."""
    bank.server.settings(fingerprint_is_possession=True)
    return enrolled(bank, *FACTORS)


def test_what_a_wrong_answer_says(user: WiseUser):
    ott = asked(user)
    assert user.trigger(ott).status == 200
    profile = f"/v2/profiles/{user.profile_id}"
    face = {"faceMap": "bm8="}
    for answer, code, path in (
        (user.verify_pin(ott, WRONG_PIN), "pin.invalid", "pin"),
        (user.verify_pin(ott, "12345"), "pin.invalid", "pin"),
        (user.verify_pin(ott, "１２３４"), "pin.invalid", "pin"),  # noqa: RUF001
        (user.encrypted(f"{profile}/pin/verify", {"pin": ""}, ott), "pin.invalid", "pin"),
        (user.verify_code(ott, WRONG_CODE), "otp.invalid", "otpCode"),
        (user.verify_code(ott, ""), "otp.invalid", "otpCode"),
        (user.verify_code(ott, "１１１１１１"), "otp.invalid", "otpCode"),  # noqa: RUF001
        (user.verify_face(ott, b"another"), "facemap.invalid", "faceMap"),
        (
            user.call("POST", f"{profile}/facemaps/verify", face, ott=ott),
            "facemap.invalid",
            "faceMap",
        ),
        (
            user.verify_fingerprint(ott, "another"),
            "device.fingerprint.invalid",
            "deviceFingerprint",
        ),
    ):
        refused(answer, 400, code)
        assert answer.json["errors"][0]["path"] == path
        assert answer.headers["content-type"] == "application/json"
    shown = user.status(ott).json["oneTimeTokenProperties"]["challenges"]
    assert len(shown) == 2, "nothing was proved"


def test_nothing_to_compare_with_is_404(grace: WiseUser):
    ott = asked(grace)
    refused(grace.verify_face(ott), 404, "facemap.not.setup")
    other = enrolled(grace.partner, "pin", "face")
    ott = asked(other)
    for channel in ("sms", "whatsapp", "voice"):
        refused(other.trigger(ott, channel), 404, "phone.number.not.setup")
    refused(other.verify_code(ott), 400, "otp.not.triggered")
    only = enrolled(grace.partner, "phone", "face")
    refused(only.verify_pin(asked(only)), 404, "pin.not.setup")


VERIFY = {
    "pin": lambda user, ott: user.verify_pin(ott, WRONG_PIN),
    "face": lambda user, ott: user.verify_face(ott, b"another"),
    "fingerprint": lambda user, ott: user.verify_fingerprint(ott, "another"),
    "code": lambda user, ott: user.verify_code(ott, WRONG_CODE),
}


@pytest.mark.parametrize("factor", VERIFY)
def test_five_of_one_factor_block_everything_for_a_quarter_of_an_hour(user: WiseUser, factor: str):
    transfer = user.new_transfer()
    user.new_balance()
    ott = ott_of(user.fund(transfer))
    assert user.trigger(ott).status == 200
    for _ in range(4):
        assert VERIFY[factor](user, ott).status == 400
    assert ott_of(user.fund(transfer)) == ott, "four do not"
    assert VERIFY[factor](user, ott).status == 400
    everything_is_blocked(user, ott, QUARTER)
    user.server.advance(QUARTER - 60)
    everything_is_blocked(user, ott, 60)
    user.server.advance(60)
    assert ott_of(user.fund(transfer)) == ott
    user.clear(ott)
    assert user.fund(transfer, approval=ott).status == 200


def test_the_channels_share_one_budget(grace: WiseUser):
    ott = asked(grace)
    for channel, times in (("sms", 2), ("whatsapp", 2), ("voice", 1)):
        is_free = grace.trigger(ott, channel)
        assert is_free.status == 200
        for _ in range(times):
            refused(grace.verify_code(ott, WRONG_CODE, channel), 400, "otp.invalid")
        grace.server.advance(15)
    is_blocked(grace.fund(grace.new_transfer()), QUARTER - 15)


def test_factors_are_counted_apart(grace: WiseUser):
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    wrong_pins(grace, ott, 4)
    for _ in range(4):
        refused(grace.verify_code(ott, WRONG_CODE), 400, "otp.invalid")
    assert asked(grace)


def test_a_right_answer_sets_only_its_own_count_back(grace: WiseUser):
    ott = asked(grace)
    assert grace.trigger(ott).status == 200
    wrong_pins(grace, ott, 4)
    assert grace.verify_code(ott, CODE).status == 200
    wrong_pins(grace, ott, 1)
    is_blocked(grace.fund(grace.new_transfer()), QUARTER)


def test_a_right_answer_begins_the_count_anew(grace: WiseUser):
    ott = asked(grace)
    for _ in range(2):
        wrong_pins(grace, ott, 4)
        assert grace.verify_pin(ott).status == 200


def test_it_is_the_person_who_is_counted(grace: WiseUser):
    """Over all tokens; and nobody else."""
    for _ in range(5):
        wrong_pins(grace, asked(grace), 1)
    is_blocked(grace.fund(grace.new_transfer()), QUARTER)
    for other in (enrolled(grace.partner), enrolled(another_programme(grace.partner))):
        assert asked(other)


def test_a_new_pin_does_not_lift_a_block(grace: WiseUser):
    wrong_pins(grace, asked(grace), 5)
    assert grace.delete_pin().status == 204
    assert grace.set_pin("4321").status == 204
    is_blocked(grace.fund(grace.new_transfer()), QUARTER)


def test_a_block_closes_the_five_minutes_too(grace: WiseUser):
    balance = grace.new_balance()
    ott = ott_of(grace.statement(balance))
    grace.clear(ott)
    assert grace.statement(balance).status == 200, "low risk: it stands"
    wrong_pins(grace, asked(grace), 5)
    is_blocked(grace.statement(balance), QUARTER)
    is_blocked(grace.statement(balance, approval=ott), QUARTER)


def test_the_third_block_in_a_row_is_for_good(grace: WiseUser):
    for block, told in ((1, "blocked for 15 minutes"), (2, "If this happens once more")):
        wrong_pins(grace, asked(grace), 5)
        assert len(warnings(grace)) == block, "the person is told once of each"
        assert told in warnings(grace)[0]
        grace.server.advance(QUARTER)
    wrong_pins(grace, asked(grace), 5)
    for _ in range(2):
        answer = grace.fund(grace.new_transfer())
        refused(answer, 429, "verification.blocked")
        assert answer.headers["retry-after"] == A_DAY
        grace.server.advance(40_000)
    assert len(warnings(grace)) == 3
    assert "blocked until you contact us" in warnings(grace)[0]


def warnings(user: WiseUser) -> list[str]:
    bodies = [str(mail["body"]) for mail in user.server.mails(user.email)]
    return [body for body in bodies if "wrong PIN" in body]


def test_a_block_of_a_factor_that_does_not_count_blocks_nothing(bank: Partner):
    bank.server.settings(fingerprint_is_possession=True)
    user = enrolled(bank, *FACTORS)
    ott = asked(user)
    for _ in range(5):
        refused(user.verify_fingerprint(ott, "x"), 400, "device.fingerprint.invalid")
    is_blocked(user.fund(user.new_transfer()), QUARTER)
    bank.server.settings(fingerprint_is_possession=False)
    assert asked(user)
