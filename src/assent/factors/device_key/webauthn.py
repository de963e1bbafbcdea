"""Browsers: the signature is a WebAuthn assertion whose challenge is the octets' SHA-256."""

import hashlib
from collections.abc import Mapping

import webauthn
from cryptography.exceptions import InvalidSignature
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, decode_credential_public_key
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from assent.domain.device import Device, RelyingParty, Scheme
from assent.domain.kind import OfferedDevice
from assent.domain.programme import ProgrammeSettings
from assent.kernel.refusals import Code, Refusal

_ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
_WRONG = (WebAuthnException, ValueError, KeyError, TypeError, InvalidSignature)


def enrolled(
    octets: bytes,
    offered: OfferedDevice,
    party: RelyingParty,
    settings: ProgrammeSettings,
    roots: Mapping[str, bytes],
) -> tuple[Device, int]:
    """See `SigningKind`."""
    told = offered.attestation
    try:
        found = webauthn.verify_registration_response(
            credential={
                "id": told["id"],
                "rawId": told["id"],
                "type": "public-key",
                "response": {
                    "clientDataJSON": told["clientDataJSON"],
                    "attestationObject": told["attestationObject"],
                },
            },
            expected_challenge=hashlib.sha256(octets).digest(),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
    except _WRONG as error:
        raise Refusal(Code.FACTOR_UNFIT, type(error).__name__) from error
    synced = found.credential_device_type.value == "multi_device"
    if synced and not settings.synced_passkeys:
        raise Refusal(Code.FACTOR_UNFIT, "a key that can be copied")
    if settings.attested_devices:
        raise Refusal(Code.FACTOR_UNFIT, "no maker vouches for it")
    device = Device(
        name=offered.name,
        scheme=Scheme.WEBAUTHN,
        key={"cose": bytes_to_base64url(found.credential_public_key)},
        proof=dict(offered.proof),
        credential=bytes_to_base64url(found.credential_id),
        synced=synced,
    )
    return device, found.sign_count


def signed(
    device: Device, held: int, octets: bytes, told: Mapping[str, str], party: RelyingParty
) -> int | None:
    """The count after it; none where it does not check out."""
    try:
        if told["id"] != device.credential:
            return None
        key = base64url_to_bytes(device.key["cose"])
        decode_credential_public_key(key)
        found = webauthn.verify_authentication_response(
            credential={
                "id": told["id"],
                "rawId": told["id"],
                "type": "public-key",
                "response": {
                    "clientDataJSON": told["clientDataJSON"],
                    "authenticatorData": told["authenticatorData"],
                    "signature": told["signature"],
                },
            },
            expected_challenge=hashlib.sha256(octets).digest(),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=key,
            credential_current_sign_count=held,
            require_user_verification=True,
        )
    except _WRONG:
        return None
    return found.new_sign_count
