"""Log-in, identities, the back office."""

from typing import Final

from assent.dialects.weavr.examples.values import (
    CHALLENGE,
    CONSUMER,
    EMAIL,
    ROOT,
    TOKEN,
    TYPED,
)
from assent.dialects.weavr.examples.words import ACCESS, BACK_OFFICE, Words
from assent.http.openapi import Example

WORDS: Final[dict[str, Words]] = {
    "POST /login_with_password": Words(
        id="loginWithPassword",
        tag=ACCESS,
        summary="Log in with a password or passcode",
        about=(
            "The answer's token goes into `Authorization: Bearer` and lives for five minutes from "
            "its last use. One of type AUTH only chooses an identity at `/access_token`. 409 "
            "carries a token too: the password has expired, and that token renews it."
        ),
        example=Example(
            body={"email": EMAIL, "password": {"value": TYPED}},
            reply={
                "token": TOKEN,
                "tokenType": "ACCESS",
                "identity": CONSUMER,
                "credentials": ROOT,
            },
        ),
    ),
    "POST /login_via_biometrics": Words(
        id="loginViaBiometrics",
        tag=ACCESS,
        summary="Log in by approving on a device",
        about=(
            "The person's devices are asked. The one that approves is given a one-time token, "
            "which `/access_token` exchanges for a stepped-up session. Call it from your server "
            "only: its answer tells whether somebody has a device. `number` is there only where "
            "the programme has numbers matched."
        ),
        example=Example(body={"email": EMAIL}, reply={"challengeId": CHALLENGE}),
    ),
    "POST /logout": Words(
        id="logout",
        tag=ACCESS,
        summary="Log out",
        about="Ends the session. Its token is invalid from then on.",
        example=Example(),
    ),
    "POST /access_token": Words(
        id="accessToken",
        tag=ACCESS,
        summary="Choose an identity, or finish a log-in on a device",
        about=(
            "Answers a token that acts for one of the person's identities. With `token`, the "
            "one-time token of a log-in on a device, no bearer is needed, and the session is "
            "stepped up."
        ),
        example=Example(
            body={"identity": CONSUMER},
            reply={
                "token": TOKEN,
                "identity": CONSUMER,
                "credentials": ROOT,
                "status": "STANDARD",
            },
        ),
    ),
    "GET /identities": Words(
        id="listIdentities",
        tag=ACCESS,
        summary="List the person's identities",
        about="The consumers and corporates that the person may act for; see `/access_token`.",
        example=Example(
            params={"offset": 0, "limit": 10},
            reply={
                "identities": [{"id": CONSUMER, "name": "Ada Lovelace"}],
                "count": 1,
                "responseCount": 1,
            },
        ),
    ),
    "POST /backoffice/access_token": Words(
        id="backOfficeAccessToken",
        tag=BACK_OFFICE,
        summary="Get a read-only token for a person",
        about=(
            "The token reads what the person can read and changes nothing. Without `credentials` "
            "it is for the identity's root user. There is one such token for a person at a time."
        ),
        example=Example(
            body={"identity": CONSUMER, "credentials": ROOT},
            reply={"token": {"token": TOKEN}, "identity": CONSUMER, "credentials": ROOT},
        ),
    ),
    "POST /backoffice/impersonate_identity_login": Words(
        id="impersonateIdentityLogin",
        tag=BACK_OFFICE,
        summary="Get a read-only token (older name)",
        about="The same as `/backoffice/access_token`.",
        example=Example(
            body={"identity": CONSUMER},
            reply={"token": {"token": TOKEN}, "identity": CONSUMER, "credentials": ROOT},
        ),
    ),
}
