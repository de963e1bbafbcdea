"""Bearers that are forged, foreign, dead or bent."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assent.domain.element import Element
from assent.domain.session import Session
from assent.http.bearer import Bearers
from assent.http.signing_key import new_signing_key
from assent.kernel.refusals import Refusal
from tests.support.client import Answer, Server
from tests.support.weavr import Person, log_in, new_person


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _json(value: Any) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    head, body, signature = token.split(".")
    return json.loads(_octets(head)), json.loads(_octets(body)), signature


def _use(server: Server, authorization: str) -> Answer:
    headers = {**server.api, "authorization": authorization}
    return server.call("GET", "/multi/authentication_factors", None, headers)


@pytest.fixture
def person(server: Server) -> Person:
    return new_person(server)


def _forged(person: Person) -> dict[str, str]:
    """Tokens as attackers have made them, from one that is good."""
    server = person.server
    header, claims, signature = _parts(person.token)
    head, body, _ = person.token.split(".")
    (key, *_) = server.call("GET", "/.well-known/jwks.json").json["keys"]
    public = _octets(key["x"])
    own = Ed25519PrivateKey.generate()
    own_public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    own_jwk = {"kty": "OKP", "crv": "Ed25519", "x": _text(own_public)}

    def signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
        text = f"{_json(header)}.{_json(claims)}"
        return f"{text}.{_text(own.sign(text.encode()))}"

    def mac(secret: bytes) -> str:
        text = f"{_json({**header, 'alg': 'HS256'})}.{body}"
        return f"{text}.{_text(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    other = {**claims, "sid": str(int(claims["sid"]) + 1)}
    return {
        "alg none": f"{_json({**header, 'alg': 'none'})}.{body}.",
        "alg None": f"{_json({**header, 'alg': 'None'})}.{body}.{signature}",
        "no alg": f"{_json({'typ': 'JWT', 'kid': header['kid']})}.{body}.{signature}",
        "public key as HMAC secret": mac(public),
        "public key as text as HMAC secret": mac(key["x"].encode()),
        "JWK as HMAC secret": mac(json.dumps(key).encode()),
        "own key": signed(header, claims),
        "own key in the header": signed({**header, "jwk": own_jwk}, claims),
        "own key at a URL": signed({**header, "jku": "http://127.0.0.1:9/keys"}, claims),
        "own kid": signed({**header, "kid": "x"}, claims),
        "no kid": signed({"alg": "EdDSA", "typ": "JWT"}, claims),
        "kid a path": signed({**header, "kid": "../../../dev/null"}, claims),
        "kid a list": signed({**header, "kid": [header["kid"]]}, claims),
        "kid null": signed({**header, "kid": None}, claims),
        "other session, old signature": f"{head}.{_json(other)}.{signature}",
        "crit": f"{_json({**header, 'crit': ['x'], 'x': 1})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "four parts": f"{person.token}.{signature}",
        "five parts": f"{head}.{body}.{signature}.{body}.{signature}",
        "signature cut": person.token[:-4],
        "not base64": f"{head}.{body}.!!!!",
        "padded": f"{person.token}==",
        "a body that is no JSON": f"{head}.{_text(b'x')}.{signature}",
        "claims a list": f"{head}.{_json([1])}.{signature}",
        "header a list": f"{_json(['EdDSA'])}.{body}.{signature}",
        "nothing": "",
        "dots": "..",
        "long": "a" * 6_000,
        "session id": claims["sid"],
    }


def test_no_forged_bearer_is_taken(person: Person) -> None:
    """CVE-2024-33663 (python-jose), CVE-2022-29217 (PyJWT), CVE-2024-37568 (Authlib): what the
    token said of its own algorithm and key was believed."""
    assert _use(person.server, f"Bearer {person.token}").status == 200
    for name, token in _forged(person).items():
        answer = _use(person.server, f"Bearer {token}")
        assert answer.status == 401, name
        assert answer.body in (b"", b'{"errorCode":"UNAUTHORIZED"}'), name
    assert _use(person.server, f"Bearer {person.token}").status == 200


@pytest.mark.parametrize(
    "scheme", ["", "Basic ", "Bearer", "Bearer  ", "Token ", "Bearer\t", "Bearer Bearer "]
)
def test_only_the_bearer_scheme_is_taken(person: Person, scheme: str) -> None:
    """A value that a proxy or an odd client bent is no bearer."""
    assert _use(person.server, f"{scheme}{person.token}").status == 401


def _signed_by_us(header: dict[str, Any], claims: Any) -> str:
    """By hand, so that the library cannot refuse to sign what it would refuse to read."""
    text = f"{_json(header)}.{_json(claims)}"
    return f"{text}.{_text(Ed25519PrivateKey.from_private_bytes(b's' * 32).sign(text.encode()))}"


def test_a_critical_extension_we_do_not_know_is_refused_though_signed_by_us() -> None:
    """CVE-2024-37568 (Authlib): `crit` was ignored (RFC 7515 4.1.11)."""
    key = new_signing_key("k1", b"s" * 32, 0)
    bearers = Bearers("assent", [key], 10**9)
    claims = {"iss": "assent", "aud": "7", "sid": "9", "iat": 1}

    def signed(**more: Any) -> str:
        return _signed_by_us({"alg": "EdDSA", "kid": "k1", **more}, claims)

    assert bearers.session_id(f"Bearer {signed()}", 7) == 9
    for more in ({"crit": ["exp"], "exp": 1}, {"crit": ["x"], "x": 1}):
        with pytest.raises(Refusal):
            bearers.session_id(f"Bearer {signed(**more)}", 7)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other", "aud": "7", "sid": "9", "iat": 1},
        {"aud": "7", "sid": "9", "iat": 1},
        {"iss": "assent", "sid": "9", "iat": 1},
        {"iss": "assent", "aud": "8", "sid": "9", "iat": 1},
        {"iss": "assent", "aud": ["7"], "sid": "9", "iat": 1},
        {"iss": "assent", "aud": "7", "iat": 1},
        {"iss": "assent", "aud": "7", "sid": None, "iat": 1},
        {"iss": "assent", "aud": "7", "sid": "nine", "iat": 1},
        {"iss": "assent", "aud": "7", "sid": "9"},
        {"iss": "assent", "aud": "7", "sid": "9", "iat": "now"},
        {"iss": "assent", "aud": "7", "sid": "9", "iat": 1, "cky": "3"},
        [],
        "assent",
        None,
    ],
    ids=str,
)
def test_what_we_signed_for_something_else_is_no_session(claims: Any) -> None:
    """Casdoor (CERT VU#780781): tokens of one purpose were taken for another."""
    key = new_signing_key("k1", b"s" * 32, 0)
    bearers = Bearers("assent", [key], 10**9)
    token = _signed_by_us({"alg": "EdDSA", "kid": "k1"}, claims)
    with pytest.raises(Refusal):
        bearers.session_id(f"Bearer {token}", 7)


def test_a_bearer_once_checked_is_not_good_for_another_programme() -> None:
    """GHSA-xg6x-h9c9-2m83 (better-auth): what a cache held was taken without asking again."""
    bearers = Bearers("assent", [new_signing_key("k1", b"s" * 32, 0)], 10**9)
    session = Session(
        id=9,
        programme_id=7,
        subject_id=1,
        identity_id=1,
        elements=frozenset({Element.KNOWLEDGE}),
        approval_id=1,
        created_at=0,
        last_seen=0,
        expires_at=1,
    )
    token = bearers.mint(session)
    for _ in range(2):
        assert bearers.session_id(f"Bearer {token}", 7) == 9
        with pytest.raises(Refusal):
            bearers.session_id(f"Bearer {token}", 8)
    bearers.use([new_signing_key("k2", b"t" * 32, 0)], 10**9)  # its key is withdrawn
    with pytest.raises(Refusal):
        bearers.session_id(f"Bearer {token}", 7)


def test_every_log_in_is_a_new_session(person: Person) -> None:
    """CVE-2024-7341 (Keycloak adapters): the session's id was the same before and after the
    log-in, so that whoever had planted it was in."""
    tokens = [person.token]
    for _ in range(3):
        headers = {**person.server.bearer(tokens[-1]), "cookie": f"session={tokens[-1]}"}
        body = {"email": person.email, "password": {"value": "Pass-word1"}, "token": tokens[0]}
        answer = person.server.call("POST", "/multi/login_with_password", body, headers)
        assert answer.status == 200
        assert "set-cookie" not in answer.headers
        tokens.append(answer.json["token"])
    sessions = {_parts(token)[1]["sid"] for token in tokens}
    assert len(sessions) == len(tokens) == len(set(tokens))


def test_a_new_token_leaves_the_old_one_what_it_was(person: Person) -> None:
    """Fixation, at the step-up: what is granted later must not reach back."""
    assert person.enrol().status == 204
    early = person.elsewhere()
    assert person.verify_enrolment().status == 204  # steps that session up
    assert early.change_password().error == "STEP_UP_REQUIRED"
    changed = person.change_password()
    assert changed.status == 200
    old, person.token = person.token, changed.json["token"]
    assert _use(person.server, f"Bearer {old}").status == 401
    assert person.factors().status == 200


def test_a_token_to_renew_a_password_is_good_for_nothing_else(server: Server) -> None:
    """CVE-2025-3910 (Keycloak): what had to be done first was stepped over."""
    person = new_person(server)
    server.settings(password_days=1)
    server.advance(86_401)
    expired = log_in(server, person.email)
    assert expired.status == 409
    person.token = expired.json["token"]
    for call in (person.factors, person.enrol, person.ask_step_up, person.step_up):
        assert call().status == 403, call
    assert person.call("GET", "/consumers").status == 403
    assert person.call("GET", "/identities").status == 403
    assert person.change(name="Eve").status == 403
    one = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    assert person.call("POST", "/access_token", one).status == 403
    assert person.change_password().status == 200


def test_a_token_that_only_chooses_is_good_for_nothing_else(server: Server) -> None:
    """CVE-2025-64103 (ZITADEL): a session that had proved one thing was taken for a whole one."""
    person = new_person(server)
    server.settings(multi_identity=True)
    chosen = log_in(server, person.email).json
    assert chosen["tokenType"] == "AUTH"
    person.token = chosen["token"]
    for call in (person.factors, person.enrol, person.ask_step_up, person.change_password):
        refused = call()
        assert (refused.status, refused.error) == (403, "ACCESS_TOKEN_REQUIRED"), call
    other = new_person(server)
    theirs = {"identity": {"type": "CONSUMER", "id": other.identity_id}}
    assert person.call("POST", "/access_token", theirs).status == 403


def test_bearers_say_nothing_of_the_person(person: Person) -> None:
    """The body of a JWT is read by whoever holds it, and ends up in logs."""
    header, claims, _ = _parts(person.token)
    assert set(header) == {"alg", "kid", "typ"}
    assert set(claims) == {"iss", "aud", "sub", "sid", "iat"}
    assert person.email not in json.dumps(claims)
