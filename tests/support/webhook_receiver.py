"""A firm's server, which checks signatures with code of its own and writes down what it is told."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.stand_in import Quiet, listening

BLOCK = 64


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104, spelt out: not by the function that the server uses."""
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    key = key.ljust(BLOCK, b"\0")
    inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in key) + message).digest()
    return hashlib.sha256(bytes(octet ^ 0x5C for octet in key) + inner).digest()


@dataclass
class Told:
    """One POST."""

    path: str
    headers: dict[str, str]
    octets: bytes
    answered: int = 0

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.octets))

    @property
    def reference(self) -> str:
        return self.headers["request-ref"]

    def signed_with(self, key: str) -> bool:
        """Both signatures, over what came."""
        call, moment = self.headers["call-ref"], self.headers["published-timestamp"]
        first = base64.b64encode(hmac_sha256(key.encode(), moment.encode())).decode()
        whole = call.encode() + self.octets + moment.encode()
        second = base64.b64encode(hmac_sha256(key.encode(), whole)).decode()
        return (first, second) == (self.headers["signature"], self.headers["signature-v2"])


@dataclass
class Receiver:
    """Answers what `does` says (0: nothing at all, and the line is cut), or `status`."""

    url: str = ""
    status: int = 204
    does: Callable[[Told], int] | None = None
    location: str = ""
    answer: bytes = b""
    told: list[Told] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def taken(self) -> list[Told]:
        """What was answered with 2xx."""
        return [one for one in self.told if 200 <= one.answered < 300]

    def hang(self, told: Told) -> int:
        """For `does`: no answer until it is let go."""
        self.let_go.wait(timeout=60)
        return 0


def by_password(told: Told) -> bool:
    """Whether it is a log-in's, by password."""
    return told.path.endswith("/login/watch") and told.body["type"] == "PASSWORD"


@contextmanager
def receiver(log_ins: bool = False) -> Iterator[Receiver]:
    """Listens on a free port of this machine. Log-ins by password, with which nearly everything
    begins that a test is about, are taken and not written down unless `log_ins`."""
    held = Receiver()

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"

        def posted(self, octets: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = Told(self.path, headers, octets)
            if not log_ins and by_password(told):
                self.reply(204, b"", held.location)
                return
            with held.lock:
                held.told.append(told)
            told.answered = held.does(told) if held.does else held.status
            if not told.answered:
                self.close_connection = True
                return
            # a 204 has no body
            self.reply(told.answered, held.answer if told.answered != 204 else b"", held.location)

    with listening(Handler, held.let_go) as origin:
        held.url = f"{origin}/hooks"
        yield held
