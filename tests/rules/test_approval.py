"""Two elements of two categories (RTS Article 4(1)), and the text that rows keep them as."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.approval import (
    CATEGORIES_NEEDED,
    Approval,
    ApprovalState,
    enough,
    still_to_prove,
)
from assent.domain.element import Element, from_text, to_text

KNOWLEDGE, POSSESSION, INHERENCE = Element.KNOWLEDGE, Element.POSSESSION, Element.INHERENCE


@pytest.mark.parametrize(
    "proofs",
    [
        [{KNOWLEDGE}, {POSSESSION}],
        [{POSSESSION}, {KNOWLEDGE}],
        [{INHERENCE}, {POSSESSION}],
        [{POSSESSION, INHERENCE}],  # a device key with user verification
        [{POSSESSION, INHERENCE}, {KNOWLEDGE}],
        [[], {POSSESSION}, {POSSESSION, KNOWLEDGE}],
    ],
)
def test_two_categories_are_enough(proofs: list[Iterable[Element]]):
    assert enough(*proofs)


@pytest.mark.parametrize(
    "proofs",
    [
        [],
        [[]],
        [{POSSESSION}],
        [{KNOWLEDGE}, {KNOWLEDGE}],  # password and PIN
        [{POSSESSION}, {POSSESSION}],  # a code by SMS and a push
        [[POSSESSION, POSSESSION]],
        [{INHERENCE}, [], {INHERENCE}],
    ],
)
def test_one_category_is_not_however_often(proofs: list[Iterable[Element]]):
    assert not enough(*proofs)


PIN = {"pin": frozenset({KNOWLEDGE})}
PHONE = {"sms": frozenset({POSSESSION}), "voice": frozenset({POSSESSION})}
FACE = {"face": frozenset({INHERENCE})}
KEY = {"key": frozenset({POSSESSION, INHERENCE})}


@pytest.mark.parametrize(
    ("proven", "kinds", "left"),
    [
        ([], {**PIN, **PHONE}, [["pin"], ["sms", "voice"]]),
        ([], {**FACE, **PHONE, **PIN}, [["pin", "face"], ["sms", "voice", "face"]]),
        ([], {**PHONE, **FACE}, [["sms", "voice"], ["face"]]),
        ([KNOWLEDGE], {**PIN, **PHONE}, [["sms", "voice"]]),
        ([KNOWLEDGE], {**PIN, **PHONE, **FACE}, [["sms", "voice", "face"]]),
        ([INHERENCE], {**PIN, **PHONE, **FACE}, [["pin", "sms", "voice"]]),
        ([KNOWLEDGE, INHERENCE], {**PIN, **PHONE}, []),
        ([KNOWLEDGE, POSSESSION, INHERENCE], PIN, []),
        ([], PIN, [["pin"]]),  # what else was enrolled is gone
        ([KNOWLEDGE], PIN, []),
        ([], {}, []),
        ([], KEY, [["key"], ["key"]]),  # either question is answered by it, and so are both
    ],
)
def test_what_is_still_to_be_proved(
    proven: list[Element], kinds: dict[str, frozenset[Element]], left: list[list[str]]
):
    assert still_to_prove(proven, kinds) == left


@given(
    st.frozensets(st.sampled_from(Element)),
    st.dictionaries(st.text(max_size=2), st.frozensets(st.sampled_from(Element))),
)
def test_whichever_is_chosen_is_enough_where_anything_is(
    proven: frozenset[Element], kinds: dict[str, frozenset[Element]]
):
    left = still_to_prove(proven, kinds)
    assert enough(proven, *kinds.values()) == (len(left) + len(proven) >= CATEGORIES_NEEDED)
    for names in left:
        assert all(kinds[name] - proven for name in names), "it proves something new"


@pytest.mark.parametrize(
    ("expires_at", "left"), [(1_500, 500), (1_001, 1), (1_000, 0), (1, 0), (None, 2**53 - 1)]
)
def test_how_long_it_can_be_used(expires_at: int | None, left: int):
    approval = Approval(
        id=1,
        programme_id=1,
        subject_id=1,
        action="session",
        fingerprint="",
        created_at=0,
        expires_at=expires_at,
    )
    assert approval.left(1_000) == left
    assert approval.usable(1_000) == (left > 0)
    assert not replace(approval, state=ApprovalState.SPENT).usable(1_000)


@given(st.frozensets(st.sampled_from(Element)))
def test_what_a_row_keeps_comes_back(elements: frozenset[Element]):
    assert from_text(to_text(elements)) == elements


def test_a_set_has_one_spelling():
    assert to_text([POSSESSION, KNOWLEDGE]) == to_text([KNOWLEDGE, POSSESSION])
    assert to_text([KNOWLEDGE, POSSESSION]) == "knowledge possession"
    assert to_text([]) == ""


def test_an_element_that_is_none_is_not_read_over():
    with pytest.raises(ValueError, match="charm"):
        from_text("knowledge charm")
