"""Browsers: the signature is a WebAuthn assertion whose challenge is the octets' SHA-256.

The library checks signatures, statements and flags as WebAuthn 7.1 and 7.2 say. What stands here
before it is what it lets pass: other spellings of the same thing, members that stand twice, pages
framed by other sites, and sizes. Loaded when the first browser is met: factors/device_key/kind.py.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import webauthn
from webauthn.helpers import structs
from webauthn.helpers.cose import COSEAlgorithmIdentifier

from assent.domain.device import Device, RelyingParty, Scheme
from assent.domain.kind import OfferedDevice
from assent.domain.programme import ProgrammeSettings
from assent.factors.device_key.attestation import Statement, attested, statement_in
from assent.factors.device_key.cbor import plain_map
from assent.factors.device_key.keys import Unfit, decoded, from_cose, to_cose
from assent.kernel.base64url import encoded
from assent.kernel.refusals import Code, Refusal

_ALGORITHMS: Final = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
_LONGEST_ID: Final = 1_023
"""Octets (WebAuthn 5.8.2, credential id)."""
LONGEST: Final = 4_096
"""Octets of client data, of authenticator data and of a signature; they have some 200."""
LONGEST_ATTESTATION: Final = 32_768
"""Octets of an attestation object; with a TPM's chain it has some 6,000."""
_HEAD: Final = 37
"""Octets of authenticator data before what a flag adds: hash, flags, count (WebAuthn 6.1)."""
_FLAGS: Final = 32
_UP, _UV, _BE, _ED = 0x01, 0x04, 0x08, 0x80


def challenge(octets: bytes) -> bytes:
    """What the browser is asked to sign in place of these octets."""
    return hashlib.sha256(octets).digest()


def enrolled(
    octets: bytes,
    offered: OfferedDevice,
    party: RelyingParty,
    settings: ProgrammeSettings,
    roots: Mapping[str, Sequence[bytes]],
) -> tuple[Device, int]:
    """See `SigningKind`. `roots`: certificates as PEM, by format of attestation."""
    try:
        return _registered(octets, offered, party, settings, roots)
    except Unfit as unfit:
        raise Refusal(Code.FACTOR_UNFIT, str(unfit)) from unfit


def _registered(
    octets: bytes,
    offered: OfferedDevice,
    party: RelyingParty,
    settings: ProgrammeSettings,
    roots: Mapping[str, Sequence[bytes]],
) -> tuple[Device, int]:
    told = offered.attestation
    client = _client_data(told, "webauthn.create", octets, party)
    whole = _octets(told, "attestationObject", LONGEST_ATTESTATION)
    statement = statement_in(whole)
    flags = _flags(statement.data, party)
    credential = _octets(told, "id", _LONGEST_ID)
    response = structs.AuthenticatorAttestationResponse(client, whole)
    offer = structs.RegistrationCredential(told["id"], credential, response)
    pems = {structs.AttestationFormat(name): list(roots[name]) for name in roots}
    with _by_library():
        found = webauthn.verify_registration_response(
            credential=offer,
            expected_challenge=challenge(octets),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
            # only where the library insists on a root: `attested` looks at the chains itself
            pem_root_certs_bytes_by_fmt={
                name: pem for name, pem in pems.items() if name in ("apple", "android-key")
            },
        )
    if found.credential_id != credential:
        raise Unfit("the id is not that of the new credential")
    _refuse_other_spelling(statement, found.credential_id, found.credential_public_key)
    synced = bool(flags & _BE)
    if synced and not settings.synced_passkeys:
        raise Unfit("this programme takes no keys that are copied to other devices")
    led_by = attested(statement, roots, found.aaguid)
    if settings.attested_devices and not led_by:
        raise Unfit("this programme takes attested devices only, and no trusted maker vouches")
    device = Device(
        name=offered.name,
        scheme=Scheme.WEBAUTHN,
        key=from_cose(found.credential_public_key),
        proof=dict(offered.proof),
        credential=encoded(credential),
        attested=led_by,
        synced=synced,
    )
    return device, found.sign_count


def signed(
    device: Device, held: int, octets: bytes, told: Mapping[str, str], party: RelyingParty
) -> int | None:
    """The count after it; none where it does not check out. An authenticator that does not count
    says 0 each time (WebAuthn 6.1.1); of any other the count rises."""
    try:
        return _asserted(device, held, octets, told, party)
    except Unfit:
        return None


def _asserted(
    device: Device, held: int, octets: bytes, told: Mapping[str, str], party: RelyingParty
) -> int:
    if told.get("id") != device.credential:
        raise Unfit("another credential")
    client = _client_data(told, "webauthn.get", octets, party)
    data = _octets(told, "authenticatorData", LONGEST)
    flags = _flags(data, party)
    if bool(flags & _BE) != device.synced:
        raise Unfit("whether a key may be copied never changes (WebAuthn 6.1.3)")
    _refuse_odd_extensions(data[_HEAD:], flags)
    signature = _octets(told, "signature", LONGEST)
    response = structs.AuthenticatorAssertionResponse(client, data, signature)
    answer = structs.AuthenticationCredential(
        device.credential, decoded(device.credential), response
    )
    with _by_library():
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge(octets),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=to_cose(device.key),
            credential_current_sign_count=held,
            require_user_verification=True,
        )
    return found.new_sign_count


@contextmanager
def _by_library() -> Iterator[None]:
    """Whatever it and the four parsers below it raise at what strangers send is a no."""
    try:
        yield
    except Exception as error:
        raise Unfit(f"not by WebAuthn: {type(error).__name__}") from error


def _octets(told: Mapping[str, str], name: str, longest: int) -> bytes:
    """Bounded before they are looked into."""
    text = told.get(name)
    if not isinstance(text, str):
        raise Unfit(f"{name} is missing")
    if len(text) > longest * 4 // 3 + 1:
        raise Unfit(f"{name} has at most {longest} octets")
    return decoded(text)


def _client_data(told: Mapping[str, str], sort: str, octets: bytes, party: RelyingParty) -> bytes:
    """What the browser says of the call (WebAuthn 5.8.1); members that are not known do not
    matter, as browsers add some."""
    client = _octets(told, "clientDataJSON", LONGEST)
    try:
        found = json.loads(client.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unfit("clientDataJSON is no JSON") from error
    if not isinstance(found, dict):
        raise Unfit("clientDataJSON is no JSON object")
    if found.get("type") != sort:
        raise Unfit(f"the type of the client data is {sort}")
    if found.get("challenge") != encoded(challenge(octets)):
        raise Unfit("another challenge: it signs something else")
    if found.get("origin") not in party.origins:
        raise Unfit("another origin")
    # a frame of our own origin, as the playground's, is none of another's
    if found.get("crossOrigin", False) is not False or "topOrigin" in found:
        raise Unfit("another site framed the page")
    return client


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _flags(data: bytes, party: RelyingParty) -> int:
    """Of authenticator data, the person at hand."""
    if len(data) < _HEAD:
        raise Unfit("the authenticator data is too short")
    if data[:_FLAGS] != hashlib.sha256(party.id.encode()).digest():
        raise Unfit("another rp id")
    flags = data[_FLAGS]
    if not flags & _UP or not flags & _UV:
        raise Unfit("the person was not verified")
    return flags


def _refuse_odd_extensions(rest: bytes, flags: int) -> None:
    """Their outputs stand last, where the flag says so; without it the library takes nothing
    there."""
    if flags & _ED:
        plain_map(rest)


def _refuse_other_spelling(statement: Statement, credential: bytes, key: bytes) -> None:
    """The library writes the key anew after it has read it; it must be what stood there."""
    data = statement.data
    begin = _HEAD + 16 + 2 + len(credential)
    if data[begin : begin + len(key)] != key:
        raise Unfit("the credential's key is spelt oddly")
    _refuse_odd_extensions(data[begin + len(key) :], data[_FLAGS])
