"""Consumers."""

from typing import Final

from assent.dialects.weavr.examples.values import (
    ADDRESS,
    BIRTH,
    CODE,
    EMAIL,
    MOBILE,
    PROFILE,
    consumer,
)
from assent.dialects.weavr.examples.words import CONSUMERS, Words
from assent.http.openapi import Example

WORDS: Final[dict[str, Words]] = {
    "POST /consumers": Words(
        id="createConsumer",
        tag=CONSUMERS,
        summary="Create a consumer",
        about="With its root user, who has no password yet: see `/passwords/{user_id}/create`.",
        example=Example(
            body={
                "profileId": PROFILE,
                "ipAddress": "203.0.113.7",
                "baseCurrency": "EUR",
                "rootUser": {
                    "name": "Ada",
                    "surname": "Lovelace",
                    "email": EMAIL,
                    "mobile": MOBILE,
                    "dateOfBirth": BIRTH,
                    "address": ADDRESS,
                },
            },
            reply=consumer(mobileNumberVerified=False, passwordAlreadySet=False),
        ),
    ),
    "GET /consumers": Words(
        id="getConsumer",
        tag=CONSUMERS,
        summary="Get the consumer that the token acts for",
        about="With its root user.",
        example=Example(reply=consumer()),
    ),
    "PATCH /consumers": Words(
        id="updateConsumer",
        tag=CONSUMERS,
        summary="Change the consumer that the token acts for",
        about=(
            "What is left out stays. Another e-mail or mobile takes a stepped-up session once the "
            "person has proved a factor; the old address is told of it."
        ),
        example=Example(
            body={"name": "Augusta", "address": {"city": "Birgu", "postCode": "BRG 1023"}},
            reply=consumer(
                name="Augusta", address={**ADDRESS, "city": "Birgu", "postCode": "BRG 1023"}
            ),
        ),
    ),
    "POST /consumers/verification/email/send": Words(
        id="sendConsumerEmailVerification",
        tag=CONSUMERS,
        summary="Send a code to the e-mail address of a consumer",
        about="A six-digit code by e-mail. The address must be that of a consumer's root user.",
        example=Example(body={"email": EMAIL}),
    ),
    "POST /consumers/verification/email/verify": Words(
        id="verifyConsumerEmail",
        tag=CONSUMERS,
        summary="Verify the e-mail address of a consumer",
        about="The code is valid for an hour, or until another one is sent.",
        example=Example(body={"email": EMAIL, **CODE}),
    ),
    "POST /consumers/kyc": Words(
        id="startConsumerKyc",
        tag=CONSUMERS,
        summary="Start due diligence of the consumer",
        about=(
            "Takes a verified e-mail address of the consumer. In a sandbox the simulator decides."
        ),
        example=Example(
            reply={"reference": "8c6cb6f2-2f7e-4c0e-9d53-0f2c5b6a1d77", "kycLevel": "KYC_LEVEL_2"}
        ),
    ),
    "GET /consumers/kyc": Words(
        id="getConsumerKyc",
        tag=CONSUMERS,
        summary="Get the state of the consumer's due diligence",
        about="NOT_STARTED until it is started.",
        example=Example(
            reply={
                "fullDueDiligence": "APPROVED",
                "ongoingFullDueDiligence": "APPROVED",
                "kycLevel": "KYC_LEVEL_2",
                "ongoingKycLevel": "KYC_LEVEL_2",
            }
        ),
    ),
}
