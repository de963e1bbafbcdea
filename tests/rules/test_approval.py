"""Two elements of two categories (RTS Article 4(1)), and the text that rows keep them as."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.approval import enough
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
