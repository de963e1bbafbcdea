"""Calls over HTTP as a test makes them: plain, one connection each, no proxy in between."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_LONGEST_CALL_SECONDS = 70
"""More than the longest delay that the sandbox's faults can order."""


class NoAnswer(Exception):
    """Nobody listens there, or whoever does broke off."""


class Refused(Exception):
    """A call that a helper depends on was not answered with 2xx. `answer` is what came."""

    def __init__(self, answer: "Answer", then_do: str = "") -> None:
        self.answer = answer
        text = answer.body.decode(errors="replace")
        super().__init__(f"{answer.asked} answered {answer.status}: {text}\n{then_do}".rstrip())


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    asked: str = ""
    """Method and path."""

    @property
    def json(self) -> Any:
        """The body, read. ValueError where it is not JSON."""
        return json.loads(self.body)

    def wanted(self, then_do: str = "") -> "Answer":
        """The same if it is 2xx; Refused otherwise, saying what came and what to do."""
        if not 200 <= self.status < 300:
            raise Refused(self, then_do)
        return self


def call(
    base_url: str,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One call. `body` goes as it is where it is bytes, and as JSON otherwise. Any status is an
    answer; redirects are not followed. NoAnswer where none comes."""
    octets = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    if octets:
        sent.setdefault("content-type", "application/json")
    address = urlsplit(base_url)
    secure = address.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    link = kind(address.hostname or "", address.port, timeout=_LONGEST_CALL_SECONDS)
    try:
        link.request(method, address.path.rstrip("/") + path, octets, sent)
        came = link.getresponse()
        named = {name.lower(): value for name, value in came.getheaders()}
        return Answer(came.status, named, came.read(), f"{method} {path}")
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{method} {base_url}{path}: {error!r}. Does the sandbox run?") from error
    finally:
        link.close()
