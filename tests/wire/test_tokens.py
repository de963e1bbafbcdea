"""Tokens for what is typed into a frame: made, used, refused, erased."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from assent.kernel import token
from tests.support.client import Server
from tests.support.frames import (
    by_query,
    coded,
    content,
    decoded,
    frames_of,
    jwk_of,
    loaded,
    sealed,
    ui_key_of,
)
from tests.support.frames_origin import (
    ELSEWHERE,
    NO_SUCH_TOKEN,
    code,
    is_secured,
    validate,
)
from tests.support.processes import Sandbox
from tests.support.sandboxes import opened
from tests.support.weavr import (
    NEW_PASSWORD,
    PASSWORD,
    enrolled_person,
    log_in,
    new_person,
    set_password,
)

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
