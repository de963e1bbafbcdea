"""A small HTTP client for tests: it sends exactly what it is told, odd headers included."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The errorCode of a conflict."""
        return str(self.json["errorCode"])


@dataclass
class Server:
    """A server that runs, with the credentials it announced."""

    credentials: dict[str, Any]
    base_url: str = ""
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base_url = self.base_url or self.credentials["base_url"]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        address = urlsplit(self.base_url)
        link = http.client.HTTPConnection("127.0.0.1", address.port, timeout=30)
        try:
            link.putrequest(method, path, skip_accept_encoding=True)
            octets = (
                raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
            )
            sent = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
            names = {name.lower() for name, _ in sent}
            if octets and "content-type" not in names:
                sent.append(("content-type", "application/json"))
            if "content-length" not in names and (octets or method in ("POST", "PATCH", "PUT")):
                sent.append(("content-length", str(len(octets))))
            for name, value in sent:
                link.putheader(name, value)
            link.endheaders(octets or None)
            answer = link.getresponse()
            return Answer(
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read(),
            )
        finally:
            link.close()

    # the keys

    @property
    def api(self) -> dict[str, str]:
        return {"api-key": self.credentials["programme"]["api_key"]}

    def bearer(self, token: str) -> dict[str, str]:
        return {**self.api, "authorization": f"Bearer {token}"}

    # the sandbox

    def sandbox(self, method: str, path: str, body: Any = None) -> Answer:
        key = {"sandbox-key": self.credentials["sandbox_key"]}
        return self.call(method, f"/sandbox{path}", body, key)

    def simulate(self, path: str) -> Answer:
        key = {"programme-key": self.credentials["simulator_key"]}
        return self.call("POST", f"/simulate/api{path}", None, key)

    def advance(self, seconds: int) -> None:
        answer = self.sandbox("POST", "/clock", {"advance_seconds": seconds})
        assert answer.status == 200, answer.body

    @property
    def now(self) -> int:
        """The server's clock in ms."""
        return int(self.sandbox("GET", "/clock").json["now"])

    def early_in_a_second(self) -> None:
        """Returns at the beginning of one of the server's seconds, by asking until it is one:
        what is counted in whole seconds then stands still for the next few calls."""
        for _ in range(5_000):
            if self.now % 1_000 < 200:
                return
        raise AssertionError("the server's clock stands still")

    def settings(self, **settings: Any) -> None:
        answer = self.sandbox("POST", "/settings", settings)
        assert answer.status == 200, answer.body

    def messages(self, number: str) -> list[dict[str, Any]]:
        answer = self.sandbox("GET", f"/phones/{number}/messages")
        assert answer.status == 200, answer.body
        return list(answer.json["messages"])

    def mails(self, email: str) -> list[dict[str, Any]]:
        answer = self.sandbox("GET", f"/mailboxes/{email}/messages")
        assert answer.status == 200, answer.body
        return list(answer.json["messages"])

    def isolated(self, name: str = "Test") -> "Server":
        """The same server, another programme, as parallel CI would have it."""
        answer = self.sandbox("POST", "/programmes", {"name": name})
        assert answer.status == 200, answer.body
        made = Server(answer.json, self.base_url)
        made.settings(plaintext_passwords=True, password_profile="weavr")
        return made
