"""The frames' origin without a sandbox's help: nobody embeds until somebody is registered."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.client import Answer, Server
from tests.support.frames import Frame, by_query, loaded, page_of, ui_key_of
from tests.support.processes import Installation, Running, installation
from tests.support.weavr import PASSWORD, log_in, new_person, set_password

BUDGET = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("production")
    return installation(
        folder,
        f"sqlite:///{folder / 'assent.sqlite3'}",
        ASSENT_CALLS_PROGRAMME=f"{BUDGET}/3600",
        ASSENT_CALLS_ADDRESS="1000000/1",
    )


@pytest.fixture(scope="module")
def running(place: Installation) -> Iterator[Running]:
    with place.serve("production") as server:
        yield server
        assert "Traceback" not in server.log()


def listening(running: Running) -> dict[str, Any]:
    """What it said of its addresses."""
    events = [json.loads(line) for line in running.log().splitlines() if line.startswith("{")]
    return next(event for event in events if event["event"] == "listening")


def programme(place: Installation, running: Running, *settings: str) -> Server:
    """A new tenant, as an operator makes it."""
    made = json.loads(place.done("programme", "create", "Bank"))
    if settings:
        place.done("programme", "set", made["id"], *settings)
    told = {
        "programme": made,
        "profiles": made["profiles"],
        "frames_url": listening(running)["frames"],
    }
    return Server(told, running.server.base_url)


def policy(frame: Frame) -> list[str]:
    return frame.answer.headers["content-security-policy"].split("; ")


def embedding(frame: Frame, origin: str) -> Any:
    path = by_query("/embedding", ui_key=frame.ui_key)
    return frame.origin.call("GET", path, None, {"origin": origin}).json["problem"]


def test_nobody_embeds_until_a_page_is_registered(place: Installation, running: Running):
    frame = loaded(programme(place, running))
    assert "frame-ancestors 'none'" in policy(frame)
    assert (frame.told["origins"], frame.told["loopback"]) == ([], False)
    for origin in ("http://localhost:3000", "http://127.0.0.1", frame.origin.base_url, "null"):
        assert embedding(frame, origin) == "ORIGIN_NOT_REGISTERED"


def test_only_registered_pages_embed(place: Installation, running: Running):
    server = programme(place, running, "origins=https://bank.example,https://app.bank.example:8443")
    frame = loaded(server)
    those = f"https://bank.example https://app.bank.example:8443 {running.server.base_url}"
    assert f"frame-ancestors {those}" in policy(frame), "the last is the approval page's"
    assert embedding(frame, "https://bank.example") is None
    assert embedding(frame, "http://localhost:3000") == "ORIGIN_NOT_REGISTERED"
    place.done("programme", "set", server.credentials["programme"]["id"], "origins=")
    assert "frame-ancestors 'none'" in policy(loaded(programme(place, running)))


def test_a_password_from_a_frame_is_the_only_one_there_is(place: Installation, running: Running):
    server = programme(place, running, "origins=https://bank.example", "password_profile=weavr")
    frame, person = loaded(server), new_person(server, password="")
    assert set_password(server, person.user_id, PASSWORD).error == "TOKEN_NOT_FOUND"
    made = set_password(server, person.user_id, frame.token(PASSWORD))
    assert made.status == 200, made.body
    assert log_in(server, person.email, frame.token(PASSWORD)).status == 200
    body = {"ui_key": frame.ui_key, "token": f"Bearer {made.json['token']}"}

    def associate(origin: str) -> int:
        return frame.origin.call("POST", "/association", body, {"origin": origin}).status

    assert associate("https://bank.example") == 204
    assert associate("http://localhost:3000") == 403


def test_there_is_no_consent_page(running: Running):
    for path in ("/oauth/authorize", "/oauth/authorize/"):
        for method in ("GET", "POST"):
            assert running.server.call(method, path).status == 404


def test_the_approval_page_tells_registered_pages_only(place: Installation, running: Running):
    """Not even those of this machine, as a sandbox does."""
    host = "bank-of-approvals.example"
    programme(place, running, f"origins=https://{host}")
    assert running.server.call("GET", "/approve-api-action/").status == 200
    for origin, framed in (
        (f"https://{host}", f"https://{host}"),
        ("http://localhost:1", "'none'"),
    ):
        name = origin.partition("//")[2].partition(":")[0]
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": origin}
        form = f"ott=x&parentHostname={name}".encode()
        answer = running.server.call("POST", "/approve-api-action/", None, headers, raw=form)
        assert answer.status == 404
        assert f"frame-ancestors {framed};" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/playground", "/playground/", "/example", "/docs"])
def test_there_is_no_playground(running: Running, path: str):
    frames = Server({}, listening(running)["frames"])
    for server in (running.server, frames):
        answer = server.call("GET", path)
        assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND")


def test_frames_do_not_spend_the_programmes_calls(place: Installation, running: Running):
    """Everybody knows a UI key: it must not shut out the programme's own servers."""
    settings = ("plaintext_passwords=true", "password_profile=weavr")
    server, other = programme(place, running, *settings), programme(place, running)
    frame = loaded(server)

    def again() -> Answer:
        return frame.origin.call("GET", by_query("/field", ui_key=frame.ui_key))

    statuses = [again().status for _ in range(2 * BUDGET)]
    assert set(statuses) == {200}, "nor shut the frames of everybody else: addresses have budgets"
    body = {"password": {"value": PASSWORD}}
    path = "/multi/passwords/validate"
    assert server.call("POST", path, body, server.api).status == 204
    assert loaded(other).told, "nor another programme's"


def test_nor_the_other_way_round(place: Installation, running: Running):
    server = programme(place, running)
    statuses = [
        server.call("GET", "/multi/identities", None, server.bearer("x")).status
        for _ in range(BUDGET + 1)
    ]
    body = {"password": {"value": PASSWORD}}
    path = "/multi/passwords/validate"
    statuses += [server.call("POST", path, body, server.api).status for _ in range(BUDGET + 1)]
    assert statuses[-1] == 429
    assert loaded(server).token(PASSWORD)


HTTPS = "https://frames.example.com"


def frames_port(running: Running) -> int:
    """The other port it listens on, beside the operator's: its public name says nothing of it."""
    told = next(line for line in running.log().splitlines() if '"listening"' in line)
    known = {running.server.base_url, json.loads(told)["admin"]}
    links = psutil.Process(running.process.pid).net_connections("tcp4")
    listening = {link.laddr.port for link in links if link.status == psutil.CONN_LISTEN}
    (port,) = listening - {int(address.rpartition(":")[2]) for address in known}
    return int(port)


def test_over_tls_browsers_are_told_to_stay_there(tmp_path: Path):
    made = installation(tmp_path, f"sqlite:///{tmp_path / 'a.sqlite3'}")
    with made.serve("tls", ASSENT_SERVER_FRAMES_URL=HTTPS) as running:
        server = programme(made, running)
        assert server.credentials["frames_url"] == HTTPS
        ui_key, origin = ui_key_of(server), Server({}, f"http://localhost:{frames_port(running)}")
        answer = origin.call("GET", by_query("/field", ui_key=ui_key))
        frame = Frame(origin, ui_key, answer, page_of(answer.body).told)
        nowhere = origin.call("GET", "/nowhere")
        for one in (answer, nowhere):
            assert one.headers["strict-transport-security"].startswith("max-age=")
        assert frame.send(frame.seal(PASSWORD), origin=HTTPS).status == 200
        for other in (origin.base_url, f"{HTTPS}:443", f"{HTTPS}/", HTTPS.upper(), "null"):
            assert frame.send(frame.seal(PASSWORD), origin=other).status == 403
        script = running.server.call("GET", "/weavr-client-v2.js")
        assert json.dumps(HTTPS).encode() in script.body


def test_without_tls_they_are_not(place: Installation, running: Running):
    frame = loaded(programme(place, running))
    assert "strict-transport-security" not in frame.answer.headers


def test_a_server_with_one_origin_for_both_does_not_start(place: Installation):
    """Whatever runs on a page of the API's origin could read what people type."""
    for frames_url in ("https://api.example.com", "http://frames.example.com"):
        ended = place.run(
            "serve",
            ASSENT_SERVER_BASE_URL="https://API.example.com:443/",
            ASSENT_SERVER_FRAMES_URL=frames_url,
        )
        assert ended.returncode == 1
        assert "server.frames_url" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
