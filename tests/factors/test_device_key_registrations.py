"""New credentials of browsers: their keys, ids, extensions and attestation objects, and the odd."""

import pytest

from assent.domain.programme import ProgrammeSettings
from tests.support.authenticator import AT, ED, SoftDevice, cbor, cose, unb64
from tests.support.device_keys import ENROLMENT, QUESTION, enrol, unfit

CONTENT = QUESTION.content().decode()
SYNCED = ProgrammeSettings(synced_passkeys=True)


def body_of(soft: SoftDevice, data: bytes, statement: dict | None = None, **more) -> dict:
    """An enrolment with authenticator data of one's own."""
    octets = soft.enrolment_octets(ENROLMENT, "Phone")
    client = soft.client_data("webauthn.create", octets)
    told = {"fmt": "none", "attStmt": statement or {}, "authData": data, **more}
    return {"name": "Phone", "attestation": soft.registration(client, cbor(told))}


def odd_object(soft: SoftDevice, octets: bytes) -> dict:
    """An enrolment whose attestation object is these octets."""
    client = soft.client_data("webauthn.create", soft.enrolment_octets(ENROLMENT, "Phone"))
    return {"name": "Phone", "attestation": soft.registration(client, octets)}


def data_of(soft: SoftDevice, key: bytes | None = None, flags: int = AT, **told) -> bytes:
    """Authenticator data with a credential in it, its key spelt as wanted."""
    credential = told.get("credential", soft.credential)
    length = told.get("length", len(credential)).to_bytes(2, "big")
    spelt = cbor(cose(soft.key)) if key is None else key
    rest = told.get("rest", b"")
    return soft.authenticator_data(flags, soft.aaguid + length + credential + spelt + rest)


def test_extensions_of_a_new_credential_are_looked_at(soft):
    enrol(soft, body=body_of(soft, data_of(soft, flags=AT | ED, rest=cbor({"credProtect": 2}))))
    for flags, rest in (
        (AT, cbor({"credProtect": 2})),
        (AT | ED, b""),
        (AT | ED, b"\xa0\x00"),
        (AT | ED, b"\xbf\xff"),
        (AT, b"\x00"),
        (AT | ED, b"\xa1\x61a\xfb" + bytes(8)),
        (AT | ED, b"\xa1\x61a\xd9\x01\x02\x80"),
    ):
        unfit(soft, body=body_of(soft, data_of(soft, flags=flags, rest=rest)))


def spelt(soft: SoftDevice, **changed) -> bytes:
    """The key as COSE, with other members."""
    told = {**cose(soft.key), **{int(name[1:].replace("m", "-")): v for name, v in changed.items()}}
    return cbor({name: value for name, value in told.items() if value is not None})


def test_other_keys_than_two_are_not_enrolled(soft):
    ok = cose(soft.key)
    for odd in (
        spelt(soft, k1=3),
        spelt(soft, k1=None),
        spelt(soft, k3=-257),
        spelt(soft, k3=-8 if ok[3] == -7 else -7),
        spelt(soft, k3=None),
        spelt(soft, km1=2),
        spelt(soft, km1=None),
        spelt(soft, km2=bytes(32)),
        spelt(soft, km2=b"\xff" * 32),
        spelt(soft, km2=ok[-2][1:]),
        spelt(soft, km2=ok[-2] + b"\x00"),
        spelt(soft, km2=None),
        spelt(soft, km2=7),
        spelt(soft, k2=b"kid"),
        spelt(soft, k4=[1]),
        spelt(soft, km4=b"private"),
        cbor({1: 3, 3: -257, -1: b"\x80" + bytes(255), -2: b"\x01\x00\x01"}),
        cbor(dict(reversed(ok.items()))),
        b"\xbf" + cbor(ok)[1:] + b"\xff",
        b"\xb8" + bytes([len(ok)]) + cbor(ok)[1:],
        b"\xd8\x1c" + cbor(ok),
        cbor(ok)[:-1],
        b"\x04" + bytes(64),
        b"",
        b"\xa0",
        b"\xf6",
    ):
        unfit(soft, body=body_of(soft, data_of(soft, odd)))
    enrol(soft, body=body_of(soft, data_of(soft)))


def test_a_key_of_ed25519_that_lacks_its_length_is_not_mended():
    """Some authenticators spell a map of four as one of three; the library puts that right, and
    what was signed is then not what is kept."""
    soft = SoftDevice("webauthn", "Ed25519")
    bad = bytes.fromhex("a301634f4b500327206745643235353139") + b"\x21\x58\x20" + bytes(32)
    unfit(soft, body=body_of(soft, data_of(soft, bad)))


def test_credential_ids_have_a_length_and_keep_to_it(soft):
    soft.credential = bytes(1_023)
    enrol(soft, body=body_of(soft, data_of(soft)))
    soft.credential = bytes(1_024)
    unfit(soft, body=body_of(soft, data_of(soft)))
    soft.credential = bytes(32)
    for length in (0, 31, 33, 65_535):
        unfit(soft, body=body_of(soft, data_of(soft, length=length)))
    soft.credential = b""
    unfit(soft, body=body_of(soft, data_of(soft)))


def test_a_registration_without_a_credential_is_refused(soft):
    unfit(soft, body=body_of(soft, soft.authenticator_data()))
    unfit(soft, body=body_of(soft, soft.authenticator_data(AT)))
    unfit(soft, body=body_of(soft, soft.authenticator_data()[:36]))


ATTESTATION_OBJECTS = [
    lambda soft, good: b"",
    lambda soft, good: b"\xa0",
    lambda soft, good: b"\xf6",
    lambda soft, good: b"\x80",
    lambda soft, good: good + b"\x00",
    lambda soft, good: good + good,
    lambda soft, good: good[:-1],
    lambda soft, good: b"\xbf" + good[1:] + b"\xff",
    lambda soft, good: b"\xd9\xd9\xf7" + good,
    lambda soft, good: b"\xa4" + good[1:] + cbor("fmt") + cbor("none"),
    lambda soft, good: b"\xa4" + good[1:] + cbor("more") + cbor(1),
    lambda soft, good: cbor({"fmt": "none", "attStmt": {}}),
    lambda soft, good: cbor({"fmt": "none", "authData": data_of(soft)}),
    lambda soft, good: cbor({"fmt": "none", "attStmt": [], "authData": data_of(soft)}),
    lambda soft, good: cbor({"fmt": "none", "attStmt": {}, "authData": "text"}),
    lambda soft, good: cbor({"fmt": ["none"], "attStmt": {}, "authData": data_of(soft)}),
    lambda soft, good: cbor({"fmt": 1, "attStmt": {}, "authData": data_of(soft)}),
    lambda soft, good: b"\x81" * 20_000,
    lambda soft, good: b"\xa1\x61a" * 5_000,
    lambda soft, good: b"\x9b\x7f" + b"\xff" * 7,
    lambda soft, good: b"\x5b\x7f" + b"\xff" * 7,
    lambda soft, good: b"\xc2\x59\x20\x00" + b"\xff" * 8_192,
    lambda soft, good: b"\xc4\x82\x1b\x7f" + b"\xff" * 7 + b"\x01",
    lambda soft, good: b"\xd8\x23\x6a" + b"(a+)+" * 2,
]
"""Duplicate names, unknown lengths, tags, depths, sizes that are claimed and not there."""


@pytest.mark.parametrize("odd", ATTESTATION_OBJECTS, ids=range(len(ATTESTATION_OBJECTS)))
def test_odd_attestation_objects_are_refused(odd):
    soft = SoftDevice("webauthn")
    good = unb64(soft.enrol(ENROLMENT)["attestation"]["attestationObject"])
    enrol(soft, body=odd_object(soft, good))
    unfit(soft, body=odd_object(soft, odd(soft, good)))


# Memory
