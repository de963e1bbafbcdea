"""Money: minor units as integers, with as many decimals as the currency has (ISO 4217)."""

import re
from decimal import Decimal

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN "
    "QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
)
_THREE = "BHD IQD JOD KWD LYD OMR TND"

_DIGITS = {
    code: digits for digits, codes in ((0, _NONE), (2, _TWO), (3, _THREE)) for code in codes.split()
}

MOST = 10**15 - 1
"""Minor units of one amount: exact in JSON's numbers too, which end at 2^53 where doubles read
them."""

_FORM = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]+))?")


def currency_is_known(currency: str) -> bool:
    """Whether it is a currency that people are paid in, in capitals."""
    return currency in _DIGITS


def minor_units(text: str, currency: str) -> int | None:
    """10.5 EUR to 1050; nothing where it is no amount of the currency, or beyond MOST."""
    form, digits = _FORM.fullmatch(text), _DIGITS.get(currency)
    if form is None or digits is None:
        return None
    whole, fraction = form.group(1), form.group(2) or ""
    if len(fraction) > digits:
        return None
    amount = int(whole + fraction.ljust(digits, "0"))
    return amount if amount <= MOST else None


def decimal(amount: int, currency: str) -> Decimal:
    """1050 EUR to 10.50, exactly and with all the currency's decimals."""
    return Decimal(amount).scaleb(-_DIGITS[currency])


def spelled(amount: int, currency: str) -> str:
    """The same as text, "10.50": an amount has one spelling, so it can be in a fingerprint."""
    return f"{decimal(amount, currency):f}"
