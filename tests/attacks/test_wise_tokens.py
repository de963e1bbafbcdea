"""Tokens of the SCA API that are forged, stolen, doubled or dead."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.client import Answer
from tests.support.frames import loaded
from tests.support.processes import Sandbox
from tests.support.wise import PIN, Partner, WiseUser, ott_of
from tests.wise.people import agreed, another_client, another_programme, asked, enrolled, refused

NOBODYS = "b8f2a6be-3c5d-4b7a-9a57-70f4ae1c9d11"
REDIRECT = "https://bank.example/"


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _json(value: Any) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _forged(bank: Partner, good: str, other: str) -> dict[str, str]:
    """Access tokens as attackers have made them, from one that is good and one of somebody else."""
    head, body, signature = good.split(".")
    header, claims = json.loads(_octets(head)), json.loads(_octets(body))
    keys = bank.server.call("GET", "/.well-known/jwks.json").json["keys"]
    public = _octets(keys[0]["x"])
    rsa = base64.b64decode(bank.encryption_key())
    own = Ed25519PrivateKey.generate()

    def signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
        text = f"{_json(header)}.{_json(claims)}"
        return f"{text}.{_text(own.sign(text.encode()))}"

    def mac(secret: bytes) -> str:
        text = f"{_json({**header, 'alg': 'HS256'})}.{body}"
        return f"{text}.{_text(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    def claiming(**more: str) -> str:
        return f"{head}.{_json({**claims, **more})}.{signature}"

    theirs = json.loads(_octets(other.split(".")[1]))
    return {
        "alg none": f"{_json({**header, 'alg': 'none'})}.{body}.",
        "no signature": f"{head}.{body}.",
        "public key as HMAC secret": mac(public),
        "encryption key as HMAC secret": mac(rsa),
        "client's secret as HMAC secret": mac(bank.secret.encode()),
        "JWK as HMAC secret": mac(json.dumps(keys[0]).encode()),
        "own key": signed(header, claims),
        "own key in the header": signed(
            {**header, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": _text(b"\x00" * 32)}}, claims
        ),
        "own key at a URL": signed({**header, "jku": "http://127.0.0.1:9/keys"}, claims),
        "another's claims, own signature": f"{head}.{other.split('.')[1]}.{signature}",
        "another's signature": f"{head}.{body}.{other.split('.')[2]}",
        "another's session": claiming(**{k: v for k, v in theirs.items() if k in ("sid", "sub")}),
        "crit": f"{_json({**header, 'crit': ['x'], 'x': 1})}.{body}.{signature}",
        "a JWE": bank.jose.encrypt(_octets(body), bank.encryption_key()).token,
        "refresh token": "asf_" + "x" * 40,
        "client's secret": bank.secret,
        "padded": f"{good}==",
        "twice": f"{good}.{good}",
        "nothing": "",
    }


def test_no_forged_access_token_is_taken(bank: Partner) -> None:
    """CVE-2024-33663 (python-jose), CVE-2022-29217 (PyJWT), CVE-2024-37568 (Authlib): what the
    token said of its own algorithm and key was believed. Here the server has public RSA keys to
    confuse it with, too."""
    ada, grace = bank.sign_up(), bank.sign_up()
    for kind, good, other, path in (
        ("user", ada.token, grace.token, "/v1/me"),
        ("client", bank.token, ada.token, f"/v1/application/users/{ada.id}/phone-numbers"),
    ):
        for name, token in _forged(bank, good, other).items():
            head = {"authorization": f"Bearer {token}"}
            answer = bank.server.call("GET", path, None, head)
            assert (answer.status, answer.json["error"]) == (401, "invalid_token"), (kind, name)
        answer = bank.server.call("GET", path, None, {"authorization": f"Bearer {good}"})
        assert answer.status == 200


def test_a_token_of_one_purpose_is_good_for_no_other(bank: Partner) -> None:
    """CERT VU#780781 (Casdoor): a token of one purpose taken for another."""
    user = enrolled(bank)
    user.new_balance()
    ott = asked(user)
    typed = loaded(bank.server).token(PIN, "pin")
    bearers = {
        "refresh": user.refresh_token,
        "secret": bank.secret,
        "one-time": ott,
        "typed into a frame": typed,
    }
    for name, token in bearers.items():
        for path in ("/v1/me", f"/v1/application/users/{user.id}/phone-numbers"):
            answer = bank.server.call("GET", path, None, {"authorization": f"Bearer {token}"})
            assert answer.status == 401, (name, path)
    for name, token in {**bearers, "access": user.token, "client": bank.token}.items():
        if name != "refresh":
            assert bank.oauth(grant_type="refresh_token", refresh_token=token).status == 401, name
        form = {"code": token, "redirect_uri": REDIRECT}
        assert bank.oauth(grant_type="authorization_code", **form).status == 401, name
        if name != "one-time":
            assert user.status(token).status == 404, name
            assert user.fund(user.new_transfer(), token).status == 403, name


Dead = Callable[[WiseUser, WiseUser], str]


def _spent(user: WiseUser, stranger: WiseUser) -> str:
    transfer = user.new_transfer()
    ott = ott_of(user.fund(transfer))
    user.clear(ott)
    assert user.fund(transfer, ott).status == 200
    return ott


def _void(user: WiseUser, stranger: WiseUser) -> str:
    ott = asked(user)
    assert user.delete_pin().status == 204
    assert user.set_pin().status == 204
    return ott


def _expired(user: WiseUser, stranger: WiseUser) -> str:
    ott = asked(user)
    assert user.trigger(ott).status == 200
    user.server.advance(3_600)
    return ott


DEAD: dict[str, Dead] = {
    "never was": lambda user, stranger: NOBODYS,
    "another person's": lambda user, stranger: asked(stranger),
    "upper case": lambda user, stranger: asked(user).upper(),
    "cut": lambda user, stranger: asked(user)[:-1],
    "longer": lambda user, stranger: f"{asked(user)} SMS",
    "empty": lambda user, stranger: "",
    "octets": lambda user, stranger: "\xff" * 36,
    "long": lambda user, stranger: "a" * 4_000,
    "spent": _spent,
    "void": _void,
    "expired": _expired,
}


def _heard(answer: Answer) -> tuple[int, bytes, frozenset[str]]:
    """All that could tell one from another, but for what differs from call to call."""
    return answer.status, answer.body, frozenset(answer.headers)


def test_a_token_that_is_not_yours_to_use_looks_like_none_at_all(bank: Partner) -> None:
    """CVE-2026-9090 and its eight (Casdoor), Authy 2024: an answer that says which of unknown,
    foreign, used and expired it was tells a thief what the token in hand is worth."""
    user, stranger = enrolled(bank, "pin", "phone", "face"), enrolled(bank)
    user.new_balance()
    seen: dict[str, dict[str, tuple[int, bytes, frozenset[str]]]] = {}
    for name, make in DEAD.items():
        ott = make(user, stranger)
        head = {"one-time-token": ott}
        calls = {
            "status": user.call("GET", "/v1/one-time-token/status", headers=head),
            "trigger": user.call("POST", "/v1/one-time-token/sms/trigger", headers=head),
            "code": user.call(
                "POST", "/v1/one-time-token/sms/verify", {"otpCode": "111111"}, headers=head
            ),
            "face": user.call(
                "POST", "/v1/one-time-token/facemap/verify", {"faceMap": "YSBmYWNl"}, headers=head
            ),
            "v2 face": user.call(
                "POST",
                f"/v2/profiles/{user.profile_id}/facemaps/verify",
                {"faceMap": "YSBmYWNl"},
                headers=head,
            ),
            "pin": user.encrypted("/v1/one-time-token/pin/verify", {"pin": PIN}, ott or " "),
        }
        seen[name] = {call: _heard(answer) for call, answer in calls.items()}
        refused(calls["status"], 404, "ott.not.found")
        user.log_in()  # an hour may have passed
    for name, heard in seen.items():
        assert heard == seen["never was"], name


def test_a_stolen_token_is_good_for_its_person_and_client_only(bank: Partner) -> None:
    """RTS Article 5: cleared by its owner, it must not let through what somebody else does."""
    owner, mallory = enrolled(bank), enrolled(bank)
    stranger = enrolled(another_programme(bank))
    for user in (owner, mallory, stranger):
        user.new_balance()
    transfer, theirs, abroad = owner.new_transfer(), mallory.new_transfer(), stranger.new_transfer()
    ott = ott_of(owner.fund(transfer))
    owner.clear(ott)
    for thief, target in ((mallory, theirs), (mallory, transfer), (stranger, abroad)):
        answer = thief.fund(target, ott)
        assert answer.status in (403, 404), answer.body
        assert answer.headers.get("x-2fa-approval") != ott
        assert thief.status(ott).status == 404
    # the application's own token is nobody's
    path = f"/v3/profiles/{owner.profile_id}/transfers/{transfer}/payments"
    head = {**bank.bearer, "x-2fa-approval": ott}
    assert bank.server.call("POST", path, {"type": "BALANCE"}, head).status == 403
    # nor is the token alone enough
    bare = bank.server.call("POST", path, {"type": "BALANCE"}, {"x-2fa-approval": ott})
    assert bare.status == 401
    assert owner.fund(transfer, ott).status == 200


@pytest.mark.parametrize("good_first", [True, False], ids=["good first", "good last"])
@pytest.mark.parametrize("name", ["authorization", "one-time-token", "x-2fa-approval"])
def test_two_headers_are_no_header(bank: Partner, name: str, good_first: bool) -> None:
    """CVE-2026-25748 (authentik) and its like: what a proxy checked was the first, what the server
    took was the last."""
    user, mallory = enrolled(bank), enrolled(bank)
    user.new_balance()
    transfer = user.new_transfer()
    ott = ott_of(user.fund(transfer))
    user.clear(ott)
    values = {
        "authorization": (f"Bearer {user.token}", f"Bearer {mallory.token}"),
        "one-time-token": (ott, NOBODYS),
        "x-2fa-approval": (ott, NOBODYS),
    }
    pair = values[name] if good_first else values[name][::-1]
    sent = {"authorization": f"Bearer {user.token}", "x-2fa-approval": ott, "one-time-token": ott}
    sent.pop(name)
    headers = [*sent.items(), *((name, value) for value in pair)]
    path = f"/v3/profiles/{user.profile_id}/transfers/{transfer}/payments"
    for method, where, body in (
        ("POST", path, {"type": "BALANCE"}),
        ("GET", "/v1/one-time-token/status", None),
    ):
        answer = user.server.call(method, where, body, headers)
        assert answer.status == 400, (where, answer.body)
        assert answer.json["errors"][0]["path"] == name
    assert user.fund(transfer, ott).status == 200, "nothing was used up"


async def test_a_code_is_for_the_client_and_the_address_it_was_given_to(
    box: Sandbox, bank: Partner
) -> None:
    """CVE-2025-46815 (ZITADEL): an intent that anybody could use, and again. Here: the code of one
    client in another's hands (RFC 6749 10.5)."""
    user, other = enrolled(bank), await another_client(box, bank)
    code = await agreed(box, user, bank, REDIRECT)
    grant = {"grant_type": "authorization_code", "code": code}
    for thief, address in (
        (other, REDIRECT),
        (another_programme(bank), REDIRECT),
        (bank, "https://evil.example/"),
        (bank, REDIRECT + "x"),
        (bank, REDIRECT.upper()),
    ):
        answer = thief.oauth(**grant, redirect_uri=address)
        assert (answer.status, answer.json["error"]) == (401, "invalid_grant")
    given = bank.oauth(**grant, redirect_uri=REDIRECT)
    assert given.status == 200
    assert bank.oauth(**grant, redirect_uri=REDIRECT).status == 401
    refresh = given.json["refresh_token"]
    for token in (refresh, code):
        assert other.oauth(grant_type="refresh_token", refresh_token=token).status == 401
    assert bank.oauth(grant_type="refresh_token", refresh_token=refresh).status == 200


def test_every_log_in_is_a_new_token(bank: Partner) -> None:
    """CVE-2024-7341 (Keycloak): the session's id stayed what it was before the log-in."""
    user = bank.sign_up()
    tokens = [user.token]
    for _ in range(3):
        assert user.log_in().status == 200
        tokens.append(user.token)
    assert len(set(tokens)) == len(tokens)
    statuses = [
        user.server.call("GET", "/v1/me", None, {"authorization": f"Bearer {token}"}).status
        for token in tokens
    ]
    assert statuses == [401, 401, 401, 200]
