"""Devices: what makes an answer right, and every named way to forge one."""

import hashlib
import hmac
import itertools
import json
from dataclasses import replace

import pytest

from assent.catalogue.kinds import Means, kinds
from assent.catalogue.rooms import CodeSettings, HashCosts
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.kind import OfferedDevice, SigningKind, Verdict
from assent.domain.programme import ProgrammeSettings
from assent.factors.device_key import jws, keys
from assent.factors.device_key.kind import DeviceKey
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.testing.frozen import ScriptedRandomness
from tests.conftest import ROOTS
from tests.support.authenticator import (
    SoftDevice,
    b64,
    compact,
    jwk,
    private_key,
    sign,
    unb64,
)
from tests.support.device_keys import (
    DEVICE_ID,
    ENROLMENT,
    PARTY,
    QUESTION,
    Kept,
    answer_of,
    enrol,
    judge,
    octets_of,
    offer,
    right,
    unfit,
)
from tests.support.vectors import vectors

SORTS = list(itertools.product(("jws", "webauthn"), ("P-256", "Ed25519")))
CONTENT = QUESTION.content().decode()


@pytest.fixture(params=SORTS, ids="-".join)
def kept(request) -> Kept:
    return enrol(SoftDevice(*request.param))


@pytest.fixture(params=("P-256", "Ed25519"))
def native(request) -> Kept:
    return enrol(SoftDevice("jws", request.param))


def signed_as(kept: Kept, body: dict, **header) -> dict:
    """The same answer, its JWS with other members of the header."""
    octets = answer_of(body).octets(QUESTION.content())
    return {**body, "jws": compact(kept.soft.key, octets, {"typ": "assent+jws", **header})}


# What is right


def test_it_is_plugged_in_and_one_answer_proves_two_elements():
    vault = FileVault(ROOTS, SystemRandomness())
    kind = kinds(Means(HashCosts(), CodeSettings(), AttemptLimits(), vault))["device_key"]
    assert isinstance(kind, SigningKind)
    assert kind.elements == {Element.POSSESSION, Element.INHERENCE}


def test_its_answer_is_right_and_the_count_goes_up(kept):
    body = kept.soft.answer(CONTENT, DEVICE_ID, number="42")
    checked = judge(kept, body)
    assert checked.verdict is Verdict.RIGHT
    assert checked.elements == {Element.POSSESSION, Element.INHERENCE}
    assert checked.counter == kept.counter + 1


def test_a_decline_is_signed_as_well(kept):
    body = kept.soft.answer(CONTENT, DEVICE_ID, "decline", reason="not_me")
    assert right(kept, body)
    assert not right(kept, {**body, "decision": "approve"})
    assert not right(kept, {name: told for name, told in body.items() if name != "reason"})


def test_after_a_rotation_the_new_key_counts_anew_above_the_old_ones_count(kept):
    base = 40
    rotated = replace(kept, device=replace(kept.device, base=base), counter=base + kept.counter)
    checked = judge(rotated, kept.soft.answer(CONTENT, DEVICE_ID))
    assert (checked.verdict, checked.counter) == (Verdict.RIGHT, base + kept.counter + 1)


def test_what_is_kept_is_public_and_shows_in_no_log(kept):
    assert kept.device.key == kept.soft.public
    assert "d" not in kept.device.key
    for told in (kept.device.name, kept.device.key["x"], kept.device.proof["x"]):
        assert told not in repr(kept.device)


def test_one_key_is_one_key_whichever_way_it_comes():
    browser, native = SoftDevice("webauthn"), SoftDevice("jws")
    native.key = browser.key
    assert enrol(browser).device.key == enrol(native).device.key


def test_it_sends_no_codes_and_takes_none():
    kind = DeviceKey()
    with pytest.raises(Refusal) as refused:
        kind.begin({}, 0, ScriptedRandomness(), Deed("{}"))
    assert refused.value.code is Code.KIND_SWITCHED_OFF
    assert kind.check({}, 3, b"", "123456", 0).verdict is Verdict.WRONG


# Forged, stolen, stale: the same for apps and browsers


def test_a_cloned_key_whose_count_goes_back_is_refused(kept):
    clone = replace(kept, soft=kept.soft.clone())
    first = judge(kept, kept.soft.answer(CONTENT, DEVICE_ID))
    assert first.verdict is Verdict.RIGHT
    late = clone.soft.answer(CONTENT, DEVICE_ID)
    assert not right(clone, late, counter=first.counter)


def test_the_same_answer_again_is_refused(kept):
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    assert not right(kept, body, counter=judge(kept, body).counter)


def test_another_devices_key_is_refused(kept):
    other = SoftDevice(kept.soft.scheme, kept.soft.curve)
    other.credential = kept.soft.credential
    assert not right(kept, other.answer(CONTENT, DEVICE_ID))
    assert right(kept, kept.soft.answer(CONTENT, DEVICE_ID))


def test_another_devices_answer_is_refused(kept):
    body = kept.soft.answer(CONTENT, DEVICE_ID + 1)
    assert not right(kept, body)


def test_a_stale_nonce_is_refused(kept):
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    assert not right(kept, body, question=replace(QUESTION, nonce=bytes(32)))
    assert right(kept, body)


def test_another_questions_answer_is_refused(kept):
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    assert not right(kept, body, question=replace(QUESTION, challenge=QUESTION.challenge + 1))


def test_an_enrolment_is_no_answer_and_an_answer_no_enrolment(native):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    assert not right(native, {**body, **native.soft.enrol(CONTENT)})
    unfit(native.soft, body={"name": "Phone", "jws": body["jws"]})
    octets = native.soft.enrolment_octets(ENROLMENT, "Phone")
    unfit(native.soft, body={"name": "Phone", **native.soft.signature(octets)})


def test_no_signature_is_none(kept):
    body = {"decision": "approve", "time": 1, "counter": 5}
    assert not right(kept, body)
    assert not right(kept, {**body, "assertion": {"id": kept.device.credential}})


def test_the_other_schemes_signature_is_none(kept):
    other = SoftDevice("webauthn" if kept.soft.scheme == "jws" else "jws", kept.soft.curve)
    other.key, other.credential = kept.soft.key, kept.soft.credential
    assert not right(kept, other.answer(CONTENT, DEVICE_ID))


def test_a_device_that_offers_nothing_is_not_enrolled():
    assert "jws, or an attestation" in unfit(SoftDevice(), body={"name": "Phone"})


def test_another_name_than_was_signed_is_not_enrolled(kept):
    unfit(kept.soft, body={**kept.soft.enrol(ENROLMENT), "name": "Ph0ne"})


def test_another_key_of_its_calls_than_was_signed_is_not_enrolled(kept):
    body = kept.soft.enrol(ENROLMENT)
    kept.soft.proof_key = private_key()
    unfit(kept.soft, body=body)


def test_one_key_for_answers_and_for_calls_is_not_enrolled():
    """The key of its calls signs with nobody at hand."""
    for scheme in ("jws", "webauthn"):
        soft = SoftDevice(scheme)
        soft.proof_key = soft.key
        assert "another one" in unfit(soft)


# JWS


def test_the_vectors_of_the_rfcs():
    for vector in vectors("jws")["vectors"]:
        key = keys.from_jwk(vector["key"])
        text = vector["jws"]
        header = json.loads(unb64(text.split(".")[0]))
        jws._verify(key, header, text)
        flipped = text[:-4] + ("A" if text[-4] != "A" else "B") + text[-3:]
        with pytest.raises(keys.Unfit):
            jws._verify(key, header, flipped)


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_ed25519_by_its_name_of_today_and_of_before(alg):
    kept = enrol(SoftDevice("jws", "Ed25519"))
    assert right(kept, signed_as(kept, kept.soft.answer(CONTENT, DEVICE_ID), alg=alg))


@pytest.mark.parametrize("alg", ["none", "None", "", "HS256", "RS256", "ES384", "ES256K", "PS256"])
def test_alg_none_and_all_others_are_refused(native, alg):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    octets = answer_of(body).octets(QUESTION.content())
    head = b64(json.dumps({"alg": alg, "typ": "assent+jws"}).encode())
    for signature in ("", body["jws"].rpartition(".")[2]):
        assert not right(native, {**body, "jws": f"{head}.{b64(octets)}.{signature}"})


def test_key_confusion_the_public_key_as_a_secret_is_refused(native):
    """An attacker knows the public key: it must never be taken for a shared secret."""
    body = native.soft.answer(CONTENT, DEVICE_ID)
    octets = answer_of(body).octets(QUESTION.content())
    signed = b64(b'{"alg":"HS256","typ":"assent+jws"}') + "." + b64(octets)
    for secret in (json.dumps(native.soft.public).encode(), unb64(native.soft.public["x"])):
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        assert not right(native, {**body, "jws": f"{signed}.{b64(mac)}"})


def test_algorithm_confusion_the_other_curves_name_is_refused(native):
    other = "ES256" if native.soft.curve == "Ed25519" else "Ed25519"
    assert not right(native, signed_as(native, native.soft.answer(CONTENT, DEVICE_ID), alg=other))


@pytest.mark.parametrize(
    "member",
    [
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"jku": "https://attacker.example/keys"},
        {"x5u": "https://attacker.example/chain"},
        {"x5c": ["MIIB"]},
        {"x5t": "AAAA"},
        {"kid": "1"},
        {"cty": "JSON"},
        {"typ": "JWT"},
        {"typ": "ASSENT+JWS"},
        {"typ": None},
    ],
    ids=lambda told: "-".join(told),
)
def test_a_header_that_says_more_is_refused(native, member):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    assert not right(native, signed_as(native, body, **member))
    assert right(native, signed_as(native, body))  # nothing else was wrong with it


def test_a_key_in_an_answers_header_is_refused(native):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    thief = replace(native, soft=native.soft.clone())
    thief.soft.key = private_key(native.soft.curve)
    assert not right(thief, signed_as(thief, body, jwk=jwk(thief.soft.key)))
    assert not right(native, signed_as(native, body, jwk=native.soft.public))


def test_a_member_that_stands_twice_is_refused(native):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    alg = "ES256" if native.soft.curve == "P-256" else "Ed25519"
    head = b64(f'{{"alg":"none","alg":"{alg}","typ":"assent+jws"}}'.encode())
    signed = head + "." + body["jws"].split(".")[1]
    twice = signed + "." + b64(sign(native.soft.key, signed.encode(), der=False))
    assert not right(native, {**body, "jws": twice})


@pytest.mark.parametrize(
    "odd",
    [
        "{0}.{1}",
        "{0}.{1}.{2}.",
        "{0}..{2}",
        "{0}.{1}.{2}=",
        " {0}.{1}.{2}",
        "{0}.{1}.{2}\n",
        "{0}=.{1}.{2}",
        "{0}.{1}.",
        "..",
        "x",
        "{0}.{1}." + "A" * 100_000,
        "A" * 10_000_000,
        "\x00",
        "é.é.é",
        "[" * 2_000,
        "eyJ" * 150 + ".{1}.{2}",
    ],
    ids=range(16),
)
def test_what_is_no_jws_is_wrong_and_no_more(native, odd):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    text = odd.format(*body["jws"].split("."))
    assert not right(native, {**body, "jws": text})
    unfit(native.soft, body={"name": "Phone", "jws": text})


def test_another_spelling_of_a_jws_is_refused(native):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    last = body["jws"][-1]
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other_sign = signs[signs.index(last) + 1]
    respelt = body["jws"][:-1] + other_sign
    assert unb64(respelt.split(".")[2]) == unb64(body["jws"].split(".")[2])
    assert not right(native, {**body, "jws": respelt})


def test_an_oversized_jws_is_refused_before_it_is_taken_apart():
    for text in ("A" * 10_000_000, "." * 10_000_000, "e30." * 100_000):
        assert "longer than" in unfit(SoftDevice(), body={"name": "Phone", "jws": text})


def test_deeply_nested_headers_are_wrong_and_no_more(native):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    head = b64(b"[" * 380)
    assert not right(native, {**body, "jws": head + body["jws"][body["jws"].index(".") :]})


def test_the_count_of_an_app_must_be_told_and_rise(native):
    body = native.soft.answer(CONTENT, DEVICE_ID)
    for count in (-1, 0):
        assert not right(native, signed_as(native, {**body, "counter": count}))
    assert not right(native, body, counter=body["counter"])
    assert not right(native, {**body, "counter": body["counter"] + 1})  # not as it was signed


# Keys


def keyed(key: object, soft: SoftDevice) -> dict:
    """An enrolment that says it is by this key."""
    octets = soft.enrolment_octets(ENROLMENT, "Phone")
    header = {"typ": "assent+jws", "jwk": key}
    return {"name": "Phone", "jws": compact(soft.key, octets, header)}


def other(number: str) -> str:
    octets = unb64(number)
    return b64(octets[:-1] + bytes([octets[-1] ^ 1]))


ODD_KEYS = {
    "none": lambda key: None,
    "text": lambda key: "key",
    "empty": lambda key: {},
    "symmetric": lambda key: {"kty": "oct", "k": "AAAA"},
    "rsa": lambda key: {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    "private": lambda key: {**key, "d": key["x"]},
    "with kid": lambda key: {**key, "kid": "1"},
    "with a url": lambda key: {**key, "x5u": "https://attacker.example"},
    "P-384": lambda key: {**key, "crv": "P-384"},
    "X25519": lambda key: {"kty": "OKP", "crv": "X25519", "x": key["x"]},
    "other family": lambda key: {**key, "kty": "OKP" if key["kty"] == "EC" else "EC"},
    "no x": lambda key: {name: told for name, told in key.items() if name != "x"},
    "x is a number": lambda key: {**key, "x": 7},
    "x padded": lambda key: {**key, "x": key["x"] + "="},
    "x respelt": lambda key: {**key, "x": key["x"][:-1] + chr(ord(key["x"][-1]) + 1)},
    "x with a blank": lambda key: {**key, "x": " " + key["x"]},
    "x too short": lambda key: {**key, "x": b64(unb64(key["x"])[1:])},
    "x too long": lambda key: {**key, "x": b64(b"\0" + unb64(key["x"]))},
    "another x": lambda key: {**key, "x": other(key["x"])},
    "all zero": lambda key: {**key, **{name: b64(bytes(32)) for name in ("x", "y") if name in key}},
    "beyond the field": lambda key: {**key, "x": b64(b"\xff" * 32)},
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_KEYS)
def test_a_key_of_another_sort_is_not_enrolled(native, name):
    unfit(native.soft, body=keyed(ODD_KEYS[name](native.soft.public), native.soft))


def test_a_point_off_the_curve_is_not_enrolled():
    soft = SoftDevice()
    point = {**soft.public, "y": other(soft.public["y"])}
    assert "no point of P-256" in unfit(soft, body=keyed(point, soft))


def low_order_points() -> list[bytes]:
    """The eight points of Ed25519 whose order divides 8, worked out from RFC 8032 5.1, in all
    encodings: with either sign, and not reduced where that fits."""
    p = 2**255 - 19
    d = -121665 * pow(121666, p - 2, p) % p

    def root(square: int) -> int | None:
        found = pow(square, (p + 3) // 8, p)
        for one in (found, found * pow(2, (p - 1) // 4, p) % p):
            if one * one % p == square % p:
                return one
        return None

    # doubling leads to (x, 0) where d*y^4 + 2*y^2 - 1 = 0
    half = root(1 + d)
    assert half is not None
    eighths = []
    for sign_of in (1, -1):
        square = (-1 + sign_of * half) * pow(d, p - 2, p) % p
        y = root(square)
        if y is not None:
            x_square = (y * y - 1) * pow(d * y * y + 1, p - 2, p) % p
            if root(x_square) is not None:
                eighths += [y, p - y]
    heights = {0, 1, p - 1, *eighths, p, p + 1}
    return [
        (height | sign_bit << 255).to_bytes(32, "little")
        for height in sorted(heights)
        for sign_bit in (0, 1)
    ]


def test_keys_under_which_anybody_can_sign_are_not_enrolled():
    points = low_order_points()
    assert len(points) == 14
    for point in points:
        with pytest.raises(keys.Unfit):
            keys.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": b64(point)})


def test_keys_go_through_cose_and_back():
    for curve in ("P-256", "Ed25519"):
        key = jwk(private_key(curve))
        assert keys.from_cose(keys.to_cose(key)) == key
    other = keys.to_cose(jwk(private_key())).replace(b"\x22\x58\x20", b"\x04\x58\x20")
    with pytest.raises(keys.Unfit):
        keys.from_cose(other)


# What is left for later


def test_attestation_of_native_keys_is_refused_with_a_reason():
    soft = SoftDevice()
    body = {**soft.enrol(ENROLMENT), "attestation": {"format": "android-key"}}
    assert "not checked yet" in unfit(soft, body=body)


def test_a_programme_of_attested_devices_takes_no_native_ones(native):
    assert "attested" in unfit(native.soft, settings=ProgrammeSettings(attested_devices=True))


def test_an_enrolment_of_two_schemes_is_refused():
    soft, browser = SoftDevice(), SoftDevice("webauthn")
    browser.proof_key = soft.proof_key
    body = {**soft.enrol(ENROLMENT), **browser.enrol(ENROLMENT)}
    offered: OfferedDevice = offer(soft, body)
    with pytest.raises(Refusal):
        DeviceKey().enrolled(octets_of(offered), offered, PARTY, ProgrammeSettings())
