"""Browsers' devices: WebAuthn registrations and assertions, the published vectors, and the odd."""

import hashlib
import json
from dataclasses import replace

import pytest

from assent.domain.device import RelyingParty
from assent.domain.kind import OfferedDevice, Signature, Verdict
from assent.domain.programme import ProgrammeSettings
from assent.factors.device_key import webauthn
from assent.factors.device_key.kind import DeviceKey
from assent.kernel.refusals import Refusal
from tests.support.authenticator import AT, BE, BS, ED, UP, UV, SoftDevice, b64, cbor, unb64
from tests.support.device_keys import (
    DEVICE_ID,
    ENROLMENT,
    QUESTION,
    Kept,
    enrol,
    judge,
    right,
    unfit,
)
from tests.support.imports import imported_by
from tests.support.vectors import vectors

CONTENT = QUESTION.content().decode()
SYNCED = ProgrammeSettings(synced_passkeys=True)


@pytest.fixture
def kept(soft) -> Kept:
    return enrol(soft)


def answered(kept: Kept, **changed) -> bool:
    """Whether its next answer is taken, something about the device being different."""
    soft = kept.soft.clone()
    for name, value in changed.items():
        setattr(soft, name, value)
    return right(kept, soft.answer(CONTENT, DEVICE_ID))


# Published vectors


PUBLISHED = vectors("webauthn_level3")
EXPECTED = {
    "none.ES256": ("the person was not verified", None),
    "packed-self.ES256": ("", Verdict.WRONG),  # it verifies nobody when it answers
    "none.ES256.crossOrigin": ("another site framed the page", None),
    "none.ES256.topOrigin": ("another site framed the page", None),
    "packed.ES256": ("", Verdict.RIGHT),
    "packed.EdDSA": ("the person was not verified", None),
    "apple.ES256": ("the person was not verified", None),
}
"""Why each is not enrolled here, or else what becomes of its answer."""


@pytest.mark.parametrize("vector", PUBLISHED["vectors"], ids=lambda one: one["name"])
def test_the_vectors_of_webauthn_level_3(vector, monkeypatch):
    why, verdict = EXPECTED[vector["name"]]
    # their challenges are random, and no text's hash
    monkeypatch.setattr(webauthn, "challenge", lambda octets: octets)
    party = RelyingParty(PUBLISHED["rp_id"], (PUBLISHED["origin"],))
    told, kind = vector["registration"], DeviceKey()
    offered = OfferedDevice(
        name="Vector",
        proof={},
        attestation={
            "id": b64(bytes.fromhex(told["id"])),
            "clientDataJSON": b64(told["clientDataJSON"].encode()),
            "attestationObject": b64(bytes.fromhex(told["attestationObject"])),
        },
    )
    challenge = bytes.fromhex(told["challenge"])
    if verdict is None:
        with pytest.raises(Refusal) as refused:
            kind.enrolled(challenge, offered, party, SYNCED)
        assert refused.value.detail == why
        return
    device, counter = kind.enrolled(challenge, offered, party, SYNCED)
    assert device.synced
    told = vector["authentication"]
    signature = Signature(
        assertion={
            "id": device.credential,
            "clientDataJSON": b64(told["clientDataJSON"].encode()),
            "authenticatorData": b64(bytes.fromhex(told["authenticatorData"])),
            "signature": b64(bytes.fromhex(told["signature"])),
        }
    )
    challenge = bytes.fromhex(told["challenge"])
    checked = kind.signed(device, counter, challenge, signature, 0, party)
    assert checked.verdict is verdict


def respelt(text: str) -> str:
    """The same octets in base64url, with stray bits in the last character; empty where they end
    with a character that has none."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if len(text) % 4 == 0:
        return ""
    other = text[:-1] + signs[signs.index(text[-1]) + 1]
    assert unb64(other) == unb64(text)
    return other


def test_another_spelling_of_the_same_octets_is_refused(kept):
    for _ in range(8):  # a signature's length differs from one to the next
        body = kept.soft.answer(CONTENT, DEVICE_ID)
        for name, text in body["assertion"].items():
            other = {**body["assertion"], name: respelt(text)}
            assert not right(kept, {**body, "assertion": other})
        enrolling = kept.soft.enrol(ENROLMENT)["attestation"]
        for name, text in enrolling.items():
            other = {**enrolling, name: respelt(text)}
            unfit(kept.soft, body={"name": "Phone", "attestation": other})


# Whose page, whose site, and whether anybody was there


def test_a_wrong_origin_is_refused(kept, soft):
    assert answered(kept)
    for origin in (
        "https://localhost",
        "http://localhost:8401",
        "http://localhost.attacker.example",
        "http://LOCALHOST",
        "http://localhost/",
        "null",
        "",
        None,
    ):
        assert not answered(kept, origin=origin)
        assert unfit(replace(soft, origin=origin)) == "another origin"


def test_a_wrong_rp_id_is_refused(kept, soft):
    for rp_id in ("attacker.example", "LOCALHOST", "", "localhost."):
        assert not answered(kept, rp_id=rp_id)
        assert unfit(replace(soft, rp_id=rp_id)) == "another rp id"


@pytest.mark.parametrize("flags", [UP, UV, 0], ids=["no UV", "no UP", "neither"])
def test_nobody_at_hand_is_refused(kept, soft, flags):
    assert not answered(kept, flags=flags)
    assert unfit(replace(soft, flags=flags)) == "the person was not verified"


def test_a_page_framed_by_another_site_is_refused(kept, soft):
    for told in (
        {"crossOrigin": True},
        {"crossOrigin": 1},
        {"crossOrigin": "false"},
        {"crossOrigin": None},
        {"topOrigin": "https://attacker.example"},
        {"topOrigin": "http://localhost"},
    ):
        assert not answered(kept, client=told)
        assert unfit(replace(soft, client=told)) == "another site framed the page"


def test_what_browsers_add_to_client_data_does_not_matter(kept):
    extra = {
        "other_keys_can_be_added_here": "do not compare",
        "tokenBinding": {"status": "supported"},
    }
    assert answered(kept, client=extra)


def test_the_other_ceremonys_type_is_refused(kept, soft):
    assert not answered(kept, client={"type": "webauthn.create"})
    assert not answered(kept, client={"type": "payment.get"})
    assert "webauthn.create" in unfit(replace(soft, client={"type": "webauthn.get"}))


@pytest.mark.parametrize(
    "challenge",
    [
        lambda good: b64(bytes(32)),
        lambda good: good + "=",
        lambda good: good[:-1],
        lambda good: good.replace(good[0], "!" + good[0], 1),
        lambda good: b64(unb64(good).hex().encode()),
        lambda good: "",
        lambda good: None,
        lambda good: 7,
        lambda good: [good],
    ],
    ids=range(9),
)
def test_another_challenge_or_another_spelling_of_it_is_refused(kept, challenge):
    soft = kept.soft.clone()
    answer = soft.answer_octets(
        CONTENT, {"device": str(DEVICE_ID), "decision": "approve", "time": 1}
    )
    good = b64(hashlib.sha256(answer).digest())
    body = {"decision": "approve", "time": 1}
    soft.client = {"challenge": challenge(good)}
    assert not right(kept, {**body, **soft.signature(answer)})
    soft.client = {}
    assert right(kept, {**body, **soft.signature(answer)})


# Counts and copies


def test_a_count_that_does_not_rise_is_refused(kept):
    for count, taken in ((4, False), (5, False), (6, True), (2**32 - 1, True)):
        soft = kept.soft.clone()
        soft.counter, soft.counts = count, False
        assert right(kept, soft.answer(CONTENT, DEVICE_ID), counter=5) is taken


def test_an_authenticator_that_does_not_count_says_zero_each_time():
    kept = enrol(SoftDevice("webauthn", counts=False))
    for _ in range(2):
        checked = judge(kept, kept.soft.answer(CONTENT, DEVICE_ID))
        assert (checked.verdict, checked.counter) == (Verdict.RIGHT, 0)


def test_one_that_counted_and_says_zero_is_refused(kept):
    soft = kept.soft.clone()
    soft.counts = False
    assert not right(kept, soft.answer(CONTENT, DEVICE_ID), counter=1)


def test_it_begins_where_the_authenticator_stands(soft):
    assert enrol(replace(soft, counter=41)).counter == 41


def test_keys_that_are_copied_are_taken_only_where_the_programme_takes_them(soft):
    for flags in (BE, BE | BS):
        passkey = replace(soft, flags=UP | UV | flags)
        assert "copied" in unfit(passkey)
        kept = enrol(passkey, SYNCED)
        assert kept.device.synced
        assert answered(kept)
    assert not enrol(soft, SYNCED).device.synced


def test_a_key_does_not_become_one_that_is_copied(soft):
    assert not answered(enrol(soft), flags=UP | UV | BE)
    passkey = enrol(replace(soft, flags=UP | UV | BE), SYNCED)
    assert not answered(passkey, flags=UP | UV)


def test_backed_up_and_yet_not_to_be_backed_up_is_refused(kept, soft):
    assert not answered(kept, flags=UP | UV | BS)
    unfit(replace(soft, flags=UP | UV | BS), settings=SYNCED)


# Forms


def test_another_credentials_id_is_refused(kept, soft):
    assert not answered(kept, credential=bytes(32))
    body = soft.enrol(ENROLMENT)
    body["attestation"]["id"] = b64(bytes(32))
    assert "not that of the new credential" in unfit(soft, body=body)


@pytest.mark.parametrize("name", ["id", "clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize(
    "told", [None, "", "=", "A", "AA==", "A A", "é", "\x00", 7, "A" * 9_000_000]
)
def test_an_assertion_in_another_form_is_wrong_and_no_more(kept, name, told):
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    assert not right(kept, {**body, "assertion": {**body["assertion"], name: told}})
    without = {part: text for part, text in body["assertion"].items() if part != name}
    assert not right(kept, {**body, "assertion": without})
    # another spelling of the same octets
    for spelt in (body["assertion"][name] + "=", body["assertion"][name] + "\n"):
        assert not right(kept, {**body, "assertion": {**body["assertion"], name: spelt}})


@pytest.mark.parametrize("name", ["id", "clientDataJSON", "attestationObject"])
@pytest.mark.parametrize(
    "told", [None, "", "=", "A", "AA==", "A A", "é", "\x00", 7, "A" * 9_000_000]
)
def test_a_registration_in_another_form_is_refused(soft, name, told):
    body = soft.enrol(ENROLMENT)
    unfit(soft, body={**body, "attestation": {**body["attestation"], name: told}})
    without = {part: text for part, text in body["attestation"].items() if part != name}
    unfit(soft, body={**body, "attestation": without})
    spelt = body["attestation"][name] + "="
    unfit(soft, body={**body, "attestation": {**body["attestation"], name: spelt}})


CLIENT_DATA = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"7",
    b'"text"',
    b"{" * 2_000,
    b"[" * 3_000,
    b"\xff\xfe",
    b'{"type":',
    b'{"type":"webauthn.get","type":"webauthn.get"}',
    '{"type":"webauthn.get"}'.encode("utf-16"),
    b"\xef\xbb\xbf{}",
    b"1" * 4_000,
]


@pytest.mark.parametrize("client", CLIENT_DATA, ids=range(len(CLIENT_DATA)))
def test_client_data_that_is_none_is_wrong_and_no_more(kept, client):
    soft = kept.soft
    body = soft.answer(CONTENT, DEVICE_ID)
    assertion = soft.asserted(client, soft.authenticator_data())
    assert not right(kept, {**body, "assertion": assertion})
    told = {**soft.enrol(ENROLMENT)["attestation"], "clientDataJSON": b64(client)}
    unfit(soft, body={"name": "Phone", "attestation": told})


def test_a_member_of_client_data_that_stands_twice_is_refused(kept):
    """Two readers could take one each: what is checked, and what is believed."""
    soft = kept.soft
    said = {"decision": "approve", "time": 1}
    octets = soft.answer_octets(CONTENT, {"device": str(DEVICE_ID), **said})
    client = soft.client_data("webauthn.get", octets)
    for twice in (b'{"origin":"https://attacker.example",', b'{"crossOrigin":true,'):
        odd = twice + client[1:]
        assert json.loads(odd) == json.loads(client)
        soft.counter += 1
        assertion = soft.asserted(odd, soft.authenticator_data())
        assert not right(kept, {**said, "assertion": assertion})
    soft.counter += 1
    assertion = soft.asserted(client, soft.authenticator_data())
    assert right(kept, {**said, "assertion": assertion})


@pytest.mark.parametrize(
    ("flags", "rest", "taken"),
    [
        (0, b"", True),
        (ED, cbor({"credProtect": 2}), True),
        (ED, cbor({"appid": True, "list": [1, b"2"]}), True),
        (ED, b"", False),
        (0, b"\x00", False),
        (0, cbor({"credProtect": 2}), False),
        (ED, cbor({"credProtect": 2}) + b"\x00", False),
        (ED, cbor({"credProtect": 2}) * 2, False),
        (ED, cbor([1]), False),
        (ED, b"\xbf\xff", False),
        (ED, b"\xa1\x61a\x18\x01", False),
        (ED, b"\xa2\x61a\x01\x61a\x01", False),
        (ED, b"\xa2\x01\x01\xf5\x01", False),
        (ED, b"\xa1\x61a\xfb" + bytes(8), False),
        (ED, b"\xa1\x61a\xc1\x00", False),
        (ED, b"\xa1\x61a\xd8\x1c\x00", False),
        (ED, b"\x81" * 3_000, False),
        (ED, b"\xbb" + b"\xff" * 8, False),
        (AT, b"", False),
        (AT, bytes(18), False),
    ],
    ids=range(20),
)
def test_what_stands_behind_authenticator_data_is_looked_at(kept, flags, rest, taken):
    soft = kept.soft
    said = {"decision": "approve", "time": 1}
    client = soft.client_data(
        "webauthn.get", soft.answer_octets(CONTENT, {"device": str(DEVICE_ID), **said})
    )
    soft.counter += 1
    assertion = soft.asserted(client, soft.authenticator_data(flags, rest))
    assert right(kept, {**said, "assertion": assertion}) is taken


def test_the_libraries_are_loaded_when_the_first_browser_comes():
    """They hold 5 MiB, which a server without devices does not pay for."""
    call = "from assent.factors.device_key import kind; kind.browsers()"
    assert imported_by("webauthn", call) == (False, True)
