"""The frames' origin: who may hold a frame, and what becomes of what is typed into one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from assent.domain.capture import Embedders
from assent.domain.programme import KeyRole
from assent.frames.page import SCRIPT_PATH, page
from assent.usecases.manage_programme import rotate_key
from tests.support.client import Answer, Server
from tests.support.frames import (
    by_query,
    content,
    frames_of,
    loaded,
    page_of,
    sealed,
    ui_key_of,
)
from tests.support.frames_origin import (
    ELSEWHERE,
    LOOPBACK,
    associate,
    code,
    embedding,
    field,
    is_secured,
    policy,
    validate,
)
from tests.support.processes import Running, Sandbox, installation, until
from tests.support.sandboxes import opened
from tests.support.weavr import (
    PASSWORD,
    Person,
    log_in,
    new_person,
    set_password,
)

# the page


def test_the_page_of_a_field(server: Server):
    answer = field(server)
    is_secured(answer, policy(LOOPBACK), "cross-origin")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    made = page_of(answer.body)
    assert made.scripts == [SCRIPT_PATH]
    assert set(made.elements) <= {"html", "meta", "title", "script"}
    told = made.told
    assert (told["uiKey"], told["origins"], told["loopback"]) == (ui_key_of(server), [], True)
    assert set(told["key"]) == {"kty", "crv", "x", "y", "kid"}
    assert set(told) == {"uiKey", "origins", "loopback", "own", "key", "fields"}
    assert told["own"] == server.base_url
    assert set(told["fields"]) == {"password"}


def test_the_page_knows_the_programmes_fields(server: Server):
    server.settings(credentials=["passcode"], passcode_digits=6)
    assert page_of(field(server).body).told["fields"] == {"passCode": {"digits": 6}}


def test_only_registered_pages_may_hold_it(server: Server):
    origins = ["https://bank.example", "https://app.bank.example:8443", "http://localhost:3000"]
    server.settings(origins=origins)
    answer = field(server)
    those = [*origins, server.base_url]  # where the playground is
    is_secured(answer, policy(" ".join(those)), "cross-origin")
    told = page_of(answer.body).told
    assert (told["origins"], told["loopback"]) == (those, False)
    server.settings(origins=[])
    assert field(server).headers["content-security-policy"] == policy(LOOPBACK)


BAD_ORIGINS = (
    *("*", "null", "", "https://*.bank.example", "https://bank.example/", "http://bank.example"),
    *("https://bank.example; script-src *", "https://a https://b", "https://bank.example:443"),
    *("https://Bank.example", "https://b\u00fccher.example", "https://bank.example\r\nx-a: b"),
    *("https://localhost@evil.example", "http://localhost.evil.example", "https://[2001:db8::1]"),
)


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_what_is_no_origin_is_not_registered(server: Server, origin: str):
    key = {"sandbox-key": server.credentials["sandbox_key"]}
    body = {"origins": ["https://good.example", origin]}
    answer = server.call("POST", "/sandbox/settings", body, key)
    assert answer.status == 400
    assert answer.json["fields"][0]["field"].startswith("origins")
    assert field(server).headers["content-security-policy"] == policy(LOOPBACK)


def test_another_programmes_pages_are_not_this_ones(server: Server):
    other = server.isolated()
    server.settings(origins=["https://bank.example"])
    other.settings(origins=["https://other.example"])
    for one, csp in ((server, "https://bank.example"), (other, "https://other.example")):
        allowed = policy(f"{csp} {server.base_url}")
        assert field(one).headers["content-security-policy"] == allowed


def test_no_page_for_a_key_that_is_no_ui_key(server: Server):
    keys = server.credentials
    for ui_key in (
        *("nobody", keys["programme"]["api_key"], keys["simulator_key"], keys["sandbox_key"]),
        *(keys["programme"]["id"], ui_key_of(server)[:-1], f"{ui_key_of(server)} ", "*"),
        *(ui_key_of(server).lower(), f"{ui_key_of(server)}\0"),
    ):
        answer = field(server, ui_key)
        assert code(answer) == (404, "UI_KEY_UNKNOWN"), ui_key
        is_secured(answer)
        assert loaded(server).send("a.b.c.d.e").status == 400
        path = by_query("/tokens", ui_key=ui_key)
        by = {"origin": frames_of(server).base_url}
        assert code(frames_of(server).call("POST", path, {"jwe": "a"}, by))[0] == 404


async def test_a_retired_key_opens_nothing(box: Sandbox, server: Server):
    frame = loaded(server)
    envelope = frame.seal(PASSWORD)
    async with opened(box) as base:
        wanted = int(server.credentials["programme"]["id"])
        (programme,) = [one for one in await base.stores.programmes() if one.id == wanted]
        new = await rotate_key(base.world, programme, KeyRole.UI, "operator")
    until("the old key is forgotten", lambda: field(server).status == 404)
    assert code(frame.send(envelope)) == (404, "UI_KEY_UNKNOWN")
    assert embedding(server, "http://localhost").json == {"problem": "UI_KEY_UNKNOWN"}
    assert field(server, new).status == 200


@pytest.mark.parametrize(
    "query",
    [
        *("", "?", "?ui_key", "?ui_key=", "?ui_key=%00", "?UI_KEY=a", "?ui-key=a", "?=a", "?&&&"),
        *("?ui_key=%ff%fe", "?ui_key[]=a", "?ui_key=" + "a" * 10_000),
        "?ui_key=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "?ui_key=%22,%22origins%22:[%22https://evil.example%22],%22a%22:%22",
        "?ui_key=%E2%80%AE%0d%0ax-a:%20b",
        "?ui_key=' OR 1=1 --".replace(" ", "+"),
    ],
)
def test_a_hostile_key_is_unknown_and_comes_back_nowhere(server: Server, query: str):
    frames = frames_of(server)
    for method, path in (("GET", "/field"), ("GET", "/embedding"), ("POST", "/tokens")):
        by = {"origin": frames.base_url}
        answer = frames.call(method, path + query, {"jwe": "a"} if method == "POST" else None, by)
        is_secured(answer)
        assert answer.json in ({"code": "UI_KEY_UNKNOWN"}, {"problem": "UI_KEY_UNKNOWN"})
        assert "x-a" not in answer.headers


def test_more_parameters_than_anybody_sends(server: Server):
    answer = frames_of(server).call("GET", "/field?" + "&".join(f"a{n}=b" for n in range(100)))
    assert code(answer) == (400, "VALUE_REFUSED")
    is_secured(answer)


def test_of_two_keys_none_is_taken(server: Server):
    """Which of them is meant depends on who reads."""
    ui_key, other = ui_key_of(server), ui_key_of(server.isolated())
    for first in (ui_key, "nobody", "%0d%0ax-a:%20b"):
        answer = frames_of(server).call("GET", f"/field?ui_key={first}&ui_key={other}")
        assert code(answer) == (400, "VALUE_REFUSED")
        is_secured(answer)
        assert "x-a" not in answer.headers


@pytest.mark.parametrize(
    "ui_key",
    [
        '"><script>alert(1)</script>',
        "' onload='a",
        "</html>",
        "&quot;&#34;",
        '\\","a":"',
        "\x00é\u2028",
    ],
)
def test_whatever_a_key_holds_it_stays_in_its_place(ui_key: str):
    """No key has such letters; should one ever have them, it is text all the same."""
    made = page_of(page(ui_key, Embedders(), "https://bank.example", {}, {}).body)
    assert made.elements == ["html", "meta", "meta", "title", "script"]
    assert made.scripts == [SCRIPT_PATH]
    assert made.told["uiKey"] == ui_key


def test_the_only_script_there_is(server: Server):
    answer = frames_of(server).call("GET", SCRIPT_PATH)
    assert answer.status == 200
    is_secured(answer)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"].startswith("public, max-age=")
    again = {"if-none-match": answer.headers["etag"]}
    is_secured(frames_of(server).call("GET", SCRIPT_PATH, None, again))
    assert frames_of(server).call("GET", SCRIPT_PATH, None, again).status == 304
    head = frames_of(server).call("HEAD", SCRIPT_PATH)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.body))
    assert frames_of(server).call("GET", "/static/field.0000000000000000.js").status == 404


CALLS: tuple[tuple[str, str, Any, int], ...] = (
    ("GET", "/", None, 404),
    ("GET", "/favicon.ico", None, 404),
    ("GET", "//field", None, 404),
    ("GET", "/field/", None, 404),
    ("GET", "/static/../field", None, 404),
    ("HEAD", "/field", None, 405),
    ("POST", "/field", {}, 405),
    ("GET", "/tokens", None, 405),
    ("PUT", "/tokens", {}, 405),
    ("OPTIONS", "/tokens", None, 405),
    ("OPTIONS", "/association", None, 405),
    ("OPTIONS", "*", None, 404),
    ("POST", "/embedding", {}, 405),
    ("POST", SCRIPT_PATH, {}, 405),
    ("POST", "/tokens", {}, 403),
    ("POST", "/association", {}, 400),
    ("GET", "/health/live", None, 200),
    ("GET", "/health/ready", None, 200),
    ("POST", "/health/ready", {}, 405),
)


@pytest.mark.parametrize(("method", "path", "body", "status"), CALLS)
def test_every_answer_of_the_origin_is_secured(
    server: Server, method: str, path: str, body: Any, status: int
):
    answer = frames_of(server).call(method, path, body)
    assert answer.status == status
    is_secured(answer)


# who may embed, and with whose session


def problem(answer: Answer) -> Any:
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    is_secured(answer)
    return answer.json["problem"]


def test_why_a_frame_did_not_load(server: Server):
    for origin in ("http://localhost", "http://localhost:5173", "https://127.0.0.1:1"):
        assert problem(embedding(server, origin)) is None
    for other in (
        None,
        "null",
        "",
        ELSEWHERE,
        "http://[::1]:3000",
        "http://localhost.evil.example",
    ):
        assert problem(embedding(server, other)) == "ORIGIN_NOT_REGISTERED"
    assert problem(embedding(server, "http://localhost", "nobody")) == "UI_KEY_UNKNOWN"
    server.settings(origins=["https://bank.example"])
    assert problem(embedding(server, "https://bank.example")) is None
    for other in ("http://localhost", "https://bank.example/", "http://bank.example", "null"):
        assert problem(embedding(server, other)) == "ORIGIN_NOT_REGISTERED"


@pytest.fixture
def ada(server: Server) -> Person:
    return new_person(server)


def test_a_living_session_is_associated(server: Server, ada: Person):
    answer = associate(server, f"Bearer {ada.token}", "http://localhost:3000")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    is_secured(answer)


def refused(answer: Answer, status: int, name: str) -> None:
    assert code(answer) == (status, name)
    assert answer.headers["access-control-allow-origin"] == "*", "or the page could not read why"
    is_secured(answer)


def test_a_session_that_is_dead_is_not(server: Server, ada: Person):
    bearer, origin = f"Bearer {ada.token}", "http://localhost:3000"
    for other in (
        ada.token,
        "Bearer ",
        "Bearer x",
        f"{bearer}x",
        f"Basic {ada.token}",
        "Bearer a.b.c",
    ):
        refused(associate(server, other, origin), 401, "SESSION_GONE")
    assert ada.call("POST", "/logout").status == 204
    refused(associate(server, bearer, origin), 401, "SESSION_GONE")


def test_nor_one_that_idled_out(server: Server, ada: Person):
    server.advance(301)
    refused(associate(server, f"Bearer {ada.token}", "http://localhost"), 401, "SESSION_GONE")


def test_nor_another_programmes(server: Server, ada: Person):
    other = server.isolated()
    bearer, origin = f"Bearer {ada.token}", "http://localhost:3000"
    refused(associate(other, bearer, origin), 401, "SESSION_GONE")
    refused(associate(server, bearer, origin, ui_key_of(other)), 401, "SESSION_GONE")


def test_only_a_registered_page_associates(server: Server, ada: Person):
    server.settings(origins=["https://bank.example"])
    bearer = f"Bearer {ada.token}"
    for origin in (None, "null", ELSEWHERE, "http://localhost:3000", "https://bank.example."):
        refused(associate(server, bearer, origin), 403, "ORIGIN_NOT_REGISTERED")
    assert associate(server, bearer, "https://bank.example").status == 204
    answer = associate(server, bearer, "https://bank.example", "nobody")
    refused(answer, 404, "UI_KEY_UNKNOWN")


def test_a_page_that_may_not_ask_keeps_no_session_alive(server: Server, ada: Person):
    bearer, other = f"Bearer {ada.token}", server.isolated()
    server.advance(200)
    refused(associate(server, bearer, ELSEWHERE), 403, "ORIGIN_NOT_REGISTERED")
    refused(associate(other, bearer, "http://localhost"), 401, "SESSION_GONE")
    server.advance(101)
    assert ada.factors().status == 401


def test_one_that_may_does(server: Server, ada: Person):
    server.advance(200)
    assert associate(server, f"Bearer {ada.token}", "http://localhost").status == 204
    server.advance(200)
    assert ada.factors().status == 200


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"ui_key": "a"}, {"token": "Bearer a"}, {"ui_key": "a" * 101, "token": "Bearer a"}),
        *(
            {"ui_key": "a", "token": token}
            for token in ("", "a\nb", "\u00e9", "a" * 2_001, 1, None)
        ),
        *([], "a", {"ui_key": "\ud800", "token": "Bearer a"}),
    ],
)
def test_an_association_that_is_none(server: Server, body: Any):
    by = {"origin": "http://localhost"}
    refused(frames_of(server).call("POST", "/association", body, by), 400, "VALUE_REFUSED")


# two origins

SDK = (
    "/app/secure/static/client.1.js",
    "/app/secure/static/client.1.d.ts",
    "/weavr-client-v2.js",
    "/weavr-client-v2.d.ts",
)


@pytest.mark.parametrize("path", SDK)
def test_the_scripts_are_the_apis_origins(server: Server, path: str):
    answer = server.call("GET", path, None, {"origin": ELSEWHERE})
    assert answer.status == 200
    is_script = path.endswith(".js")
    kind = "text/javascript" if is_script else "text/plain"
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"]
    told = json.dumps(server.credentials["frames_url"]).encode()
    assert (told in answer.body) == is_script
    assert b"__ASSENT_FRAMES_URL__" not in answer.body
    elsewhere = frames_of(server).call("GET", path)
    assert code(elsewhere) == (404, "NOT_FOUND")
    is_secured(elsewhere)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "/multi/login_with_password"), ("GET", "/multi/identities")),
        *(("GET", "/sandbox/settings"), ("POST", "/sandbox/clock"), ("GET", "/playground")),
        *(("POST", "/simulate/api/consumers/1/verify"), ("GET", "/.well-known/jwks.json")),
    ],
)
def test_no_api_on_the_frames_origin(server: Server, method: str, path: str):
    keys = {
        **server.api,
        "sandbox-key": server.credentials["sandbox_key"],
        "programme-key": server.credentials["simulator_key"],
    }
    answer = frames_of(server).call(method, path, {} if method == "POST" else None, keys)
    assert code(answer) == (404, "NOT_FOUND")
    is_secured(answer)


def test_no_frame_on_the_apis_origin(server: Server):
    ui_key = ui_key_of(server)
    by = {"origin": server.credentials["frames_url"]}
    for method, path in (
        ("GET", by_query("/field", ui_key=ui_key)),
        ("GET", by_query("/embedding", ui_key=ui_key)),
        ("POST", by_query("/tokens", ui_key=ui_key)),
        ("POST", "/association"),
        ("GET", SCRIPT_PATH),
    ):
        answer = server.call(method, path, {} if method == "POST" else None, by)
        assert code(answer) == (404, "NOT_FOUND"), path


# settings and logs: a server of its own

CANARY, LATER = "Canary-Kestrel-1", "Canary-Kestrel-2"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Short lives, and a log of all it does."""
    folder = tmp_path_factory.mktemp("narrow")
    place = installation(
        folder,
        f"sqlite:///{folder / 'assent.sqlite3'}",
        ASSENT_SERVER_ENVIRONMENT="sandbox",
        ASSENT_SERVER_LOG_LEVEL="debug",
        ASSENT_CAPTURES_LIFE_MS="60000",
        ASSENT_CAPTURES_KEY_MS="120000",
    )
    with place.serve("narrow") as running:
        yield running
        assert '"broken"' not in running.log()
        assert "Traceback" not in running.log()


def test_a_tokens_life_is_a_setting(narrow: Running):
    server = narrow.server.isolated()
    value = loaded(server).token(PASSWORD)
    server.advance(50)
    assert validate(server, value).status == 204
    server.advance(11)
    assert validate(server, value).status == 410


def test_a_keys_life_is_a_setting(narrow: Running):
    server = narrow.server.isolated()
    frame = loaded(server)
    server.advance(121)
    assert loaded(server).key["kid"] != frame.key["kid"]
    server.advance(120)
    assert code(frame.send(frame.seal(PASSWORD))) == (409, "KEY_EXPIRED")


def test_nothing_typed_is_written_down(narrow: Running):
    """Neither in the log at its most talkative nor in any file of the database."""
    server = narrow.server.isolated()
    server.settings(plaintext_passwords=False)
    frame, person = loaded(server), new_person(server, password="")
    envelopes = [frame.seal(CANARY) for _ in range(2)]
    bad = [
        *(frame.seal(CANARY, "passCode"), frame.seal(CANARY * 20), frame.seal([CANARY])),
        *(sealed(content("nobody", CANARY), frame.key), sealed(CANARY.encode(), frame.key)),
        f"{CANARY}.a.b.c.d",
    ]
    tokens = [frame.send(one).json["token"] for one in envelopes]
    assert frame.send(envelopes[0]).status == 409
    assert {frame.send(one).status for one in bad} == {400}
    made = set_password(server, person.user_id, tokens[0])
    assert made.status == 200
    bearer = made.json["token"]
    assert associate(server, f"Bearer {bearer}", "http://localhost").status == 204
    assert associate(server, f"Bearer {bearer}x", "http://localhost").status == 401
    assert associate(server, f"Bearer {bearer}", ELSEWHERE).status == 403
    assert log_in(server, person.email, frame.token(LATER)).status == 403
    log = narrow.log()
    assert "POST /tokens" in log
    assert "POST /association" in log
    secrets = [CANARY, LATER, bearer, *tokens, *envelopes, frame.ui_key]
    assert [one for one in secrets if one in log] == []
    files = list(narrow.log_file.parent.glob("assent.sqlite3*"))
    held = b"".join(file.read_bytes() for file in files)
    assert b"password_set" in held, "this test looks in the wrong place"
    assert [one for one in secrets if one.encode() in held] == []


# the playground's keys


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8400", "[::1]:8400", "app.localhost:1"])
def test_the_playground_gets_its_keys_here(server: Server, host: str):
    answer = server.call("GET", "/playground/config.json", None, {"host": host})
    assert (answer.status, set(answer.json)) == (200, set(server.credentials))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a@b", "", "[::1"])
def test_a_name_that_was_made_to_point_here_does_not_get_them(server: Server, host: str):
    """DNS rebinding: a stranger's page that calls this server by the stranger's name."""
    answer = server.call("GET", "/playground/config.json", None, {"host": host})
    assert answer.status == 421
    assert b"ask_" not in answer.body
