"""Factors, and step-up with them."""

from typing import Final

from assent.dialects.weavr.examples.values import CODE, SMS
from assent.dialects.weavr.examples.words import FACTORS, STEP_UP, Words
from assent.http.openapi import Example

WORDS: Final[dict[str, Words]] = {
    "GET /authentication_factors": Words(
        id="listAuthenticationFactors",
        tag=FACTORS,
        summary="List the person's factors",
        about="Passwords are not among them: only what was enrolled.",
        example=Example(reply={"factors": [{"type": "OTP", "channel": "SMS", "status": "ACTIVE"}]}),
    ),
    "POST /authentication_factors/otp/{channel}": Words(
        id="enrolOtp",
        tag=FACTORS,
        summary="Enrol the phone for one-time codes",
        about="Sends a code to the person's mobile. It is valid for five minutes.",
        example=Example(params=SMS),
    ),
    "POST /authentication_factors/otp/{channel}/verify": Words(
        id="verifyOtpEnrolment",
        tag=FACTORS,
        summary="Finish the enrolment with the code",
        about="The phone is enrolled and verified, and the session is stepped up.",
        example=Example(params=SMS, body=CODE),
    ),
    "POST /stepup/challenges/otp/{channel}": Words(
        id="startStepUp",
        tag=STEP_UP,
        summary="Send a code for a step-up",
        about="Another code can be sent after 15 seconds, and replaces this one.",
        example=Example(params=SMS),
    ),
    "POST /stepup/challenges/otp/{channel}/verify": Words(
        id="verifyStepUp",
        tag=STEP_UP,
        summary="Step the session up with the code",
        about="There is no new token: the session of the one that was sent is stepped up.",
        example=Example(params=SMS, body=CODE),
    ),
}
