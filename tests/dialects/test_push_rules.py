"""What no call reaches for long: a question that was refused as not theirs, seen by a call that is
under way."""

import pytest

from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.errors import refused
from assent.dialects.weavr.openapi import key
from assent.kernel.refusals import Code, Refusal

ROUTES = {key(route): route for route in Weavr().routes}


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    [
        ("POST /stepup/challenges/push/{channel}", 409, b'{"errorCode":"STATE_INVALID"}'),
        ("POST /stepup/challenges/otp/{channel}/verify", 409, b'{"errorCode":"STATE_INVALID"}'),
        # whose table has no name for it: what every call after it is answered
        ("POST /stepup/challenges/otp/{channel}", 401, b""),
    ],
)
def test_an_approval_that_was_locked_meanwhile(operation: str, status: int, body: bytes) -> None:
    answer = refused(ROUTES[operation], Refusal(Code.APPROVAL_LOCKED))
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("code", [Code.DEVICE_UNKNOWN, Code.LINK_UNKNOWN])
def test_what_only_the_device_api_knows_is_not_found_here(code: Code) -> None:
    assert refused(None, Refusal(code)).status == 404
