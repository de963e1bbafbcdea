"""The conflicts of the operations about codes by e-mail, for tests/wire/test_conflicts.py."""

from collections.abc import Callable

from tests.support.business import enrolled_corporate, make_user, new_corporate
from tests.support.client import Answer, Server
from tests.support.mailed import (
    consume_invite,
    invite,
    resume,
    send_code,
    start,
    validate_invite,
    verify_code,
)
from tests.support.weavr import CODE, PASSWORD, WRONG, Person, new_person, set_password

START = "POST /passwords/lost_password/start"
RESUME = "POST /passwords/lost_password/resume"
INVITE = "POST /users/{user_id}/invite"
VALIDATE = f"{INVITE}/validate"
CONSUME = f"{INVITE}/consume"
SEND = {who: f"POST /{who}/verification/email/send" for who in ("corporates", "consumers", "users")}
VERIFY = {who: f"POST /{who}/verification/email/verify" for who in SEND}
_ONE_PERSON = "an address is one person's in a programme"

NOT_PRODUCED = {
    **{
        (calls[who], "EMAIL_NOT_UNIQUE"): _ONE_PERSON
        for calls in (SEND, VERIFY)
        for who in ("corporates", "consumers")
    },
    (START, "MULTIPLE_ACCOUNTS_FOUND"): _ONE_PERSON,
    (RESUME, "PASSWORD_INCORRECT"): "no old password is asked for",
    (CONSUME, "UNRESOLVED_IDENTITY"): "whoever is nobody is answered like a wrong code",
    (CONSUME, "PASSWORD_ALREADY_USED"): "it is the first one",
    (CONSUME, "PASSWORD_KEY_ALREADY_IN_USE"): "a password is known by its user, not by a key",
}
LABELS = {
    "`lost_password/start`": START,
    "`lost_password/resume`": RESUME,
    "`invite/consume`": CONSUME,
    "`corporates` e-mail send": SEND["corporates"],
    "`consumers` e-mail send": SEND["consumers"],
    "`corporates` e-mail verify": VERIFY["corporates"],
    "`consumers` e-mail verify": VERIFY["consumers"],
}

Scene = Callable[[Server], Answer]


def _user(server: Server) -> tuple[Person, str]:
    root = enrolled_corporate(server)
    return root, str(make_user(root).json["id"])


def _invited(server: Server) -> str:
    root, user_id = _user(server)
    assert invite(root, user_id).status == 204
    return user_id


def _invite_again(server: Server) -> Answer:
    root, user_id = _user(server)
    assert set_password(server, user_id, PASSWORD).status == 200
    return invite(root, user_id)


def _set_meanwhile(server: Server) -> Answer:
    user_id = _invited(server)
    assert set_password(server, user_id, PASSWORD).status == 200
    return consume_invite(server, user_id)


def _lost(server: Server, password: str = PASSWORD) -> str:
    email = new_person(server, password=password).email
    assert start(server, email).status == 204
    return email


def _told(server: Server) -> Answer:
    server.settings(tells_unknown_emails=True)
    return start(server, "nobody@example.com")


def _already(server: Server, who: str) -> Answer:
    email = new_corporate(server).email if who == "corporates" else new_person(server).email
    assert send_code(server, email, who).status == 204
    assert verify_code(server, email, CODE, who).status == 204
    return send_code(server, email, who)


def _unknown(who: str) -> Scene:
    return lambda server: send_code(server, "nobody@example.com", who)


def _wrong(who: str) -> Scene:
    return lambda server: verify_code(server, "nobody@example.com", CODE, who)


def _closed(server: Server) -> Answer:
    user_id = _invited(server)
    server.settings(credentials=["passcode"])
    return consume_invite(server, user_id)


def _policy(password: str) -> tuple[Scene, Scene]:
    return (
        lambda server: resume(server, _lost(server), CODE, password),
        lambda server: consume_invite(server, _invited(server), CODE, password),
    )


_SHORT, _LONG, _SIMPLE = _policy("Ab1-"), _policy("Ab1-" * 8), _policy("abcdefgh1")

PRODUCED: dict[tuple[str, str], Scene] = {
    (START, "ACCOUNT_NOT_FOUND"): _told,
    (RESUME, "INVALID_NONCE_OR_EMAIL"): lambda server: resume(server, _lost(server), WRONG),
    (RESUME, "PASSWORD_ALREADY_USED"): lambda server: resume(server, _lost(server), CODE, PASSWORD),
    (RESUME, "PASSWORD_TOO_SHORT"): _SHORT[0],
    (RESUME, "PASSWORD_TOO_LONG"): _LONG[0],
    (RESUME, "PASSWORD_TOO_SIMPLE"): _SIMPLE[0],
    (RESUME, "PASSWORD_NOT_SET"): lambda server: resume(server, _lost(server, password="")),
    (INVITE, "INVITE_ALREADY_CONSUMED"): _invite_again,
    (VALIDATE, "INVITE_OR_INVITE_CODE_INVALID"): lambda server: validate_invite(
        server, _invited(server), WRONG
    ),
    (CONSUME, "INVITE_OR_INVITE_CODE_INVALID"): lambda server: consume_invite(
        server, _invited(server), WRONG
    ),
    (CONSUME, "PASSWORD_ALREADY_CREATED"): _set_meanwhile,
    (CONSUME, "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"): _closed,
    (CONSUME, "PASSWORD_TOO_SHORT"): _SHORT[1],
    (CONSUME, "PASSWORD_TOO_LONG"): _LONG[1],
    (CONSUME, "PASSWORD_TOO_SIMPLE"): _SIMPLE[1],
    (SEND["corporates"], "ALREADY_VERIFIED"): lambda server: _already(server, "corporates"),
    (SEND["consumers"], "ALREADY_VERIFIED"): lambda server: _already(server, "consumers"),
    **{(operation, "EMAIL_NOT_FOUND"): _unknown(who) for who, operation in SEND.items()},
    **{(operation, "VERIFICATION_CODE_INVALID"): _wrong(who) for who, operation in VERIFY.items()},
}
