"""PIN, face map and device fingerprints: enrolled, listed and deleted, in every generation."""

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from assent.dialects.wise.names import VERSIONS
from tests.support.client import Answer
from tests.support.wise import Partner, WiseUser
from tests.wise.people import another_programme, asked, enrolled, refused

MEBI = 1_048_576
LATER = ("v2", *VERSIONS)
"""The generations that name a profile."""


@dataclass(frozen=True)
class Family:
    """One generation's way to each of the three."""

    name: str

    def path(self, user: WiseUser, factor: str, end: str = "") -> str:
        return f"/{self.name}/profiles/{user.profile_id}/{factor}{end}"

    def create(self, user: WiseUser, factor: str) -> Answer:
        if self.name == "v1":
            return getattr(user, f"set_{factor}")()
        if factor == "face":
            body = {"faceMap": base64.b64encode(b"a face").decode()}
            return user.call("POST", self.path(user, "facemaps"), body)
        if factor == "pin":
            return user.encrypted(self.path(user, "pin"), {"pin": "1234"})
        body = {"deviceFingerprint": "a device"}
        return user.encrypted(self.path(user, "device-fingerprints"), body)

    def delete(self, user: WiseUser, factor: str, id_: str = "") -> Answer:
        if self.name == "v1":
            end = {"pin": "pin", "face": "facemap/enrol"}.get(factor)
            end = end or f"partner-device-fingerprints/{id_}"
            return user.partner.call("DELETE", f"/v1/users/{user.id}/{end}")
        end = {"pin": "pin", "face": "facemaps"}.get(factor, f"device-fingerprints/{id_}")
        return user.call("DELETE", self.path(user, end))


FAMILIES = [Family(name) for name in ("v1", *LATER)]
CREATED = {"pin": {"v1": 204}, "face": dict.fromkeys(("v1", *LATER), 204), "fingerprint": {}}
TAKEN = {
    "pin": "pin.already.setup",
    "face": "facemap.already.setup",
    "fingerprint": "device.fingerprint.already.exists",
}
MISSING = {
    "pin": "pin.not.setup",
    "face": "facemap.not.setup",
    "fingerprint": "device.fingerprint.not.found",
}


@pytest.mark.parametrize("factor", TAKEN)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_made_in_one_generation_and_there_in_all(ada: WiseUser, family: Family, factor: str):
    made = family.create(ada, factor)
    assert made.status == CREATED[factor].get(family.name, 200)
    assert (made.status == 204) == (made.body == b"")
    for other in FAMILIES:
        refused(other.create(ada, factor), 409, TAKEN[factor])
    held = ada.partner.call("GET", f"/v1/users/{ada.id}/partner-device-fingerprints").json
    id_ = held[0]["deviceFingerprintId"] if factor == "fingerprint" else ""
    assert len(held) == (factor == "fingerprint")
    other = FAMILIES[(FAMILIES.index(family) + 1) % len(FAMILIES)]
    assert other.delete(ada, factor, id_).status == 204
    for one in FAMILIES:
        refused(one.delete(ada, factor, id_ or str(uuid.UUID(int=1))), 404, MISSING[factor])
    assert family.create(ada, factor).status == made.status, "and made anew"


@pytest.mark.parametrize("factor", TAKEN)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_proved_in_one_generation_and_seen_in_all(bank: Partner, family: Family, factor: str):
    bank.server.settings(fingerprint_is_possession=True)
    user = enrolled(bank, "pin", "phone", "face", "fingerprint")
    ott = asked(user)
    types = {"pin": "PIN", "face": "FACE_MAP", "fingerprint": "PARTNER_DEVICE_FINGERPRINT"}
    if family.name == "v1":
        answer = getattr(user, f"verify_{factor}")(ott)
        assert answer.json["oneTimeTokenProperties"]["oneTimeToken"] == ott
        assert len(answer.json["oneTimeTokenProperties"]["challenges"]) == 1
    else:
        path = family.path(
            user, {"pin": "pin", "face": "facemaps"}.get(factor, "device-fingerprints")
        )
        if factor == "face":
            body = {"faceMap": base64.b64encode(b"a face").decode()}
            answer = user.call("POST", f"{path}/verify", body, ott=ott)
        else:
            body = {"pin": "1234"} if factor == "pin" else {"deviceFingerprint": "a device"}
            answer = user.encrypted(f"{path}/verify", body, ott)
        assert answer.status == 200, answer.body
        assert set(answer.json) == {"oneTimeToken", "challenges", "validity"}
        passed, missing = answer.json["challenges"]
        assert passed == {"primaryChallenge": {"type": types[factor]}, "passed": True}
        assert missing["passed"] is False
    for path in ("/v1", "/v1/identity", *(f"/{version}" for version in VERSIONS)):
        status = user.call("GET", f"{path}/one-time-token/status", ott=ott)
        (left,) = status.json["oneTimeTokenProperties"]["challenges"]
        offered = {one["type"] for one in (left["primaryChallenge"], *left["alternatives"])}
        assert types[factor] not in offered


def test_the_spelling_of_a_guide(ada: WiseUser):
    body = {"faceMap": base64.b64encode(b"a face").decode()}
    assert ada.call("POST", "/v1/users/facemap/enrol", body).status == 204
    refused(ada.set_face(), 409, "facemap.already.setup")


# what each must be like


@pytest.mark.parametrize(
    ("pin", "status", "code"),
    [
        ("1234", 204, ""),
        ("0000", 204, ""),
        ("123", 400, "pin.invalid"),
        ("12345", 400, "pin.invalid"),
        ("", 400, "pin.invalid"),
        ("12 4", 400, "pin.invalid"),
        ("-123", 400, "pin.invalid"),
        ("１２３４", 400, "pin.invalid"),  # noqa: RUF001
        ("١٢٣٤", 400, "pin.invalid"),
        ("123４", 400, "pin.invalid"),  # noqa: RUF001
        ("1234\n", 400, "Pattern"),
        ("12\x0034", 400, "Pattern"),
        ("12\ud800", 400, "Pattern"),
        (1234, 400, "typeMismatch"),
        (["1", "2", "3", "4"], 400, "typeMismatch"),
        (True, 400, "typeMismatch"),
        (None, 400, "NotNull"),
    ],
)
def test_a_pin_is_four_digits(ada: WiseUser, pin: Any, status: int, code: str):
    for path in ("/v1/user/pin", f"/v2/profiles/{ada.profile_id}/pin"):
        answer = ada.encrypted(path, {"pin": pin})
        if status == 204:
            assert answer.status in (204, 409), answer.body
        else:
            refused(answer, status, code)
            assert answer.json["errors"][0]["path"] == "pin"
    if status == 400:
        refused(ada.delete_pin(), 404, "pin.not.setup")


def test_the_form_comes_before_what_is_there(ada: WiseUser):
    for created in (ada.set_pin(), ada.set_face()):
        assert created.status == 204
    refused(ada.set_pin("12345"), 400, "pin.invalid")
    refused(enrol("no base64!")(ada), 400, "facemap.invalid")


def test_a_pin_that_is_missing(ada: WiseUser):
    for body in ({}, {"PIN": "1234"}, {"pins": {"pin": "1234"}}):
        refused(ada.encrypted("/v1/user/pin", body), 400, "NotNull")
    refused(ada.encrypted("/v1/user/pin", ["1234"]), 400, "unreadable")


def enrol(text: Any) -> Callable[[WiseUser], Answer]:
    return lambda user: user.call("POST", "/v1/user/facemap/enrol", {"faceMap": text})


FACES: dict[str, tuple[Any, int, str]] = {
    "one octet": ("QQ==", 204, ""),
    "1 MiB": (base64.b64encode(b"a" * MEBI).decode(), 204, ""),
    "an octet more": (base64.b64encode(b"a" * (MEBI + 1)).decode(), 400, "facemap.invalid"),
    "nothing": ("", 400, "facemap.invalid"),
    "no base64": ("a face!!", 400, "facemap.invalid"),
    "no padding": ("QQ", 400, "facemap.invalid"),
    "base64url": ("_-__", 400, "facemap.invalid"),
    "stray bits": ("QR==", 400, "facemap.invalid"),
    "a line break": ("QUFB\nQUFB", 400, "Pattern"),
    "full width": ("ＱＱ==", 400, "facemap.invalid"),  # noqa: RUF001
    "a number": (7, 400, "typeMismatch"),
    "null": (None, 400, "NotNull"),
}


@pytest.mark.parametrize(("text", "status", "code"), FACES.values(), ids=FACES)
def test_what_a_face_map_is(ada: WiseUser, text: Any, status: int, code: str):
    answer = enrol(text)(ada)
    if code:
        refused(answer, status, code)
        assert answer.json["errors"][0]["path"] == "faceMap"
    else:
        assert answer.status == status, answer.body


def test_the_key_that_face_maps_are_encrypted_to(ada: WiseUser):
    paths = ["/v1/facetec/public-key", *(f"/{version}/facetec/public-key" for version in VERSIONS)]
    answers = [ada.call("GET", path) for path in paths]
    for answer in answers:
        assert (answer.status, answer.body) == (200, answers[0].body)
        assert answer.headers["content-type"].startswith("text/plain")
    key = load_pem_public_key(answers[0].body)
    assert isinstance(key, RSAPublicKey)
    assert key.key_size >= 2_048


@pytest.mark.parametrize(
    "path",
    [
        "/v1/user/facemap/enrol",
        "/v2/profiles/{}/facemaps",
        "/v1/one-time-token/facemap/verify",
        "/v2/profiles/{}/facemaps/verify",
    ],
)
def test_three_megabytes(ada: WiseUser, path: str):
    body = {"faceMap": "A" * 3_000_000}
    answer = ada.call("POST", path.format(ada.profile_id), body, ott="x")
    refused(answer, 413, "payload.too.large")


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("a", 200, ""),
        ("é" * 256, 200, ""),
        ("a" * 257, 400, "device.fingerprint.invalid"),
        ("", 400, "device.fingerprint.invalid"),
        ("a\x00b", 400, "Pattern"),
        ("a\u2028b", 400, "device.fingerprint.invalid"),
        (7, 400, "typeMismatch"),
        (None, 400, "NotNull"),
    ],
)
def test_what_a_fingerprint_is(ada: WiseUser, text: Any, status: int, code: str):
    answer = ada.set_fingerprint(text)
    if code:
        refused(answer, status, code)
        assert answer.json["errors"][0]["path"] == "deviceFingerprint"
    else:
        assert answer.status == status, answer.body


def test_three_fingerprints_and_no_fourth(ada: WiseUser):
    made = [ada.set_fingerprint(f"device {number}").json for number in range(3)]
    refused(ada.set_fingerprint("device 3"), 400, "device.fingerprint.maximum.reached")
    refused(ada.set_fingerprint("device 1"), 409, "device.fingerprint.already.exists")
    path = f"/v1/users/{ada.id}/partner-device-fingerprints"
    for method in ("GET", "POST"):
        assert ada.partner.call(method, path).json == made
    assert ada.partner.call("DELETE", f"{path}/{made[1]['deviceFingerprintId']}").status == 204
    fresh = ada.set_fingerprint("device 1")
    assert fresh.status == 200
    assert fresh.json["deviceFingerprintId"] not in {one["deviceFingerprintId"] for one in made}
    assert len(ada.partner.call("GET", path).json) == 3


def test_case_and_space_make_another_fingerprint(ada: WiseUser):
    assert [ada.set_fingerprint(text).status for text in ("a", "A", "a ")] == [200] * 3


def test_the_same_fingerprint_of_two_people(bank: Partner):
    for user in (bank.sign_up(), bank.sign_up(), another_programme(bank).sign_up()):
        assert user.set_fingerprint("a shared computer").status == 200


def test_ids_of_fingerprints(ada: WiseUser):
    made = ada.set_fingerprint().json["deviceFingerprintId"]
    path = f"/v1/users/{ada.id}/partner-device-fingerprints"
    for wrong in ("1", "x", made[:-1], made + "0", made.replace("-", ""), f"%7B{made}%7D"):
        refused(ada.partner.call("DELETE", f"{path}/{wrong}"), 400, "Pattern")
    refused(ada.partner.call("DELETE", f"{path}/{uuid.uuid4()}"), 404, MISSING["fingerprint"])
    assert ada.partner.call("DELETE", f"{path}/{made.upper()}").status == 204


def test_a_person_is_told_of_every_change(ada: WiseUser):
    """A client's token is enough for each of them, and tokens are stolen."""

    def told() -> list[str]:
        return [str(mail["body"]) for mail in ada.server.mails(ada.email)]

    assert ada.set_pin().status == 204
    assert "was added" in told()[0]
    assert ada.delete_pin().status == 204
    assert "was removed" in told()[0]
    phone = ada.set_phone().json["id"]
    path = f"/v1/application/users/{ada.id}/phone-numbers/{phone}"
    assert ada.partner.call("PUT", path, {"phoneNumber": "+6588999999"}).status == 200
    assert "was changed" in told()[0]
    assert len(told()) == 4
    assert not [body for body in told() if "6588999999" in body]
