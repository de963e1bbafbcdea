"""Firebase, played on a free port of this machine: tokens for a service account, and messages. It
checks signatures by code of its own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.signed import parts, rs256
from tests.support.stand_in import Quiet, listening

PROJECT, EMAIL, KEY_ID = "demo-bank", "push@demo-bank.example", "a1b2c3"
KEY = rsa.generate_private_key(65_537, 2_048)


def failure(status: str, code: str = "", words: str = "nothing of this is for the log") -> bytes:
    """As the API says no."""
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": code}] if code else []
    return json.dumps(
        {"error": {"code": 400, "message": words, "status": status, "details": details}}
    ).encode()


@dataclass
class Firebase:
    """Answers what it is told to."""

    origin: str = ""
    status: int = 200
    answer: bytes = b'{"name": "projects/demo-bank/messages/1"}'
    token_status: int = 200
    token_answer: bytes = b""
    """Empty: a token."""
    life: int = 3_599
    good: set[str] = field(default_factory=set)
    """Tokens that are taken; others are answered 401."""
    grants: list[dict[str, Any]] = field(default_factory=list)
    """The claims of each assertion."""
    received: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    def account(self, folder: Path, **changed: Any) -> Path:
        """The file that the console hands out."""
        pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        held = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": KEY_ID,
            "private_key": pem,
            "client_email": EMAIL,
            "token_uri": f"{self.origin}/token",
            **changed,
        }
        file = folder / "account.json"
        file.write_text(json.dumps(held))
        return file


@contextmanager
def firebase() -> Iterator[Firebase]:
    """Plain HTTP: it is this machine."""
    one = Firebase()

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"

        def posted(self, octets: bytes) -> None:
            try:
                if self.path == "/token":
                    self._token(octets)
                else:
                    self._message(octets)
            except Exception as error:
                one.complaints.append(repr(error))
                self.reply(500)

        def _token(self, octets: bytes) -> None:
            form = {name: values[0] for name, values in parse_qs(octets.decode()).items()}
            assert set(form) == {"grant_type", "assertion"}
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            rs256(form["assertion"], KEY.public_key())
            head, claims = parts(form["assertion"])
            assert head == {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}
            one.grants.append(claims)
            token = f"token-{len(one.grants)}"
            if one.token_status == 200:
                one.good.add(token)
            made = {"access_token": token, "expires_in": one.life, "token_type": "Bearer"}
            self.reply(one.token_status, one.token_answer or json.dumps(made).encode())

        def _message(self, octets: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            assert self.path == f"/v1/projects/{PROJECT}/messages:send"
            assert headers["content-type"].startswith("application/json")
            one.headers.append(headers)
            scheme, _, token = headers["authorization"].partition(" ")
            assert scheme == "Bearer"
            if token not in one.good:
                self.reply(401, failure("UNAUTHENTICATED"))
                return
            one.received.append(json.loads(octets))
            self.reply(one.status, one.answer)

    with listening(Handler, one.let_go) as origin:
        one.origin = origin
        yield one
