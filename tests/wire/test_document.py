"""Files as browsers and caches ask for them."""

import asyncio
import gzip
from typing import Any

import pytest

from assent.http.document import Document
from tests.support.client import Answer

BODY = b"void 0; // and a line that is long enough to be worth compressing\n" * 20


def ask(document: Document, method: str = "GET", **headers: str) -> Answer:
    """Through ASGI, as the server calls it."""
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("it has nothing to read")

    asyncio.run(document({"method": method, "headers": list(named.items())}, receive, send))
    start, body = sent
    names = [name for name, _ in start["headers"]]
    assert len(names) == len(set(names)), "a header that stands there twice"
    held = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], held, body["body"])


@pytest.fixture
def script() -> Document:
    return Document(BODY, "text/javascript", {"Cross-Origin-Resource-Policy": "cross-origin"}, 300)


def test_a_file_with_its_type(script: Document):
    answer = ask(script)
    assert (answer.status, answer.body) == (200, BODY)
    assert answer.headers == {
        "content-type": "text/javascript",
        "x-content-type-options": "nosniff",
        "cache-control": "public, max-age=300",
        "etag": answer.headers["etag"],
        "vary": "accept-encoding",
        "cross-origin-resource-policy": "cross-origin",
        "content-length": str(len(BODY)),
    }


def test_a_file_that_is_to_be_asked_for_each_time():
    assert ask(Document(BODY, "text/html")).headers["cache-control"] == "no-cache"


def test_a_page_that_is_no_success():
    answer = ask(Document(b"gone", "text/html", status=410))
    assert (answer.status, answer.body) == (410, b"gone")


@pytest.mark.parametrize(
    "accepted",
    ["gzip", "gzip, deflate, br", "br,GZIP", "deflate , gzip;q=0.5", "gzip; q=0.001", "gzip;q=1"],
)
def test_compressed_for_whoever_takes_that(script: Document, accepted: str):
    answer = ask(script, accept_encoding=accepted)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert len(answer.body) < len(BODY)
    assert gzip.decompress(answer.body) == BODY


@pytest.mark.parametrize(
    "accepted",
    [
        *("", "identity", "br", "gzip;q=0", "gzip;q=0.0", "gzip ; q = 0.000", "br, gzip;q=0, *"),
        *("notgzip", "gzip2", "identity;note=gzip"),
    ],
)
def test_as_it_is_for_whoever_does_not(script: Document, accepted: str):
    answer = ask(script, accept_encoding=accepted)
    assert "content-encoding" not in answer.headers
    assert answer.body == BODY


@pytest.mark.parametrize("body", [b"", b"short", bytes(range(256)) * 4])
def test_as_it_is_where_compressing_makes_it_no_smaller(body: bytes):
    answer = ask(Document(body, "text/plain"), accept_encoding="gzip")
    assert answer.body == body or len(answer.body) < len(body)
    assert answer.headers["vary"] == "accept-encoding"
    if len(body) < 200:
        assert "content-encoding" not in answer.headers


def test_nothing_for_whoever_has_it_already(script: Document):
    tag = ask(script).headers["etag"]
    strong = tag.removeprefix("W/")
    for known in (tag, strong, f'"a", {tag}', f'{strong} , W/"b"', f'W/"a",{tag},"c"', "*"):
        answer = ask(script, if_none_match=known, accept_encoding="gzip")
        assert (answer.status, answer.body) == (304, b""), known
        assert answer.headers["etag"] == tag
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["vary"] == "accept-encoding"
        assert "content-length" not in answer.headers  # 0 would be the length of what it has
        assert "content-encoding" not in answer.headers


def test_everything_for_whoever_has_another(script: Document):
    tag = ask(script).headers["etag"].removeprefix("W/")
    other = ask(Document(BODY + b"\n", "text/javascript")).headers["etag"]
    for known in ("", '""', '"a"', other, tag.strip('"'), tag[:-2] + '"', '"*"'):
        assert ask(script, if_none_match=known).body == BODY, known


def test_one_content_has_one_tag_on_every_server(script: Document):
    """Weak, because the compressed form has the same one."""
    same = Document(BODY, "text/javascript", max_age=1)
    tags = {
        ask(one, accept_encoding=coding).headers["etag"]
        for one in (script, same)
        for coding in ("", "gzip")
    }
    assert len(tags) == 1
    assert tags.pop().startswith('W/"')
    assert ask(script, accept_encoding="gzip").body == ask(same, accept_encoding="gzip").body


def test_only_a_head(script: Document):
    whole, head = ask(script, accept_encoding="gzip"), ask(script, "HEAD", accept_encoding="gzip")
    assert (head.status, head.body, head.headers) == (200, b"", whole.headers)
    tag = whole.headers["etag"]
    assert ask(script, "HEAD", if_none_match=tag).status == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_it_can_only_be_read(script: Document, method: str):
    """And what is said of that is as well protected as the file."""
    answer = ask(script, method)
    assert (answer.status, answer.json["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "etag" not in answer.headers
