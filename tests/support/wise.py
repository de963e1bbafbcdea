"""A partner's backend that speaks the SCA API, with Node's `jose` for what is encrypted."""

import base64
import itertools
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.support.client import Answer, Server
from tests.support.jose_client import JoseClient

CODE = "111111"
PIN = "1234"
REGISTRATION_CODE = "r" * 32
_JOSE_HEADERS = {
    "accept": "application/jose+json",
    "accept-encoding": "identity",
    "content-encoding": "identity",
    "content-type": "application/jose+json",
    "x-tw-jose-method": "jwe",
}
_numbers = itertools.count(1)


@dataclass
class Partner:
    """The client of a programme: its id, its secret, its application token."""

    server: Server
    jose: JoseClient
    client_id: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    public_key: str = ""

    def __post_init__(self) -> None:
        known = self.server.credentials["wise"]
        self.client_id = self.client_id or known["client_id"]
        self.secret = self.secret or known["client_secret"]
        if not self.token:
            answer = self.oauth(grant_type="client_credentials")
            assert answer.status == 200, answer.body
            self.token = answer.json["access_token"]

    @property
    def basic(self) -> dict[str, str]:
        text = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return {"authorization": f"Basic {text}"}

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def oauth(self, **form: str) -> Answer:
        headers = {**self.basic, "content-type": "application/x-www-form-urlencoded"}
        return self.server.call("POST", "/oauth/token", None, headers, raw=urlencode(form).encode())

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        return self.server.call(method, path, body, self.bearer)

    def encryption_key(self) -> str:
        """Of the server, for encrypted calls."""
        if not self.public_key:
            query = "algorithm=RSA_OAEP_256&scope=PAYLOAD_ENCRYPTION"
            answer = self.call("GET", f"/v1/auth/jose/response/public-keys?{query}")
            assert answer.status == 200, answer.body
            self.public_key = answer.json["keyMaterial"]["keyMaterial"]
        return self.public_key

    def sign_up(self, email: str = "") -> "WiseUser":
        """A new person, with the token of a user."""
        email = email or f"ada.{next(_numbers)}.{id(self)}@example.com"
        body = {"email": email, "registrationCode": REGISTRATION_CODE}
        made = self.call("POST", "/v1/user/signup/registration_code", body)
        assert made.status == 200, made.body
        user = WiseUser(self, email, made.json["id"])
        user.log_in()
        answer = user.call("GET", "/v2/profiles")
        assert answer.status == 200, answer.body
        user.profile_id = answer.json[0]["id"]
        return user


@dataclass
class WiseUser:
    """A person, as the partner acts for them."""

    partner: Partner
    email: str
    id: int
    profile_id: int = 0
    token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    phone: str = ""

    @property
    def server(self) -> Server:
        return self.partner.server

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def log_in(self) -> Answer:
        answer = self.partner.oauth(
            grant_type="registration_code",
            client_id=self.partner.client_id,
            email=self.email,
            registration_code=REGISTRATION_CODE,
        )
        if answer.status == 200:
            self.token = answer.json["access_token"]
            self.refresh_token = answer.json["refresh_token"]
        return answer

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        ott: str = "",
        approval: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = {**self.bearer, **(headers or {})}
        if ott:
            sent["one-time-token"] = ott
        if approval:
            sent["x-2fa-approval"] = approval
        return self.server.call(method, path, body, sent)

    def encrypted(self, path: str, body: Any, ott: str = "") -> Answer:
        """A JWE to the server's key; a JWE that comes back is opened with the content key."""
        sent = self.partner.jose.encrypt(json.dumps(body).encode(), self.partner.encryption_key())
        headers = {**self.bearer, **_JOSE_HEADERS}
        if ott:
            headers["one-time-token"] = ott
        answer = self.server.call("POST", path, None, headers, raw=sent.token.encode())
        if answer.headers.get("content-type") == "application/jose+json":
            read = self.partner.jose.decrypt_direct(answer.body.decode(), sent.content_key)
            return Answer(answer.status, answer.headers, read.payload)
        return answer

    # the factors

    def set_pin(self, pin: str = PIN) -> Answer:
        return self.encrypted("/v1/user/pin", {"pin": pin})

    def delete_pin(self) -> Answer:
        return self.partner.call("DELETE", f"/v1/users/{self.id}/pin")

    def set_phone(self, number: str = "") -> Answer:
        self.phone = number or f"+6588{next(_numbers):06d}"
        path = f"/v1/application/users/{self.id}/phone-numbers"
        return self.partner.call("POST", path, {"phoneNumber": self.phone})

    def set_face(self, face: bytes = b"a face") -> Answer:
        body = {"faceMap": base64.b64encode(face).decode()}
        return self.call("POST", "/v1/user/facemap/enrol", body)

    def set_fingerprint(self, fingerprint: str = "a device") -> Answer:
        path = "/v1/user/partner-device-fingerprints"
        return self.encrypted(path, {"deviceFingerprint": fingerprint})

    # the one-time token

    def status(self, ott: str) -> Answer:
        return self.call("GET", "/v1/one-time-token/status", ott=ott)

    def verify_pin(self, ott: str, pin: str = PIN) -> Answer:
        return self.encrypted("/v1/one-time-token/pin/verify", {"pin": pin}, ott)

    def verify_face(self, ott: str, face: bytes = b"a face") -> Answer:
        body = {"faceMap": base64.b64encode(face).decode()}
        return self.call("POST", "/v1/one-time-token/facemap/verify", body, ott=ott)

    def verify_fingerprint(self, ott: str, fingerprint: str = "a device") -> Answer:
        path = "/v1/one-time-token/partner-device-fingerprint/verify"
        return self.encrypted(path, {"deviceFingerprint": fingerprint}, ott)

    def trigger(self, ott: str, channel: str = "sms") -> Answer:
        return self.call("POST", f"/v1/one-time-token/{channel}/trigger", ott=ott)

    def verify_code(self, ott: str, code: str = CODE, channel: str = "sms") -> Answer:
        path = f"/v1/one-time-token/{channel}/verify"
        return self.call("POST", path, {"otpCode": code}, ott=ott)

    def newest_code(self) -> str:
        return str(self.server.messages(self.phone)[0]["code"])

    def clear(self, ott: str) -> None:
        """With PIN and SMS."""
        assert self.verify_pin(ott).status == 200
        assert self.trigger(ott).status == 200
        assert self.verify_code(ott).status == 200

    # what is protected

    def new_balance(self, amount: str = "1000.00", currency: str = "EUR") -> int:
        body = {"currency": currency, "amount": amount}
        answer = self.server.sandbox("POST", f"/users/{self.id}/balances", body)
        assert answer.status == 200, answer.body
        return int(answer.json["balance_id"])

    def new_transfer(self, amount: str = "10.00", payee: str = "Grace Hopper") -> int:
        body = {
            "amount": amount,
            "currency": "EUR",
            "payee": {"name": payee, "account": "GB33BUKB20201555555555"},
        }
        answer = self.server.sandbox("POST", f"/users/{self.id}/transfers", body)
        assert answer.status == 200, answer.body
        return int(answer.json["transfer_id"])

    def statement(self, balance_id: int, approval: str = "", currency: str = "EUR") -> Answer:
        query = urlencode(
            {
                "currency": currency,
                "intervalStart": "2026-01-01T00:00:00.000Z",
                "intervalEnd": "2026-02-01T00:00:00.000Z",
            }
        )
        path = f"/v1/profiles/{self.profile_id}/balance-statements/{balance_id}/statement.json"
        return self.call("GET", f"{path}?{query}", approval=approval)

    def fund(self, transfer_id: int, approval: str = "") -> Answer:
        path = f"/v3/profiles/{self.profile_id}/transfers/{transfer_id}/payments"
        return self.call("POST", path, {"type": "BALANCE"}, approval=approval)


def ott_of(rejected: Answer) -> str:
    """The one-time token of a rejected call."""
    assert rejected.status == 403, rejected.body
    assert rejected.headers["x-2fa-approval-result"] == "REJECTED"
    return rejected.headers["x-2fa-approval"]
