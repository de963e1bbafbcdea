"""Two servers that are reached by one address, as behind a balancer: proofs name that address, and
are good at either."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.support.client import Answer, Server
from tests.support.processes import Installation, Running


@contextmanager
def known_as(place: Installation, name: str, base_url: str, port: int = 0) -> Iterator[Running]:
    """A server behind an address that it shares with others: its own is in its log."""
    settings = {"ASSENT_SERVER_BASE_URL": base_url, "ASSENT_SERVER_PORT": str(port)}
    with place.serve(name, **settings) as running:
        (at,) = (
            json.loads(line)["api_at"]
            for line in running.log().splitlines()
            if '"event": "listening"' in line
        )
        server = Server(running.server.credentials, f"http://{at}")
        yield Running(running.process, server, running.log_file)


def on(server: Server, held: Server) -> Server:
    """The programme of one, by way of the other."""
    return Server(held.credentials, server.base_url)


def told(answer: Answer) -> str:
    """The status; and of a problem its code."""
    return str(answer.status) if answer.status < 400 else f"{answer.status} {answer.json['code']}"


def counts(answers: Sequence[Answer]) -> dict[str, int]:
    """How often each was told."""
    found: dict[str, int] = {}
    for one in answers:
        found[told(one)] = found.get(told(one), 0) + 1
    return found
