"""Proofs that a call comes from a device: a JWT for each, by the key of its calls (RFC 9449).

The form, the call that it names and its time are looked at before the device is: whatever is wrong
with these is told, and says nothing of which devices there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey
from msgspec import UNSET, Meta, Struct, UnsetType

from assent.dialects.device.errors import BadProof
from assent.http.jose.compact import BadJose, decoded, segments
from assent.http.request import Request
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.mailing import SpendGap
from assent.usecases.world import World

_ALGORITHMS: Final = {
    "EC": ("P-256", ("ES256",)),
    "OKP": ("Ed25519", ("Ed25519", "EdDSA")),
}
"""By key type: its one curve, and what signs with it (RFC 7518 3.4; RFC 9864 2.2, whose names
today's libraries do not all know). What a proof says of its own algorithm chooses nothing."""
_LONGEST: Final = 4_096
_KEY_OCTETS: Final = 32
_SPREAD_MS: Final = 5 * SECOND
"""How far the clocks of two servers may be apart, and then some."""
PublicKey = Mapping[str, str]
"""A JWK of `kty`, `crv`, `x`, and for P-256 `y`; nothing else."""


class _Jwk(Struct):
    kty: Literal["EC", "OKP"]
    crv: Literal["P-256", "Ed25519"]
    x: str
    y: str | UnsetType = UNSET
    d: Any = UNSET
    """Of a private key, which nobody may be sent."""


class _Header(Struct):
    typ: Literal["dpop+jwt"]
    alg: Literal["ES256", "Ed25519", "EdDSA"]
    jwk: _Jwk | UnsetType = UNSET
    crit: Any = UNSET


class _Claims(Struct):
    htm: str
    htu: str
    iat: int | float
    jti: Annotated[str, Meta(min_length=12, max_length=128)]


@dataclass(frozen=True, slots=True)
class Proof:
    """One that is of the right form, for this very call, and fresh. Who signed it is not known
    yet."""

    text: str = field(repr=False)
    algorithm: str
    jti: str
    key: PublicKey | None
    """The one that its header holds."""

    def signed_by(self, key: PublicKey | None) -> bool:
        """Whether it is by this key. It takes as long where there is no key, or one of another
        sort: how long an answer takes does not say whether there is such a device."""
        fits = key is not None and self.algorithm in _ALGORITHMS[key["kty"]][1]
        held = key if key is not None and fits else _of_nobody(self.algorithm)
        signed = _signed(self.text, self.algorithm, held)
        return signed and fits and self.key in (None, key)


class Proofs:
    """Reads and spends them. `base_url` is how callers reach this API: what a Host header says
    decides nothing."""

    def __init__(self, base_url: str, within_ms: int) -> None:
        """`within_ms`: how far a device's clock may be from ours, either way."""
        self._base_url = base_url.rstrip("/")
        self._within_ms = within_ms

    def read(self, request: Request, wall: int) -> Proof:
        """Of a call. Raises BadProof with the reason."""
        text = request.header(b"dpop")
        if text is None:
            raise BadProof("Send a proof in the header DPoP (RFC 9449).")
        header, claims = _parts(text)
        if header.crit is not UNSET:
            raise BadProof("No critical extension is known here.")
        if claims.htm != request.method:
            raise BadProof(f"htm must be {request.method}, as the call's method.")
        url = f"{self._base_url}{request.path}"
        if _compared(claims.htu) != _compared(url):
            raise BadProof(f"htu must be {url}, without a query.")
        if not abs(claims.iat * SECOND - wall) <= self._within_ms:  # also where it is no number
            seconds = self._within_ms // SECOND
            raise BadProof(f"iat must be within {seconds} s of the server's clock.", wall)
        key = None if isinstance(header.jwk, UnsetType) else _public(header.jwk)
        return Proof(text, header.alg, claims.jti, key)

    async def spend(self, world: World, proof: Proof, whose: str) -> None:
        """Once, on whichever server: for calls that change anything. Raises BadProof."""
        wall = world.clock.wall()
        span = 2 * self._within_ms + _SPREAD_MS  # from the earliest to the latest it is taken
        key = b"d" + world.vault.lookup(f"{whose}\n{proof.jti}", "device proof")
        until = max(wall, world.clock.now()) + span
        done = await world.stores.commit(SpendGap(key, wall - span, wall, until))
        if done.failed is not None:
            raise BadProof("This proof was used before. Make a new one for each call.")


def own_key(proof: Proof) -> PublicKey:
    """The key of a device that is not enrolled yet: the proof's own, which signed it. Raises
    BadProof."""
    if proof.key is None:
        raise BadProof("The header of the proof must hold the device's new key as jwk.")
    if not proof.signed_by(proof.key):
        raise BadProof("The proof is not signed with the key in its header.")
    return proof.key


def _parts(text: str) -> tuple[_Header, _Claims]:
    if len(text) > _LONGEST:
        raise BadProof(f"A proof has at most {_LONGEST} characters here.")
    try:
        head, payload, signature = segments(text, 3, "proof")
        decoded(signature, "The signature of the proof")
        header = msgspec.json.decode(decoded(head, "The header of the proof"), type=_Header)
        claims = msgspec.json.decode(decoded(payload, "The payload of the proof"), type=_Claims)
    except BadJose as error:
        raise BadProof(error.detail) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadProof(
            'A proof is a JWT with typ "dpop+jwt", alg ES256 or Ed25519, and htm, htu, iat and jti.'
        ) from None
    return header, claims


def _public(jwk: _Jwk) -> PublicKey:
    """Raises BadProof for what is no public key of a known sort."""
    curve, _ = _ALGORITHMS[jwk.kty]
    coordinates = {"x": jwk.x} | ({"y": jwk.y} if jwk.kty == "EC" else {})
    key = {"kty": jwk.kty, "crv": jwk.crv, **coordinates}
    try:
        sizes = {len(decoded(str(one), "A coordinate")) for one in coordinates.values()}
        if jwk.crv != curve or jwk.d is not UNSET or sizes != {_KEY_OCTETS}:
            raise ValueError
        made = {name: str(value) for name, value in key.items()}
        _imported(made)
    except (BadJose, JoseError, ValueError):
        raise BadProof("jwk must be a public key of P-256 or Ed25519.") from None
    return made


def _compared(url: str) -> tuple[object, ...]:
    """What makes two addresses one (RFC 3986 6.2.2, 6.2.3), without query and fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        return parts.scheme, (parts.hostname or ""), port, parts.username, parts.path
    except ValueError:
        return ()


class _Only(jws.JWSRegistry):
    """One algorithm, so that a key is never used with another (CVE-2016-5431); without a warning
    that EdDSA has another name by now."""

    def __init__(self, name: str) -> None:
        super().__init__(algorithms=[name])
        self._name = name

    def get_alg(self, name: str) -> Any:
        if name != self._name:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_REGISTRIES: Final = {name: _Only(name) for _, names in _ALGORITHMS.values() for name in names}


def _signed(text: str, algorithm: str, key: PublicKey) -> bool:
    registry = _REGISTRIES[algorithm]
    try:
        read = jws.extract_compact(text.encode(), registry=registry)
        return jws.validate_compact(read, _imported(key), registry=registry)
    except (JoseError, ValueError):
        return False


def _imported(key: PublicKey) -> ECKey | OKPKey:
    held: dict[str, str | list[str]] = dict(key)
    return ECKey.import_key(held) if key["kty"] == "EC" else OKPKey.import_key(held)


@cache
def _of_nobody(algorithm: str) -> PublicKey:
    """A key that no device has: what it says is never believed."""
    made: ECKey | OKPKey
    if algorithm == "ES256":
        made = ECKey.import_key(derive_private_key(1, SECP256R1()).public_key())
    else:
        made = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
    told = made.as_dict(private=False)
    return {name: str(told[name]) for name in ("kty", "crv", "x", "y") if name in told}


def unknown() -> Refusal:
    """Never enrolled, removed, or another's signature: which is not told."""
    return Refusal(Code.DEVICE_UNKNOWN)
