"""What a device offers and signs, from bodies to the kind's words."""

from collections.abc import Mapping

from assent.dialects.device import shapes
from assent.domain.kind import OfferedDevice, Signature


def offered_by(body: shapes.Offered, proof: Mapping[str, str]) -> OfferedDevice:
    """A new key. `proof`: the public key of the device's calls."""
    jws = body.jws if isinstance(body.jws, str) else ""
    told = body.attestation
    attestation = (
        {
            "id": told.id,
            "clientDataJSON": told.client_data,
            "attestationObject": told.attestation_object,
        }
        if isinstance(told, shapes.Attestation)
        else {}
    )
    return OfferedDevice(name=body.name, proof=proof, jws=jws, attestation=attestation)


def signature_in(body: shapes.Signed) -> Signature:
    """Of the enrolled key."""
    jws = body.jws if isinstance(body.jws, str) else ""
    told = body.assertion
    assertion = (
        {
            "id": told.id,
            "clientDataJSON": told.client_data,
            "authenticatorData": told.authenticator_data,
            "signature": told.signature,
        }
        if isinstance(told, shapes.Assertion)
        else {}
    )
    return Signature(jws=jws, assertion=assertion)
