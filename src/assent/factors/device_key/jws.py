"""Native devices: the signature is a compact JWS (RFC 7515) whose payload is what was shown.

It is taken in one form only: these members of the header and no others, this payload and no
other, one algorithm a curve. So `crit`, `b64`, `jku`, `x5u`, `x5c` and `kid` are refused with all
else that could have a reader look elsewhere, and what was signed is never read: it is compared.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from assent.domain.device import Device, Scheme
from assent.domain.kind import OfferedDevice
from assent.domain.programme import ProgrammeSettings
from assent.factors.device_key.keys import ED25519, P256, Unfit, decoded, from_jwk, public
from assent.kernel.base64url import encoded
from assent.kernel.refusals import Code, Refusal

TYPE: Final = "assent+jws"
"""RFC 7515 4.1.9, RFC 8725 3.11: what was signed for another purpose is no answer."""
_ALGORITHMS: Final = {P256: ("ES256",), ED25519: ("Ed25519", "EdDSA")}
"""By curve: RFC 7518 3.4 and RFC 9864, whose Ed25519 was EdDSA in RFC 8037; platforms still write
either name of the one algorithm."""
_LONGEST_HEADER: Final = 512
"""Characters; with a key it has some 300."""
_SIGNATURE: Final = 86
"""Characters of 64 octets, which both algorithms' signatures have."""


class _Registry(jws.JWSRegistry):
    """The library's, but for its list of algorithms: ours has been gone through before, and it
    would warn of every EdDSA, as if nobody had looked."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


_REGISTRY: Final = _Registry()


def enrolled(
    octets: bytes, offered: OfferedDevice, settings: ProgrammeSettings
) -> tuple[Device, int]:
    """See `SigningKind`. The key stands in the signature's own header, as `jwk`.

    This is where Android key attestation and App Attest will be checked, whose statements come
    as `offered.attestation` beside the JWS and are over the hash of the same octets; the format
    that led to a trusted root then becomes `Device.attested`.
    """
    if offered.attestation:
        raise Refusal(
            Code.FACTOR_UNFIT, "attestation of native keys is not checked yet: send none with a jws"
        )
    if settings.attested_devices:
        raise Refusal(Code.FACTOR_UNFIT, "this programme takes attested devices only")
    try:
        header = _header_of(offered.jws, octets, ("alg", "jwk", "typ"))
        key = from_jwk(header["jwk"])
        _verify(key, header, offered.jws)
    except Unfit as unfit:
        raise Refusal(Code.FACTOR_UNFIT, str(unfit)) from unfit
    device = Device(name=offered.name, scheme=Scheme.JWS, key=key, proof=dict(offered.proof))
    return device, 0


def signed(device: Device, held: int, octets: bytes, text: str, claimed: int) -> int | None:
    """The count after it; none where the key did not sign, or the count does not rise."""
    if claimed <= held:
        return None
    try:
        header = _header_of(text, octets, ("alg", "typ"))
        _verify(device.key, header, text)
    except Unfit:
        return None
    return claimed


def _header_of(text: str, octets: bytes, members: Collection[str]) -> dict[str, Any]:
    """The header of a JWS over these octets; its signature is not looked at yet."""
    payload = encoded(octets)
    if len(text) > _LONGEST_HEADER + len(payload) + _SIGNATURE + 2:
        raise Unfit("the JWS is longer than one over these octets can be")
    found = text.split(".", 3)
    if len(found) != 3:
        raise Unfit("a compact JWS has three parts")
    if found[1] != payload:
        raise Unfit("the JWS signs something else")
    header = _header(found[0])
    if set(header) != set(members):
        raise Unfit(f"the header of the JWS has other members than {', '.join(members)}")
    if header["typ"] != TYPE:
        raise Unfit(f"the typ of the JWS is {TYPE}")
    return header


def _header(segment: str) -> dict[str, Any]:
    if len(segment) > _LONGEST_HEADER:
        raise Unfit("the header of the JWS is too long")
    try:
        header = json.loads(decoded(segment).decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unfit("the header of the JWS is no JSON") from error
    if not isinstance(header, dict):
        raise Unfit("the header of the JWS is no JSON object")
    return header


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 7515 4: names stand there once."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _verify(key: Mapping[str, str], header: Mapping[str, Any], text: str) -> None:
    """The algorithm follows from the key; the header may only say so."""
    if header["alg"] not in _ALGORITHMS[key["crv"]]:
        raise Unfit("the alg of the JWS is not the key's")
    try:
        jws.deserialize_compact(text, _imported(key), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise Unfit("not signed with the key") from error


def _imported(key: Mapping[str, str]) -> ECKey | OKPKey:
    """Through the key itself: the library reads a JWK in four times the time."""
    held = public(key)
    if isinstance(held, EllipticCurvePublicKey):
        return ECKey.import_key(held)
    return OKPKey.import_key(held)
