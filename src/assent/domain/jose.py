"""Which algorithms encrypted and signed calls may name (RFC 7518), and what their keys are like."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from assent.kernel.clock import SECOND


class KeyScope(StrEnum):
    """What a key is for. No key serves two."""

    PAYLOAD_SIGNING = "PAYLOAD_SIGNING"
    PAYLOAD_ENCRYPTION = "PAYLOAD_ENCRYPTION"
    FACE_MAP = "FACE_MAP"
    """What face maps are encrypted to."""
    WEB_PUSH = "WEB_PUSH"
    """What push services know this server by (RFC 8292). Browsers subscribe to the one key, so
    there is no second: it is not rotated."""


RSA_OAEP_256: Final = "RSA-OAEP-256"
CURVES: Final[Mapping[str, str]] = {
    "ES256": "secp256r1",
    "ES384": "secp384r1",
    "ES512": "secp521r1",
}
"""The one curve of each ECDSA algorithm (RFC 7518 3.4), by its name in SEC 2."""
SIGNING: Final = (*CURVES, "PS256", "PS384", "PS512")
ALGORITHMS: Final[Mapping[KeyScope, tuple[str, ...]]] = {
    KeyScope.PAYLOAD_SIGNING: SIGNING,
    KeyScope.PAYLOAD_ENCRYPTION: (RSA_OAEP_256,),
    KeyScope.FACE_MAP: (RSA_OAEP_256,),
    KeyScope.WEB_PUSH: ("ES256",),
}
ROTATED: Final = tuple(scope for scope in KeyScope if scope is not KeyScope.WEB_PUSH)
"""Whose keys get newer versions."""

RSA_BITS: Final = 3_072
"""Of our own keys: as strong as AES-128 (SP 800-57), which 2048 bits are not. An opening takes
0.7 ms in place of 0.25, beside a PIN's hash of some 17 ms."""
SHORTEST_RSA: Final = 2_048
"""Of clients' keys (RFC 7518 3.5, 4.3)."""
LONGEST_RSA: Final = 4_096
"""Of clients' keys: the work grows with the length, and it is the server's."""
EXPONENTS: Final = range(65_537, 2**64)
"""Public exponents (FIPS 186-5 A.1.1); above, checking a signature becomes slow."""

KNOWN_EVERYWHERE: Final = 5 * SECOND
"""A new key is handed out once every server must have read it: what was encrypted to it would
otherwise not open on a server that has not looked yet."""
