"""Native devices: the signature is a compact JWS (RFC 7515) whose payload is what was shown."""

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from assent.domain.device import Device, Scheme
from assent.domain.kind import OfferedDevice
from assent.domain.programme import ProgrammeSettings
from assent.kernel.refusals import Code, Refusal

_ALGORITHMS: Final = {"P-256": "ES256", "Ed25519": "Ed25519"}
"""By curve: RFC 7518 3.4, and RFC 9864 for what was once called EdDSA."""
_LONGEST: Final = 16_384


def enrolled(
    octets: bytes, offered: OfferedDevice, settings: ProgrammeSettings
) -> tuple[Device, int]:
    """See `SigningKind`. The key stands in the signature's own header, as `jwk`."""
    if settings.attested_devices:
        raise Refusal(Code.FACTOR_UNFIT, "no maker vouches for it")
    key = _header(offered.jws).get("jwk")
    if not isinstance(key, dict) or not _signed(public(key), octets, offered.jws):
        raise Refusal(Code.FACTOR_UNFIT, "not signed with its key")
    device = Device(
        name=offered.name, scheme=Scheme.JWS, key=public(key), proof=dict(offered.proof)
    )
    return device, 0


def signed(device: Device, held: int, octets: bytes, text: str, claimed: int) -> int | None:
    """The count after it; none where the key did not sign, or the count does not rise."""
    if claimed <= held or not _signed(device.key, octets, text):
        return None
    return claimed


def public(key: Mapping[str, Any]) -> dict[str, str]:
    """A public JWK, and nothing but what makes it one. Refuses FACTOR_UNFIT for other sorts."""
    curve = key.get("crv")
    names = {"P-256": ("kty", "crv", "x", "y"), "Ed25519": ("kty", "crv", "x")}.get(str(curve))
    if names is None or any(not isinstance(key.get(name), str) for name in names):
        raise Refusal(Code.FACTOR_UNFIT, "not a P-256 or Ed25519 key")
    kept = {name: str(key[name]) for name in names}
    try:
        _imported(kept)
    except (JoseError, ValueError) as error:
        raise Refusal(Code.FACTOR_UNFIT, "not a key") from error
    return kept


def _imported(key: Mapping[str, str]) -> ECKey | OKPKey:
    sort = ECKey if key["crv"] == "P-256" else OKPKey
    return sort.import_key(dict(key))


def _header(text: str) -> dict[str, Any]:
    try:
        return dict(jws.extract_compact(text[:_LONGEST].encode()).headers())
    except (JoseError, ValueError) as error:
        raise Refusal(Code.FACTOR_UNFIT, "not a JWS") from error


def _signed(key: Mapping[str, str], octets: bytes, text: str) -> bool:
    if len(text) > _LONGEST:
        return False
    algorithms = [_ALGORITHMS[key["crv"]], "EdDSA"] if key["crv"] != "P-256" else ["ES256"]
    try:
        found = jws.deserialize_compact(text.encode(), _imported(key), algorithms=algorithms)
    except (JoseError, ValueError):
        return False
    return found.payload == octets
