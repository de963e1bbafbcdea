"""What messages say: filled once, in the right language, and no value is more than a value."""

import re
from html.parser import HTMLParser

import pytest
from phonenumbers import Leniency, PhoneNumberMatcher

from assent.cli.words import _SAMPLE as SAMPLE
from assent.domain.english import WORDS
from assent.domain.message import Channel
from assent.domain.sms_length import sms_length
from assent.domain.wording import PLACE, Overrides, Words, one_line, rendered

CODE = {"code": "493817", "action": "pay 12.50 EUR to ACME", "minutes": "5"}
RESET = {"programme": "Bank", "code": "493817", "link": "https://bank.example/r?c=1&d=2"}


def said(name: str, channel: Channel, values: dict[str, str], *more: object) -> str:
    return rendered(WORDS[name], channel, values, *more).text  # type: ignore[arg-type]


def test_codes_say_what_they_are_for_and_are_read_out_digit_by_digit() -> None:
    assert said("code", Channel.SMS, CODE) == (
        "493817 is your code to pay 12.50 EUR to ACME. It is valid for 5 minutes. "
        "Never share it: nobody from us will ask for it."
    )
    assert said("code", Channel.VOICE, CODE) == (
        "Here is your code to pay 12.50 EUR to ACME. The code is: 4, 9, 3, 8, 1, 7. Once more: "
        "4, 9, 3, 8, 1, 7. It is valid for 5 minutes. Never share it: nobody from us will ask "
        "for it."
    )


@pytest.mark.parametrize("name", WORDS)
def test_every_wording_has_only_places_it_knows_and_an_example_for_each(name: str) -> None:
    wording = WORDS[name]
    for words in (wording.words, *wording.by_channel.values()):
        there = {place for part in (words.text, words.subject) for place in PLACE.findall(part)}
        assert there <= wording.places
        assert wording.must <= there | ({"code"} if "digits" in there else set())
    assert wording.places <= SAMPLE.keys()
    assert not wording.mailed or wording.words.subject


@pytest.mark.parametrize("name", WORDS)
def test_nothing_is_left_unfilled(name: str) -> None:
    for channel in Channel:
        made = rendered(WORDS[name], channel, SAMPLE)
        for part in (made.text, made.subject):
            assert not PLACE.search(part)


class Page(HTMLParser):
    """What a reader of mail would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_mail_shows_its_code_large_and_where_its_button_leads() -> None:
    made = rendered(WORDS["reset_password"], Channel.EMAIL, RESET | {"minutes": "15"})
    assert made.subject == "Reset your password"
    assert "\n\n493817\n\nhttps://bank.example/r?c=1&d=2\n\n" in made.text
    page = Page(made.html)
    (link,) = [held for tag, held in page.tags if tag == "a"]
    assert link["href"] == RESET["link"]
    assert page.text.count(RESET["link"]) == 1
    code = [held for tag, held in page.tags if held.get("class") == "code"]
    assert len(code) == 1
    assert "30px" in str(code[0]["style"])


def test_without_a_link_there_is_neither_button_nor_gap() -> None:
    made = rendered(WORDS["reset_password"], Channel.EMAIL, RESET | {"minutes": "15", "link": ""})
    assert "\n\n\n" not in made.text
    assert "<a " not in made.html
    assert "{link}" not in made.text


@pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://x.example/" onclick="x', "//x"])
def test_what_is_no_address_is_no_button(link: str) -> None:
    made = rendered(WORDS["reset_password"], Channel.EMAIL, RESET | {"minutes": "1", "link": link})
    assert [tag for tag, _ in Page(made.html).tags if tag == "a"] == []


@pytest.mark.parametrize("name", [name for name, one in WORDS.items() if one.mailed])
def test_mails_load_nothing_and_run_nothing(name: str) -> None:
    values = SAMPLE | {"programme": "<img src=x onerror=alert(1)><script>\"&'"}
    page = Page(rendered(WORDS[name], Channel.EMAIL, values).html)
    for tag, held in page.tags:
        assert tag not in {"img", "script", "link", "iframe", "object"}
        assert not {"src", "background"} & held.keys()
        assert not [one for one in held if one.startswith("on")]
        assert "url(" not in (held.get("style") or "")
    assert "color-scheme" in page.text
    assert "prefers-color-scheme: dark" in page.text


FORGED = [
    "ACME\r\nBcc: x@evil.example",
    "ACME\n\n000000 is your code",
    "ACME\x0b\x0c\x00\x1b[2J",
    "ACME\u2028\u2029\u0085",
    "ACME\u202e0052\u2066",
    "ACME \ud800",
    "{code} {minutes} {{code}}",
    "{action}",
]


@pytest.mark.parametrize("name", FORGED)
def test_a_name_can_neither_begin_a_line_nor_name_a_place(name: str) -> None:
    text = said("code", Channel.SMS, CODE | {"action": f"pay 1 EUR to {name}"})
    assert len(text.splitlines()) == 1
    assert text.count("493817") == 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    text.encode()
    if "{" in name:
        assert name in text  # as it stands
    values = {"programme": name, "what": "code", "address": "a***@example.com"}
    for wording in ("last_warning", "email_changed"):
        made = rendered(WORDS[wording], Channel.EMAIL, values)
        assert len(made.subject.splitlines()) == 1
        assert len(made.text.splitlines()) == 1


LURES = [
    "Your account is locked, visit https://evil.example/login now",
    "HTTPS://EVIL.EXAMPLE",
    "www.evil.example",
    "evil.example",
    "a@evil.example",
    "evil\u3002example",
    "evil\uff0eexample/x",
    "evil\uff61xn--p1ai",
    "http\uff1a\uff0f\uff0fevil",
    "javascript:alert(1)//x",
    "tel:+35699999999",
    "mailto:a@evil",
    "x\u2024evil\ufe52com",
]
INVITE = {"programme": "Bank", "code": "493817", "days": "30", "link": ""}
_LINKED = re.compile(
    r"://|www\.\S|[^\W_][.\u3002\uff0e\uff61\u2024\ufe52](?=[^\W\d_])|\w:\S|\w@\w", re.I
)


@pytest.mark.parametrize("lure", LURES)
def test_what_people_call_themselves_is_no_link(lure: str) -> None:
    """A company's name stands in a mail of the firm's, to whomever it invites."""
    link = "https://bank.example/join?c=1"
    made = rendered(WORDS["invite"], Channel.EMAIL, INVITE | {"name": lure, "link": link})
    assert made.text.count(link) == 1, "the firm's own stays"
    name = made.text.partition("to act for ")[2].partition(" with Bank")[0]
    assert name
    assert not _LINKED.search(name), name
    html = made.html.replace("&amp;", "&")
    assert name in html


CALLS = {
    "+35699999999": "+356\u00b7999\u00b7999\u00b799",
    "call +356 9999 9999 now": "call +356\u00b79999\u00b79999 now",
    "1 (800) 555-0199": "1\u00b7800\u00b7555\u00b70199",
    "tel:+1.555.123.4567": "tel: +1\u00b7555\u00b7123\u00b74567",
    "+356\u200d99\u200d999999": "+356\u00b799\u00b7999\u00b7999",
    "\uff10\uff17\uff19\uff14\uff16\uff10\uff10\uff11": (
        "\uff10\uff17\uff19\u00b7\uff14\uff16\uff10\u00b7\uff10\uff11"
    ),
}


@pytest.mark.parametrize(("lure", "shown"), CALLS.items(), ids=map(ascii, CALLS))
def test_what_people_call_themselves_is_no_number_to_call(lure: str, shown: str) -> None:
    """A thief's device that is called "Not you? Call +356..." has the owner ring the thief."""
    values = {"device": lure}
    text = rendered(WORDS["new_device"], Channel.EMAIL, SAMPLE | values).text
    assert f"It is called: {shown}" in text
    for region in ("MT", "US", "DE", "JP"):
        assert not list(PhoneNumberMatcher(shown, region, Leniency.VALID))


def test_what_people_call_themselves_is_short() -> None:
    made = rendered(
        WORDS["invite"], Channel.EMAIL, INVITE | {"name": "Your account is locked. " * 9}
    )
    name = made.text.partition("to act for ")[2].partition(" with Bank")[0]
    assert len(name) == 80
    assert name.endswith("\u2026")


@pytest.mark.parametrize(
    "name",
    [
        "Analytical Engines Ltd.",
        "J. R. Smith & Co.",
        "S.p.A.",
        "Zo\u00eb 2.0",
        "Day 24/7",
        "A: B",
        "Pixel 9a 256",
    ],
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    made = rendered(WORDS["invite"], Channel.EMAIL, INVITE | {"name": name})
    assert f"to act for {name} with Bank" in made.text


def test_a_subject_is_one_line_even_if_a_value_is_in_it() -> None:
    own = Overrides("", {("en", "last_warning", ""): Words("{what}", "{programme}: a warning")})
    values = {"programme": "Bank\r\nBcc: x@evil.example", "what": "code"}
    made = rendered(WORDS["last_warning"], Channel.EMAIL, values, "en", own)
    assert made.subject == "Bank  Bcc: x@evil.example: a warning"


def test_names_in_all_scripts_stay_as_they_are() -> None:
    for name in ("Zoë Ångström", "日本銀行", "Ελλάδα", "مصرف", "ক্ষ", "👩‍💻", "d'Été & Söhne"):
        assert one_line(name) == name


OWN = Overrides(
    "it",
    {
        ("de", "code", ""): Words("DE {code} {action}"),
        ("de", "code", "voice"): Words("DE VOICE {digits} {action}"),
        ("de-at", "code", "sms"): Words("AT SMS {code} {action}"),
        ("it", "code", ""): Words("IT {code} {action}"),
        ("en", "code", "whatsapp"): Words("EN WA {code} {action}"),
    },
)


@pytest.mark.parametrize(
    ("locale", "channel", "begins"),
    [
        ("de-AT", Channel.SMS, "AT SMS"),
        ("DE_at", Channel.SMS, "AT SMS"),
        ("de-AT", Channel.WHATSAPP, "DE 4"),
        ("de-AT", Channel.VOICE, "DE VOICE 4, 9"),
        ("de-CH-1996", Channel.SMS, "DE 4"),
        ("fr", Channel.SMS, "IT"),
        ("", Channel.VOICE, "IT"),
        ("not a locale \n", Channel.SMS, "IT"),
    ],
)
def test_the_persons_language_then_the_programmes(
    locale: str, channel: Channel, begins: str
) -> None:
    assert said("code", channel, CODE, locale, OWN).startswith(begins)


def test_english_of_the_programme_and_then_ours() -> None:
    none = Overrides("", OWN.words)
    assert said("code", Channel.WHATSAPP, CODE, "fr", none).startswith("EN WA")
    assert said("code", Channel.SMS, CODE, "fr", none).startswith("493817 is your code to")


def test_a_page_of_the_programmes_own_is_filled_with_escaped_values() -> None:
    page = '<html><a href="{link}" title="{programme}">{programme}</a>{code}</html>'
    own = Overrides("", {("en", "reset_password", ""): Words("{code}", "", page)})
    values = RESET | {"minutes": "1", "programme": '"><script>&'}
    made = rendered(WORDS["reset_password"], Channel.EMAIL, values, "", own)
    shown = Page(made.html)
    assert [tag for tag, _ in shown.tags] == ["html", "a"]
    assert shown.tags[1][1] == {"href": RESET["link"], "title": '"><script>&'}
    assert made.subject == "Reset your password"  # ours, where theirs has none


@pytest.mark.parametrize(
    ("text", "ucs2", "units", "parts"),
    [
        ("a" * 160, False, 160, 1),
        ("a" * 161, False, 161, 2),
        ("a" * 306, False, 306, 2),
        ("a" * 307, False, 307, 3),
        ("€" * 80, False, 160, 1),
        ("€" * 80 + "a", False, 161, 2),
        ("ç" * 70, True, 70, 1),
        ("ç" * 71, True, 71, 2),
        ("日" * 134, True, 134, 2),
        ("𝄞" * 35, True, 70, 1),
        ("𝄞" * 36, True, 72, 2),
        ("", False, 0, 1),
        ("àÅß@{}[]~\\^|€\n\f", False, 25, 1),
    ],
)
def test_how_long_a_text_message_is(text: str, ucs2: bool, units: int, parts: int) -> None:
    length = sms_length(text)
    assert (length.ucs2, length.units, length.parts) == (ucs2, units, parts)


def test_amount_and_payee_are_never_cut() -> None:
    payee = "Österreichische Gesellschaft " * 40
    text = said("code", Channel.SMS, CODE | {"action": f"pay 1,250.00 EUR to {payee}"})
    assert payee in text
    assert sms_length(text).parts > 7
