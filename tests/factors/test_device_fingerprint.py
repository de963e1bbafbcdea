"""Device fingerprints: what may be one, that one is known again, and what is kept of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.catalogue.kinds import KINDS, Means
from assent.catalogue.rooms import CodeSettings, HashCosts
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.kind import PresentedKind, SecretKind, Verdict
from assent.domain.prompt import Present
from assent.factors.device_fingerprint.kind import DeviceFingerprint
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.testing.frozen import ScriptedRandomness
from tests.conftest import ROOTS

KIND = DeviceFingerprint(bytes(range(32)))
NOW = 1_750_000_000_000
ONE = "6f1d2c3b-9a48-4d57-8e0c-2b7a51e4f390"

FIT = [ONE, "a", "x" * 256, "with a space", "Grüße-端末-\U0001f4f1", '{"os": "iOS"}']
UNFIT = [
    "",
    "x" * 257,
    "a\nb",
    "a\tb",
    "a\0b",
    "\x7f",
    "\x85",
    "a\ud800",  # half a character
    "a\u200bb",  # seen by nobody
    "a\u202eb",  # turns what follows round
    "a\u2028b",
]


def kept(text: str, kind: DeviceFingerprint = KIND) -> dict:
    return kind.enrol(Secret(text), NOW).details


def refusal(text: str) -> Code | None:
    try:
        kept(text)
    except Refusal as refused:
        return refused.code
    return None


def right(details, answer: str, kind=KIND) -> bool:
    return kind.check(details, 0, b"", answer, NOW).verdict is Verdict.RIGHT


def test_it_is_presented_and_a_person_may_have_three():
    assert isinstance(KIND, PresentedKind)
    assert not isinstance(KIND, SecretKind)
    assert (KIND.name, KIND.proof) == ("device_fingerprint", "device_fingerprint")
    assert (KIND.most, KIND.verifies_mobile) == (3, False)
    assert KIND.elements == {Element.POSSESSION}
    asked = KIND.begin({}, NOW, ScriptedRandomness(), Deed("confirm a payment"))
    assert (asked.prompt, asked.expected, asked.messages) == (Present(), b"", ())


@pytest.mark.parametrize("text", FIT)
def test_one_to_256_printable_characters(text: str):
    checked = KIND.check(kept(text), 5, b"", text, NOW)
    assert (checked.verdict, checked.counter) == (Verdict.RIGHT, 5)
    assert checked.elements == {Element.POSSESSION}


@pytest.mark.parametrize("text", UNFIT)
def test_nothing_else_is_enrolled(text: str):
    with pytest.raises(Refusal) as refused:
        kept(text)
    assert refused.value.code is Code.FACTOR_UNFIT


@pytest.mark.parametrize("answer", [*UNFIT, ONE.upper(), f" {ONE}", f"{ONE} ", ONE[:-1], "\ud800"])
def test_a_wrong_one_is_an_answer_and_proves_nothing(answer: str):
    checked = KIND.check(kept(ONE), 5, b"", answer, NOW)
    assert (checked.verdict, checked.counter) == (Verdict.WRONG, 5)
    assert checked.elements == frozenset()


@given(st.text(min_size=1, max_size=300), st.text(max_size=300))
def test_right_is_the_same_text_and_nothing_else(enrolled: str, answer: str):
    fits = len(enrolled) <= 256 and enrolled.isprintable()
    assert refusal(enrolled) is (None if fits else Code.FACTOR_UNFIT)
    if fits:
        assert right(kept(enrolled), enrolled)
        assert right(kept(enrolled), answer) is (answer == enrolled)


def test_the_same_one_has_the_same_mark():
    first, again, other = (KIND.enrol(Secret(text), NOW) for text in (ONE, ONE, "another"))
    assert first.mark == again.mark
    assert first.mark is not None
    assert other.mark != first.mark


def test_the_fingerprint_cannot_be_read_from_what_is_kept():
    enrolled = KIND.enrol(Secret(ONE), NOW)
    assert ONE not in str(enrolled.details) + str(enrolled.mark)
    assert repr(enrolled) == "Enrolled()"


def test_a_thief_of_the_database_without_the_key_cannot_test_fingerprints():
    stranger = DeviceFingerprint(bytes(32))
    assert not right(kept(ONE), ONE, stranger)
    assert stranger.enrol(Secret(ONE), NOW).mark != KIND.enrol(Secret(ONE), NOW).mark


@pytest.mark.parametrize("damaged", ["", "0" * 64, "\u00e9"])
def test_a_damaged_row_lets_nothing_through(damaged: str):
    assert not right({"hash": damaged}, ONE)
    assert not right({"hash": damaged}, "")


def test_the_catalogue_gives_it_a_key_of_its_own():
    vault = FileVault(ROOTS, SystemRandomness())
    means = Means(HashCosts(), CodeSettings(), AttemptLimits(), vault)
    made = KINDS["device_fingerprint"](means)
    assert isinstance(made, DeviceFingerprint)
    assert right(kept(ONE, made), ONE, made)
    assert not right(kept(ONE, DeviceFingerprint(vault.derived("one-time codes"))), ONE, made)
