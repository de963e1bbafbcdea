"""How the core says no."""

import pytest

from assent.kernel.refusals import Code, Refusal


def test_every_reason_has_a_name_of_its_own():
    # a second member with a used value would silently be the first one
    assert len(Code.__members__) == len(set(Code))
    assert all(code.value == code.name.lower() for code in Code)


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (Refusal(Code.BUSY), "busy"),
        (Refusal(Code.NOT_FOUND, "no such factor"), "not_found: no such factor"),
        (Refusal(Code.ATTEMPTS_BLOCKED, retry_after=9), "attempts_blocked"),
    ],
)
def test_what_the_log_reads(refusal: Refusal, text: str):
    assert str(refusal) == text


def test_what_a_dialect_reads():
    refusal = Refusal(Code.RESEND_TOO_SOON, "third", retry_after=15)
    assert (refusal.code, refusal.detail, refusal.retry_after) == (
        Code.RESEND_TOO_SOON,
        "third",
        15,
    )
    assert Refusal(Code.BUSY).retry_after is None
