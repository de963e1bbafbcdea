"""What messages say: each sort of message has a name, places to fill, and words for it.

The house's own words are English (domain/english.py). A programme may lay others over them, by
locale and channel: its own are looked for in the person's language, then in the programme's, then
in English. Values are put in once and never looked at again: what a payee is called can neither
begin a line nor name another place.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from assent.domain.mail_layout import as_page, filled_page
from assent.domain.message import Channel
from assent.domain.phrases import FILLED_WITH, OR, TABLES, needed

PLACE = re.compile(r"\{([a-z_]+)\}")
"""How a place looks in a template."""
ENGLISH = "en"
_PARAGRAPHS = re.compile(r"\n[ \t]*\n+")


@dataclass(frozen=True, slots=True)
class Words:
    """Templates of one message in one language."""

    text: str
    """Paragraphs are kept apart by an empty line."""
    subject: str = ""
    """An e-mail's."""
    html: str = ""
    """An e-mail's other part, whole; empty: it is made from the text by the house's layout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A sort of message."""

    name: str
    words: Words
    by_channel: Mapping[Channel, Words] = field(default_factory=dict)
    """Where a channel says it differently: what is heard, not read."""
    always: frozenset[str]
    """The places that every message of this sort has a value for."""
    maybe: frozenset[str] = frozenset()
    """The places that may be left empty."""
    must: frozenset[str] = frozenset()
    """The places that no words may leave out: the code, and what it is for (RTS Article 5)."""
    mailed: bool = True
    """Whether it may go by e-mail. Codes that prove possession may not (EBA-Op-2019-06)."""
    phoned: bool = False
    """Whether it may go to a phone."""

    @property
    def places(self) -> frozenset[str]:
        """All that may stand in its words."""
        return self.always | self.maybe


@dataclass(frozen=True, slots=True)
class Overrides:
    """A programme's own words, and the locale of people whose language is not known."""

    default: str = ""
    words: Mapping[tuple[str, str, str], Words] = field(default_factory=dict)
    """By locale (as `locale_key` spells it), wording and channel; channel empty: all of them."""
    phrases: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """By locale, table and name: see domain/phrases.py."""


NO_OVERRIDES = Overrides()


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a message says."""

    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)


def rendered(
    wording: Wording,
    channel: Channel,
    values: Mapping[str, str],
    locale: str = "",
    overrides: Overrides = NO_OVERRIDES,
) -> Rendered:
    """The words for that channel and language, filled. HTML and subject for e-mails only.

    A place without a value is empty; a paragraph whose places are all empty is left out. What a
    code is for is said in the language of the words around it.
    """
    words, spoken = _chosen(wording, channel, locale, overrides)
    given = {name: _put(name, value) for name, value in values.items()}
    if "code" in given:  # a comma after each: speech engines read digits one by one then
        given.setdefault("digits", ", ".join(given["code"]))
    given |= _phrases(given, spoken, overrides)
    paragraphs = [part for part in _PARAGRAPHS.split(words.text.strip()) if _said(part, given)]
    text = "\n\n".join(filled(part, given) for part in paragraphs)
    if channel is not Channel.EMAIL:
        return Rendered(text)
    subject = one_line(filled(words.subject or wording.words.subject, given))
    if words.html:
        html = filled_page(words.html, given)
    else:
        html = as_page(subject, paragraphs, given, spoken)
    return Rendered(text, subject, html)


def filled(template: str, values: Mapping[str, str]) -> str:
    """Every place once, from left to right; what is put in is not looked at again."""
    return PLACE.sub(lambda found: values.get(found.group(1), ""), template)


def one_line(value: str) -> str:
    """A value that keeps to its place: no line of its own, no turning of the text around it, and
    nothing that cannot be encoded.

    Line ends and control characters become spaces; marks that change the direction of what
    follows (Unicode UAX #9) are dropped, because they make an amount or a payee read differently.
    """
    return "".join(_tame(char) for char in value)


OF_PEOPLE = frozenset({"name", "device"})
"""The places that people fill as they like, in mails to others: what a company is called is read
by whomever it invites, and what somebody calls their device by whom it was added to. What a person
confirms (`action`) stays to the letter."""
_LONGEST = 80
_DOTS = ".\u2024\u3002\ufe52\uff0e\uff61"
_LINKING = re.compile(
    rf"(?<=[^\W_])[{_DOTS}](?=[^\W\d_]{{2}})"  # a domain: two letters or more behind the dot
    r"|(?<=\w)[:\uff1a](?=\S)"  # a scheme, with slashes or without
    r"|(?<=\w)[@\uff20](?=\w)"  # a mailbox
)
_CALLABLE = re.compile(r"\d(?:[\W_]{0,3}\d){6,}")
"""Digits that a phone would offer to ring: seven or more, with whatever signs between them."""
_BROKEN = "\u00b7"
"""A middle dot: between digits it is neither punctuation of a number nor a link."""


def defused(value: str) -> str:
    """Words that were chosen by who is not the firm: no mail program makes a link, a mailbox or a
    number to call of them, and no message has room in them.

    A space follows whatever makes a link of two words; a middle dot parts long runs of digits.
    """
    value = value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}\u2026"
    value = _LINKING.sub(lambda found: f"{found.group()} ", value)
    return _CALLABLE.sub(lambda found: _parted(found.group()), value)


def _parted(number: str) -> str:
    groups = re.findall(r"\d+", number)
    short = (re.findall(r"\d{1,3}", one) if len(one) > 4 else [one] for one in groups)
    return _BROKEN.join(part for parts in short for part in parts)


def _put(name: str, value: str) -> str:
    return defused(one_line(value)) if name in OF_PEOPLE else one_line(value)


_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _tame(char: str) -> str:
    if " " <= char <= "~":
        return char
    if char in _TURNING:
        return ""
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    return " " if category in ("Cc", "Zl", "Zp") else char


def _said(paragraph: str, values: Mapping[str, str]) -> bool:
    places = PLACE.findall(paragraph)
    return not places or any(values.get(place) for place in places)


def _chosen(
    wording: Wording, channel: Channel, locale: str, overrides: Overrides
) -> tuple[Words, str]:
    """The words, and the language they are in."""
    for one in candidates(locale, overrides.default):
        for way in (channel.value, ""):
            words = overrides.words.get((one, wording.name, way))
            if words is not None:
                return words, one
    return wording.by_channel.get(channel, wording.words), ENGLISH


def _phrases(given: Mapping[str, str], spoken: str, overrides: Overrides) -> dict[str, str]:
    """What is said of the places that phrases are put into: none of it where the programme has no
    words for a part of it, and then the value stays as it is, in English."""
    said = {}
    for place, table in TABLES.items():
        names = given.get(FILLED_WITH[place], "")
        found = {name: phrase(overrides, spoken, table, name) for name in needed(names)}
        if found and all(found.values()):
            between = f" {found.get(OR, '')} "
            said[place] = between.join(filled(found[name], given) for name in names.split())
    return said


def phrase(overrides: Overrides, locale: str, table: str, name: str) -> str:
    """A programme's own words for a phrase in that language; empty: it has none."""
    held = (overrides.phrases.get((one, table, name), "") for one in candidates(locale, ""))
    return next(filter(None, held), "")


def candidates(locale: str, default: str) -> Iterator[str]:
    """Exactly the person's, their language, the programme's, its language, English."""
    seen = set()
    for wanted in (locale, default, ENGLISH):
        key = locale_key(wanted)
        while key:
            if key not in seen:
                seen.add(key)
                yield key
            key = key.rpartition("-")[0]  # RFC 4647 3.4: from the end, a part at a time


def locale_key(locale: str) -> str:
    """The one spelling of a language tag (BCP 47: case and underscore do not matter); empty for
    what is none."""
    key = locale.strip().replace("_", "-").lower()
    return key if _LOCALE.fullmatch(key) else ""


_LOCALE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8}){0,4}")
