"""Amounts: exact, in minor units, with the currency's own decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.money import MOST, currency_is_known, decimal, minor_units, spelled


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("10.00", "EUR", 1000),
        ("10.5", "EUR", 1050),
        ("10", "EUR", 1000),
        ("0", "EUR", 0),
        ("0.01", "EUR", 1),
        ("0.29", "EUR", 29),
        ("1", "JPY", 1),
        ("1.234", "KWD", 1234),
        ("9999999999999.99", "EUR", MOST),
        ("999999999999999", "JPY", MOST),
    ],
)
def test_from_text(text: str, currency: str, amount: int):
    assert minor_units(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "EUR"),
        ("-1", "EUR"),
        ("+1", "EUR"),
        ("1,00", "EUR"),
        ("1e3", "EUR"),
        ("01", "EUR"),
        (".5", "EUR"),
        ("1.", "EUR"),
        (" 1", "EUR"),
        ("1\n", "EUR"),
        ("1_0", "EUR"),
        ("NaN", "EUR"),
        ("\N{ARABIC-INDIC DIGIT ONE}", "EUR"),
        ("1.001", "EUR"),
        ("1.0", "JPY"),
        ("1.0000", "KWD"),
        ("10000000000000.00", "EUR"),
        ("9" * 5_000, "JPY"),
        ("1", "XXX"),
        ("1", "eur"),
    ],
)
def test_what_is_no_amount(text: str, currency: str):
    assert minor_units(text, currency) is None


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1000, "EUR", "10.00"),
        (1, "EUR", "0.01"),
        (0, "EUR", "0.00"),
        (-776, "EUR", "-7.76"),
        (1, "JPY", "1"),
        (1_000_000, "JPY", "1000000"),
        (1, "KWD", "0.001"),
        (MOST, "EUR", "9999999999999.99"),
    ],
)
def test_to_text(amount: int, currency: str, text: str):
    assert spelled(amount, currency) == text
    assert decimal(amount, currency) == Decimal(text)


@given(st.integers(0, MOST), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_there_and_back(amount: int, currency: str):
    assert minor_units(spelled(amount, currency), currency) == amount


def test_currencies():
    assert all(currency_is_known(code) for code in ("EUR", "GBP", "USD", "JPY", "KWD", "HUF"))
    assert not any(currency_is_known(code) for code in ("", "eur", "EU", "XXX", "EURO", "DEM"))
