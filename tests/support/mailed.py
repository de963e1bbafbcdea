"""The calls about codes that go by e-mail, as a client of the Multi API would write them."""

import re
from typing import Any
from urllib.parse import quote

from tests.support.client import Answer, Server
from tests.support.weavr import CODE, NEW_PASSWORD, Person

GAP = 16
"""Seconds after which the next mail may be had."""
FULL_WIDTH = "\uff11\uff12\uff13\uff14\uff15\uff16"
"""Digits to Unicode, and to nobody's keypad."""
INVALID_NONCE = "INVALID_NONCE_OR_EMAIL"
INVALID_CODE = "VERIFICATION_CODE_INVALID"
INVALID_INVITE = "INVITE_OR_INVITE_CODE_INVALID"


def post(server: Server, path: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return server.call("POST", f"/multi{path}", body, {**server.api, **(headers or {})})


def send_code(server: Server, email: str, path: str = "consumers") -> Answer:
    return post(server, f"/{path}/verification/email/send", {"email": email})


def verify_code(server: Server, email: str, code: str = CODE, path: str = "consumers") -> Answer:
    body = {"email": email, "verificationCode": code}
    return post(server, f"/{path}/verification/email/verify", body)


def start(server: Server, email: str, **headers: str) -> Answer:
    return post(server, "/passwords/lost_password/start", {"email": email}, headers)


def resume(server: Server, email: str, code: str = CODE, password: str = NEW_PASSWORD) -> Answer:
    body = {"nonce": code, "email": email, "newPassword": {"value": password}}
    return post(server, "/passwords/lost_password/resume", body)


def invite(root: Person, user_id: str) -> Answer:
    return root.call("POST", f"/users/{user_id}/invite")


def validate_invite(server: Server, user_id: str, code: str = CODE) -> Answer:
    return post(server, f"/users/{user_id}/invite/validate", {"inviteCode": code})


def consume_invite(
    server: Server, user_id: str, code: str = CODE, password: str = NEW_PASSWORD, **more: Any
) -> Answer:
    body = {"inviteCode": code, "password": {"value": password}, **more}
    return post(server, f"/users/{user_id}/invite/consume", body)


def mailbox(server: Server, email: str) -> list[dict[str, Any]]:
    """What arrived at an address of any letters."""
    return server.mails(quote(email, safe="@"))


def codes(server: Server, email: str) -> list[str]:
    """Those that were mailed, newest first."""
    return [str(mail["code"]) for mail in server.mails(email) if mail["code"]]


def latest_code(server: Server, email: str) -> str:
    """The newest of them."""
    return codes(server, email)[0]


def links(mail: dict[str, Any]) -> list[str]:
    return re.findall(r"https?://\S+", mail["body"])
