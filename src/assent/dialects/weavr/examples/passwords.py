"""Passwords and passcodes."""

from typing import Final

from assent.dialects.weavr.examples.values import (
    EMAIL,
    PASSWORD_SET,
    TOKEN,
    TYPED,
    TYPED_AGAIN,
    USER,
)
from assent.dialects.weavr.examples.words import PASSWORDS, Words
from assent.http.openapi import Example

WORDS: Final[dict[str, Words]] = {
    "POST /passwords/{user_id}/create": Words(
        id="createPassword",
        tag=PASSWORDS,
        summary="Set a person's first password or passcode",
        about=(
            "Logs the person in. Once they have proved another factor, a second secret beside the "
            "first takes a stepped-up session of theirs as well."
        ),
        example=Example(
            params={"user_id": USER},
            body={"password": {"value": TYPED}},
            reply=PASSWORD_SET,
        ),
    ),
    "POST /passwords/update": Words(
        id="updatePassword",
        tag=PASSWORDS,
        summary="Change a password or passcode",
        about=(
            "Takes a stepped-up session, or the temporary token of an expired password. Every "
            "session of the person ends; the answer's token is of the level of the one that asked."
        ),
        example=Example(
            body={"oldPassword": {"value": TYPED}, "newPassword": {"value": TYPED_AGAIN}},
            reply=PASSWORD_SET,
        ),
    ),
    "POST /passwords/validate": Words(
        id="validatePassword",
        tag=PASSWORDS,
        summary="Check a password or passcode against the policy",
        about="A token of the secure fields is not used up by the check.",
        example=Example(body={"password": {"value": TYPED}}),
    ),
    "POST /passwords/lost_password/start": Words(
        id="startLostPassword",
        tag=PASSWORDS,
        summary="Send a link and a code for a lost password",
        about="By e-mail, to the address of the body. 204 does not say whether somebody has it.",
        example=Example(body={"email": EMAIL}),
    ),
    "POST /passwords/lost_password/resume": Words(
        id="resumeLostPassword",
        tag=PASSWORDS,
        summary="Set a new password with the code",
        about=(
            "Ends every session of the person and revokes what a step-up had allowed. A block "
            "after too many wrong passwords is lifted."
        ),
        example=Example(
            body={"nonce": "123456", "email": EMAIL, "newPassword": {"value": TYPED_AGAIN}},
            reply={"token": TOKEN},
        ),
    ),
}
