"""A device in software, as a phone's app or a browser would be: it makes keys and signs with them.

Nothing here is of Assent or of the libraries that it checks with: CBOR (RFC 8949), COSE keys
(RFC 9052), authenticator data and client data (WebAuthn 6.1, 5.8.1), compact JWS (RFC 7515), DPoP
proofs (RFC 9449) and canonical JSON (RFC 8785) are made by hand, so that both sides cannot be
wrong in the same way. What can be wrong with a device is a field of `SoftDevice`.
"""

import base64
import datetime
import hashlib
import json
import os
import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Scheme = Literal["jws", "webauthn"]
Curve = Literal["P-256", "Ed25519"]
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
"""Flags of authenticator data (WebAuthn 6.1)."""
AAGUID_OID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")


def b64(octets: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The reverse of it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(values: Any) -> bytes:
    """RFC 8785, of what these protocols hold: strings, whole numbers, truth values, lists, and
    objects with names in ASCII."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def cbor(value: Any) -> bytes:
    """RFC 8949, in the form of CTAP2 (maps in the order they are given)."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(cbor(one) for one in value)
    if isinstance(value, dict):
        pairs = (cbor(key) + cbor(one) for key, one in value.items())
        return _head(5, len(value)) + b"".join(pairs)
    raise TypeError(f"no CBOR for {type(value)}")


def _head(major: int, number: int) -> bytes:
    for short, code, octets in ((24, None, 0), (2**8, 24, 1), (2**16, 25, 2), (2**32, 26, 4)):
        if number < short:
            if code is None:
                return bytes([major << 5 | number])
            return bytes([major << 5 | code]) + number.to_bytes(octets, "big")
    return bytes([major << 5 | 27]) + number.to_bytes(8, "big")


def private_key(curve: Curve = "P-256") -> Private:
    """A new one."""
    if curve == "P-256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def jwk(key: Private) -> dict[str, str]:
    """Its public half, with what makes it one and no more (RFC 7638 3.2, RFC 8037 2)."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw())}
    numbers = key.public_key().public_numbers()
    x, y = (b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def cose(key: Private) -> dict[int, Any]:
    """The same as a COSE key: kty, alg, crv, x, y."""
    told = jwk(key)
    if told["kty"] == "OKP":
        return {1: 1, 3: -8, -1: 6, -2: unb64(told["x"])}
    return {1: 2, 3: -7, -1: 1, -2: unb64(told["x"]), -3: unb64(told["y"])}


def sign(key: Private, octets: bytes, *, der: bool) -> bytes:
    """ECDSA with SHA-256, as DER (WebAuthn) or as two numbers (JWS); or Ed25519."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(octets)
    signature = key.sign(octets, ec.ECDSA(hashes.SHA256()))
    if der:
        return signature
    return b"".join(one.to_bytes(32, "big") for one in decode_dss_signature(signature))


def compact(key: Private, payload: bytes, header: Mapping[str, Any]) -> str:
    """A compact JWS; `alg` follows from the key where the header names none."""
    alg = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "Ed25519"
    parts = b64(json.dumps({"alg": alg, **header}).encode()) + "." + b64(payload)
    return f"{parts}.{b64(sign(key, parts.encode(), der=False))}"


@dataclass
class Maker:
    """Who vouches for devices: a root, an intermediate, and the certificate of one model."""

    name: str = "Maker"
    aaguid: bytes = bytes(range(16))
    depth: int = 1
    """Intermediates between the root and the leaf."""
    leaf_ca: bool = False
    unit: str = "Authenticator Attestation"
    days: int = 30
    root_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        issuer, issuer_key = self._name("Root"), self.root_key
        self.root = self._certificate(issuer, self.root_key, issuer, self.root_key, ca=True)
        chain: list[bytes] = []
        for number in range(self.depth):
            name, key = self._name(f"Middle {number}"), ec.generate_private_key(ec.SECP256R1())
            made = self._certificate(name, key, issuer, issuer_key, ca=True)
            chain.insert(0, made.public_bytes(serialization.Encoding.DER))
            issuer, issuer_key = name, key
        self.leaf_key = ec.generate_private_key(ec.SECP256R1())
        self.leaf = self._certificate(
            self._name("Model", self.unit), self.leaf_key, issuer, issuer_key, ca=self.leaf_ca
        )
        self.x5c = [self.leaf.public_bytes(serialization.Encoding.DER), *chain]

    @property
    def pem(self) -> bytes:
        """The root, as an operator would put it into a file."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def _name(self, common: str, unit: str = "") -> x509.Name:
        parts = [(x509.NameOID.COUNTRY_NAME, "MT"), (x509.NameOID.ORGANIZATION_NAME, self.name)]
        parts += [(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []
        parts += [(x509.NameOID.COMMON_NAME, f"{self.name} {common}")]
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        issuer: x509.Name,
        issuer_key: ec.EllipticCurvePrivateKey,
        *,
        ca: bool,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        begin = min(now, now + datetime.timedelta(days=self.days)) - datetime.timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=abs(self.days)))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            value = x509.UnrecognizedExtension(AAGUID_OID, b"\x04\x10" + self.aaguid)
            builder = builder.add_extension(value, critical=False)
        return builder.sign(issuer_key, hashes.SHA256())


@dataclass
class SoftDevice:
    """One device: the key it answers with, and the key of its calls. Every field may be set.

    `enrol` and `answer` give the JSON bodies of the Device API, without the token of the link.
    """

    scheme: Scheme = "jws"
    curve: Curve = "P-256"
    rp_id: str = "localhost"
    origin: str = "http://localhost"
    counter: int = 0
    """How often it signed."""
    counts: bool = True
    """Whether it counts at all; a browser's platform authenticators mostly do not."""
    flags: int = UP | UV
    aaguid: bytes = bytes(range(16))
    cross_origin: bool = False
    client: dict[str, Any] = field(default_factory=dict)
    """More members of the client data, or others in their place."""
    extensions: bytes = b""
    """CBOR behind the credential; set ED among the flags."""
    fmt: str = "none"
    """Of the attestation: none, packed."""
    maker: Maker | None = None
    """Who vouches; none: packed attestation is by the key itself."""
    key: Private = field(init=False)
    proof_key: Private = field(init=False)
    credential: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.key = private_key(self.curve)
        self.proof_key = private_key("P-256")
        self.credential = os.urandom(32)

    @property
    def public(self) -> dict[str, str]:
        """The JWK that answers are signed with."""
        return jwk(self.key)

    @property
    def proof_jwk(self) -> dict[str, str]:
        """The JWK that calls are signed with."""
        return jwk(self.proof_key)

    def clone(self) -> "SoftDevice":
        """Another device with the same keys, which counts from where this one stands."""
        other = replace(self)
        other.key, other.proof_key, other.credential = self.key, self.proof_key, self.credential
        return other

    # What it sends

    def proof(self, method: str, url: str, *, at: float | None = None, **more: Any) -> str:
        """The DPoP header of a call; `more` are claims in place of its own."""
        claims = {
            "htm": method,
            "htu": url,
            "iat": int(clock.time() if at is None else at),
            "jti": b64(os.urandom(16)),
            **more,
        }
        header = {"typ": "dpop+jwt", "jwk": self.proof_jwk}
        return compact(self.proof_key, json.dumps(claims).encode(), header)

    def enrolment_octets(self, content: str, name: str) -> bytes:
        """What is signed to be enrolled, or rotated to."""
        return canonical({**json.loads(content), "name": name, "proof": self.proof_jwk})

    def enrol(self, content: str, name: str = "Phone") -> dict[str, Any]:
        """`name`, and `jws` or `attestation`."""
        octets = self.enrolment_octets(content, name)
        if self.scheme == "jws":
            header = {"typ": "assent+jws", "jwk": self.public}
            return {"name": name, "jws": compact(self.key, octets, header)}
        return {"name": name, "attestation": self.attestation(octets)}

    def rotate(self, content: str, old: "SoftDevice", name: str = "Phone") -> dict[str, Any]:
        """This device's key in place of the old one's: `name`, `jws` or `attestation`, `old`. The
        key of its calls is the old one's."""
        self.proof_key = old.proof_key
        told = old.signature(self.enrolment_octets(content, name))
        return {**self.enrol(content, name), "old": told}

    def answer_octets(self, content: str, answer: Mapping[str, Any]) -> bytes:
        """What is signed to answer."""
        said = {"type": "assent/answer/1", "answer": dict(answer)}
        return canonical({**json.loads(content), **said})

    def answer(
        self,
        content: str,
        device_id: int | str,
        decision: str = "approve",
        *,
        at: int | None = None,
        reason: str | None = None,
        number: str | None = None,
    ) -> dict[str, Any]:
        """`decision`, `time`, what else is said, and `jws` or `assertion`. `at` is in ms."""
        said: dict[str, Any] = {
            "decision": decision,
            "time": int(clock.time() * 1000) if at is None else at,
        }
        if reason is not None:
            said["reason"] = reason
        if number is not None:
            said["number"] = number
        if self.scheme == "jws":
            self.counter += 1
            said["counter"] = self.counter
        octets = self.answer_octets(content, {"device": str(device_id), **said})
        return {**said, **self.signature(octets)}

    def signature(self, octets: bytes) -> dict[str, Any]:
        """`jws` or `assertion`, over any octets."""
        if self.scheme == "jws":
            return {"jws": compact(self.key, octets, {"typ": "assent+jws"})}
        return {"assertion": self.assertion(octets)}

    # WebAuthn

    def client_data(self, kind: str, octets: bytes) -> bytes:
        """What a browser says of the call (WebAuthn 5.8.1); the challenge is the octets' hash."""
        told = {
            "type": kind,
            "challenge": b64(hashlib.sha256(octets).digest()),
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
            **self.client,
        }
        return json.dumps(told, separators=(",", ":")).encode()

    def authenticator_data(self, flags: int = 0, rest: bytes = b"") -> bytes:
        """What an authenticator says (WebAuthn 6.1); `flags` are added to the device's own."""
        head = hashlib.sha256(self.rp_id.encode()).digest()
        return head + bytes([self.flags | flags]) + self.counter.to_bytes(4, "big") + rest

    def attested(self) -> bytes:
        """The new credential in it (WebAuthn 6.5.1)."""
        length = len(self.credential).to_bytes(2, "big")
        return self.aaguid + length + self.credential + cbor(cose(self.key))

    def statement(self, data: bytes, client: bytes) -> dict[str, Any]:
        """Of the attestation (WebAuthn 8)."""
        if self.fmt == "none":
            return {}
        signed = data + hashlib.sha256(client).digest()
        if self.maker is None:
            alg = cose(self.key)[3]
            return {"alg": alg, "sig": sign(self.key, signed, der=True)}
        sig = sign(self.maker.leaf_key, signed, der=True)
        return {"alg": -7, "sig": sig, "x5c": list(self.maker.x5c)}

    def attestation(self, octets: bytes) -> dict[str, str]:
        """A registration's answer."""
        client = self.client_data("webauthn.create", octets)
        data = self.authenticator_data(AT, self.attested() + self.extensions)
        told = {"fmt": self.fmt, "attStmt": self.statement(data, client), "authData": data}
        return self.registration(client, cbor(told))

    def registration(self, client: bytes, attestation: bytes) -> dict[str, str]:
        """The same from its parts."""
        return {
            "id": b64(self.credential),
            "clientDataJSON": b64(client),
            "attestationObject": b64(attestation),
        }

    def assertion(self, octets: bytes) -> dict[str, str]:
        """A use of the credential; it counts."""
        self.counter += self.counts
        client = self.client_data("webauthn.get", octets)
        return self.asserted(client, self.authenticator_data(rest=self.extensions))

    def asserted(self, client: bytes, data: bytes) -> dict[str, str]:
        """The same from its parts."""
        signed = data + hashlib.sha256(client).digest()
        return {
            "id": b64(self.credential),
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(sign(self.key, signed, der=True)),
        }
