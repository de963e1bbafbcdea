"""Who vouches for browsers' authenticators: statements that check out, chains that lead home."""

import datetime
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assent.domain.programme import ProgrammeSettings
from assent.factors.device_key.attestation import attested, statement_in
from tests.support.authenticator import AT, Maker, SoftDevice, cbor, cose, sign
from tests.support.device_keys import DEVICE_ID, ENROLMENT, QUESTION, enrol, right, unfit
from tests.support.vectors import vectors

ATTESTED = ProgrammeSettings(attested_devices=True)


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


def by(maker: Maker | None, **more: Any) -> SoftDevice:
    """A device that this maker vouches for; none: it vouches for itself."""
    return SoftDevice("webauthn", fmt="packed", maker=maker, **more)


def stated(soft: SoftDevice, fmt: str, make, **more: Any) -> dict:
    """An enrolment with a statement of one's own making, from what is to be signed."""
    client = soft.client_data("webauthn.create", soft.enrolment_octets(ENROLMENT, "Phone"))
    data = soft.authenticator_data(AT, soft.attested())
    told = make(data, hashlib.sha256(client).digest())
    whole = cbor({"fmt": fmt, "attStmt": told, "authData": data, **more})
    return {"name": "Phone", "attestation": soft.registration(client, whole)}


# Packed


def test_a_chain_to_a_root_of_its_format_makes_an_attested_device(maker):
    kept = enrol(by(maker), ATTESTED, {"packed": [maker.pem]})
    assert kept.device.attested == "packed"
    assert right(kept, kept.soft.answer(QUESTION.content().decode(), DEVICE_ID))


def test_it_may_lead_to_any_of_several_roots(maker):
    roots = {"packed": [Maker("Other").pem, maker.pem]}
    assert enrol(by(maker), ATTESTED, roots).device.attested == "packed"


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_it_may_be_short_or_long(depth):
    maker = Maker(depth=depth)
    assert enrol(by(maker), ATTESTED, {"packed": [maker.pem]}).device.attested == "packed"


def test_a_chain_that_leads_elsewhere_vouches_for_nothing(maker):
    others: list[Any] = [None, {}, {"packed": []}, {"packed": [Maker().pem]}, {"tpm": [maker.pem]}]
    for roots in others:
        assert enrol(by(maker), roots=roots).device.attested == ""
        assert "no trusted maker" in unfit(by(maker), settings=ATTESTED, roots=roots)


def test_without_a_statement_or_by_itself_a_device_is_not_attested(maker):
    roots = {"packed": [maker.pem]}
    for soft in (by(None), SoftDevice("webauthn"), by(None, curve="Ed25519")):
        assert enrol(soft, roots=roots).device.attested == ""
        assert "no trusted maker" in unfit(soft, settings=ATTESTED, roots=roots)


def test_a_chain_with_a_missing_link_vouches_for_nothing():
    maker = Maker(depth=2)
    del maker.x5c[1]
    assert "no trusted maker" in unfit(by(maker), settings=ATTESTED, roots={"packed": [maker.pem]})


def test_a_chain_that_has_ended_vouches_for_nothing():
    maker = Maker(days=-2)
    assert "no trusted maker" in unfit(by(maker), settings=ATTESTED, roots={"packed": [maker.pem]})


def test_a_leaf_of_another_maker_with_the_name_of_this_one_vouches_for_nothing(maker):
    thief = Maker()
    thief.x5c = [thief.x5c[0], *maker.x5c[1:]]
    assert "no trusted maker" in unfit(by(thief), settings=ATTESTED, roots={"packed": [maker.pem]})


def test_a_statement_that_another_key_signed_is_refused(maker):
    thief = Maker()
    thief.x5c = maker.x5c
    unfit(by(thief), roots={"packed": [maker.pem]})


def test_a_statement_for_another_key_or_another_call_is_refused(maker):
    soft, other = by(maker), by(maker)
    for theirs in (other.attestation(b"other"), other.enrol(ENROLMENT)["attestation"]):
        unfit(soft, body={"name": "Phone", "attestation": theirs})


def test_a_self_statement_by_another_key_is_refused():
    soft, other = by(None), by(None)
    body = stated(
        soft,
        "packed",
        lambda data, call: {"alg": -7, "sig": sign(other.key, data + call, der=True)},
    )
    unfit(soft, body=body)
    good = stated(
        soft, "packed", lambda data, call: {"alg": -7, "sig": sign(soft.key, data + call, der=True)}
    )
    enrol(soft, body=good)


def test_a_self_statement_of_another_algorithm_is_refused():
    soft = by(None)
    for alg in (-8, -257, -65535, 0, True, "ES256", b"", 2**40):
        body = stated(
            soft,
            "packed",
            lambda data, call, alg=alg: {"alg": alg, "sig": sign(soft.key, data + call, der=True)},
        )
        unfit(soft, body=body)


@pytest.mark.parametrize(
    "maker",
    [
        lambda: Maker(unit="Web Server"),
        lambda: Maker(unit=""),
        lambda: Maker(leaf_ca=True),
        lambda: Maker(aaguid=bytes(16)),
    ],
    ids=["a web site's", "nobody's", "an authority's", "another model's"],
)
def test_other_certificates_of_a_maker_are_refused(maker):
    """WebAuthn 8.2.1. A maker has more certificates than those of its authenticators."""
    made = maker()
    assert "8.2.1" in unfit(by(made), roots={"packed": [made.pem]})


def test_a_leaf_that_names_no_model_is_taken():
    maker = Maker()
    plain = x509.CertificateBuilder(
        subject_name=maker.leaf.subject,
        issuer_name=maker.leaf.issuer,
        public_key=maker.leaf_key.public_key(),
        serial_number=1,
        not_valid_before=maker.leaf.not_valid_before_utc,
        not_valid_after=maker.leaf.not_valid_after_utc,
    ).add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.CertificateBuilder(
        subject_name=maker.leaf.issuer,
        issuer_name=maker.leaf.issuer,
        public_key=key.public_key(),
        serial_number=2,
        not_valid_before=maker.leaf.not_valid_before_utc,
        not_valid_after=maker.leaf.not_valid_after_utc,
    ).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = issuer.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    leaf = plain.sign(key, hashes.SHA256())
    maker.x5c = [leaf.public_bytes(serialization.Encoding.DER)]
    assert enrol(by(maker), ATTESTED, {"packed": [root]}).device.attested == "packed"


# Chains


def test_an_oversized_chain_is_refused_before_it_is_read(maker, monkeypatch):
    read: list[bytes] = []
    monkeypatch.setattr(x509, "load_der_x509_certificate", read.append)
    long = replace(by(maker), maker=Maker())
    assert long.maker is not None
    long.maker.x5c = [*maker.x5c, *maker.x5c[1:] * 5]
    assert "at most 6 certificates" in unfit(long)
    long.maker.x5c = [bytes(8_000)] * 5
    assert "at most 32768 octets" in unfit(long)
    long.maker.x5c = [bytes(1_000_000)]
    assert "at most 32768 octets" in unfit(long)
    assert read == []


@pytest.mark.parametrize(
    "chain",
    [[], [b""], [b"x"], [bytes(500)], ["text"], [1], [[b""]], [{}], b"", "text", 7, {}],
    ids=repr,
)
def test_chains_that_are_none_are_refused(maker, chain):
    soft = by(maker)
    body = stated(
        soft,
        "packed",
        lambda data, call: {
            "alg": -7,
            "sig": sign(maker.leaf_key, data + call, der=True),
            "x5c": chain,
        },
    )
    unfit(soft, body=body)


def test_rubbish_behind_a_good_leaf_vouches_for_nothing(maker):
    for rest in (b"", b"x", bytes(500), maker.x5c[0][:-1]):
        broken = Maker()
        broken.leaf_key, broken.x5c = maker.leaf_key, [maker.x5c[0], rest]
        assert unfit(by(broken), settings=ATTESTED, roots={"packed": [maker.pem]})


# The other formats


def test_formats_that_are_not_taken_are_refused():
    soft = SoftDevice("webauthn")
    for fmt in ("android-safetynet", "compound", "Packed", "", "x" * 40):
        body = stated(soft, fmt, lambda data, call: {"ver": "1", "response": b"e30.e30.e30"})
        assert "no format" in unfit(soft, body=body)


def test_a_statement_of_no_format_is_empty():
    soft = SoftDevice("webauthn")
    for told in ({"alg": -7}, {"more": 1}, {"sig": b""}):
        body = stated(soft, "none", lambda data, call, told=told: told)
        assert "empty" in unfit(soft, body=body)


@pytest.mark.parametrize("fmt", ["packed", "tpm", "android-key", "apple", "fido-u2f"])
@pytest.mark.parametrize(
    "told",
    [
        {},
        {"alg": -7},
        {"sig": b"x"},
        {"alg": -7, "sig": b"x", "x5c": [b"x"]},
        {"alg": -7, "sig": "x", "x5c": [bytes(64)] * 3},
        {"ver": "2.0", "alg": -7, "sig": b"x", "x5c": [b"x"], "certInfo": b"", "pubArea": b""},
        {"ver": "2.0", "alg": -7, "sig": b"x", "x5c": [b"x"], "certInfo": b"x", "pubArea": b"x"},
        {"ver": 2, "alg": [], "sig": {}, "certInfo": 1, "pubArea": "x"},
    ],
    ids=range(8),
)
def test_statements_that_are_none_are_refused(fmt, told):
    soft = SoftDevice("webauthn")
    unfit(soft, body=stated(soft, fmt, lambda data, call: told))


def leaf_of(
    maker: Maker, key, *extensions: x509.ExtensionType, subject: x509.Name | None = None
) -> bytes:
    """A certificate that the maker's root made by itself, as DER."""
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        subject_name=maker.leaf.subject if subject is None else subject,
        issuer_name=maker.root.subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(hours=1),
        not_valid_after=now + datetime.timedelta(hours=1),
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(maker.root_key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def u2f(maker: Maker, soft: SoftDevice, data: bytes, call: bytes) -> dict:
    """WebAuthn 8.6."""
    key = cose(soft.key)
    signed = b"\x00" + data[:32] + call + soft.credential + b"\x04" + key[-2] + key[-3]
    leaf = ec.generate_private_key(ec.SECP256R1())
    return {"sig": sign(leaf, signed, der=True), "x5c": [leaf_of(maker, leaf.public_key())]}


def test_a_statement_of_fido_u2f(maker):
    soft = SoftDevice("webauthn", aaguid=bytes(16))
    body = stated(soft, "fido-u2f", lambda data, call: u2f(maker, soft, data, call))
    assert enrol(soft, ATTESTED, {"fido-u2f": [maker.pem]}, body).device.attested == "fido-u2f"
    unfit(soft, body=stated(soft, "fido-u2f", lambda data, call: u2f(maker, soft, data, bytes(32))))


def apple(maker: Maker, soft: SoftDevice, data: bytes, call: bytes) -> dict:
    """WebAuthn 8.8: the certificate is of the credential's own key, for this call."""
    nonce = hashlib.sha256(data + call).digest()
    oid = x509.ObjectIdentifier("1.2.840.113635.100.8.2")
    value = x509.UnrecognizedExtension(oid, b"\x30\x24\xa1\x22\x04\x20" + nonce)
    return {"x5c": [leaf_of(maker, soft.key.public_key(), value)]}


def test_a_statement_of_apple(maker):
    soft = SoftDevice("webauthn")
    body = stated(soft, "apple", lambda data, call: apple(maker, soft, data, call))
    assert enrol(soft, ATTESTED, {"apple": [maker.pem]}, body).device.attested == "apple"
    unfit(soft, body=body)  # Apple's own root did not make it
    for mended in (
        stated(soft, "apple", lambda data, call: apple(maker, soft, data, bytes(32))),
        stated(soft, "apple", lambda data, call: apple(maker, SoftDevice("webauthn"), data, call)),
    ):
        unfit(soft, body=mended, roots={"apple": [maker.pem]})


def der(tag: str, *parts: bytes) -> bytes:
    """One value, of fewer than 128 octets."""
    content = b"".join(parts)
    return bytes.fromhex(tag) + bytes([len(content)]) + content


def android(
    maker: Maker, soft: SoftDevice, data: bytes, call: bytes, *, purpose: int = 2, origin: int = 0
) -> dict:
    """WebAuthn 8.4: the certificate is of the credential's own key, and says how it is kept."""
    kept = der("30", der("a1", der("31", der("02", bytes([purpose])))),
               der("bf853e", der("02", bytes([origin]))))  # fmt: skip
    number, level = der("02", b"\x03"), der("0a", b"\x01")
    said = der("30", number, level, number, level, der("04", call), der("04"), der("30"), kept)
    oid = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
    value = x509.UnrecognizedExtension(oid, said)
    leaf = leaf_of(maker, soft.key.public_key(), value)
    root = maker.root.public_bytes(serialization.Encoding.DER)
    return {"alg": -7, "sig": sign(soft.key, data + call, der=True), "x5c": [leaf, root]}


def test_a_statement_of_android_key(maker):
    soft, roots = SoftDevice("webauthn"), {"android-key": [maker.pem]}
    body = stated(soft, "android-key", lambda data, call: android(maker, soft, data, call))
    assert enrol(soft, ATTESTED, roots, body).device.attested == "android-key"
    unfit(soft, body=body)  # Google's roots did not make it
    other = SoftDevice("webauthn")
    for odd in (
        lambda data, call: android(maker, soft, data, bytes(32)),
        lambda data, call: android(maker, other, data, call),
        lambda data, call: android(maker, soft, data, call, purpose=3),
        lambda data, call: android(maker, soft, data, call, origin=2),
        lambda data, call: android(Maker(), soft, data, call),
    ):
        unfit(soft, body=stated(soft, "android-key", odd), roots=roots)


def tpm(maker: Maker, soft: SoftDevice, data: bytes, call: bytes, name: bytes = b"") -> dict:
    """WebAuthn 8.3, by TPM 2.0 part 2: what the chip says of the key, signed with its own."""

    def sized(octets: bytes) -> bytes:
        return len(octets).to_bytes(2, "big") + octets

    key, sha256 = cose(soft.key), bytes.fromhex("000b")
    area = bytes.fromhex("0023000b00060472") + sized(b"") + bytes.fromhex("0010001000030010")
    area += sized(key[-2]) + sized(key[-3])
    named = name or sha256 + hashlib.sha256(area).digest()
    info = bytes.fromhex("ff5443478017") + sized(b"") + sized(hashlib.sha256(data + call).digest())
    info += bytes(17) + bytes(8) + sized(named) + sized(b"")
    chip = ec.generate_private_key(ec.SECP256R1())
    told = {"2.23.133.2.1": "id:414D4400", "2.23.133.2.2": "Model", "2.23.133.2.3": "id:1"}
    parts = [x509.NameAttribute(x509.ObjectIdentifier(oid), text) for oid, text in told.items()]
    leaf = leaf_of(
        maker,
        chip.public_key(),
        x509.SubjectAlternativeName([x509.DirectoryName(x509.Name(parts))]),
        x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.23.133.8.3")]),
        x509.BasicConstraints(ca=False, path_length=None),
        subject=x509.Name([]),
    )
    return {
        "ver": "2.0",
        "alg": -7,
        "x5c": [leaf],
        "sig": sign(chip, info, der=True),
        "certInfo": info,
        "pubArea": area,
    }


def test_a_statement_of_a_tpm(maker):
    soft, roots = SoftDevice("webauthn"), {"tpm": [maker.pem]}
    body = stated(soft, "tpm", lambda data, call: tpm(maker, soft, data, call))
    assert enrol(soft, ATTESTED, roots, body).device.attested == "tpm"
    assert enrol(soft, body=body).device.attested == ""
    other = SoftDevice("webauthn")
    for odd in (
        lambda data, call: tpm(maker, soft, data, bytes(32)),
        lambda data, call: tpm(maker, other, data, call),
        lambda data, call: tpm(maker, soft, data, call, name=bytes(34)),
    ):
        unfit(soft, body=stated(soft, "tpm", odd), roots=roots)


@pytest.mark.parametrize("name", ["packed.ES256", "packed.EdDSA", "apple.ES256"])
def test_the_chains_of_the_published_vectors(name):
    published = vectors("webauthn_level3")
    vector = next(one for one in published["vectors"] if one["name"] == name)
    statement = statement_in(bytes.fromhex(vector["registration"]["attestationObject"]))
    root = x509.load_der_x509_certificate(bytes.fromhex(published["root"]))
    pem = root.public_bytes(serialization.Encoding.PEM)
    aaguid = statement.data[37:53].hex()
    assert attested(statement, {statement.fmt: [pem]}, aaguid) == statement.fmt
    assert attested(statement, {statement.fmt: [Maker().pem]}, aaguid) == ""
    assert attested(statement, {}, aaguid) == ""
