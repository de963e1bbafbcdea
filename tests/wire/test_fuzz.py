"""Inputs nobody thought of: whatever is sent, the server answers and does not break."""

import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.weavr import OPERATIONS, Operation, Person, enrolled_person

EXPECTED = {200, 204, 400, 401, 403, 404, 405, 409, 410, 413, 422, 423, 429}

text = st.text(st.characters(), max_size=30)
odd = st.sampled_from(
    [
        *("\x00", "\ud800", "\udfff\ud800", "\n", "123456\n", "\u0661" * 6, "\u202e", "a" * 300),
        *("cap_" + "0" * 39, "' OR 1=1 --", "%s", "{}", "\U0001f600", "e\u0301", "\uff21"),
    ]
)
numbers = st.one_of(
    st.integers(), st.sampled_from([2**53, 2**63, 2**64, -(2**63) - 1, 10**30]), st.floats()
)
leaves = st.one_of(st.none(), st.booleans(), numbers, text, odd)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(text, odd), inner, max_size=3)
    ),
    max_leaves=6,
)
headers = st.dictionaries(
    st.sampled_from(
        ["api-key", "authorization", "idempotency-ref", "content-type", "x-forwarded-for", "host"]
    ),
    st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40
    ),
    max_size=2,
)


@pytest.fixture(scope="module")
def people(box: Sandbox) -> Callable[..., Person]:
    """A stepped-up person, and another as soon as something ended that one's session."""
    server = box.server.isolated()
    held: list[Person] = []

    def someone(refresh: bool = False) -> Person:
        if refresh or not held:
            held[:] = [enrolled_person(server).stepped_up()]
        return held[0]

    return someone


def places(body: Any, path: tuple = ()) -> list[tuple]:
    """Every path into a body, its own included."""
    found = [path]
    if isinstance(body, dict):
        for key, inner in body.items():
            found += places(inner, (*path, key))
    return found


def changed(data: st.DataObject, body: Any) -> bytes:
    """A body that is right but for one or two places; or anything at all."""
    if body is None or data.draw(st.integers(0, 9)) == 0:
        return data.draw(st.one_of(st.binary(max_size=60), values.map(encoded)))
    body = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(places(body)))
        value = data.draw(values)
        if not path:
            if isinstance(body, dict):
                body[data.draw(st.one_of(text, odd))] = value
            continue
        inside = body
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = value
    return encoded(body)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def sound(answer: Answer) -> None:
    """In the dialect's own shape, with a reference."""
    assert answer.status in EXPECTED, (answer.status, answer.body)
    assert answer.headers["request-ref"]
    if answer.status == 400:
        assert set(answer.json) == {"message", "syntaxErrors"}
    elif answer.status in (404, 405, 409, 410, 413, 422):
        assert {"errorCode", "code", "token"} & set(answer.json)
    elif answer.status in (204, 401, 423, 429):
        assert answer.body == b""


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_bodies(people: Callable[..., Person], operation: Operation):
    seen = set()

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def fuzz(data: st.DataObject) -> None:
        person = people()
        raw = changed(data, operation.body(person))
        answer = operation.call(person, raw)
        if answer.status == 401:
            answer = operation.call(people(refresh=True), raw)
        sound(answer)
        seen.add(answer.status)

    fuzz()
    assert seen - {401}, "the calls got past the door"


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data(), sent=headers)
def test_headers(people: Callable[..., Person], data: st.DataObject, sent: dict[str, str]):
    operation = data.draw(st.sampled_from(OPERATIONS))
    person = people()
    together = {**operation.headers(person), **sent}
    path, body = operation.path_for(person), operation.body(person)
    sound(person.server.call(operation.method, path, body, together))


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data(), part=st.one_of(text, odd), query=st.one_of(text, odd))
def test_paths(people: Callable[..., Person], data: st.DataObject, part: str, query: str):
    operation = data.draw(st.sampled_from(OPERATIONS))
    person = people()
    quoted = quote(part.encode("utf-8", "surrogatepass"), safe="")
    path = operation.path.replace("{channel}", quoted).replace("{user_id}", quoted)
    asked = quote(query.encode("utf-8", "surrogatepass"), safe="&=")
    answer = person.server.call(
        operation.method,
        f"/multi{path}?offset={asked}&limit={quoted}",
        operation.body(person),
        operation.headers(person),
    )
    sound(answer)
