"""Factors, and step-up with them."""

from typing import Final

from assent.dialects.weavr.examples.values import AUTHY, BIOMETRIC, CHALLENGE, CODE, SMS
from assent.dialects.weavr.examples.words import FACTORS, STEP_UP, Words
from assent.http.openapi import Example

WORDS: Final[dict[str, Words]] = {
    "GET /authentication_factors": Words(
        id="listAuthenticationFactors",
        tag=FACTORS,
        summary="List the person's factors",
        about=(
            "Passwords are not among them: only what was enrolled. Several devices are one line, "
            "with the best status among them."
        ),
        example=Example(
            reply={
                "factors": [
                    {"type": "OTP", "channel": "SMS", "status": "ACTIVE"},
                    {"type": "BIOMETRIC", "channel": "BIOMETRIC", "status": "ACTIVE"},
                ]
            }
        ),
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
    "POST /authentication_factors/push/{channel}": Words(
        id="enrolPush",
        tag=FACTORS,
        summary="Enrol the app that approves by push",
        about=(
            "Needs a stepped-up session and a verified mobile. The person approves the enrolment "
            "in the app on that phone, within five minutes. Devices (BIOMETRIC) enrol themselves, "
            "by the device API."
        ),
        example=Example(params=AUTHY),
    ),
    "DELETE /authentication_factors/push/{channel}": Words(
        id="unlinkPush",
        tag=FACTORS,
        summary="Unlink the app, or all devices",
        about=(
            "Needs a stepped-up session. Whatever the person is being asked there is void, and no "
            "answer of theirs to it counts."
        ),
        example=Example(params=BIOMETRIC),
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
    "POST /stepup/challenges/push/{channel}": Words(
        id="startPushStepUp",
        tag=STEP_UP,
        summary="Ask for a step-up by push",
        about=(
            "All of the person's devices are asked, and the first answer decides; a newer question "
            "replaces this one. The session is stepped up once it is approved: see the session "
            "by what it may do, or wait for the webhook. `number` is there only where the "
            "programme has numbers matched: show it, and the person types it on the device."
        ),
        example=Example(params=BIOMETRIC, reply={"id": CHALLENGE}),
    ),
}
