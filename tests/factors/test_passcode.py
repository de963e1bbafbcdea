"""Passcodes: what may be chosen, that nothing else is one, and what they share with passwords."""

from itertools import product

import pytest
from argon2 import extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from assent.catalogue.kinds import KINDS, Means
from assent.catalogue.rooms import CodeSettings
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.hashed_secret import HashCosts
from assent.domain.kind import SecretKind, Verdict
from assent.domain.programme import ProgrammeSettings
from assent.domain.prompt import EnterSecret
from assent.factors.passcode.blocklist import too_simple
from assent.factors.passcode.kind import Passcode
from assent.factors.password.kind import Password
from assent.factors.password.settings import PROFILES
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code
from assent.kernel.secret import Secret
from assent.testing.frozen import ScriptedRandomness
from tests.conftest import ROOTS

CHEAP = HashCosts(memory_kib=8, passes=1)
PEPPER = b"p" * 32
KIND = Passcode(CHEAP, PEPPER)
NOW = 1_750_000_000_000
SHORT, LONG, SIMPLE = Code.SECRET_TOO_SHORT, Code.SECRET_TOO_LONG, Code.SECRET_TOO_SIMPLE
FAIR = {4: "8305", 5: "83052", 6: "830529"}
LENGTHS = st.integers(4, 6)


def objection(text: str, digits: int = 0, *about: str) -> Code | None:
    settings = ProgrammeSettings(passcode_digits=digits or len(text))
    return KIND.objection(Secret(text), settings, about)


def kept(text: str, kind: SecretKind = KIND) -> dict:
    return kind.keep({}, Secret(text), NOW)


def right(details, answer: str, kind: SecretKind = KIND) -> bool:
    return kind.check(details, 0, b"", answer, NOW).verdict is Verdict.RIGHT


def test_it_is_a_kind_with_a_secret_of_the_person_s_own():
    assert isinstance(KIND, SecretKind)
    assert KIND.name == "passcode"
    assert KIND.elements == {Element.KNOWLEDGE}
    asked = KIND.begin({}, NOW, ScriptedRandomness(), Deed("sign in"))
    assert (asked.prompt, asked.expected, asked.messages) == (EnterSecret(), b"", ())


def test_passwords_and_passcodes_spend_one_budget():
    """RTS Article 4(3)(b) counts the person's attempts, and both prove the same element."""
    password = Password(CHEAP, PEPPER)
    assert password.proof == KIND.proof
    assert password.elements == KIND.elements


def test_no_text_is_both_a_password_and_a_passcode():
    """So that plain text needs no word beside it that says which of the two it is."""
    assert min(profile.shortest for profile in PROFILES.values()) > 6


@pytest.mark.parametrize("digits", [4, 5, 6])
def test_exactly_as_many_digits_as_the_programme_says(digits: int):
    for length, text in FAIR.items():
        expected = SHORT if length < digits else LONG if length > digits else None
        assert objection(text, digits) is expected
    assert objection("", digits) is SHORT
    assert objection("1" * 100, digits) is LONG


@pytest.mark.parametrize(
    "text",
    [
        "830a",
        "83 5",
        "-830",
        "8.05",
        "8305\n",
        "\u0668\u0663\u0660\u0665",
        "\uff18\uff13\uff10\uff15",
        "Pass",
        "\u00b2\u00b2\u00b3\u00b9",
    ],
)
def test_ascii_digits_alone(text: str):
    assert objection(text) is SIMPLE


@given(st.text(min_size=4, max_size=6))
def test_whatever_passes_is_digits(text: str):
    if objection(text) is None:
        assert text.isascii()
        assert text.isdigit()


@pytest.mark.parametrize(
    "text",
    [
        *("0000", "77777", "999999"),
        *("1234", "4321", "7890", "0987", "8901", "1098", "90123", "345678", "210987"),
        *("2468", "9753", "0246", "147036", "0505", "5050"),
        *("1212", "6969", "8383", "12121", "121212", "123123", "907907"),
        *("1221", "9009", "12321", "830038"),
        *("1122", "0007", "7000", "11122", "111222", "112233", "777700"),
        *("2580", "0852", "1342", "1379", "14725", "159753", "147258", "123654"),
        *("1004", "5683", "0911", "3141", "90210", "314159", "520131"),
        *("1900", "1987", "1999", "2000", "2026", "2099"),
    ],
)
def test_what_guessers_try_first(text: str):
    assert objection(text) is SIMPLE


@pytest.mark.parametrize(
    "text", ["8305", "2749", "4096", "6174", "1899", "2100", "3852", "83052", "19875", "483920"]
)
def test_what_is_nobody_s_favourite(text: str):
    assert objection(text) is None


@given(st.integers(0, 9), st.integers(0, 9), LENGTHS)
def test_every_even_step_is_refused(start: int, step: int, length: int):
    """Runs up and down among them, round the corner too."""
    assert too_simple("".join(str((start + step * n) % 10) for n in range(length)), ())


@given(st.text("0123456789", min_size=1, max_size=3), LENGTHS)
def test_every_repeated_piece_is_refused(piece: str, length: int):
    if len(piece) * 2 <= length:
        assert too_simple((piece * length)[:length], ())


@given(st.text("0123456789", min_size=2, max_size=3), st.booleans())
def test_every_mirror_is_refused(half: str, odd: bool):
    assert too_simple(half + ("5" if odd and len(half) == 2 else "") + half[::-1], ())


@pytest.mark.parametrize("digits", [4, 5])
def test_nine_in_ten_are_free(digits: int):
    """More refusals bring worse choices; and without a rule that is too wide nobody notices."""
    texts = map("".join, product("0123456789", repeat=digits))
    refused = sum(too_simple(text, ()) for text in texts)
    assert 10**digits * 0.01 < refused < 10**digits * 0.10


def test_the_person_s_own_date():
    four = ("1012", "1210", "9010", "1290", "9012", "1985")
    six = ("101290", "121090", "901210", "199012", "121990")
    for text in (*four, *six):
        assert too_simple(text, ["1990 12 10"]), text
    for text in ("1112", "2749", "291290", "9011"):
        assert too_simple(text, ["1990 12 10"]) is too_simple(text, ["1991 2 28"]), text


def test_a_date_with_single_digits():
    for text in ("0503", "0305", "5390", "50390", "05031", "530390"):
        known = text in ("0503", "0305", "5390", "50390")
        assert too_simple(text, ["1990 3 5"]) is known, text
        assert not too_simple(text, []), text


@pytest.mark.parametrize(
    ("about", "text"),
    [
        ("+35679830529", "0529"),
        ("79830529", "830529"),
        ("79830529", "7983"),
        ("ada.8305@example.com", "8305"),
        ("Bank 8305", "8305"),
    ],
)
def test_digits_that_are_known_of_the_person(about: str, text: str):
    assert objection(text, 0, "Ada Lovelace", about) is SIMPLE
    assert objection(text, 0, "Ada Lovelace") is None


@given(st.lists(st.text(max_size=60), max_size=6), st.text("0123456789", min_size=4, max_size=6))
def test_whatever_is_known_of_somebody(about: list[str], text: str):
    assert too_simple(text, about) or not too_simple(text, ())


def test_a_text_full_of_numbers_takes_no_time():
    assert not too_simple("8305", [" ".join(str(n) for n in range(100, 4_000))[:10_000]])


def test_the_right_one_proves_knowledge():
    checked = KIND.check(kept("8305"), 3, b"", "8305", NOW)
    assert (checked.verdict, checked.counter) == (Verdict.RIGHT, 3)
    assert checked.elements == {Element.KNOWLEDGE}


@pytest.mark.parametrize(
    "answer",
    ["", "8306", "830", "83050", "08305", " 8305", "8305 ", "\uff18\uff13\uff10\uff15", "\ud800"],
)
def test_a_wrong_one_is_an_answer_and_proves_nothing(answer: str):
    checked = KIND.check(kept("8305"), 3, b"", answer, NOW)
    assert (checked.verdict, checked.elements) == (Verdict.WRONG, frozenset())


def test_one_of_another_length_stays_right():
    """The programme asks for six now; who has four keeps them until they change them."""
    assert right(kept("8305"), "8305")
    assert objection("8305", 6) is SHORT


def test_a_hash_of_one_kind_is_none_of_the_other():
    """Each kind has a pepper of its own; under one, a password's hash moved into a passcode's
    row would open."""
    password = Password(CHEAP, b"q" * 32)
    assert not right(kept("8305"), "8305", password)
    assert not right(kept("8305", password), "8305")


def test_each_kind_is_made_with_a_pepper_of_its_own():
    limits, vault = AttemptLimits(), FileVault(ROOTS, SystemRandomness())
    means = Means(CHEAP, CodeSettings(), limits, vault)
    passcode, password = (KINDS[name](means) for name in ("passcode", "password"))
    assert isinstance(passcode, SecretKind)
    details = kept("8305", passcode)
    assert passcode.check(details, 0, b"", "8305", NOW).verdict is Verdict.RIGHT
    assert password.check(details, 0, b"", "8305", NOW).verdict is Verdict.WRONG


def test_nobody_s_passcode_takes_as_long_as_nobody_s_password():
    """Or the time of a log-in would tell which of the two a person has."""
    costs = HashCosts(memory_kib=64, passes=2)
    ours, theirs = Passcode(costs, PEPPER), Password(costs, PEPPER)
    parameters = [extract_parameters(str(kind.decoy()["hash"])) for kind in (ours, theirs)]
    assert parameters == [extract_parameters(kept("8305", kind)["hash"]) for kind in (ours, theirs)]
    assert parameters[0] == parameters[1]
    assert not right(ours.decoy(), "", ours)


@pytest.mark.parametrize(("profile", "remembered"), [("weavr", 5), ("modern", 1)])
def test_as_many_are_remembered_as_of_passwords(profile: str, remembered: int):
    settings = ProgrammeSettings(password_profile=profile)
    texts = ["8305", "2749", "4096", "6174", "3852", "9263"]
    details: dict = {}
    for text in texts:
        details = KIND.keep(details, Secret(text), NOW)
    for age, text in enumerate(reversed(texts)):
        assert KIND.used_before(details, Secret(text), settings) is (age < remembered), text
