"""Dynamic linking: another name, amount or payee is another fingerprint (RTS Article 5)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.action import Action
from assent.domain.deed import Deed, deed
from assent.domain.phrases import ACTIONS
from assent.domain.wording import PLACE

PAYMENT = Action(
    "send", Deed("pay 10.00 EUR to Ada"), {"amount": "10.00", "currency": "EUR", "payee": "Ada"}
)


def fingerprint(name: str, parameters: dict[str, str]) -> str:
    return Action(name, Deed(""), parameters).fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        Action("sends", PAYMENT.deed, PAYMENT.parameters),
        Action("Send", PAYMENT.deed, PAYMENT.parameters),
        Action("send", PAYMENT.deed, {**PAYMENT.parameters, "amount": "10.01"}),
        Action("send", PAYMENT.deed, {**PAYMENT.parameters, "amount": "10.0"}),
        Action("send", PAYMENT.deed, {**PAYMENT.parameters, "payee": "ada"}),
        Action("send", PAYMENT.deed, {**PAYMENT.parameters, "payee": "Ada "}),
        Action("send", PAYMENT.deed, {**PAYMENT.parameters, "note": ""}),
        Action("send", PAYMENT.deed, {"amount": "10.00", "currency": "EUR"}),
        Action("send", PAYMENT.deed, {"amount": "EUR", "currency": "10.00", "payee": "Ada"}),
        Action("send", PAYMENT.deed),
    ],
)
def test_any_change_changes_it(changed: Action):
    assert changed.fingerprint != PAYMENT.fingerprint


def test_the_order_of_parameters_is_no_change():
    turned = dict(reversed(PAYMENT.parameters.items()))
    assert list(turned) != list(PAYMENT.parameters)
    assert fingerprint("send", turned) == PAYMENT.fingerprint


def test_its_value_stays_the_same_from_release_to_release():
    # kept in rows: sha256 of ["send",[["amount","10.00"],["currency","EUR"],["payee","Ada"]]]
    assert PAYMENT.fingerprint == "1f2caf4ebf4cd56c45a571e8bcc3fb20e906d36367689e9c131bf368f866ef85"


NASTY = st.text(alphabet='",[]:{}\\ab\n\u0000é', max_size=6)


@given(
    st.tuples(NASTY, st.dictionaries(NASTY, NASTY, max_size=3)),
    st.tuples(NASTY, st.dictionaries(NASTY, NASTY, max_size=3)),
)
def test_two_actions_never_share_one(
    one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]
):
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", {"b": "c"}), ("a", {"b\0c": ""})),
        (("a", {"b": 'c"],["d":"e'}), ("a", {"b": "c", "d": "e"})),
        (("a", {"b": "c", "d": "e"}), ("a", {"b": "c,d,e"})),
        (("a,b", {}), ("a", {"b": ""})),
        (("a", {"b": "\\u0041"}), ("a", {"b": "A"})),
        (("a", {"b": "c\\"}), ("a", {"b": 'c\\"'})),
    ],
)
def test_delimiters_in_a_value_make_no_other_action(
    one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]
):
    assert fingerprint(*one) != fingerprint(*other)


def test_words_are_no_part_of_it():
    """Whoever reads it in another language approves the same."""
    said = deed("pay", amount="10.00 EUR", payee="Ada", account="GB33")
    assert said.text == "pay 10.00 EUR to Ada (account GB33)"
    assert replace(PAYMENT, deed=said).fingerprint == PAYMENT.fingerprint


@pytest.mark.parametrize("words", ACTIONS)
def test_a_value_names_no_place(words: str):
    values = dict.fromkeys(PLACE.findall(ACTIONS[words]), "{amount}")
    assert deed(words, **values).text.count("{amount}") == len(values)
