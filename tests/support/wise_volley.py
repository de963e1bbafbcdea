"""Requests of the SCA API for a volley: whatever is encrypted is encrypted before it sets off."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from tests.support.client import Answer, Server
from tests.support.volley import Shot
from tests.support.wise import CODE, PIN, Partner, WiseUser

_JOSE = {
    "accept": "application/jose+json",
    "content-type": "application/jose+json",
    "x-tw-jose-method": "jwe",
}


def plain(
    server: Server, user: WiseUser, path: str, body: Any = None, method: str = "POST", **named: str
) -> Shot:
    """A call of the person; `named` are headers, with underscores for hyphens."""
    headers = {name.replace("_", "-"): value for name, value in named.items()}
    return Shot(server, method, path, body, {**user.bearer, **headers})


def sealed(server: Server, user: WiseUser, path: str, body: Any, ott: str = "") -> Shot:
    """The same with a JWE for a body."""
    key = user.partner.encryption_key()
    token = user.partner.jose.encrypt(json.dumps(body).encode(), key).token
    headers = {**user.bearer, **_JOSE, **({"one-time-token": ott} if ott else {})}
    return Shot(server, "POST", path, headers=headers, raw=token.encode())


def form(server: Server, partner: Partner, **fields: str) -> Shot:
    """A call of `/oauth/token`."""
    headers = {**partner.basic, "content-type": "application/x-www-form-urlencoded"}
    return Shot(server, "POST", "/oauth/token", headers=headers, raw=urlencode(fields).encode())


def pin_proof(server: Server, user: WiseUser, ott: str, pin: str = PIN, number: int = 0) -> Shot:
    """A PIN for a token, each `number` by way of another generation of the API."""
    paths = (
        "/v1/one-time-token/pin/verify",
        f"/v2/profiles/{user.profile_id}/pin/verify",
        f"/2026Q4/profiles/{user.profile_id}/pin/verify",
    )
    return sealed(server, user, paths[number % len(paths)], {"pin": pin}, ott)


def code_proof(
    server: Server, user: WiseUser, ott: str, code: str = CODE, channel: str = "sms"
) -> Shot:
    """A code for a token."""
    path = f"/v1/one-time-token/{channel}/verify"
    return plain(server, user, path, {"otpCode": code}, one_time_token=ott)


def funding(server: Server, user: WiseUser, transfer_id: int, approval: str) -> Shot:
    """A transfer's money, with a token that was cleared."""
    path = f"/v3/profiles/{user.profile_id}/transfers/{transfer_id}/payments"
    return plain(server, user, path, {"type": "BALANCE"}, x_2fa_approval=approval)


def told(answers: Sequence[Answer]) -> dict[str, int]:
    """How often each was answered: the status, and what `errors[]` or `error` says."""
    counts: dict[str, int] = {}
    for answer in answers:
        name = _name(answer)
        counts[name] = counts.get(name, 0) + 1
    return counts


def _name(answer: Answer) -> str:
    if answer.status < 400:
        return str(answer.status)
    if "x-2fa-approval" in answer.headers:
        return "403 REJECTED"
    body = answer.json
    code = body["errors"][0]["code"] if "errors" in body else body["error"]
    return f"{answer.status} {code}"
