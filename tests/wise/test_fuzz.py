"""Inputs nobody thought of: whatever is sent, the server answers in its envelopes and does not
break."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jose.made import jwe
from tests.support.client import Answer
from tests.support.jose_client import JoseClient
from tests.support.odd import changed, odd, often, text
from tests.support.processes import Sandbox
from tests.support.wise import Partner
from tests.wise.operations import JOSE_HEADERS, OPERATIONS, Operation
from tests.wise.people import FACTORS, asked, enrolled
from tests.wise.test_bad_input import ONE_GENERATION, bearer_of, in_an_envelope
from tests.wise.test_bad_jose import Room

EXPECTED = {200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 422, 429}
headers = st.dictionaries(
    st.sampled_from(
        [
            *("authorization", "one-time-token", "x-2fa-approval", "x-external-correlation-id"),
            *("accept", "content-type", "x-tw-jose-method", "accept-encoding", "origin", "host"),
        ]
    ),
    st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40
    ),
    max_size=3,
)


@pytest.fixture(scope="module")
def rooms(box: Sandbox, partner: JoseClient) -> Callable[..., Room]:
    """A person who has everything; another, where the one before may have been hurt."""
    bank = Partner(box.server.isolated(), partner)
    bank.server.settings(fingerprint_is_possession=True)
    held: list[Room] = []

    def room(refresh: bool = False) -> Room:
        if refresh or not held:
            held[:] = [Room(enrolled(bank, *FACTORS))]
        return held[0]

    return room


def sound(answer: Answer) -> int:
    assert answer.status in EXPECTED, (answer.status, answer.body)
    assert len(answer.headers["x-trace-id"]) == 32
    assert (answer.status == 204) == (answer.body == b"")
    if answer.status >= 400:
        assert in_an_envelope(answer)
    return answer.status


def sent(room: Room, operation: Operation, raw: bytes, more: dict[str, str]) -> Answer:
    """Inside a JWE, where there must be one."""
    own: dict[str, str] = {"one-time-token": "x"}
    if operation.encrypted and raw[:1] != b"\xff":  # some stay plain
        raw, own = jwe(room.key, None, raw).encode(), {**own, **JOSE_HEADERS}
    together = {**own, **bearer_of(operation, room.user), **more}
    path = operation.path_for(room.ids)
    return room.user.server.call(operation.method, path, None, together, raw)


@pytest.mark.parametrize("operation", ONE_GENERATION, ids=lambda operation: operation.name)
def test_bodies(rooms: Callable[..., Room], operation: Operation):
    room = rooms(refresh=True)
    ott = asked(room.user)
    seen = set()

    @often(12)
    @given(data=st.data())
    def fuzz(data: st.DataObject) -> None:
        raw = changed(data, operation.body)
        seen.add(sound(sent(room, operation, raw, {"one-time-token": ott})))

    fuzz()
    assert seen - {401}, "the calls got past the door"


@often(250)
@given(data=st.data(), more=headers)
def test_headers(rooms: Callable[..., Room], data: st.DataObject, more: dict[str, str]):
    operation = data.draw(st.sampled_from(OPERATIONS))
    body: Any = operation.body
    sound(sent(rooms(), operation, changed(data, body), more))


@often(250)
@given(data=st.data(), part=st.one_of(text, odd), query=st.one_of(text, odd))
def test_paths(rooms: Callable[..., Room], data: st.DataObject, part: str, query: str):
    room, operation = rooms(), data.draw(st.sampled_from(OPERATIONS))
    quoted = quote(part.encode("utf-8", "surrogatepass"), safe="")
    asked_for = quote(query.encode("utf-8", "surrogatepass"), safe="&=")
    path = operation.path_for(dict.fromkeys(room.ids, quoted))
    answer = room.user.server.call(
        operation.method,
        f"{path}{'&' if '?' in path else '?'}{asked_for}",
        operation.body,
        bearer_of(operation, room.user),
    )
    sound(answer)
