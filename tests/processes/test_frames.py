"""Frames with two servers behind one name: whichever answers, the other knows."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.processes.conftest import Pair
from tests.support.client import Answer, Server
from tests.support.frames import (
    Frame,
    by_query,
    content,
    frames_of,
    loaded,
    page_of,
    sealed,
    ui_key_of,
)
from tests.support.volley import Shot, counted, volley
from tests.support.weavr import PASSWORD, Person, new_person

MANY = 50
LONGER_THAN_A_KEY = 601


@pytest.fixture
def frames(pair: Pair) -> tuple[Server, Server]:
    left, right = (frames_of(server) for server in pair.servers)
    return left, right


@pytest.fixture
def ada(pair: Pair) -> Person:
    return new_person(pair.left.server)


def envelope(frame: Frame, to: Server, text: str) -> Shot:
    """Behind a balancer both have one name; here each is told its own."""
    path = by_query("/tokens", ui_key=frame.ui_key)
    return Shot(to, "POST", path, {"jwe": text}, {"origin": to.base_url})


def log_in(to: Server, person: Person, value: str) -> Shot:
    body = {"email": person.email, "password": {"value": value}}
    return Shot(to, "POST", "/multi/login_with_password", body, to.api)


def test_what_was_encrypted_for_one_server_opens_on_the_other_at_once(
    pair: Pair, frames: tuple[Server, Server]
) -> None:
    for _ in range(3):
        pair.advance(LONGER_THAN_A_KEY)  # a key that the other server has not seen
        frame = loaded(pair.left.server)
        answer = frame.send(frame.seal(PASSWORD), to=frames[1])
        assert answer.status == 200, answer.body
        path, body = "/multi/passwords/validate", {"password": {"value": answer.json["token"]}}
        for server in pair.servers:
            assert server.call("POST", path, body, server.api).status == 204


def test_a_key_made_by_one_server_is_the_others_too(pair: Pair) -> None:
    pair.advance(LONGER_THAN_A_KEY)
    kids = {loaded(pair.turn(number)).key["kid"] for number in range(4)}
    assert len(kids) == 1


def test_one_envelope_makes_one_token(pair: Pair, frames: tuple[Server, Server]) -> None:
    frame = loaded(pair.left.server)
    plain = content(frame.ui_key, PASSWORD)
    same = sealed(plain, frame.key)
    for texts in ([same] * MANY, [sealed(plain, frame.key) for _ in range(MANY)]):
        shots = [envelope(frame, frames[n % 2], text) for n, text in enumerate(texts)]
        answers = volley(shots)
        made = [answer for answer in answers if answer.status == 200]
        assert len(made) == (1 if texts[0] == same else 0)
        others = {
            (answer.status, answer.json["code"]) for answer in answers if answer.status != 200
        }
        assert others == {(409, "ENVELOPE_USED")}


def test_one_token_logs_in_once(pair: Pair, ada: Person) -> None:
    value = loaded(pair.left.server).token(PASSWORD)
    answers = volley([log_in(pair.turn(n), ada, value) for n in range(MANY)])
    assert counted(answers) == {"200": 1, "410": MANY - 1}
    assert pair.facts(ada, "session_opened") == 1


def test_one_token_changes_one_password(pair: Pair) -> None:
    """Another operation, the same token: whichever comes first has it."""
    people = [new_person(pair.left.server, password="") for _ in range(MANY)]
    value = loaded(pair.right.server).token(PASSWORD)
    body = {"password": {"value": value}}
    shots = [
        Shot(server, "POST", f"/multi/passwords/{person.user_id}/create", body, server.api)
        for person, server in zip(people, itertools.cycle(pair.servers), strict=False)
    ]
    assert counted(volley(shots)) == {"200": 1, "410": MANY - 1}


def test_many_envelopes_at_once_are_as_many_tokens(
    pair: Pair, frames: tuple[Server, Server]
) -> None:
    frame = loaded(pair.left.server)
    shots = [envelope(frame, frames[n % 2], frame.seal(PASSWORD)) for n in range(MANY)]
    answers = volley(shots)
    assert counted(answers) == {"200": MANY}
    assert len({answer.json["token"] for answer in answers}) == MANY


def test_two_servers_that_make_a_first_key_at_once_both_serve(
    pair: Pair, frames: tuple[Server, Server]
) -> None:
    """As when all start together: each page's envelope opens on either server."""
    pair.advance(2 * LONGER_THAN_A_KEY)
    ui_key = ui_key_of(pair.left.server)
    path = by_query("/field", ui_key=ui_key)
    answers = volley([Shot(frames[n % 2], "GET", path) for n in range(20)])
    assert counted(answers) == {"200": 20}

    def sent(number: int, answer: Answer) -> int:
        frame = Frame(frames[0], ui_key, answer, page_of(answer.body).told)
        return frame.send(frame.seal(PASSWORD), to=frames[number % 2]).status

    with ThreadPoolExecutor(8) as pool:
        numbers = itertools.count()
        assert set(pool.map(lambda one: sent(next(numbers), one), answers * 2)) == {200}


def test_an_expired_key_is_expired_on_both(pair: Pair, frames: tuple[Server, Server]) -> None:
    frame = loaded(pair.left.server)
    pair.advance(2 * LONGER_THAN_A_KEY)
    newer = set()
    for server in frames:
        answer = frame.send(frame.seal(PASSWORD), to=server)
        assert (answer.status, answer.json["code"]) == (409, "KEY_EXPIRED")
        again = sealed(content(frame.ui_key, PASSWORD), answer.json["key"])
        assert frame.send(again, to=server).status == 200
        newer.add(answer.json["key"]["kid"])
    assert len(newer) == 1
