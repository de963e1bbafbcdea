"""Passwords: what may be chosen, that all of it counts, and what is remembered."""

import pytest
from argon2 import Type, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.hashed_secret import REMEMBERED, HashCosts
from assent.domain.kind import SecretKind, Verdict
from assent.domain.programme import ProgrammeSettings
from assent.domain.prompt import EnterSecret
from assent.domain.subject import Subject
from assent.factors.password.kind import Password
from assent.factors.password.settings import PROFILES
from assent.kernel.refusals import Code
from assent.kernel.secret import Secret

CHEAP = HashCosts(memory_kib=8, passes=1)
PEPPER = b"p" * 32
KIND = Password(CHEAP, PEPPER)
NOW = 1_750_000_000_000

WEAVR, MODERN = (ProgrammeSettings(password_profile=name) for name in ("weavr", "modern"))
BY_NAME = {"weavr": WEAVR, "modern": MODERN}
SHORT, LONG, SIMPLE = Code.SECRET_TOO_SHORT, Code.SECRET_TOO_LONG, Code.SECRET_TOO_SIMPLE


def kept(text: str, kind: Password = KIND) -> dict:
    return kind.keep({}, Secret(text), NOW)


def right(details, answer: str, kind: Password = KIND) -> bool:
    return kind.check(details, 0, b"", answer, NOW).verdict is Verdict.RIGHT


def changed(*texts: str) -> dict:
    details: dict = {}
    for text in texts:
        details = KIND.keep(details, Secret(text), NOW)
    return details


def varied(length: int) -> str:
    """`length` characters of all four classes that no rule explains."""
    return ("aR7#kW2!vM9?xQ4%" + "".join(chr(0x4E00 + 7 * n) for n in range(length)))[:length]


def test_it_is_a_kind_with_a_secret_of_the_person_s_own():
    assert isinstance(KIND, SecretKind)
    assert KIND.elements == {Element.KNOWLEDGE}
    asked = KIND.begin({}, NOW, NoChance(), Deed("sign in"))
    assert (asked.prompt, asked.expected, asked.messages) == (EnterSecret(), b"", ())


def test_everybody_can_have_one():
    nobody = Subject(id=1, programme_id=2, email="ada@example.com", details={}, created_at=0)
    assert KIND.ready(nobody, ("MT",)) == {}


class NoChance:
    """A password has no use for chance of the World's."""

    def octets(self, count: int) -> bytes:
        raise AssertionError

    def digits(self, count: int) -> str:
        raise AssertionError

    def below(self, limit: int) -> int:
        raise AssertionError


@pytest.mark.parametrize(
    ("profile", "length", "objection"),
    [
        ("weavr", 0, SHORT),
        ("weavr", 7, SHORT),
        ("weavr", 8, None),
        ("weavr", 30, None),
        ("weavr", 31, LONG),
        ("modern", 0, SHORT),
        ("modern", 14, SHORT),
        ("modern", 15, None),
        ("modern", 128, None),
        ("modern", 129, LONG),
    ],
)
def test_lengths(profile: str, length: int, objection: Code | None):
    assert KIND.objection(Secret(varied(length)), BY_NAME[profile], ()) is objection


@pytest.mark.parametrize("letter", ["e\u0301", "\U0001f511", "한", "\ufb03"])
def test_lengths_are_code_points_of_the_normal_form(letter: str):
    """Each is one, composed: not bytes, not UTF-16 halves, not what it decomposes into."""
    text = "aR7#" + letter * 3
    assert KIND.objection(Secret(text), WEAVR, ()) is SHORT
    assert KIND.objection(Secret(text + letter), WEAVR, ()) is None


@pytest.mark.parametrize(
    ("profile", "text", "objection"),
    [
        ("weavr", "a", SHORT),
        ("weavr", "a" * 31, LONG),
        ("weavr", "a" * 30, SIMPLE),
        ("modern", "password", SHORT),
        ("modern", "password" * 17, LONG),
        ("modern", "password" * 16, SIMPLE),
    ],
)
def test_length_is_judged_before_simplicity(profile: str, text: str, objection: Code):
    assert KIND.objection(Secret(text), BY_NAME[profile], ()) is objection


@pytest.mark.parametrize(
    ("text", "objection"),
    [
        ("Abcdef1!", None),
        ("Passw0rd!", None),  # no blocklist: this is what the vendor takes
        ("Äbcdéf1!", None),
        ("ÄÖÜäöü1 ", None),  # a space is special
        ("Жжжжжж٣!", None),  # a letter is a letter, and a digit a digit, in any script
        ("abcdef1!", SIMPLE),
        ("ABCDEF1!", SIMPLE),
        ("Abcdefg!", SIMPLE),
        ("Abcdefg1", SIMPLE),
        ("Äbcdefg1", SIMPLE),  # an umlaut is not special
        ("静かな海1!ab", SIMPLE),
    ],
)
def test_the_four_classes(text: str, objection: Code | None):
    assert KIND.objection(Secret(text), WEAVR, ()) is objection


def test_the_modern_profile_has_no_classes_but_knows_the_person():
    assert KIND.objection(Secret("glacier tomato whisper"), MODERN, ()) is None
    assert KIND.objection(Secret("AdaLovelace1985!"), MODERN, ("Ada Lovelace",)) is SIMPLE
    assert KIND.objection(Secret("AdaLovelace1985!"), MODERN, ("Demo Bank",)) is None
    assert KIND.objection(Secret("Lovelace1!"), WEAVR, ("Ada Lovelace",)) is None


def test_the_right_one_proves_knowledge():
    checked = KIND.check(kept("glacier tomato"), 3, b"", "glacier tomato", NOW)
    assert checked.verdict is Verdict.RIGHT
    assert checked.elements == {Element.KNOWLEDGE}
    assert checked.counter == 3


@pytest.mark.parametrize(
    "answer",
    ["", "Glacier tomato", "glacier tomato ", "glacier tomat", "glacier tomato\0", "\ud800"],
)
def test_a_wrong_one_is_an_answer_and_proves_nothing(answer: str):
    checked = KIND.check(kept("glacier tomato"), 3, b"", answer, NOW)
    assert checked.verdict is Verdict.WRONG
    assert checked.elements == frozenset()


@pytest.mark.parametrize("length", [15, 55, 56, 64, 71, 72, 73, 127, 128, 129, 255, 256, 1_000])
def test_nothing_is_cut_off(length: int):
    """Okta, October 2024: behind 72 bytes bcrypt does not look any more."""
    details = kept("x" * length)
    assert right(details, "x" * length)
    assert not right(details, "x" * (length - 1) + "y")
    assert not right(details, "x" * (length - 1))
    assert not right(details, "x" * (length + 1))


@settings(max_examples=200)
@given(st.text(max_size=140), st.text(min_size=1, max_size=3))
def test_the_last_character_always_counts(text: str, more: str):
    assert not right(kept(text), text + "a" + more)
    assert right(kept(text + more), text + more)


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("caf\u00e9 glacier", "cafe\u0301 glacier"),
        ("cafe\u0301 glacier", "caf\u00e9 glacier"),
        ("\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
        ("glacier tomato", "glacier\u00a0tomato"),  # what one keyboard in two gives
        ("glacier tomato", "glacier\u3000tomato"),
    ],
)
def test_the_same_keys_on_two_machines_are_the_same_password(chosen: str, typed: str):
    assert right(kept(chosen), typed)


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [("glacier", "\uff47lacier"), ("ﬁve", "five"), ("glacier tomato", "glacier\ttomato")],
)
def test_what_only_looks_alike_is_another_password(chosen: str, typed: str):
    assert not right(kept(chosen), typed)


def test_the_pepper_matters():
    assert not right(kept("glacier"), "glacier", Password(CHEAP, b"q" * 32))
    assert right(kept("glacier"), "glacier", Password(CHEAP, PEPPER))


def test_half_a_character_can_be_kept_like_any_other():
    assert right(kept("glacier \ud800"), "glacier \ud800")
    assert not right(kept("glacier \ud800"), "glacier \udfff")


def test_two_people_with_one_password_do_not_share_a_hash():
    assert kept("glacier")["hash"] != kept("glacier")["hash"]


def test_the_password_is_in_no_part_of_what_is_kept():
    assert "glacier" not in repr(changed("glacier", "tomato", "whisper"))


def test_the_costs_are_written_in_the_hash():
    kind = Password(HashCosts(memory_kib=32, passes=3, lanes=2), PEPPER)
    made = extract_parameters(kept("glacier", kind)["hash"])
    assert (made.type, made.memory_cost, made.time_cost, made.parallelism) == (Type.ID, 32, 3, 2)


def test_the_default_costs_are_owasp_s_first_choice_and_work():
    kind = Password(HashCosts(), PEPPER)
    details = kept("glacier", kind)
    made = extract_parameters(details["hash"])
    assert (made.type, made.memory_cost, made.time_cost, made.parallelism) == (Type.ID, 19456, 2, 1)
    assert made.hash_len == 32
    assert made.salt_len == 16
    assert right(details, "glacier", kind)
    assert not right(details, "Glacier", kind)


@pytest.mark.parametrize("costs", [CHEAP, HashCosts(memory_kib=64, passes=2), HashCosts()])
def test_nobody_s_password_takes_as_long_as_somebody_s(costs: HashCosts):
    """argon2's work is memory times passes, so that its parameters tell the time it takes."""
    kind = Password(costs, PEPPER)
    nobody = extract_parameters(str(kind.decoy()["hash"]))
    somebody = extract_parameters(kept("glacier", kind)["hash"])
    assert nobody.type is somebody.type
    assert nobody.parallelism == somebody.parallelism
    work = nobody.memory_cost * nobody.time_cost / (somebody.memory_cost * somebody.time_cost)
    assert 0.75 <= work <= 1.25


@pytest.mark.parametrize("answer", ["", "nobody", "decoy", "\0"])
def test_nobody_has_no_right_password(answer: str):
    assert not right(KIND.decoy(), answer)


def test_a_hash_at_other_costs_is_outdated_until_it_is_made_again():
    dearer = Password(HashCosts(memory_kib=16, passes=1), PEPPER)
    old = changed("whisper", "glacier")
    assert not KIND.outdated(old)
    assert dearer.outdated(old)
    assert right(old, "glacier", dearer)  # until then it still opens
    new = dearer.rehashed(old, Secret("glacier"))
    assert not dearer.outdated(new)
    assert right(new, "glacier", dearer)
    assert {**new, "hash": old["hash"]} == old  # the date and the history as they were


def test_the_date_of_a_change_is_kept():
    assert KIND.keep(kept("glacier"), Secret("tomato"), NOW + 5)["changed_at"] == NOW + 5


WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]


@pytest.mark.parametrize(("profile", "remembered"), [("weavr", 5), ("modern", 1)])
@pytest.mark.parametrize("changes", [1, 2, 5, 6, 8])
def test_exactly_so_many_are_remembered(profile: str, remembered: int, changes: int):
    details = changed(*WORDS[:changes])
    for age, word in enumerate(reversed(WORDS[:changes])):
        known = KIND.used_before(details, Secret(word), BY_NAME[profile])
        assert known is (age < remembered), (age, word)
    assert not KIND.used_before(details, Secret("never"), BY_NAME[profile])


def test_every_profile_says_how_many_are_remembered():
    assert set(REMEMBERED) == set(PROFILES)


def test_a_programme_that_turns_strict_finds_the_history_it_needs():
    # kept under the modern profile, asked under weavr's
    assert KIND.used_before(changed(*WORDS[:5]), Secret("one"), WEAVR)


def test_the_history_does_not_grow_for_ever():
    details = changed(*WORDS, *WORDS, *WORDS)
    assert len({details["hash"], *details["history"]}) == 5


# "café glacier" under PEPPER: HMAC-SHA-256, base64, argon2id with the salt 00 01 .. 0f
STORED = (
    "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$WDwOiYsND6GbJUZofH+ipiXwexVDBpDflCcD7nrmkV4"
)


def test_what_an_earlier_release_kept_still_opens():
    assert right({"hash": STORED}, "café glacier")
    assert not right({"hash": STORED}, "cafe glacier")


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "glacier",
        "$argon2id$",
        "$2b$12$abcdefghijklmnopqrstuv",
        STORED[:-1],
        STORED[:-12],
        STORED + "A",
        STORED.replace("argon2id", "argon2i"),
        STORED.replace("m=8", "m=0"),
        STORED.replace("m=8", "m=x"),
        STORED.replace("m=8", "m=9"),
        STORED.replace("t=1", "t=2"),
        STORED[:-1] + "\u00e9",
        "\0" * 97,
    ],
    ids=range(14),
)
def test_a_damaged_hash_is_just_wrong(damaged: str):
    secret = "café glacier"
    assert not right({"hash": damaged}, secret)
    assert not KIND.used_before({"hash": damaged, "history": []}, Secret(secret), WEAVR)
