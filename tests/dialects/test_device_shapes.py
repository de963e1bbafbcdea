"""Bodies of the Device API let through whatever the kind of factor would look at."""

import msgspec

from assent.dialects.device.shapes import Attestation
from assent.factors.device_key.webauthn import LONGEST, LONGEST_ATTESTATION
from assent.kernel.base64url import encoded


def test_the_kind_says_which_part_of_an_attestation_is_too_long():
    body = {
        "id": "a",
        "clientDataJSON": encoded(bytes(LONGEST + 1)),
        "attestationObject": encoded(bytes(LONGEST_ATTESTATION + 1)),
    }
    msgspec.convert(body, Attestation)
