"""JWS compact (RFC 7515), with ECDSA and RSASSA-PSS (RFC 7518 3.4, 3.5), by joserfc."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.registry import HeaderParameter

from assent.domain.jose import SIGNING
from assent.http.jose.compact import BadJose, Why, decoded, header, here, malformed, segments
from assent.http.jose.keys import PrivateKey, PublicKey

UNVERIFIED: Final = "Unable to verify the request signature"
_MEMBERS: Final = ("alg", "typ", "kid", "url")
_MOST_TRIED: Final = 10
"""Keys of a client, the newest, for a signature that names none of them."""
_OURS: Final = {"url": HeaderParameter("path", "str"), "version": HeaderParameter("key", "int")}
_REGISTRIES: Final = {name: jws.JWSRegistry(_OURS, algorithms=[name]) for name in SIGNING}
"""One for each algorithm, so that a key is never used with another (CVE-2016-5431)."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A key with the one algorithm that it was registered for."""

    kid: str
    algorithm: str
    public: PublicKey


@dataclass(frozen=True, slots=True)
class Verified:
    """What was signed, and how: a reply is signed by the same algorithm."""

    payload: bytes = field(repr=False)
    algorithm: str


def verify(token: str, keys: Sequence[VerifyingKey], paths: Collection[str]) -> Verified:
    """Whoever signed it has one of the keys. Raises BadJose: MALFORMED where the form alone is
    wrong, else SIGNATURE.

    `keys` are newest first. `url` must be there and be one of `paths`. The header's `alg` chooses
    nothing: it must be that of the key, and `kid`, where it is given, that of the key too.
    """
    head, payload, signature = segments(token, 3, "JWS")
    held = header(head, "JWS", _MEMBERS)
    algorithm = _algorithm(held)
    here(held, "JWS", paths)
    octets = decoded(payload, "The payload of the JWS")
    decoded(signature, "The signature of the JWS")
    fitting = [
        key
        for key in keys
        if key.algorithm == algorithm and held.get("kid", key.kid).lower() == key.kid
    ]
    if any(_verified(token, key) for key in fitting[:_MOST_TRIED]):
        return Verified(octets, algorithm)
    raise BadJose(Why.SIGNATURE, UNVERIFIED)


def _algorithm(held: dict[str, str]) -> str:
    if held.get("alg") not in SIGNING:
        raise malformed(f'"alg" in the header of the JWS must be one of: {", ".join(SIGNING)}.')
    if "url" not in held:
        raise malformed('The header of the JWS must hold "url", the path that is called.')
    return held["alg"]


def sign(payload: bytes, algorithm: str, key: PrivateKey, version: int) -> str:
    """A JWS by a key of ours, whose version its header tells."""
    held = {"version": version, "alg": algorithm}
    return jws.serialize_compact(held, payload, _jwk(key), registry=_REGISTRIES[algorithm])


def _verified(token: str, key: VerifyingKey) -> bool:
    registry = _REGISTRIES[key.algorithm]
    try:
        read = jws.extract_compact(token.encode(), registry=registry)
        return jws.validate_compact(read, _jwk(key.public), registry=registry)
    except (JoseError, ValueError):
        return False


def _jwk(key: PublicKey | PrivateKey) -> RSAKey | ECKey:
    if isinstance(key, RSAPublicKey | RSAPrivateKey):
        return RSAKey.import_key(key)
    return ECKey.import_key(key)
