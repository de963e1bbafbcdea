"""Dynamic linking: another name, amount or payee is another fingerprint (RTS Article 5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.action import Action

PAYMENT = Action(
    "send", "pay 10.00 EUR to Ada", {"amount": "10.00", "currency": "EUR", "payee": "Ada"}
)


def fingerprint(name: str, parameters: dict[str, str]) -> str:
    return Action(name, "", parameters).fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        Action("sends", PAYMENT.text, PAYMENT.parameters),
        Action("Send", PAYMENT.text, PAYMENT.parameters),
        Action("send", PAYMENT.text, {**PAYMENT.parameters, "amount": "10.01"}),
        Action("send", PAYMENT.text, {**PAYMENT.parameters, "amount": "10.0"}),
        Action("send", PAYMENT.text, {**PAYMENT.parameters, "payee": "ada"}),
        Action("send", PAYMENT.text, {**PAYMENT.parameters, "payee": "Ada "}),
        Action("send", PAYMENT.text, {**PAYMENT.parameters, "note": ""}),
        Action("send", PAYMENT.text, {"amount": "10.00", "currency": "EUR"}),
        Action("send", PAYMENT.text, {"amount": "EUR", "currency": "10.00", "payee": "Ada"}),
        Action("send", PAYMENT.text),
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
