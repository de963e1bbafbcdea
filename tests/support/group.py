"""Several servers and workers on one PostgreSQL database, behind a proxy."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from tests.support import processes
from tests.support.client import Answer, Server
from tests.support.nginx import API, Proxy
from tests.support.processes import Installation, Running, until
from tests.support.sms_gateway import SmsGateway
from tests.support.weavr import Person

CONNECTIONS = 3
"""Of each process: few, so that one too many would show."""


def _process_of(answer: Answer) -> str:
    """Every process counts its answers from a number of its own."""
    return answer.headers["request-ref"][:16]


class Through(Server):
    """The servers as clients see them: through the proxy, on whichever is there."""

    proxy: Proxy

    def call(self, method, path, body=None, headers=None, raw=None) -> Answer:
        return self.proxy.call(API, method, path, body, dict(headers or {}))


@dataclass
class Group:
    """What the page describes."""

    place: Installation
    url: str
    servers: list[Running | None]
    ports: list[int]
    workers: list[Running]
    gateway: SmsGateway
    through: Through
    stack: ExitStack

    def server(self, number: int) -> Running:
        running = self.servers[number]
        assert running
        return running

    def start(self, number: int) -> None:
        """A server on its own two ports."""
        api, frames = self.ports[2 * number : 2 * number + 2]
        self.servers[number] = self.stack.enter_context(
            self.place.serve(
                f"server{number}",
                "--no-worker",
                ASSENT_SERVER_PORT=str(api),
                ASSENT_SERVER_FRAMES_PORT=str(frames),
            )
        )

    def used_again(self, number: int) -> None:
        """Until the proxy, which has passed over it for a while, sends calls to it."""
        path = "/.well-known/jwks.json"
        there = self.server(number).server

        def same() -> bool:
            return _process_of(self.through.call("GET", path)) == mine

        mine = _process_of(there.call("GET", path))
        until("the proxy uses it", same)

    def on(self, number: int, person: Person) -> Person:
        """The same person, whose call goes to that server."""
        there = Server(self.through.credentials, self.server(number).server.base_url)
        return replace(person, server=there)

    def code(self, person: Person) -> str:
        """Of the one message to that phone."""
        until("a message", lambda: self.gateway.to(person.phone))
        (message,) = self.gateway.to(person.phone)
        return re.findall(r"\b\d{6}\b", str(message.body))[0]


@contextmanager
def working(place: Installation, name: str) -> Iterator[Running]:
    """`assent worker` alone; there is nothing to call."""
    log = place.place / f"{name}.log"
    variables = processes.environment(place.settings)
    process = processes.logged(["worker"], variables, place.place, log)
    try:
        yield Running(process, Server({}, "http://localhost:1"), log)
    finally:
        processes.stop(process)
