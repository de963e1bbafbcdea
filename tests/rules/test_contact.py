"""One spelling for each address: no second budget for a variant, no message to nowhere."""

import unicodedata
from typing import Literal, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assent.domain.contact import Mobile, Reach, email_is_valid, email_key, masked, same_mailbox

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "ADA@EXAMPLE.COM"),
        ("ada@example.com", "  ada@example.com\n"),
        ("ada@example.com", "\u00a0ada@example.com"),
        ("ada@example.com", "\uff41\uff44\uff41@example.com"),  # full width
        ("ada@example.com", "ada\uff20example\uff0ecom"),
        ("jos\u00e9@example.com", "jose\u0301@example.com"),
        ("JOS\u00c9@example.com", "jose\u0301@example.com"),
        ("ada@bücher.example", "ada@BU\u0308CHER.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@bücher.example", "ada@XN--BCHER-KVA.example"),
        ("ada@bücher.example", "ada@bücher。example"),
        ("straße@example.com", "STRASSE@example.com"),
        ('"a@b"@bücher.example', '"a@b"@xn--bcher-kva.example'),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("\u03b1\u03c2@example.com", "\u0391\u03a3@example.com"),  # final sigma
        ("ﬁona@example.com", "FIONA@example.com"),  # a ligature
    ],
)
def test_two_spellings_of_one_address(one: str, other: str):
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "ada@example.org"),
        ("ada@straße.example", "ada@strasse.example"),  # two owners (IDNA 2008)
        ("ada@example.com", "ada.@example.com"),
        ("ada@example.com", "ada+x@example.com"),
        (
            "ada@example.com",
            "\u0430\u0064a@example.com",
        ),  # Cyrillic a: another person, not a variant
        ("kiz@example.com", "k\u0131z@example.com"),  # Turkish dotless i is a letter of its own
        ("ada@bücher.example", "ada@bucher.example"),
    ],
)
def test_two_addresses(one: str, other: str):
    assert email_key(one) != email_key(other)


@given(st.text(max_size=30) | st.emails())
@example("İ@İ.com")
@example("\u0131@\u0131.com")
@example("ß@ß.com")
@example("¨@example.com")  # NFKC opens it with a space
@example("ͅα@example.com")
@example("@")
def test_the_key_of_a_key_is_that_key(text: str):
    assert email_key(email_key(text)) == email_key(text)


@given(st.text(max_size=20), st.sampled_from(get_args(Form)))
def test_no_unicode_form_makes_another_person(local: str, form: Form):
    address = f"a{local}@example.com"
    assert email_key(unicodedata.normalize(form, address)) == email_key(address)


@given(st.emails())
def test_upper_case_makes_no_other_person(address: str):
    assert email_key(address.upper()) == email_key(address.lower())


def test_a_domain_that_no_label_can_hold_is_still_a_key():
    assert email_key("ada@" + "Ü" * 70 + ".com") == "ada@" + "ü" * 70 + ".com"


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "ada@sub.example.org",
        "ada@EXAMPLE.net",
        "a.b+c@bank.test",
        "é@bücher.de",
        "a=b?c@example.com",
    ],
)
def test_valid_addresses(address: str):
    assert email_is_valid(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada@example..com",
        "a b@example.com",
        "a@b@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\r\nBcc: eve@example.com",
        "Ada <ada@example.com>",
        "x" * 65 + "@example.com",
        "=?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZSwgeA==?=@b.example",
        '"=?utf-8?q?ceo=40bank.example=2C_x?="@b.example',
        "x=?us-ascii?q?y?=z@b.example",
    ],
)
def test_invalid_addresses(address: str):
    assert not email_is_valid(address)


@pytest.mark.parametrize(
    ("country_code", "number", "spelling"),
    [
        ("+356", "99123456", "+35699123456"),
        ("+44", "7700900123", "+447700900123"),
        ("+44", "07700900123", "+447700900123"),  # the trunk zero that people write
        ("+39", "0612345678", "+390612345678"),  # in Italy the zero belongs to the number
        ("+1", "4165550123", "+14165550123"),
        ("+49", "151 2345-6789", "+4915123456789"),
    ],
)
def test_one_spelling_of_a_number(country_code: str, number: str, spelling: str):
    assert Mobile(country_code, number).e164 == spelling


@pytest.mark.parametrize(
    ("country_code", "number", "reach"),
    [
        ("+356", "99123456", Reach.YES),
        ("+44", "7700900123", Reach.YES),  # Ofcom's numbers for fiction: in no published range
        ("+61", "491570156", Reach.YES),  # ACMA's
        ("+1", "2015550123", Reach.YES),  # fixed or mobile: North America does not tell
        ("+356", "21234567", Reach.UNREACHABLE),
        ("+44", "2079460123", Reach.UNREACHABLE),
        ("+44", "1534456789", Reach.UNREACHABLE),
        ("+44", "9098790123", Reach.UNREACHABLE),  # premium rate
        ("+44", "8081570000", Reach.UNREACHABLE),  # toll free
        ("+800", "12345678", Reach.UNREACHABLE),
        ("+999", "123456", Reach.IMPOSSIBLE),
        ("+0", "123456", Reach.IMPOSSIBLE),
        ("356", "99123456", Reach.IMPOSSIBLE),  # no plus, no country
        ("+356", "", Reach.IMPOSSIBLE),
        ("+356", "1", Reach.IMPOSSIBLE),
        ("+356", "991234567890", Reach.IMPOSSIBLE),
        ("+1", "5550123", Reach.IMPOSSIBLE),  # rings next door, not from here
        ("+44", "VANITY", Reach.IMPOSSIBLE),
    ],
)
def test_who_can_get_a_message(country_code: str, number: str, reach: Reach):
    assert Mobile(country_code, number).reach() is reach


GB_FICTION = ("+44", "7700900123")
GB = ("+44", "7400123456")
JERSEY = ("+44", "7797712345")
US = ("+1", "2015550123")
CANADA = ("+1", "4165550123")
BAHAMAS = ("+1", "2423591234")
RUSSIA = ("+7", "9123456789")
KAZAKHSTAN = ("+7", "7012345678")


@pytest.mark.parametrize(
    ("mobile", "countries", "open_to"),
    [
        (GB, ("GB",), True),
        (GB_FICTION, ("GB",), True),
        (JERSEY, ("GB", "JE"), True),
        (JERSEY, ("JE",), True),
        (JERSEY, ("GB",), False),
        (GB, ("JE",), False),
        (GB_FICTION, ("JE",), False),
        (GB, ("MT", "US"), False),
        (US, ("US",), True),
        (CANADA, ("CA",), True),
        (CANADA, ("US",), False),
        (US, ("CA",), False),
        (BAHAMAS, ("US", "CA"), False),  # where SMS pumping goes when +1 is one country
        (RUSSIA, ("KZ",), False),
        (KAZAKHSTAN, ("RU",), False),
        (KAZAKHSTAN, ("KZ",), True),
    ],
)
def test_a_programme_sends_to_its_countries_only(
    mobile: tuple[str, str], countries: tuple[str, ...], open_to: bool
):
    assert Mobile(*mobile).reach(countries) is (Reach.YES if open_to else Reach.CLOSED)


def test_a_number_is_judged_before_its_country():
    assert Mobile("+356", "21234567").reach(("GB",)) is Reach.UNREACHABLE
    assert Mobile("+999", "123456").reach(("GB",)) is Reach.IMPOSSIBLE


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ada.lovelace@example.com", "a***@example.com"),
        ('"a@b"@example.com', '"***@example.com'),
        ("+35699123456", "+356****3456"),
        ("+447700900123", "+447****0123"),
        ("+376312345", "****"),  # short: what is left out must be worth guessing
        ("", "****"),
    ],
)
def test_what_a_mask_shows(address: str, shown: str):
    assert masked(address) == shown


@given(st.from_regex(r"\+[1-9][0-9]{5,14}", fullmatch=True))
def test_a_mask_hides_at_least_three_digits_of_a_number(number: str):
    shown = masked(number)
    assert len(number) - len(shown.replace("****", "")) >= 3
    assert number not in shown


@given(st.emails())
def test_a_mask_never_shows_an_address(address: str):
    assert address not in masked(address)
    assert "***@" in masked(address)


def test_a_number_is_not_printed():
    assert "99123456" not in repr(Mobile("+356", "99123456"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada@example.com", "ADA@Example.COM", True),
        ("ada@example.com", "ada@example.com ", False),
        ("kim@example.com", "\uff4bim@example.com", False),
        ("strasse@example.com", "straße@example.com", False),
        ("jos\u00e9@example.com", "JOS\u00c9@example.com", False),
        ("kate@example.com", "\u212aate@example.com", False),  # the Kelvin sign, a k when folded
    ],
)
def test_only_ascii_case_is_certainly_the_same_mailbox(one: str, other: str, same: bool):
    assert same_mailbox(one, other) is same
