"""The frames' origin: who may hold a frame, and what becomes of what is typed into one."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from assent.domain.capture import Embedders
from assent.domain.programme import KeyRole
from assent.frames.page import SCRIPT_PATH, page
from assent.kernel import token
from assent.usecases.manage_programme import rotate_key
from tests.support.client import Answer, Server
from tests.support.frames import (
    by_query,
    coded,
    content,
    decoded,
    frames_of,
    jwk_of,
    loaded,
    page_of,
    sealed,
    ui_key_of,
)
from tests.support.processes import Running, Sandbox, installation, until
from tests.support.sandboxes import opened
from tests.support.weavr import (
    NEW_PASSWORD,
    PASSWORD,
    Person,
    enrolled_person,
    log_in,
    new_person,
    set_password,
)

ELSEWHERE = "https://elsewhere.example"
NO_SUCH_TOKEN = token.make("cap", bytes(token.OCTETS))
EVERYWHERE = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "origin-agent-cluster": "?1",
}
LOCKED = "default-src 'none'; frame-ancestors 'none'"
LOOPBACK = (
    "http://localhost:* https://localhost:* http://*.localhost:* "
    "http://127.0.0.1:* https://127.0.0.1:*"
)


def policy(ancestors: str) -> str:
    return (
        "default-src 'none'; script-src 'self'; connect-src 'self'; "
        f"frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def field(server: Server, ui_key: str | None = None) -> Answer:
    path = by_query("/field", ui_key=ui_key or ui_key_of(server))
    return frames_of(server).call("GET", path)


def embedding(server: Server, origin: str | None, ui_key: str | None = None) -> Answer:
    path = by_query("/embedding", ui_key=ui_key or ui_key_of(server))
    headers = {} if origin is None else {"origin": origin}
    return frames_of(server).call("GET", path, None, headers)


def associate(server: Server, bearer: str, origin: str | None, ui_key: str = "") -> Answer:
    """As a page's script sends it: a simple request, for which no browser asks first."""
    headers = {"content-type": "text/plain;charset=UTF-8"}
    if origin is not None:
        headers["origin"] = origin
    body = {"ui_key": ui_key or ui_key_of(server), "token": bearer}
    return frames_of(server).call("POST", "/association", body, headers)


def validate(server: Server, value: str) -> Answer:
    body = {"password": {"value": value}}
    return server.call("POST", "/multi/passwords/validate", body, server.api)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def is_secured(answer: Answer, csp: str = LOCKED, corp: str = "same-origin") -> None:
    held = answer.headers
    for name, value in EVERYWHERE.items():
        assert held.get(name) == value, name
    assert held.get("content-security-policy") == csp
    assert held.get("cross-origin-resource-policy") == corp
    features = held["permissions-policy"].split(", ")
    assert {"camera=()", "clipboard-read=()", "payment=()", "usb=()"} <= {*features}
    assert all(feature.endswith("=()") for feature in features)
    assert "set-cookie" not in held
    assert "server" not in held
    assert "access-control-allow-credentials" not in held


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
    assert set(told) == {"uiKey", "origins", "loopback", "key", "fields"}
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
        "?ui_key=%E2%80%AE&ui_key=%0d%0ax-a:%20b",
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


def test_of_two_keys_the_first_is_meant_by_everybody(server: Server):
    ui_key, other = ui_key_of(server), ui_key_of(server.isolated())
    answer = frames_of(server).call("GET", f"/field?ui_key={ui_key}&ui_key={other}")
    assert page_of(answer.body).told["uiKey"] == ui_key
    answer = frames_of(server).call("GET", f"/field?ui_key=nobody&ui_key={other}")
    assert code(answer) == (404, "UI_KEY_UNKNOWN")


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
    made = page_of(page(ui_key, Embedders(), {}, {}).body)
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


# tokens


def test_a_token_stands_for_what_was_typed(server: Server):
    server.settings(plaintext_passwords=False)
    frame, person = loaded(server), new_person(server, password="")
    answer = frame.send(frame.seal(PASSWORD))
    assert (answer.status, set(answer.json)) == (200, {"token"})
    is_secured(answer)
    assert answer.headers["cache-control"] == "no-store"
    value = answer.json["token"]
    assert token.is_one("cap", value)
    assert validate(server, value).status == 204, "a check does not use it up"
    assert validate(server, value).status == 204
    assert set_password(server, person.user_id, value).status == 200
    for spent in (
        set_password(server, person.user_id, value),
        log_in(server, person.email, value),
        validate(server, value),
    ):
        assert (spent.status, spent.error) == (410, "TOKEN_EXPIRED")
    assert log_in(server, person.email, frame.token(PASSWORD)).status == 200
    assert log_in(server, person.email, frame.token("Other-word9")).status == 403


def test_a_token_for_each_of_the_old_and_the_new(server: Server):
    server.settings(credentials=["password", "passcode"])
    person = enrolled_person(server).stepped_up()
    server.settings(plaintext_passwords=False)
    frame = loaded(server)
    old, new = frame.token(PASSWORD), frame.token(NEW_PASSWORD)
    assert person.change_password(old, new).status == 200
    assert log_in(server, person.email, frame.token(NEW_PASSWORD)).status == 200


def test_a_passcode_by_its_token(server: Server):
    server.settings(plaintext_passwords=False, credentials=["passcode"])
    frame, person = loaded(server), new_person(server, password="")
    set_by = set_password(server, person.user_id, frame.token("8362", "passCode"))
    assert set_by.status == 200, set_by.body
    assert log_in(server, person.email, frame.token("8362", "passCode")).status == 200
    assert log_in(server, person.email, frame.token("8363", "passCode")).status == 403


@pytest.mark.parametrize(
    ("credentials", "value", "field"),
    [(["password"], "8362", "passCode"), (["passcode"], PASSWORD, "password")],
)
def test_a_field_that_the_programme_does_not_have(
    server: Server, credentials: list[str], value: str, field: str
):
    server.settings(credentials=credentials, plaintext_passwords=False)
    person = new_person(server, password="")
    answer = set_password(server, person.user_id, loaded(server).token(value, field))
    name = "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"
    assert (answer.status, answer.error) == (409, name)


def test_a_token_that_never_was(server: Server):
    for value in (NO_SUCH_TOKEN, loaded(server.isolated()).token(PASSWORD)):
        answer = validate(server, value)
        assert (answer.status, answer.error) == (404, "TOKEN_NOT_FOUND")


def test_a_token_lives_five_minutes(server: Server):
    frame = loaded(server)
    value = frame.token(PASSWORD)
    server.advance(290)
    assert validate(server, value).status == 204
    server.advance(11)
    answer = validate(server, value)
    assert (answer.status, answer.error) == (410, "TOKEN_EXPIRED")


@pytest.mark.parametrize(
    "origin",
    [
        *(None, "null", "*", ELSEWHERE, "http://localhost", "http://localhost:1", "about:blank"),
        *("{}/", "{}.evil.example", "{} {}", "https{}", "{}@evil.example", " {}x"),
    ],
)
def test_only_a_frame_may_send_an_envelope(server: Server, origin: str | None):
    frame = loaded(server)
    ours = frame.origin.base_url
    by = origin and origin.replace("https{}", ours.replace("http:", "https:")).replace("{}", ours)
    answer = frame.send(frame.seal(PASSWORD), origin=by)
    assert code(answer) == (403, "ORIGIN_NOT_REGISTERED")
    is_secured(answer)


def test_not_even_the_programmes_own_page_may(server: Server):
    server.settings(origins=["https://bank.example"])
    frame = loaded(server)
    for origin in ("https://bank.example", server.base_url):
        assert frame.send(frame.seal(PASSWORD), origin=origin).status == 403


def test_an_envelope_is_opened_once(server: Server):
    frame = loaded(server)
    plain = content(frame.ui_key, PASSWORD)
    envelope = sealed(plain, frame.key)
    assert frame.send(envelope).status == 200
    for again in (envelope, sealed(plain, frame.key)):
        answer = frame.send(again)
        assert code(answer) == (409, "ENVELOPE_USED")
        is_secured(answer)


def test_nor_after_its_token_is_used_or_has_expired(server: Server):
    frame, person = loaded(server), new_person(server)
    one, two = frame.seal(PASSWORD), frame.seal(PASSWORD)
    assert log_in(server, person.email, frame.send(one).json["token"]).status == 200
    assert frame.send(two).status == 200
    server.advance(301)
    assert [code(frame.send(again)) for again in (one, two)] == [(409, "ENVELOPE_USED")] * 2


def test_an_envelope_that_was_altered(server: Server):
    frame = loaded(server)
    good = frame.seal(PASSWORD)
    header, key, iv, text, tag = good.split(".")
    said = json.loads(decoded(header))
    other = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
    bent = [coded(decoded(part)[:-1] + bytes([decoded(part)[-1] ^ 1])) for part in (iv, text, tag)]
    for changed in (
        ".".join((coded(json.dumps({**said, "epk": other}).encode()), key, iv, text, tag)),
        ".".join((coded(json.dumps(said, indent=1).encode()), key, iv, text, tag)),
        ".".join((header, key, bent[0], text, tag)),
        ".".join((header, key, iv, bent[1], tag)),
        ".".join((header, key, iv, text, bent[2])),
        ".".join((header, key, iv, text, coded(decoded(tag)[:12]))),
        ".".join((header, key, iv, text)),
    ):
        assert code(frame.send(changed)) == (400, "VALUE_REFUSED"), changed
    assert frame.send(good).status == 200


POINT = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())


@pytest.mark.parametrize(
    "header",
    [
        *({"alg": "dir"}, {"alg": "ECDH-ES+A256KW"}, {"alg": "RSA-OAEP"}, {"alg": "none"}),
        *({"alg": None}, {"enc": "A128GCM"}, {"enc": "A128CBC-HS256"}, {"enc": None}),
        *({"zip": "DEF"}, {"crit": ["a"], "a": 1}, {"epk": None}, {"epk": {}}),
        {"epk": {**POINT, "y": coded((5).to_bytes(32, "big"))}},
        {"epk": {**POINT, "x": coded(bytes(32)), "y": coded(bytes(32))}},
        {"epk": {**POINT, "crv": "P-384"}},
    ],
    ids=str,
)
def test_an_envelope_of_another_sort(server: Server, header: dict[str, Any]):
    frame = loaded(server)
    answer = frame.send(sealed(content(frame.ui_key, PASSWORD), frame.key, header))
    assert code(answer) == (400, "VALUE_REFUSED")


def test_an_envelope_to_a_key_that_nobody_has(server: Server):
    """The answer holds one to encrypt to instead."""
    frame = loaded(server)
    foreign = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
    for kid in ("nobody", "", "' OR 1=1", frame.key["kid"] + "0"):
        answer = frame.send(sealed(content(frame.ui_key, PASSWORD), {**foreign, "kid": kid}))
        assert code(answer) == (409, "KEY_EXPIRED")
        is_secured(answer)
        assert answer.json["key"] == frame.key
    mine = sealed(content(frame.ui_key, PASSWORD), {**foreign, "kid": frame.key["kid"]})
    assert code(frame.send(mine)) == (400, "VALUE_REFUSED")


def test_a_page_that_was_open_for_long_encrypts_anew(server: Server):
    frame = loaded(server)
    early = frame.seal(PASSWORD)
    server.advance(601)
    newer = loaded(server)
    assert newer.key["kid"] != frame.key["kid"]
    assert frame.send(early).status == 200, "the former key still opens"
    late = frame.seal(PASSWORD)
    server.advance(1_200)
    answer = frame.send(late)
    assert code(answer) == (409, "KEY_EXPIRED")
    assert answer.json["key"]["kid"] not in (frame.key["kid"], newer.key["kid"])
    assert "d" not in answer.json["key"]
    again = sealed(content(frame.ui_key, PASSWORD), answer.json["key"])
    assert frame.send(again).status == 200


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"null", b"[]", b"{", b"jwe=a.b.c.d.e", b"{}", b'{"jwe":null}', b'{"jwe":""}'),
        *(b'{"jwe":1}', b'{"jwe":["a.b.c.d.e"]}', b'{"JWE":"a.b.c.d.e"}', b"\xff\xfe", b"\x00"),
        *(b'{"jwe":"\\u0000"}', b'{"jwe":"a.b.c.d.e"}', b'{"jwe":"....."}', b'{"jwe":"\\ud800"}'),
        *(b'{"jwe":"' + b"a" * 8_193 + b'"}', b"[" * 5_000, b'{"a":' * 5_000),
        b'{"jwe":"' + coded(b'{"kid":' + b"[" * 3_000).encode() + b'.a.b.c.d"}',
    ],
    ids=lambda raw: str(raw[:20]),
)
def test_what_is_no_envelope(server: Server, raw: bytes):
    frames = frames_of(server)
    path, by = by_query("/tokens", ui_key=ui_key_of(server)), {"origin": frames.base_url}
    answer = frames.call("POST", path, None, by, raw)
    assert code(answer) == (400, "VALUE_REFUSED")
    is_secured(answer)


def test_what_is_larger_than_any_envelope(server: Server):
    frame = loaded(server)
    answer = frame.send("a" * 70_000)
    assert code(answer) == (413, "VALUE_REFUSED")
    is_secured(answer)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        *(("", "password"), ("x" * 257, "password"), (None, "password"), (1234, "passCode")),
        *(("123", "passCode"), ("1234567", "passCode"), ("12a4", "passCode"), ("", "passCode")),
        *(("\u0661\u0662\u0663\u0664", "passCode"), ("1234\n", "passCode"), ("a", "cardPin")),
        *(("a", "confirmPassword"), ("a", None), (["a"], "password")),
    ],
)
def test_a_value_that_its_field_cannot_have(server: Server, value: Any, field: Any):
    frame = loaded(server)
    assert code(frame.send(frame.seal(value, field))) == (400, "VALUE_REFUSED")


def test_a_long_value(server: Server):
    """The frames take more than any profile allows, so that it is the policy that objects."""
    frame = loaded(server)
    answer = validate(server, frame.token("Aa1-" * 64))
    assert (answer.status, answer.error) == (409, "PASSWORD_TOO_LONG")


def test_an_envelope_is_its_programmes_alone(server: Server):
    """Whoever sees another page's envelope does not get its value under a key of their own."""
    frame, other = loaded(server), loaded(server.isolated())
    assert code(other.send(frame.seal(PASSWORD))) == (400, "VALUE_REFUSED")
    for said in (other.ui_key, "", frame.ui_key + " ", frame.ui_key.upper()):
        envelope = sealed(content(said, PASSWORD), frame.key)
        assert code(frame.send(envelope)) == (400, "VALUE_REFUSED")


# what is kept


def held(box: Sandbox, server: Server) -> list[tuple[bytes | None, int | None]]:
    """Value and time of use of all that was captured for the programme."""
    with closing(sqlite3.connect(box.data / "assent.sqlite3")) as db:
        return db.execute(
            "SELECT sealed, used_at FROM captures WHERE programme_id = ? ORDER BY created_at",
            (int(server.credentials["programme"]["id"]),),
        ).fetchall()


def test_a_value_is_erased_when_it_is_used(box: Sandbox, server: Server):
    frame, person = loaded(server), new_person(server)
    value = frame.token(PASSWORD)
    ((before, unused),) = held(box, server)
    assert before
    assert PASSWORD.encode() not in before
    assert unused is None
    assert log_in(server, person.email, value).status == 200
    ((after, used),) = held(box, server)
    assert after is None
    assert used is not None


async def test_a_value_is_erased_when_it_expires(box: Sandbox, server: Server):
    """The row stays a day: what has expired is not what never was."""
    frame = loaded(server)
    value = frame.token(PASSWORD)
    server.advance(301)
    async with opened(box) as base:
        base.clock.offset_ms += server.now - base.clock.now()
        await base.stores.sweep(base.clock.now())
        assert held(box, server) == [(None, None)]
        assert validate(server, value).status == 410
        server.advance(86_400)
        await base.stores.sweep(server.now)
    assert held(box, server) == []
    assert validate(server, value).status == 404


async def test_a_key_is_erased_when_it_opens_no_more(box: Sandbox, server: Server):
    frame = loaded(server)

    def kids() -> set[str]:
        with closing(sqlite3.connect(box.data / "assent.sqlite3")) as db:
            return {row[0] for row in db.execute("SELECT kid FROM capture_keys")}

    assert frame.key["kid"] in kids()
    server.advance(1_201)
    newer = loaded(server)
    async with opened(box) as base:
        await base.stores.sweep(server.now)
    assert frame.key["kid"] not in kids()
    assert newer.key["kid"] in kids()


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
