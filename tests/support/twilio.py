"""A stand-in for Twilio that looks at every request as Twilio's reference says it must be."""

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

from tests.support.stand_in import Quiet, listening

ACCOUNT = "AC" + "0123456789abcdef" * 2
KEY = "SK" + "fedcba9876543210" * 2
SECRET = "canary-of-the-key's-secret:0"
TOKEN = "canary-of-the-account's-token"
SERVICE = "MG" + "00112233445566778899aabbccddeeff"
CONTENT = "HX" + "ffeeddccbbaa99887766554433221100"
SMS_FROM, WHATSAPP_FROM, VOICE_FROM = "+35621000001", "+35621000002", "+35621000003"

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


@dataclass
class Accepted:
    """One request that was as it must be."""

    resource: str
    form: dict[str, str]

    @property
    def said(self) -> str:
        """What a call reads out."""
        said = ElementTree.fromstring(self.form["Twiml"]).findtext("Say")
        assert said is not None
        return said

    def receipt(self, status: str, token: str = TOKEN) -> "StatusCallback":
        """What Twilio posts to the URL it was told, when this has got so far."""
        told = {"To": self.form["To"], "From": self.form.get("From", ""), "AccountSid": ACCOUNT}
        if self.resource == "Calls":
            told |= {"CallSid": "CA1", "CallStatus": status, "CallDuration": "0", "Direction": ""}
        else:
            told |= {"MessageSid": "SM1", "MessageStatus": status, "SmsStatus": status}
        return StatusCallback.signed(self.form["StatusCallback"], told, token)


@dataclass
class StatusCallback:
    """A POST as Twilio signs it (docs/usage/security of its site)."""

    url: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def signed(cls, url: str, form: dict[str, str], token: str = TOKEN) -> "StatusCallback":
        mac = hmac.new(token.encode(), url.encode(), hashlib.sha1)
        for name in sorted(form):
            mac.update(name.encode())
            mac.update(form[name].encode())
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": base64.b64encode(mac.digest()).decode(),
        }
        return cls(url, headers, urlencode(form).encode())


@dataclass
class TwilioStandIn:
    """Answers 201 to what is right, or what it is told to; while `held` is set, nothing at all."""

    url: str = ""
    user: str = KEY
    status: int = 201
    body: bytes = b'{"sid": "SM1", "status": "queued"}'
    location: str = ""
    accepted: list[Accepted] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What was wrong with the requests; none may be."""
    connections: int = 0
    held: bool = False
    let_go: threading.Event = field(default_factory=threading.Event)


def _checked(stand_in: TwilioStandIn, path: str, headers: Any, octets: bytes) -> Accepted:
    scheme, _, pair = headers["authorization"].partition(" ")
    user, _, password = base64.b64decode(pair, validate=True).decode().partition(":")
    assert (scheme, user, password) == ("Basic", stand_in.user, SECRET), "who is calling"
    found = re.fullmatch(rf"/2010-04-01/Accounts/{ACCOUNT}/(Messages|Calls)\.json", path)
    assert found, f"the path {path}"
    assert headers["content-type"] == "application/x-www-form-urlencoded", "what is sent"
    pairs = parse_qsl(octets.decode("ascii"), strict_parsing=True)
    form = dict(pairs)
    assert len(form) == len(pairs), "a field twice"
    if told := form.pop("StatusCallback", ""):
        parts = urlsplit(told)
        assert parts.scheme in ("https", "http"), "where receipts go"
        assert parts.netloc, "where receipts go"
    (_call if found[1] == "Calls" else _message)(form)
    if told:
        form["StatusCallback"] = told
    return Accepted(found[1], form)


def _call(form: dict[str, str]) -> None:
    assert set(form) == {"To", "From", "Twiml"}
    assert _E164.fullmatch(form["To"])
    assert form["From"] == VOICE_FROM
    assert len(form["Twiml"]) <= 4_000
    response = ElementTree.fromstring(form["Twiml"])
    assert response.tag == "Response"
    assert [(verb.tag, list(verb)) for verb in response] == [("Say", [])]
    said = response[0].text or ""
    assert not re.search(r"\d{6}", said), "a code that would be read out as a number"


def _message(form: dict[str, str]) -> None:
    kind, colon, number = form["To"].rpartition(":")
    assert (kind, colon) in {("", ""), ("whatsapp", ":")}
    assert _E164.fullmatch(number)
    (sender,) = form.keys() & {"From", "MessagingServiceSid"}
    if kind:
        assert form["From"] == f"whatsapp:{WHATSAPP_FROM}"
    else:
        assert form[sender] in ({SERVICE} if sender != "From" else {SMS_FROM, "Demo Bank"})
    words = form.keys() - {"To", sender}
    if words == {"ContentSid", "ContentVariables"}:
        assert form["ContentSid"] == CONTENT
        variables = json.loads(form["ContentVariables"])
        assert all(isinstance(value, str) and value for value in variables.values())
    else:
        assert words == {"Body"}
        assert 0 < len(form["Body"]) <= 1_600


@contextmanager
def twilio() -> Iterator[TwilioStandIn]:
    """Listens on a free port of this machine."""
    stand_in = TwilioStandIn()

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            stand_in.connections += 1

        def posted(self, octets: bytes) -> None:
            try:
                stand_in.accepted.append(_checked(stand_in, self.path, self.headers, octets))
            except Exception as wrong:  # whatever it is, the tests ask for none
                stand_in.complaints.append(repr(wrong))
                self.reply(400, b'{"code": 20001}')
                return
            if stand_in.held:
                stand_in.let_go.wait(timeout=60)
                self.close_connection = True
                return
            self.reply(stand_in.status, stand_in.body, stand_in.location)

        def asked(self) -> None:
            stand_in.complaints.append(f"a redirect was followed to {self.path}")
            self.reply(200)

    with listening(Handler, stand_in.let_go) as stand_in.url:
        yield stand_in
