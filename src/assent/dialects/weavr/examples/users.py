"""Authorised users and their invitations."""

from typing import Final

from assent.dialects.weavr.examples.values import (
    CODE,
    OTHER_EMAIL,
    OTHER_MOBILE,
    OTHER_USER,
    TOKEN,
    TYPED,
    user,
)
from assent.dialects.weavr.examples.words import USERS, Words
from assent.http.openapi import Example

_OF_GRACE = {"user_id": OTHER_USER}
_INVITED = {"inviteCode": "123456"}

WORDS: Final[dict[str, Words]] = {
    "POST /users": Words(
        id="createUser",
        tag=USERS,
        summary="Create an authorised user",
        about=(
            "Takes a stepped-up session. The user has no password yet: they are invited, or get "
            "one by `/passwords/{user_id}/create`."
        ),
        example=Example(
            body={
                "name": "Grace",
                "surname": "Hopper",
                "email": OTHER_EMAIL,
                "mobile": OTHER_MOBILE,
                "roles": ["FUNDS_MANAGEMENT_ROLE"],
            },
            reply=user(),
        ),
    ),
    "GET /users": Words(
        id="listUsers",
        tag=USERS,
        summary="List the users of the identity that the token acts for",
        about="A page of them; `count` is how many there are in all.",
        example=Example(
            params={"offset": 0, "limit": 10},
            reply={"users": [user()], "count": 1, "responseCount": 1},
        ),
    ),
    "GET /users/{user_id}": Words(
        id="getUser",
        tag=USERS,
        summary="Get a user",
        about="One of the identity that the token acts for.",
        example=Example(params=_OF_GRACE, reply=user()),
    ),
    "PATCH /users/{user_id}": Words(
        id="updateUser",
        tag=USERS,
        summary="Change a user",
        about="What is left out stays. A new mobile has to be enrolled again.",
        example=Example(
            params=_OF_GRACE,
            body={"surname": "Murray", "tag": "treasury"},
            reply=user(surname="Murray", tag="treasury"),
        ),
    ),
    "POST /users/{user_id}/activate": Words(
        id="activateUser",
        tag=USERS,
        summary="Activate a user",
        about="Takes a stepped-up session. Lets a deactivated user log in again; they are told.",
        example=Example(params=_OF_GRACE),
    ),
    "POST /users/{user_id}/deactivate": Words(
        id="deactivateUser",
        tag=USERS,
        summary="Deactivate a user",
        about=(
            "The user can no longer log in, every session of theirs ends, and they are told. One "
            "who acts for another identity too goes on there."
        ),
        example=Example(params=_OF_GRACE),
    ),
    "POST /users/{user_id}/invite": Words(
        id="inviteUser",
        tag=USERS,
        summary="Invite a user by e-mail",
        about=(
            "Mails a link and a code to the user, who accepts with "
            "`/users/{user_id}/invite/consume`."
        ),
        example=Example(params=_OF_GRACE),
    ),
    "POST /users/{user_id}/invite/validate": Words(
        id="validateInvite",
        tag=USERS,
        summary="Check the code of an invitation",
        about="The code is not used up by the check.",
        example=Example(params=_OF_GRACE, body=_INVITED),
    ),
    "POST /users/{user_id}/invite/consume": Words(
        id="consumeInvite",
        tag=USERS,
        summary="Accept an invitation with a first password",
        about="Logs the user in.",
        example=Example(
            params=_OF_GRACE,
            body={**_INVITED, "password": {"value": TYPED}},
            reply={"token": TOKEN},
        ),
    ),
    "POST /users/kyc": Words(
        id="startUserKyc",
        tag=USERS,
        summary="Start due diligence of a user",
        about=(
            "Of the user whose token is sent, or of the one that the body names. Takes a verified "
            "e-mail address and mobile of theirs, and the approval of their identity."
        ),
        example=Example(
            body={"userId": OTHER_USER},
            reply={"reference": "c0a3f0b8-4b0e-4f1b-9a54-7f9a7b2f4c11"},
        ),
    ),
    "POST /users/verification/email/send": Words(
        id="sendUserEmailVerification",
        tag=USERS,
        summary="Send a code to the e-mail address of an authorised user",
        about="A six-digit code by e-mail. The address must be that of an authorised user.",
        example=Example(body={"email": OTHER_EMAIL}),
    ),
    "POST /users/verification/email/verify": Words(
        id="verifyUserEmail",
        tag=USERS,
        summary="Verify the e-mail address of an authorised user",
        about="The code is valid for an hour, or until another one is sent.",
        example=Example(body={"email": OTHER_EMAIL, **CODE}),
    ),
}
