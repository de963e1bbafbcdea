"""The factor kind `device_key`: a key on the person's own device, used with the person at hand."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, cast

from assent.domain.deed import Deed
from assent.domain.device import DEVICE_KEY, Device, RelyingParty, Scheme
from assent.domain.element import Element
from assent.domain.kind import Begun, Checked, OfferedDevice, Signature, Verdict, checked
from assent.domain.programme import ProgrammeSettings
from assent.domain.subject import Subject
from assent.factors.device_key import jws
from assent.kernel.randomness import Randomness
from assent.kernel.refusals import Code, Refusal

_BROWSERS: Final = "assent.factors.device_key.webauthn"


class Browsers(Protocol):
    """The module of that name."""

    def enrolled(
        self,
        octets: bytes,
        offered: OfferedDevice,
        party: RelyingParty,
        settings: ProgrammeSettings,
        roots: Mapping[str, Sequence[bytes]],
    ) -> tuple[Device, int]:
        """See `SigningKind`."""
        ...

    def signed(
        self,
        device: Device,
        held: int,
        octets: bytes,
        told: Mapping[str, str],
        party: RelyingParty,
    ) -> int | None:
        """The count after it; none where it does not check out."""
        ...


def browsers() -> Browsers:
    """Looked up by name when the first browser is met: its libraries, with three parsers of
    certificates among them, hold 5 MiB in every process, and most never meet one. Takes some
    50 ms, once."""
    return cast("Browsers", importlib.import_module(_BROWSERS))


class DeviceKey:
    """`domain.kind.SigningKind`. An answer proves two elements: the device, and the fingerprint,
    face or device PIN without which its key signs nothing."""

    name = DEVICE_KEY
    called = "device"
    proof = DEVICE_KEY
    elements = frozenset({Element.POSSESSION, Element.INHERENCE})
    verifies_mobile = False
    factor_kind = DEVICE_KEY
    most = 5

    def __init__(self, roots: Mapping[str, Sequence[bytes]] | None = None) -> None:
        """`roots`: the certificates, as PEM, that attestation statements must lead to, by format
        (WebAuthn 8)."""
        self._roots = dict(roots or {})

    def ready(self, subject: Subject, countries: tuple[str, ...]) -> dict[str, Any]:
        """Nothing is known of a device before it comes."""
        return {}

    def begin(
        self,
        details: Mapping[str, Any],
        now: int,
        randomness: Randomness,
        action: Deed,
        chosen: str | None = None,
    ) -> Begun:
        """Devices are asked by usecases/ask_devices.py. Refuses KIND_SWITCHED_OFF."""
        raise Refusal(Code.KIND_SWITCHED_OFF, "a device is no way to send a code")

    def check(
        self, details: Mapping[str, Any], counter: int, expected: bytes, answer: str, now: int
    ) -> Checked:
        """A code is never right."""
        return Checked(Verdict.WRONG, counter)

    def enrolled(
        self,
        octets: bytes,
        offered: OfferedDevice,
        party: RelyingParty,
        settings: ProgrammeSettings,
    ) -> tuple[Device, int]:
        """See `SigningKind`."""
        if offered.jws:
            device, count = jws.enrolled(octets, offered, settings)
        elif offered.attestation:
            device, count = browsers().enrolled(octets, offered, party, settings, self._roots)
        else:
            raise Refusal(Code.FACTOR_UNFIT, "a device sends a jws, or an attestation")
        if device.key == device.proof:  # which signs with nobody at hand
            raise Refusal(Code.FACTOR_UNFIT, "the key of its calls must be another one")
        return device, count

    def signed(
        self,
        device: Device,
        counter: int,
        octets: bytes,
        signature: Signature,
        claimed: int,
        party: RelyingParty,
    ) -> Checked:
        """See `SigningKind`."""
        held = counter - device.base
        count: int | None
        if device.scheme == Scheme.JWS:
            count = jws.signed(device, held, octets, signature.jws, claimed)
        else:
            count = browsers().signed(device, held, octets, signature.assertion, party)
        if count is None:
            return checked(False, counter, self.elements)
        return checked(True, device.base + count, self.elements)
