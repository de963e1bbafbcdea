"""The Device API: calls that wait for a question."""

import http.client
import json
import socket
import threading
import time
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest

from tests.support.client import Server
from tests.support.device_client import API, Phone, asked, code_of, owner, person_headers
from tests.support.processes import until
from tests.support.volley import Shot
from tests.support.weavr import Person

LONG = 25
"""Seconds of a wait that is over before."""


@pytest.fixture
def pair(server: Server) -> tuple[Person, Phone]:
    return owner(server)


class Waiting:
    """A call that waits, on a connection of its own."""

    def __init__(self, phone: Phone, query: str) -> None:
        path = f"/challenges{query}"
        shot = Shot(phone.server, "GET", f"{API}{path}", None, phone.headers("GET", path))
        port = urlsplit(phone.server.base_url).port or 80
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=40)
        self._socket.sendall(shot.octets())
        self.answered_at = 0.0
        self.status, self.body = 0, b""
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        with (
            self._socket,
            closing(http.client.HTTPResponse(self._socket)) as answer,
            suppress(OSError, http.client.HTTPException),
        ):
            answer.begin()
            self.status, self.body = answer.status, answer.read()
        self.answered_at = time.monotonic()

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def ids(self) -> list[str]:
        """What it was answered, once it is."""
        self._thread.join()
        assert self.status == 200, (self.status, self.body)
        return [one["id"] for one in json.loads(self.body)["challenges"]]

    def hang_up(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()


def test_what_waits_already_is_answered_at_once(pair: tuple[Person, Phone]):
    person, phone = pair
    challenge = asked(person)
    start = time.monotonic()
    assert phone.pending(f"?wait={LONG}") == [challenge]
    assert phone.pending(f"?wait={LONG}&seen=1") == [challenge]
    assert phone.pending("?wait=0") == [challenge]
    assert time.monotonic() - start < LONG / 2


def test_a_question_wakes_whoever_waits(pair: tuple[Person, Phone]):
    person, phone = pair
    waiting = Waiting(phone, f"?wait={LONG}")
    challenge = asked(person)
    put = time.monotonic()
    assert waiting.ids() == [challenge]
    assert waiting.answered_at - put < LONG / 2


def test_a_second_question_and_the_end_of_the_first(pair: tuple[Person, Phone]):
    person, phone = pair
    first = asked(person)
    waiting = Waiting(phone, f"?wait={LONG}&seen={first}")
    second = asked(person.elsewhere())
    assert sorted(waiting.ids()) == sorted([first, second])
    waiting = Waiting(phone, f"?wait={LONG}&seen={second},{first}")
    assert phone.answer(first).status == 200
    assert waiting.ids() == [second]


def test_nothing_comes(pair: tuple[Person, Phone]):
    _, phone = pair
    start = time.monotonic()
    assert phone.pending("?wait=1") == []
    assert 0.9 < time.monotonic() - start < LONG / 2


def test_a_device_that_is_removed_while_it_waits(pair: tuple[Person, Phone]):
    person, phone = pair
    waiting = Waiting(phone, f"?wait={LONG}")
    session = person_headers(person.elsewhere().stepped_up())
    path = f"{API}/devices/{phone.id}"

    def removed() -> bool:
        return phone.server.call("DELETE", path, None, session).status == 204

    assert removed()
    until("it is told", lambda: waiting.over)
    assert waiting.status == 401
    assert json.loads(waiting.body)["code"] == "device_unknown"


def test_a_third_call_of_a_device_ends_the_oldest(pair: tuple[Person, Phone]):
    person, phone = pair
    calls = [Waiting(phone, f"?wait={LONG}") for _ in range(3)]
    until("one of them is answered", lambda: any(one.over for one in calls))
    assert next(one for one in calls if one.over).ids() == []
    challenge = asked(person)
    assert sorted(one.ids() for one in calls) == [[], [challenge], [challenge]]


def test_who_hangs_up_makes_room(pair: tuple[Person, Phone]):
    """Two may wait; whoever has gone is none of them."""
    person, phone = pair
    for _ in range(3):
        Waiting(phone, f"?wait={LONG}").hang_up()
    two = [Waiting(phone, f"?wait={LONG}") for _ in range(2)]
    challenge = asked(person)
    assert [one.ids() for one in two] == [[challenge], [challenge]]


def test_waiting_takes_a_device(pair: tuple[Person, Phone]):
    _, phone = pair
    answer = phone.server.call("GET", f"{API}/challenges?wait={LONG}", None, {"device": phone.id})
    assert code_of(answer) == (401, "proof_wrong")
