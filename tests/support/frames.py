"""A secure frame as a browser would run it, with an encryption of its own: what it shares with the
server is RFC 7516 and 7518, and no line of code."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.client import Answer, Server

CURVE = ec.SECP256R1()


def coded(octets: bytes) -> str:
    """base64url without padding (RFC 7515 2)."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk_of(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    x, y = (coded(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def public_of(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(decoded(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, CURVE).public_key()


def private_of(jwk: Mapping[str, str]) -> ec.EllipticCurvePrivateKey:
    numbers = public_of(jwk).public_numbers()
    secret = int.from_bytes(decoded(jwk["d"]), "big")
    return ec.EllipticCurvePrivateNumbers(secret, numbers).private_key()


def concat_kdf(shared: bytes, enc: str, bits: int, apu: bytes = b"", apv: bytes = b"") -> bytes:
    """RFC 7518 4.6.2 with SHA-256, for keys of up to 256 bits: one round."""
    parts = (enc.encode(), apu, apv)
    info = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    made = hashlib.sha256((1).to_bytes(4, "big") + shared + info + bits.to_bytes(4, "big"))
    return made.digest()[: bits // 8]


def sealed(
    content: bytes,
    key: Mapping[str, str],
    header: Mapping[str, Any] | None = None,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
) -> str:
    """A JWE in its compact form: ECDH-ES straight to A256GCM. `header` changes what it says of
    itself, and nothing of how it is made; None leaves a name out."""
    mine = ephemeral or ec.generate_private_key(CURVE)
    said = {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "kid": key["kid"],
        "epk": jwk_of(mine.public_key()),
        **(header or {}),
    }
    kept = {name: value for name, value in said.items() if value is not None}
    protected = coded(json.dumps(kept).encode())
    secret = concat_kdf(mine.exchange(ec.ECDH(), public_of(key)), "A256GCM", 256)
    iv = os.urandom(12)
    out = AESGCM(secret).encrypt(iv, content, protected.encode())
    return ".".join((protected, "", coded(iv), coded(out[:-16]), coded(out[-16:])))


def content(ui_key: str, value: Any, field: str = "password", **others: Any) -> bytes:
    """What a frame puts into an envelope."""
    said = {"ui_key": ui_key, "field": field, "value": value, "nonce": coded(os.urandom(16))}
    return json.dumps({**said, **others}).encode()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.scripts: list[str] = []
        self.told: Any = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.elements.append(tag)
        if "data-frame" in held:
            self.told = json.loads(held["data-frame"] or "")
        if tag == "script":
            self.scripts.append(held.get("src") or "inline")


def page_of(body: bytes) -> _Page:
    """The page's elements, and what it was told."""
    page = _Page()
    page.feed(body.decode())
    return page


def frames_of(server: Server) -> Server:
    """The same process by its other origin."""
    return Server(server.credentials, server.credentials["frames_url"])


def ui_key_of(server: Server) -> str:
    return str(server.credentials["programme"]["ui_key"])


def by_query(path: str, **parameters: str) -> str:
    return f"{path}?{urlencode(parameters)}"


@dataclass
class Frame:
    """A field of a programme's page, loaded."""

    origin: Server
    ui_key: str
    answer: Answer
    told: dict[str, Any]

    @property
    def key(self) -> dict[str, str]:
        """What it encrypts to."""
        return dict(self.told["key"])

    def seal(self, value: Any, field: str = "password", **others: Any) -> str:
        return sealed(content(self.ui_key, value, field, **others), self.key)

    def send(self, envelope: Any, to: Server | None = None, origin: str | None = "") -> Answer:
        """Posts it as the page's own script, or with whatever else as its origin."""
        there = to or self.origin
        by = there.base_url if origin == "" else origin
        headers = {} if by is None else {"origin": by}
        path = by_query("/tokens", ui_key=self.ui_key)
        return there.call("POST", path, {"jwe": envelope}, headers)

    def token(self, value: str, field: str = "password") -> str:
        """What stands for the value from now on."""
        answer = self.send(self.seal(value, field))
        assert answer.status == 200, answer.body
        return str(answer.json["token"])


def loaded(server: Server) -> Frame:
    """A frame of the server's programme."""
    origin, ui_key = frames_of(server), ui_key_of(server)
    answer = origin.call("GET", by_query("/field", ui_key=ui_key))
    assert answer.status == 200, answer.body
    return Frame(origin, ui_key, answer, page_of(answer.body).told)
