"""PINs: four digits and nothing else, kept slowly hashed, and no way to log in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.catalogue.kinds import KINDS, Means
from assent.catalogue.rooms import CodeSettings
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.hashed_secret import HashCosts
from assent.domain.kind import PresentedKind, SecretKind, Verdict
from assent.domain.prompt import EnterSecret
from assent.factors.passcode.kind import Passcode
from assent.factors.pin.kind import Pin
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.testing.frozen import ScriptedRandomness
from tests.conftest import ROOTS

CHEAP = HashCosts(memory_kib=8, passes=1)
PEPPER = b"p" * 32
KIND = Pin(CHEAP, PEPPER)
NOW = 1_750_000_000_000

UNFIT = [
    *(
        "",
        "123",
        "12345",
        "1234\n",
        " 123",
        "1234 ",
        "12 4",
        "-123",
        "+123",
        "1.23",
        "12a4",
        "1_23",
    ),
    "\uff11\uff12\uff13\uff14",  # full width
    "\u0661\u0662\u0663\u0664",  # Arabic-Indic: int() would take them
    "123\u00b2",
    "123\ud800",  # half a character
    "\0" * 4,
    "1" * 100_000,
]


def kept(text: str, kind: Pin = KIND) -> dict:
    return kind.enrol(Secret(text), NOW).details


def refusal(text: str) -> Code | None:
    try:
        kept(text)
    except Refusal as refused:
        return refused.code
    return None


def right(details, answer: str, kind=KIND) -> bool:
    return kind.check(details, 0, b"", answer, NOW).verdict is Verdict.RIGHT


def test_it_is_presented_and_is_no_secret_to_log_in_with():
    """As a `SecretKind` it would count as a person's other secret when they set a password."""
    assert isinstance(KIND, PresentedKind)
    assert not isinstance(KIND, SecretKind)
    assert (KIND.name, KIND.most, KIND.verifies_mobile) == ("pin", 1, False)
    assert KIND.elements == {Element.KNOWLEDGE}
    asked = KIND.begin({}, NOW, ScriptedRandomness(), Deed("confirm a payment"))
    assert (asked.prompt, asked.expected, asked.messages) == (EnterSecret(), b"", ())


def test_wrong_pins_are_counted_by_themselves():
    assert KIND.proof == "pin"
    assert Passcode(CHEAP, PEPPER).proof != KIND.proof


@pytest.mark.parametrize("text", ["1234", "0000", "1111", "9876", "0042"])
def test_any_four_digits_the_documented_example_among_them(text: str):
    assert right(kept(text), text)


@pytest.mark.parametrize("text", UNFIT)
def test_nothing_else_is_enrolled(text: str):
    with pytest.raises(Refusal) as refused:
        kept(text)
    assert refused.value.code is Code.FACTOR_UNFIT
    assert text not in str(refused.value) or len(text) < 3


@given(st.text(max_size=6))
def test_whatever_is_enrolled_is_four_ascii_digits(text: str):
    fits = len(text) == 4 and set(text) <= set("0123456789")
    assert refusal(text) is (None if fits else Code.FACTOR_UNFIT)


@pytest.mark.parametrize("answer", [*UNFIT, "1235", "4321"])
def test_a_wrong_one_is_an_answer_and_proves_nothing(answer: str):
    checked = KIND.check(kept("1234"), 3, b"", answer, NOW)
    assert (checked.verdict, checked.counter) == (Verdict.WRONG, 3)
    assert checked.elements == frozenset()


def test_the_right_one_proves_knowledge():
    checked = KIND.check(kept("1234"), 3, b"", "1234", NOW)
    assert (checked.verdict, checked.counter) == (Verdict.RIGHT, 3)
    assert checked.elements == {Element.KNOWLEDGE}


def test_what_is_kept_shows_no_pin_and_is_never_the_same_twice():
    first, second = KIND.enrol(Secret("1234"), NOW), KIND.enrol(Secret("1234"), NOW)
    assert first.mark is None
    assert first.details["hash"].startswith("$argon2id$")
    assert first.details["hash"] != second.details["hash"]
    assert "hash" not in repr(first)


def test_a_thief_of_the_database_without_the_pepper_cannot_try_all_ten_thousand():
    assert not right(kept("1234"), "1234", Pin(CHEAP, b"q" * 32))


def test_the_catalogue_gives_it_a_pepper_of_its_own():
    """Under the passcodes' pepper, a passcode's hash moved into a PIN's row would open."""
    vault = FileVault(ROOTS, SystemRandomness())
    means = Means(CHEAP, CodeSettings(), AttemptLimits(), vault)
    pin, *others = (KINDS[name](means) for name in ("pin", "passcode", "password"))
    assert isinstance(pin, Pin)
    details = kept("1234", pin)
    assert right(details, "1234", pin)
    assert not any(right(details, "1234", other) for other in others)
