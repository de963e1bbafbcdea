"""deploy/nginx/assent.conf, in a real nginx with TLS in front of a production server."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.nginx import API, EXAMPLE, FRAMES, Proxy, nginx
from tests.support.ports import free_ports
from tests.support.processes import Running, installation

FEW = 5
"""Calls a day that one address has here: the next window begins far from the test."""


@dataclass(frozen=True)
class Front:
    """A server, and what stands before it."""

    running: Running
    proxy: Proxy
    frames_port: int
    api: dict[str, str]
    ui_key: str


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    place = tmp_path_factory.mktemp("front")
    api, frames = free_ports(2)
    house = installation(
        place / "house",
        f"sqlite:///{place / 'one.sqlite3'}",
        ASSENT_SERVER_BASE_URL=f"https://{API}",
        ASSENT_SERVER_FRAMES_URL=f"https://{FRAMES}",
        ASSENT_SERVER_TRUSTED_PROXIES="127.0.0.1,::1",
        ASSENT_SERVER_PORT=str(api),
        ASSENT_SERVER_FRAMES_PORT=str(frames),
        ASSENT_CALLS_ADDRESS=f"{FEW}/86400",
    )
    made = json.loads(house.done("programme", "create", "Bank"))
    with (
        house.serve("server", ASSENT_SERVER_BASE_URL=f"http://localhost:{api}") as running,
        nginx(place / "nginx", [api], [frames]) as proxy,
    ):
        key = {"api-key": made["api_key"]}
        yield Front(running, proxy, frames, key, made["ui_key"])


def _validated(front: Front, source: str, forwarded: str = "") -> int:
    """The status of a call that is counted for its address."""
    headers = front.api | ({"x-forwarded-for": forwarded} if forwarded else {})
    path = "/multi/passwords/validate"
    return front.proxy.call(API, "POST", path, {}, headers, source).status


def test_calls_go_through_with_tls_that_holds(front: Front) -> None:
    answer = front.proxy.call(API, "POST", "/multi/passwords/validate", {}, front.api, "127.0.0.9")
    assert answer.status == 400  # from the server: an empty body
    assert "request-ref" in answer.headers
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["server"] == "nginx"  # and no version


def test_each_address_has_a_budget_of_its_own_whatever_it_writes_in_the_header(
    front: Front,
) -> None:
    """A caller who could choose the address would have as many budgets as there are addresses."""
    made_up = [f"198.51.100.{number}" for number in range(FEW)]
    statuses = [_validated(front, "127.0.0.2", one) for one in made_up]
    assert statuses == [400] * FEW
    assert _validated(front, "127.0.0.2", "198.51.100.77") == 429
    assert _validated(front, "127.0.0.2", "127.0.0.3") == 429
    assert _validated(front, "127.0.0.3") == 400  # nobody has used this one's up
    assert _validated(front, "127.0.0.3", "127.0.0.2") == 400


def test_what_is_for_those_inside_stays_there(front: Front) -> None:
    for path in ("/health/ready", "/health/live", "/health", "/metrics", "/sandbox/clock"):
        assert front.proxy.call(API, "GET", path, source="127.0.0.4").status == 404, path
    assert front.running.server.call("GET", "/health/ready").status == 200


def test_the_two_hosts_are_two_origins(front: Front) -> None:
    path = f"/field?ui_key={front.ui_key}"
    of_frames = front.proxy.call(FRAMES, "POST", "/multi/passwords/validate", {}, front.api)
    assert of_frames.status == 404
    assert front.proxy.call(FRAMES, "GET", path).status == 200
    sdk = front.proxy.call(API, "GET", "/weavr-client-v2.js")
    assert sdk.status == 200
    assert f"https://{FRAMES}".encode() in sdk.body
    assert front.proxy.call(FRAMES, "GET", "/weavr-client-v2.js").status == 404
    assert front.proxy.call(API, "GET", path).status == 404


def test_headers_of_frames_arrive_as_they_were_sent(front: Front) -> None:
    direct = http.client.HTTPConnection("127.0.0.1", front.frames_port, timeout=10)
    path = f"/field?ui_key={front.ui_key}"
    direct.request("GET", path)
    sent = {name.lower(): value for name, value in direct.getresponse().getheaders()}
    direct.close()
    assert "frame-ancestors" in sent["content-security-policy"]
    through = front.proxy.call(FRAMES, "GET", path, source="127.0.0.6").headers
    for name in set(sent) - {"date", "connection", "request-ref", "server", "content-length"}:
        assert through[name] == sent[name], name


def test_plain_http_and_other_names_lead_nowhere(front: Front) -> None:
    link = http.client.HTTPConnection("127.0.0.1", front.proxy.plain, timeout=10)
    link.request("GET", "/.well-known/jwks.json", headers={"host": API})
    answer = link.getresponse()
    assert (answer.status, answer.getheader("location")) == (403, None)
    link.close()
    told = front.proxy.call(API, "GET", "/.well-known/jwks.json", headers={"host": "evil.example"})
    assert told.status == 421


def test_a_body_that_is_too_long_does_not_reach_the_server(front: Front) -> None:
    body = {"password": {"value": "x" * 70_000}}
    answer = front.proxy.call(
        API, "POST", "/multi/passwords/validate", body, front.api, "127.0.0.5"
    )
    assert answer.status == 413
    assert "request-ref" not in answer.headers


def test_no_upstream_is_anything_but_the_two_ports() -> None:
    text = EXAMPLE.read_text()
    assert {line.split()[1] for line in text.splitlines() if "proxy_pass" in line} == {
        "http://assent_api;",
        "http://assent_frames;",
    }
