"""What an encrypted operation's handler does with its answer."""

from typing import Any

import pytest

from assent.dialects.wise.encrypted import opened, sealed
from assent.domain.session import Caller
from assent.http.answer import NO_CONTENT, json_answer
from assent.http.jose.jwe import Opened
from assent.http.request import Request
from assent.http.route import Call
from assent.kernel.refusals import Code, Refusal
from tests.jose.house import JOSE, Partner, Room
from tests.support.jose_client import JoseClient

PATH = "/v2/profiles/1/pin/verify"
MESSAGE = Opened(b"", bytes(32))


def call_of(room: Room, body: bytes = b"", **headers: str) -> Call:
    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": "POST", "path": PATH, "query_string": b"", "headers": named}
    request = Request(scope, receive, {}, "127.0.0.1", "ref")
    return Call(room.house, request, Caller(programme=room.programme, client="bank"))


@pytest.mark.parametrize(
    ("accept", "encrypted"),
    [
        *((None, True), ("", True), (JOSE, True), ("*/*", True), ("application/*", True)),
        *(("application/json", False), ("application/json, */*;q=0.1", True)),
        *((f"application/json, {JOSE};q=0", False), ("text/plain", False)),
        *((f"application/json, {JOSE.upper()} ; q=0.5", True), ("*/*;q=0.0", False)),
    ],
)
async def test_the_answer_is_what_the_caller_takes(
    room: Room, partner: JoseClient, accept: str | None, encrypted: bool
):
    answer = json_answer({"a": 1}, 200, ((b"x-more", b"1"),))
    call = call_of(room) if accept is None else call_of(room, accept=accept)
    made = sealed(call, MESSAGE, answer)
    assert (made.status, made.headers) == (answer.status, answer.headers)
    if encrypted:
        assert made.type == JOSE.encode()
        assert partner.decrypt_direct(made.body.decode(), bytes(32)).json == {"a": 1}
    else:
        assert made == answer


async def test_an_empty_answer_stays_empty(room: Room):
    assert sealed(call_of(room), MESSAGE, NO_CONTENT) is NO_CONTENT


async def test_each_answer_has_an_initialization_vector_of_its_own(room: Room):
    call, answer = call_of(room), json_answer({})
    made = {sealed(call, MESSAGE, answer).body.split(b".")[2] for _ in range(5)}
    assert len(made) == 5


async def test_a_request_is_for_the_path_that_is_called(
    room: Room, bank: Partner, partner: JoseClient
):
    key = await bank.encryption_key()
    sent = partner.encrypt(b"{}", key, url=PATH)
    call = call_of(room, sent.token.encode(), x_tw_jose_method="jwe")
    assert (await opened(call)) == Opened(b"{}", sent.content_key, None)
    other = partner.encrypt(b"{}", key, url="/v1/user/pin")
    with pytest.raises(Refusal) as refused:
        await opened(call_of(room, other.token.encode(), x_tw_jose_method="jwe"))
    assert refused.value.code is Code.MESSAGE_UNREADABLE
