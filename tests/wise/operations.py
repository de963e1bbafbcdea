"""Every path of the dialect's own table, each with a body that its form allows."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from assent.dialects.wise import caller
from assent.dialects.wise.dialect import Wise
from tests.support.client import Answer
from tests.support.wise import CODE, PIN, WiseUser

JOSE_HEADERS = {
    "accept": "application/jose+json",
    "content-type": "application/jose+json",
    "x-tw-jose-method": "jwe",
}
_TOKENS = {caller.basic: "basic", caller.application: "application", caller.user: "user"}
_FACE = {"faceMap": "YSBmYWNl"}
_FINGERPRINT = {"deviceFingerprint": "a device"}
# the end of a path, after a method; the first that fits counts
_BODIES: tuple[tuple[str, Any], ...] = (
    (r"POST .*/pin(/verify)?", {"pin": PIN}),
    (r"POST .*(device-fingerprints?|fingerprints?/verify)", _FINGERPRINT),
    (r"POST .*(facemap|facemaps|facemap/enrol|facemaps?/verify)", _FACE),
    (r"POST .*/(sms|whatsapp|voice)/verify", {"otpCode": CODE}),
    (r"(POST|PUT) .*/phone.numbers.*", {"phoneNumber": "+6588888888"}),
    (r"POST .*/registration_code", {"email": "new@example.com", "registrationCode": "r" * 32}),
    (r"POST .*/users/exists", {"email": "new@example.com"}),
    (r"PUT .*/contact-email", {"email": "new@example.com"}),
    (r"POST .*/transfers/.*", {"type": "BALANCE"}),
    (
        r"POST .*/challenge-result",
        {"transactionReference": "a reference", "challengeStatus": "APPROVED"},
    ),
    (r"POST .*/playground/.*", {"message": "hello"}),
    (
        r"POST .*/request/public-keys",
        {
            "keyId": "1c9d8c1e-5fd0-4a55-9b6e-0f7a3a3a8f10",
            "validFrom": "2025-12-31 23:59:59",
            "validTill": "2040-12-31 00:00:00",
            "scope": "PAYLOAD_SIGNING",
            "publicKeyMaterial": {"algorithm": "ES512", "keyMaterial": "AAAA"},
        },
    ),
)
_ENCRYPTED = re.compile(
    r"POST .*(/pin|/pin/verify|device-fingerprints?|fingerprints?/verify"
    r"|playground/(jwe|jwe-direct-encryption|jwsjwe))"
)
_QUERIES = (
    (
        "/statement.json",
        "?currency=EUR&intervalStart=2026-01-01T00:00:00Z&intervalEnd=2026-02-01T00:00:00Z",
    ),
    ("/public-keys", "?algorithm=RSA_OAEP_256&scope=PAYLOAD_ENCRYPTION"),
)


@dataclass(frozen=True)
class Operation:
    """`token` is the sort that it takes: basic, application or user."""

    method: str
    path: str
    token: str
    body: Any = field(hash=False)
    encrypted: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def path_for(self, ids: dict[str, Any]) -> str:
        query = next((query for end, query in _QUERIES if self.path.endswith(end)), "")
        path = re.sub(r"\{(\w+)\}", lambda found: str(ids[found[1]]), self.path)
        return path + (query if self.method == "GET" else "")

    def call(
        self,
        user: WiseUser,
        ids: dict[str, Any],
        bearer: dict[str, str],
        body: Any = None,
        **headers: str,
    ) -> Answer:
        """`user` lends server and keys; who speaks is what `bearer` says."""
        path, body = self.path_for(ids), self.body if body is None else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if not self.encrypted or body is None:
            return user.server.call(self.method, path, body, {**bearer, **named})
        key = user.partner.encryption_key()
        token = user.partner.jose.encrypt(json.dumps(body).encode(), key).token
        method = "jws+jwe" if self.path.endswith("/jwsjwe") else "jwe"
        sent = {**JOSE_HEADERS, "x-tw-jose-method": method, **bearer, **named}
        return user.server.call(self.method, path, None, sent, raw=token.encode())


def _operation(method: str, path: str, token: str) -> Operation:
    name = f"{method} {path}"
    listing = path.endswith("/partner-device-fingerprints") and "{userId}" in path
    body = next((body for end, body in _BODIES if re.fullmatch(end, name)), None)
    encrypted = _ENCRYPTED.fullmatch(name) is not None
    return Operation(method, path, token, None if listing else body, encrypted and not listing)


OPERATIONS = tuple(
    _operation(route.method, route.path, _TOKENS[route.identify])
    for route in Wise("111111").routes
    if route.identify in _TOKENS
)
"""All that a client calls; the pages for people are not among them."""
ENCRYPTED = tuple(one for one in OPERATIONS if one.encrypted)


def ids_of(user: WiseUser) -> dict[str, Any]:
    """Of a person who has everything: what stands for the names in a path."""
    phones = user.partner.call("GET", f"/v1/application/users/{user.id}/phone-numbers").json
    devices = user.partner.call("GET", f"/v1/users/{user.id}/partner-device-fingerprints").json
    return {
        "userId": user.id,
        "profileId": user.profile_id,
        "phoneNumberId": phones[0]["id"],
        "deviceFingerprintId": devices[0]["deviceFingerprintId"],
        "balanceId": user.new_balance(),
        "transferId": user.new_transfer(),
    }
