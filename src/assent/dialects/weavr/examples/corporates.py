"""Corporates."""

from typing import Final

from assent.dialects.weavr.examples.values import (
    CODE,
    COMPANY,
    CORPORATE_PROFILE,
    EMAIL,
    MOBILE,
    corporate,
)
from assent.dialects.weavr.examples.words import CORPORATES, Words
from assent.http.openapi import Example

WORDS: Final[dict[str, Words]] = {
    "POST /corporates": Words(
        id="createCorporate",
        tag=CORPORATES,
        summary="Create a corporate",
        about="With its root user, who has no password yet: see `/passwords/{user_id}/create`.",
        example=Example(
            body={
                "profileId": CORPORATE_PROFILE,
                "ipAddress": "203.0.113.7",
                "baseCurrency": "EUR",
                "company": COMPANY,
                "rootUser": {
                    "name": "Ada",
                    "surname": "Lovelace",
                    "email": EMAIL,
                    "mobile": MOBILE,
                    "companyPosition": "DIRECTOR",
                },
            },
            reply=corporate(
                emailVerified=False, mobileNumberVerified=False, passwordAlreadySet=False
            ),
        ),
    ),
    "GET /corporates": Words(
        id="getCorporate",
        tag=CORPORATES,
        summary="Get the corporate that the token acts for",
        about="With its company and its root user.",
        example=Example(reply=corporate()),
    ),
    "PATCH /corporates": Words(
        id="updateCorporate",
        tag=CORPORATES,
        summary="Change the corporate that the token acts for",
        about=(
            "What is left out stays. Another e-mail or mobile takes a stepped-up session once the "
            "person has proved a factor; the old address is told of it."
        ),
        example=Example(body={"surname": "King"}, reply=corporate(surname="King")),
    ),
    "POST /corporates/verification/email/send": Words(
        id="sendCorporateEmailVerification",
        tag=CORPORATES,
        summary="Send a code to the e-mail address of a corporate",
        about="A six-digit code by e-mail. The address must be that of a corporate's root user.",
        example=Example(body={"email": EMAIL}),
    ),
    "POST /corporates/verification/email/verify": Words(
        id="verifyCorporateEmail",
        tag=CORPORATES,
        summary="Verify the e-mail address of a corporate",
        about="The code is valid for an hour, or until another one is sent.",
        example=Example(body={"email": EMAIL, **CODE}),
    ),
    "POST /corporates/kyb": Words(
        id="startCorporateKyb",
        tag=CORPORATES,
        summary="Start due diligence of the corporate",
        about=(
            "Takes a verified e-mail address of the root user. In a sandbox the simulator decides."
        ),
        example=Example(reply={"reference": "1f0c7f58-8a44-4b7e-8a39-5d3c1c6f2e90"}),
    ),
    "GET /corporates/kyb": Words(
        id="getCorporateKyb",
        tag=CORPORATES,
        summary="Get the state of the corporate's due diligence",
        about="NOT_STARTED until it is started.",
        example=Example(reply={"kybStatus": "APPROVED", "ongoingKybStatus": "APPROVED"}),
    ),
}
