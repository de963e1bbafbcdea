"""Any change of one byte, or of any field, of what was displayed or signed is refused; and nothing
that a device may send raises anything but the kind's own refusal."""

import copy
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.kind import OfferedDevice, Signature, Verdict
from assent.domain.programme import ProgrammeSettings
from assent.domain.question import Question, canonical
from assent.factors.device_key.cbor import plain_map
from assent.factors.device_key.keys import Unfit
from assent.factors.device_key.kind import DeviceKey
from assent.kernel.refusals import Code, Refusal
from tests.support.authenticator import Maker, SoftDevice, b64, unb64
from tests.support.device_keys import (
    DEVICE_ID,
    ENROLMENT,
    PARTY,
    QUESTION,
    Kept,
    answer_of,
    enrol,
    octets_of,
    offer,
    right,
    signature_of,
)
from tests.support.odd import often

SORTS = list(itertools.product(("jws", "webauthn"), ("P-256", "Ed25519")))
CONTENT = QUESTION.content().decode()
KIND = DeviceKey()
MAKER = Maker()
KEPT = {sort: enrol(SoftDevice(*sort)) for sort in SORTS}  # type: ignore[arg-type]
PACKED = enrol(SoftDevice("webauthn", fmt="packed", maker=MAKER))

PLACES = st.integers(0, 2**20)
"""Taken modulo a length, which signatures and counts make differ from run to run."""

sorts = pytest.mark.parametrize("kept", KEPT.values(), ids=["-".join(sort) for sort in SORTS])


def verdict(kept: Kept, octets: bytes, signature: Signature, claimed: int) -> Verdict:
    return KIND.signed(kept.device, kept.counter, octets, signature, claimed, PARTY).verdict


def refused(offered: OfferedDevice, octets: bytes) -> bool:
    """Whether it is; anything raised but a refusal is a fault."""
    try:
        KIND.enrolled(octets, offered, PARTY, ProgrammeSettings(synced_passkeys=True))
    except Refusal as refusal:
        return refusal.code is Code.FACTOR_UNFIT
    return False


# What was displayed


def other_values(value: Any) -> Iterator[Any]:
    """Values a little beside this one, of the same sort and of others."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 0, -value)
    elif isinstance(value, bytes):
        yield from (value[:-1], value + b"\x00", value[:-1] + bytes([value[-1] ^ 1]), b"")
    elif isinstance(value, str):
        yield from ("", value + " ", " " + value, value.swapcase(), value[:-1], value + "\u0301")
    else:
        for place, one in enumerate(value):
            for other in other_values(one):
                yield (*value[:place], other, *value[place + 1 :])
        if isinstance(value[0], tuple):
            yield from (value[:-1], value[::-1], (*value, value[-1]))


OTHER_QUESTIONS = [
    (one.name, question)
    for one in fields(Question)
    for other in other_values(getattr(QUESTION, one.name))
    # signs that show nothing are taken out before anything is shown or signed
    if (question := replace(QUESTION, **{one.name: other})).content() != CONTENT.encode()
]


@sorts
def test_whatever_was_displayed_otherwise_is_refused(kept):
    """The device showed, and signed, something a little different in one field."""
    assert {name for name, _ in OTHER_QUESTIONS} == {one.name for one in fields(Question)}
    for name, other in OTHER_QUESTIONS:
        body = kept.soft.answer(other.content().decode(), DEVICE_ID, number="42")
        assert not right(kept, body), (name, other)
    assert right(kept, kept.soft.answer(CONTENT, DEVICE_ID, number="42"))


def leaves(value: Any, way: tuple = ()) -> Iterator[tuple]:
    """The way to every value within."""
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[name], (*way, name))
    else:
        yield way


def without(values: Any, way: tuple) -> Any:
    """A copy that lacks what is there."""
    changed = copy.deepcopy(values)
    *inward, last = way
    place = changed
    for name in inward:
        place = place[name]
    del place[last]
    return changed


@sorts
def test_whatever_was_left_out_or_added_is_refused(kept):
    shown = json.loads(CONTENT)
    # an answer is of another type than its question, whose own type is not in it
    changed = [without(shown, way) for way in leaves(shown) if way != ("type",)]
    changed += [{**shown, "more": 1}, {**shown, "display": {**shown["display"], "hint": ""}}]
    for other in changed:
        body = kept.soft.answer(canonical(other).decode(), DEVICE_ID)
        assert not right(kept, body), other


@sorts
@often(100)
@given(data=st.data())
def test_any_change_of_one_byte_of_what_was_displayed_is_refused(kept, data):
    body = kept.soft.answer(CONTENT, DEVICE_ID, number="42")
    answer = answer_of(body)
    octets = answer.octets(QUESTION.content())
    assert verdict(kept, octets, signature_of(body), answer.counter) is Verdict.RIGHT
    place = data.draw(PLACES) % len(octets)
    changed = bytearray(octets)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert verdict(kept, bytes(changed), signature_of(body), answer.counter) is Verdict.WRONG


# What was signed


def flipped(octets: bytes, place: int, by: int) -> bytes:
    changed = bytearray(octets)
    changed[place] ^= by
    return bytes(changed)


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
@often(100)
@given(data=st.data())
def test_any_change_of_one_character_of_a_jws_is_refused(curve, data):
    kept = KEPT["jws", curve]
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    text = body["jws"]
    place = data.draw(PLACES) % len(text)
    other = data.draw(st.characters(max_codepoint=127))
    assert right(kept, body)
    for changed in (
        text[:place] + other + text[place + 1 :],
        text[:place] + text[place + 1 :],
        text[:place] + other + text[place:],
    ):
        if changed != text:
            assert not right(kept, {**body, "jws": changed})


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
@pytest.mark.parametrize("part", ["id", "clientDataJSON", "authenticatorData", "signature"])
@often(100)
@given(data=st.data())
def test_any_change_of_one_byte_of_an_assertion_is_refused(curve, part, data):
    kept = KEPT["webauthn", curve]
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    octets = unb64(body["assertion"][part])
    place = data.draw(PLACES) % len(octets)
    changed = flipped(octets, place, data.draw(st.integers(1, 255)))
    assert right(kept, body)
    assert not right(kept, {**body, "assertion": {**body["assertion"], part: b64(changed)}})


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_every_bit_of_a_jwss_signature_counts(curve):
    kept = KEPT["jws", curve]
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    head, _, signature = body["jws"].rpartition(".")
    octets = unb64(signature)
    for bit in range(len(octets) * 8):
        changed = flipped(octets, bit // 8, 1 << bit % 8)
        assert not right(kept, {**body, "jws": f"{head}.{b64(changed)}"})


def test_every_bit_of_authenticator_data_counts():
    kept = KEPT["webauthn", "P-256"]
    body = kept.soft.answer(CONTENT, DEVICE_ID)
    octets = unb64(body["assertion"]["authenticatorData"])
    for bit in range(len(octets) * 8):
        changed = b64(flipped(octets, bit // 8, 1 << bit % 8))
        told = {**body["assertion"], "authenticatorData": changed}
        assert not right(kept, {**body, "assertion": told})


ANSWERS: list[dict[str, Any]] = [
    {"decision": "decline"},
    {"time": 1},
    {"number": "24"},
    {"number": ""},
    {"counter": 2**53 - 1},
    {"reason": "not_me"},
]


@sorts
@pytest.mark.parametrize("changed", ANSWERS, ids=str)
def test_whatever_the_answer_says_otherwise_than_signed_is_refused(kept, changed):
    body = kept.soft.answer(CONTENT, DEVICE_ID, number="42")
    assert not right(kept, {**body, **changed})
    assert not right(kept, body, device_id=DEVICE_ID + 1)
    assert right(kept, body)


# Enrolment


ENROLLING = [*(kept.soft for kept in KEPT.values()), PACKED.soft]


@pytest.mark.parametrize("soft", ENROLLING, ids=range(5))
@often(100)
@given(data=st.data())
def test_any_change_of_one_byte_of_what_was_to_be_enrolled_is_refused(soft, data):
    offered = offer(soft, soft.enrol(ENROLMENT))
    octets = octets_of(offered)
    assert not refused(offered, octets)
    place = data.draw(PLACES) % len(octets)
    assert refused(offered, flipped(octets, place, data.draw(st.integers(1, 255))))


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject"])
@often(100)
@given(data=st.data())
def test_a_packed_statement_covers_all_there_is(part, data):
    """Not the chain: whether that leads home, `attested` says."""
    soft = PACKED.soft
    told = soft.enrol(ENROLMENT)["attestation"]
    octets = unb64(told[part])
    place = data.draw(PLACES) % len(octets)
    changed = {**told, part: b64(flipped(octets, place, data.draw(st.integers(1, 255))))}
    offered = offer(soft, {"name": "Phone", "attestation": changed})
    roots = {"packed": [MAKER.pem]}
    with pytest.raises(Refusal):
        DeviceKey(roots).enrolled(
            octets_of(offered), offered, PARTY, ProgrammeSettings(attested_devices=True)
        )


# Rubbish


@often(100)
@given(st.text(max_size=2_000) | st.binary(max_size=1_500).map(b64))
def test_any_text_as_a_jws_is_wrong_and_no_more(text):
    kept = KEPT["jws", "P-256"]
    assert verdict(kept, b"{}", Signature(jws=text), 9) is Verdict.WRONG
    assert refused(OfferedDevice(name="x", proof={}, jws=text), b"{}")


HEADERS = st.dictionaries(
    st.sampled_from(["alg", "typ", "jwk", "kid", "crit", "b64"]) | st.text(max_size=5),
    st.recursive(
        st.sampled_from(["ES256", "Ed25519", "EdDSA", "none", "assent+jws"])
        | st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d"]), inner, max_size=5)
        ),
        max_leaves=8,
    ),
    max_size=5,
)


@often(100)
@given(header=HEADERS, signature=st.binary(max_size=100))
def test_any_header_of_a_jws_is_wrong_and_no_more(header, signature):
    text = f"{b64(json.dumps(header).encode())}.{b64(b'{}')}.{b64(signature)}"
    for curve in ("P-256", "Ed25519"):
        kept = KEPT["jws", curve]
        assert verdict(kept, b"{}", Signature(jws=text), 9) is Verdict.WRONG
    assert refused(OfferedDevice(name="x", proof={}, jws=text), b"{}")


PARTS = st.none() | st.integers() | st.text(max_size=300) | st.binary(max_size=300).map(b64)


@often(100)
@given(
    told=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("id", "clientDataJSON", "authenticatorData", "signature", "attestationObject"), PARTS
        ),
    )
)
def test_any_parts_of_a_credential_are_wrong_and_no_more(told):
    kept = KEPT["webauthn", "P-256"]
    named = {**told, "id": kept.device.credential}
    for assertion in (told, named):
        assert verdict(kept, b"{}", Signature(assertion=assertion), 9) is Verdict.WRONG
    assert refused(OfferedDevice(name="x", proof={}, attestation=told), b"{}")


@pytest.mark.parametrize("soft", ENROLLING[2:], ids=["P-256", "Ed25519", "packed"])
@often(100)
@given(data=st.data())
def test_mutilated_attestation_objects_are_refused_or_taken_and_no_more(soft, data):
    """Cut, doubled, and with rubbish anywhere: for a device without a statement, some of it is
    simply another device."""
    told = soft.enrol(ENROLMENT)["attestation"]
    octets = unb64(told["attestationObject"])
    first, last = sorted(data.draw(PLACES) % (len(octets) + 1) for _ in range(2))
    rubbish = data.draw(st.binary(max_size=40))
    changed = octets[:first] + rubbish + octets[last:]
    mutilated = {**told, "attestationObject": b64(changed)}
    offered = offer(soft, {"name": "Phone", "attestation": mutilated})
    refused(offered, octets_of(offered))


@often(100)
@given(data=st.data())
def test_mutilated_assertions_are_wrong_and_no_more(data):
    kept = KEPT["webauthn", "P-256"]
    soft = kept.soft
    octets = soft.answer_octets(CONTENT, {"device": str(DEVICE_ID)})
    part = data.draw(st.sampled_from(["client", "data"]))
    client = soft.client_data("webauthn.get", octets)
    soft.counter += 1
    authenticated = soft.authenticator_data()
    whole = client if part == "client" else authenticated
    first, last = sorted(data.draw(PLACES) % (len(whole) + 1) for _ in range(2))
    changed = whole[:first] + data.draw(st.binary(max_size=40)) + whole[last:]
    # well signed, by the device's own key: what is wrong is what it signed
    told = (changed, authenticated) if part == "client" else (client, changed)
    found = verdict(kept, octets, Signature(assertion=soft.asserted(*told)), 0)
    assert changed == whole or part == "client" or found in Verdict


@pytest.mark.parametrize("tag", [4, 5, 30])
def test_numbers_in_tags_are_never_worked_out(tag: int) -> None:
    """RFC 8949 3.4.4: 28,000 octets of an exponent or a numerator take a tenth of a second or
    more to become a number, and nobody sends one."""
    long = b"\xc2\x59\x70\x00" + b"\xff" * 0x7000
    number = (b"\xd8\x1e" if tag == 30 else bytes([0xC0 + tag])) + b"\x82" + long + b"\x03"
    took = []
    for _ in range(3):
        began = time.process_time()
        with pytest.raises(Unfit):
            plain_map(b"\xa1\x00" + number)
        took.append(time.process_time() - began)
    assert min(took) < 0.02
