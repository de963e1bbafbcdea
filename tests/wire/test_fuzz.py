"""Inputs nobody thought of: whatever is sent, the server answers and does not break."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.client import Answer
from tests.support.odd import changed, odd, often, text
from tests.support.processes import Sandbox
from tests.support.weavr import OPERATIONS, Operation, Person, enrolled_person

EXPECTED = {200, 204, 400, 401, 403, 404, 405, 409, 410, 413, 422, 423, 429}

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

    @often(40)
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


@often(150)
@given(data=st.data(), sent=headers)
def test_headers(people: Callable[..., Person], data: st.DataObject, sent: dict[str, str]):
    operation = data.draw(st.sampled_from(OPERATIONS))
    person = people()
    together = {**operation.headers(person), **sent}
    path, body = operation.path_for(person), operation.body(person)
    sound(person.server.call(operation.method, path, body, together))


@often(150)
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
