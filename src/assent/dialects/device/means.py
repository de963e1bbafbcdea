"""What the dialect is made from."""

from dataclasses import dataclass, field

from assent.dialects.device.hub import Hub
from assent.domain.capture import EmbeddersOf, embedders
from assent.domain.device import DeviceLimits, RelyingParty


@dataclass(frozen=True, slots=True)
class Means:
    """`base_url` is how callers reach this server; `fixed_code` a sandbox's constant."""

    base_url: str
    party: RelyingParty
    limits: DeviceLimits
    hub: Hub = field(repr=False)
    embedders_of: EmbeddersOf = embedders
    fixed_code: str | None = None
    web_push_key: str = ""
    """The public key of this server's pushes to browsers, in base64url; empty: there are none
    (RFC 8292 3.2)."""
