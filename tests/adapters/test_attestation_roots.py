"""Root certificates of makers: from files and folders, with a sentence for what is wrong there."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from assent.adapters.attestation_roots.roots import UnfitRoots, roots, wrong
from assent.adapters.attestation_roots.settings import AttestationSettings
from assent.catalogue.kinds import Means, kinds
from assent.catalogue.rooms import CodeSettings, HashCosts
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.programme import Programme, ProgrammeSettings
from assent.factors.device_key.attestation import FORMATS
from assent.factors.device_key.kind import DeviceKey
from assent.fitness import State, makers
from assent.kernel.randomness import SystemRandomness
from assent.settings import Settings, SettingsError, load
from tests.conftest import ROOTS
from tests.support.authenticator import Maker, SoftDevice
from tests.support.device_keys import ENROLMENT, PARTY, octets_of, offer

NOW = 1_750_000_000_000
ATTESTED = ProgrammeSettings(attested_devices=True)
PROGRAMME = Programme(
    id=2, name="Bank", consumers_profile=3, corporates_profile=4, created_at=0, settings=ATTESTED
)


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@pytest.fixture
def file(tmp_path, maker):
    path = tmp_path / "packed.pem"
    path.write_bytes(maker.pem)
    return path


def told(**settings) -> str:
    """What is wrong with them."""
    sentence = wrong(AttestationSettings(**{name: str(path) for name, path in settings.items()}))
    if sentence:
        with pytest.raises(UnfitRoots):
            roots(AttestationSettings(**{name: str(path) for name, path in settings.items()}))
    return sentence


def test_none_are_trusted_where_none_are_named():
    assert roots(AttestationSettings()) == {}


def test_every_format_has_a_setting(file):
    settings = dict.fromkeys(("packed", "tpm", "android_key", "apple", "fido_u2f"), str(file))
    assert set(roots(AttestationSettings(**settings))) == set(FORMATS)


def test_a_file_may_hold_several_and_words_between_them(file, maker):
    other = Maker("Other")
    file.write_bytes(b"Maker:\n" + maker.pem + b"\nOther:\n" + other.pem)
    found = roots(AttestationSettings(packed=str(file)))["packed"]
    assert [root.pem for root in found] == [maker.pem, other.pem]
    assert "CN=Other Root" in found[1].name


def test_a_folder_is_all_its_pem_files(tmp_path, maker):
    for name in ("b.pem", "a.pem", "README", "c.txt"):
        (tmp_path / name).write_bytes(maker.pem if name.endswith("pem") else b"not a certificate")
    assert len(roots(AttestationSettings(packed=str(tmp_path)))["packed"]) == 2


def test_what_is_wrong_is_told_with_the_setting_and_the_file(tmp_path, maker, file):
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert told(packed=file) == ""
    assert told(packed=tmp_path / "missing.pem").startswith("attestation.packed: ")
    assert "cannot be read" in told(packed=tmp_path / "missing.pem")
    assert "no file of certificates in PEM form" in told(tpm=rubbish)
    assert told(apple=empty).startswith("attestation.apple is a folder without a file")
    for content in (b"", b"text", maker.root.public_bytes(serialization.Encoding.DER)):
        rubbish.write_bytes(content)
        assert "no file of certificates" in told(android_key=rubbish)


def test_a_certificate_that_is_no_root_is_refused_and_its_root_named(tmp_path, maker):
    path = tmp_path / "leaf.pem"
    middle = x509.load_der_x509_certificate(maker.x5c[1])
    path.write_bytes(middle.public_bytes(serialization.Encoding.PEM))
    assert "which is no root" in told(packed=path)
    assert "CN=Maker Root" in told(packed=path)


def test_a_server_does_not_start_with_roots_that_are_none(tmp_path, file):
    settings = load(None, {"ASSENT_ATTESTATION_PACKED": str(file)})
    assert settings.attestation.packed == str(file)
    with pytest.raises(SettingsError, match=r"attestation\.packed: .* cannot be read"):
        load(None, {"ASSENT_ATTESTATION_PACKED": str(tmp_path / "none")})


def test_the_kind_gets_them(file, maker):
    vault = FileVault(ROOTS, SystemRandomness())
    settings = AttestationSettings(packed=str(file))
    means = Means(HashCosts(), CodeSettings(), AttemptLimits(), vault, attestation=settings)
    kind = kinds(means)["device_key"]
    assert isinstance(kind, DeviceKey)
    soft = SoftDevice("webauthn", fmt="packed", maker=maker)
    offered = offer(soft, soft.enrol(ENROLMENT))
    device, _ = kind.enrolled(octets_of(offered), offered, PARTY, ATTESTED)
    assert device.attested == "packed"


def test_the_doctor_counts_them_and_sees_which_have_ended(file):
    settings = replace(Settings(), attestation=AttestationSettings(packed=str(file)))
    ends_at = roots(settings.attestation)["packed"][0].ends_at
    (fine,) = makers(settings, [PROGRAMME], ends_at - 1)
    assert (fine.what, fine.state) == ("attestation roots, packed: 1", State.OK)
    (ended,) = makers(settings, [PROGRAMME], ends_at)
    assert ended.state is State.WARNING
    assert "CN=Maker Root" in ended.then_do


def test_the_doctor_sees_a_programme_whose_people_can_enrol_no_device():
    (found,) = makers(
        Settings(), [PROGRAMME, replace(PROGRAMME, settings=ProgrammeSettings())], NOW
    )
    assert (found.state, "nobody can enrol a device" in found.what) == (State.WARNING, True)
    assert "attested_devices=false" in found.then_do
