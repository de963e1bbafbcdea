"""Traces, read by a collector in this process."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.collector import Collector, attributes, collecting
from tests.support.processes import Sandbox, sandbox, until
from tests.support.weavr import log_in, new_person

LOGIN = "POST /multi/login_with_password"
CHEAP = {"ASSENT_PASSWORDS_MEMORY_KIB": "7168", "ASSENT_PASSWORDS_PASSES": "1"}
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@contextmanager
def traced(place: Path, collector: Collector, **settings: str) -> Iterator[Sandbox]:
    told = {**CHEAP, "ASSENT_TELEMETRY_OTLP_URL": collector.url, **settings}
    with sandbox(place, settings=told) as box:
        yield box


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


def test_a_call_with_all_that_it_asked_of_the_database(
    tmp_path: Path, collector: Collector
) -> None:
    with traced(tmp_path, collector, ASSENT_TELEMETRY_AUTHORIZATION="Bearer of-the-test") as box:
        other = new_person(box.server)
        assert log_in(box.server, other.email).status == 200
        person = new_person(box.server)
        answer = log_in(box.server, person.email)
        until("both arrive", lambda: len(collector.named(LOGIN)) == 2)
    first, call = sorted(collector.named(LOGIN), key=lambda span: span.start_time_unix_nano)
    texts = [
        {attributes(one)["db.query.text"] for one in collector.children(span)}
        for span in (first, call)
    ]
    # the key is read once a second, by whichever call comes then
    asked = [{text for text in held if "programme_keys" not in text} for held in texts]
    assert asked[0] == asked[1] != set()  # of somebody else, the same: nothing says of whom
    assert attributes(call) == {
        "http.request.method": "POST",
        "http.route": "/multi/login_with_password",
        "http.response.status_code": "200",
        "assent.request_ref": answer.headers["request-ref"],
    }
    assert call.parent_span_id == b""
    parts = collector.children(call)
    assert {part.name for part in parts} == {"store read", "store commit"}
    for part in parts:
        assert part.trace_id == call.trace_id
        assert call.start_time_unix_nano <= part.start_time_unix_nano
        assert part.end_time_unix_nano <= call.end_time_unix_nano
        assert attributes(part).keys() == {"db.query.text"}
    path, headers = collector.posts[0]
    assert path == "/v1/traces"
    assert headers["authorization"] == "Bearer of-the-test"
    assert collector.resources[0]["service.name"] == "assent"


def test_a_refused_call_says_why(tmp_path: Path, collector: Collector) -> None:
    with traced(tmp_path, collector) as box:
        box.server.call("GET", "/multi/consumers", headers={"api-key": "nobody's"})
        until("it arrives", lambda: collector.named("GET /multi/consumers"))
    (call,) = collector.named("GET /multi/consumers")
    assert attributes(call)["assent.refusal"] == "caller_unknown"


def test_messages_are_traces_of_their_own(tmp_path: Path, collector: Collector) -> None:
    with traced(tmp_path, collector) as box:
        assert new_person(box.server).enrol().status == 204
        until("it arrives", lambda: collector.named("send sms"))
    (sent,) = collector.named("send sms")
    assert attributes(sent) == {
        "assent.channel": "sms",
        "assent.tries": "1",
        "assent.state": "sent",
    }


def test_the_callers_trace_is_a_link_and_never_the_parent(
    tmp_path: Path, collector: Collector
) -> None:
    """Anybody may send that header: they would choose our trace ids and what is followed."""
    odd = ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", "x" * 9_000, PARENT + "\t", PARENT.upper())
    with traced(tmp_path, collector) as box:
        for header in (PARENT, *odd):
            headers = {**box.server.api, "traceparent": header}
            box.server.call("GET", "/multi/consumers", headers=headers)
        until("all arrive", lambda: len(collector.named("GET /multi/consumers")) == 5)
    calls = collector.named("GET /multi/consumers")
    linked = [call for call in calls if call.links]
    assert len(linked) == 1
    assert linked[0].links[0].trace_id.hex() == PARENT.split("-")[1]
    assert PARENT.split("-")[1] not in {call.trace_id.hex() for call in calls}
    assert all(call.parent_span_id == b"" for call in calls)


def test_nobody_can_ask_to_be_followed(tmp_path: Path, collector: Collector) -> None:
    with traced(tmp_path, collector, ASSENT_TELEMETRY_PERCENT="0") as box:
        for _ in range(20):
            headers = {**box.server.api, "traceparent": PARENT}
            box.server.call("GET", "/multi/consumers", headers=headers)
    assert collector.spans == []


def _lines(box: Sandbox, event: str) -> int:
    return sum(f'"{event}"' in line for line in box.log().splitlines())


def test_a_collector_that_is_away_is_said_once(tmp_path: Path, collector: Collector) -> None:
    with traced(tmp_path, collector) as box:
        collector.status = 404
        person = new_person(box.server)
        until("it is said", lambda: _lines(box, "traces_not_taken") == 1)
        tried = len(collector.posts)
        assert log_in(box.server, person.email).status == 200
        until("it is tried again", lambda: len(collector.posts) > tried)
        collector.status = 200
        assert log_in(box.server, person.email).status == 200
        until("it is back", lambda: _lines(box, "traces_taken_again") == 1)
    assert _lines(box, "traces_not_taken") == 1
    for line in box.log().splitlines():
        json.loads(line)  # no line but ours


def test_a_collector_that_hangs_holds_nobody_up(tmp_path: Path, collector: Collector) -> None:
    collector.held = threading.Event()
    with traced(tmp_path, collector) as box:
        person = new_person(box.server)
        for _ in range(30):  # far more spans than one batch
            assert log_in(box.server, person.email).status == 200
        box.process.terminate()
        assert box.process.wait(timeout=30) is not None
    assert "traces_lost_at_the_end" in box.log()


def test_a_redirect_is_not_followed(tmp_path: Path, collector: Collector) -> None:
    with collecting() as elsewhere, traced(tmp_path, collector) as box:
        collector.status, collector.location = 307, f"{elsewhere.url}/v1/traces"
        new_person(box.server)
        until("it is told", lambda: _lines(box, "traces_not_taken") == 1)
        assert elsewhere.posts == []
