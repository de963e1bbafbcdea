"""Face maps: what is taken for one, and that the matcher alone says who it is."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.adapters.face_bytes.matcher import FaceBytes
from assent.catalogue.kinds import Means, kinds
from assent.catalogue.rooms import CodeSettings, HashCosts
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.kind import PresentedKind, SecretKind, Verdict
from assent.domain.prompt import Present
from assent.factors.face_map.kind import LONGEST, FaceMap
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.testing.frozen import ScriptedRandomness
from tests.conftest import ROOTS

NOW = 1_750_000_000_000


class FirstOctets:
    """Two faces are one if they begin alike; what begins with "?" cannot be read."""

    def template(self, blob: bytes) -> bytes:
        if blob.startswith(b"?"):
            raise ValueError(blob)
        return b"seen " + blob[:3]

    def matches(self, template: bytes, blob: bytes) -> bool:
        return not blob.startswith(b"?") and template == b"seen " + blob[:3]


KIND = FaceMap(FirstOctets())


def text(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def kept(blob: bytes, kind: FaceMap = KIND) -> dict:
    return kind.enrol(Secret(text(blob)), NOW).details


def unfit(presented: str) -> Code | None:
    try:
        KIND.enrol(Secret(presented), NOW)
    except Refusal as refused:
        return refused.code
    return None


NOT_BASE64 = [
    "",
    "Zm9v\n",
    "Zm9v\r\nYmFy",
    " Zm9v",
    "Zm9",
    "Zm8",
    "Zm8==",
    "Zm9v=",
    "Zm9v====",
    "=",
    "====",
    "Zm8=Zm8=",
    "Zm9=",  # its last bits say nothing: the second spelling of one face
    "_-8=",  # the URL's alphabet
    "Zm9v%",
    "Zm9v\0",
    "Zm9\u00e9",
    "\uff3am9v",
    "\ud800",
    "data:;base64,Zm9v",
]


def test_it_is_presented_and_inherent():
    assert isinstance(KIND, PresentedKind)
    assert not isinstance(KIND, SecretKind)
    assert (KIND.name, KIND.proof) == ("face_map", "face_map")
    assert (KIND.most, KIND.verifies_mobile) == (1, False)
    assert KIND.elements == {Element.INHERENCE}
    asked = KIND.begin({}, NOW, ScriptedRandomness(), Deed("confirm a payment"))
    assert (asked.prompt, asked.expected, asked.messages) == (Present(), b"", ())


def test_the_template_is_what_is_kept_and_the_face_is_not():
    enrolled = KIND.enrol(Secret(text(b"ada, smiling")), NOW)
    assert enrolled.details == {"template": text(b"seen ada")}
    assert enrolled.mark is None
    assert repr(enrolled) == "Enrolled()"


def test_the_matcher_says_who_it_is():
    for blob, right in ((b"ada, frowning", True), (b"bob", False), (b"?", False)):
        checked = KIND.check(kept(b"ada, smiling"), 4, b"", text(blob), NOW)
        assert checked.verdict is (Verdict.RIGHT if right else Verdict.WRONG)
        assert checked.elements == ({Element.INHERENCE} if right else frozenset())
        assert checked.counter == 4


@pytest.mark.parametrize("presented", [*NOT_BASE64, text(b"?")])
def test_what_cannot_be_read_is_unfit_to_enrol(presented: str):
    with pytest.raises(Refusal) as refused:
        KIND.enrol(Secret(presented), NOW)
    assert refused.value.code is Code.FACTOR_UNFIT
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("presented", NOT_BASE64)
def test_what_is_no_base64_is_a_wrong_answer(presented: str):
    everybody = FaceMap(Everybody())
    assert everybody.check(kept(b"x"), 0, b"", text(b"x"), NOW).verdict is Verdict.RIGHT
    assert everybody.check(kept(b"x"), 0, b"", presented, NOW).verdict is Verdict.WRONG


class Everybody(FirstOctets):
    """So that only what never reaches the matcher is wrong."""

    def matches(self, template: bytes, blob: bytes) -> bool:
        return True


def test_one_octet_to_one_mebibyte():
    for size in (1, LONGEST - 1, LONGEST):
        assert kept(b"a" * size)
    everybody = FaceMap(Everybody())
    for size in (LONGEST + 1, LONGEST + 2, LONGEST + 3, 2 * LONGEST):
        with pytest.raises(Refusal):
            kept(b"a" * size)
        assert everybody.check(kept(b"a"), 0, b"", text(b"a" * size), NOW).verdict is Verdict.WRONG


@given(st.binary(min_size=1, max_size=200))
def test_whatever_is_encoded_as_rfc_4648_has_it_is_read(blob: bytes):
    kind = FaceMap(FaceBytes())
    assert kind.check(kept(blob, kind), 0, b"", text(blob), NOW).verdict is Verdict.RIGHT


@given(st.text("AZaz09+/= \n-_", max_size=12))
def test_each_face_map_has_one_spelling(presented: str):
    try:
        fits = text(binascii.a2b_base64(presented)) == presented != ""
    except ValueError:
        fits = False
    assert unfit(presented) is (None if fits else Code.FACTOR_UNFIT)


@pytest.mark.parametrize("faces", [None, FaceBytes()])
def test_it_is_plugged_in_only_where_something_compares_faces(faces: FaceBytes | None):
    vault = FileVault(ROOTS, SystemRandomness())
    made = kinds(Means(HashCosts(), CodeSettings(), AttemptLimits(), vault, faces))
    assert ("face_map" in made) is (faces is not None)
    assert {"password", "passcode", "pin", "sms_otp", "device_fingerprint"} < set(made)
    assert all(made[name].name == name for name in made)
