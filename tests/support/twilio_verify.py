"""A stand-in for Twilio Verify Push that looks at every request as Twilio's reference says it must
be, keeps the challenges it is given, and posts webhooks as Twilio signs them."""

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.support.stand_in import Quiet, listening
from tests.support.twilio import ACCOUNT, KEY, SECRET, TOKEN

SERVICE = "VA" + "0123456789abcdef" * 2
FACTOR = "YF" + "00112233445566778899aabbccddeeff"
OTHER_FACTOR = "YF" + "ffeeddccbbaa99887766554433221100"
_ENTITY = re.compile(rf"/v2/Services/{SERVICE}/Entities/([0-9a-zA-Z-]{{8,64}})/(.*)")


@dataclass
class Webhook:
    """A POST of the Verify service's."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class VerifyStandIn:
    """Its people, their factors and what they were asked."""

    url: str = ""
    factors: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """By identity; one that is not here is no entity."""
    challenges: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By SID, as the API shows them."""
    complaints: list[str] = field(default_factory=list)
    status: int = 0
    """What everything is answered with; 0: what is right."""

    def register(self, identity: str, sid: str = FACTOR, status: str = "verified") -> None:
        """The person's app."""
        one = {
            "sid": sid,
            "factor_type": "push",
            "status": status,
            "date_created": f"2026-01-0{1 + len(self.factors.get(identity, []))}T00:00:00Z",
        }
        self.factors.setdefault(identity, []).append(one)

    def decided(self, sid: str, status: str, reason: str | None = None) -> dict[str, str]:
        """The person answers; the parameters of the webhook that tells of it."""
        challenge = self.challenges[sid]
        challenge["status"], challenge["responded_reason"] = status, reason
        return {
            "uuid": "0b6c0b2e-5b1f-4a0e-8a94-2f7b1c6d3e58",
            "type": f"challenge.{status}",
            "account_sid": ACCOUNT,
            "service_sid": SERVICE,
            "entity_identity": challenge["identity"],
            "factor_sid": challenge["factor_sid"],
            "factor_type": "push",
            "challenge_sid": sid,
        }


def form_webhook(url: str, told: dict[str, str], token: str = TOKEN) -> Webhook:
    """As a form: each name and value is signed."""
    mac = hmac.new(token.encode(), url.encode(), hashlib.sha1)
    for name in sorted(told):
        mac.update(f"{name}{told[name]}".encode())
    return Webhook(
        url,
        {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": base64.b64encode(mac.digest()).decode(),
        },
        urlencode(told).encode(),
    )


def json_webhook(url: str, told: dict[str, str], token: str = TOKEN) -> Webhook:
    """As JSON: the URL is signed, which holds the body's digest."""
    body = json.dumps(told).encode()
    whole = f"{url}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    mac = hmac.new(token.encode(), whole.encode(), hashlib.sha1)
    signature = base64.b64encode(mac.digest()).decode()
    return Webhook(
        whole, {"content-type": "application/json", "x-twilio-signature": signature}, body
    )


def _identified(headers: Any) -> None:
    scheme, _, pair = headers["authorization"].partition(" ")
    user, _, password = base64.b64decode(pair, validate=True).decode().partition(":")
    assert (scheme, user, password) == ("Basic", KEY, SECRET), "who is calling"


def _asked(stand_in: VerifyStandIn, identity: str, headers: Any, octets: bytes) -> dict[str, Any]:
    assert headers["content-type"] == "application/x-www-form-urlencoded", "what is sent"
    pairs = parse_qsl(octets.decode("ascii"), strict_parsing=True)
    form = dict(pairs)
    assert len(form) == len(pairs), "a field twice"
    assert set(form) == {"FactorSid", "ExpirationDate", "Details.Message", "HiddenDetails"}
    assert 0 < len(form["Details.Message"]) <= 256
    assert len(form["HiddenDetails"]) <= 1_024
    hidden = json.loads(form["HiddenDetails"])
    assert all(isinstance(value, str) for value in hidden.values()), "strings only"
    until = datetime.strptime(form["ExpirationDate"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert 0 < (until - datetime.now(UTC)).total_seconds() <= 3_600, "an hour at most"
    held = {one["sid"]: one for one in stand_in.factors[identity]}
    assert held[form["FactorSid"]]["status"] == "verified", "a factor that cannot be asked"
    sid = f"YC{len(stand_in.challenges):032x}"
    stand_in.challenges[sid] = {
        "sid": sid,
        "account_sid": ACCOUNT,
        "service_sid": SERVICE,
        "identity": identity,
        "factor_sid": form["FactorSid"],
        "factor_type": "push",
        "status": "pending",
        "responded_reason": None,
        "details": {"message": form["Details.Message"], "fields": []},
        "hidden_details": hidden,
    }
    return stand_in.challenges[sid]


@contextmanager
def twilio_verify() -> Iterator[VerifyStandIn]:
    """Listens on a free port of this machine."""
    stand_in = VerifyStandIn()

    class Handler(Quiet):
        def posted(self, octets: bytes) -> None:
            self._answered("POST", octets)

        def asked(self) -> None:
            self._answered("GET", b"")

        def _answered(self, method: str, octets: bytes) -> None:
            if stand_in.status:
                self.reply(stand_in.status, b'{"code": 20500}')
                return
            try:
                _identified(self.headers)
                found = _ENTITY.fullmatch(self.path)
                assert found, f"the path {self.path}"
                identity, rest = found.groups()
                if identity not in stand_in.factors:
                    self.reply(404, b'{"code": 20404}')
                    return
                if (method, rest) == ("GET", "Factors?PageSize=100"):
                    told: Any = {"factors": stand_in.factors[identity], "meta": {}}
                elif (method, rest) == ("POST", "Challenges"):
                    told = _asked(stand_in, identity, self.headers, octets)
                else:
                    assert method == "GET", f"{method} {rest}"
                    sid = rest.removeprefix("Challenges/")
                    told = stand_in.challenges[sid]
                    assert told["identity"] == identity, "another's challenge"
            except Exception as wrong:  # whatever it is, the tests ask for none
                stand_in.complaints.append(repr(wrong))
                self.reply(400, b'{"code": 20001}')
                return
            self.reply(201 if method == "POST" else 200, json.dumps(told).encode())

    with listening(Handler, threading.Event()) as stand_in.url:
        yield stand_in
