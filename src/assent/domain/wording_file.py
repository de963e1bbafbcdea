"""A programme's own words as a file (TOML): read, and looked through before it is taken.

default = "de"                      # the language of people whose own is not known

[de.code]                           # a locale, a wording
text = "{code} ist Ihr Code, um {action}. Er gilt {minutes} Minuten."

[de.code.voice]                     # only for calls
text = "Ihr Code, um {action}, lautet {digits}. Noch einmal: {digits}."

[de.actions]                        # what codes are for; see domain/phrases.py
pay = "{amount} an {payee} (Konto {account}) zu zahlen"

[de.what]                           # what was entered wrongly
password = "Kennwort"

[de-AT.verify_email]
subject = "Bitte bestätigen Sie Ihre Adresse"
text = \"\"\"...\"\"\"
html = \"\"\"...\"\"\"                    # may be left out: it is made from the text
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from assent.domain.english import WORDS
from assent.domain.message import Channel
from assent.domain.phrases import PHRASES
from assent.domain.wording import PLACE, Overrides, Wording, Words, locale_key

LONGEST_FILE = 200_000
_LONGEST = {"text": 4_000, "subject": 200, "html": 50_000}
_LONGEST_PHRASE = 200
_MOST_TOLD = 20
_CHANNELS = {channel.value: channel for channel in Channel}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_RUNS_OR_LOADS = re.compile(
    r"<\s*(script|iframe|object|embed|form|base|link|img|audio|video)\b|\bon[a-z]+\s*=|javascript:"
    r"|\bsrc\s*=|\burl\s*\(|@import",
    re.IGNORECASE,
)
_BARE_ATTRIBUTE = re.compile(r"=\s*\{[a-z_]+\}")


class BadWords(Exception):
    """The file cannot be taken; `reasons` say where and why, a sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def overrides_of(text: str) -> Overrides:
    """Raises BadWords. An empty file holds no words: the house's are used."""
    if len(text) > LONGEST_FILE:
        raise BadWords([f"the file is longer than {LONGEST_FILE} characters"])
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadWords([f"not TOML: {error}"]) from None
    reading = _Reading()
    reading.read(tables)
    if reading.reasons:
        raise BadWords(reading.reasons[:_MOST_TOLD])
    return Overrides(reading.default, reading.words, reading.phrases)


class _Reading:
    """Goes through the tables, and remembers all that is wrong."""

    def __init__(self) -> None:
        self.default = ""
        self.words: dict[tuple[str, str, str], Words] = {}
        self.phrases: dict[tuple[str, str, str], str] = {}
        self.reasons: list[str] = []

    def read(self, tables: Mapping[str, Any]) -> None:
        for name, held in tables.items():
            key = locale_key(held if name == "default" and isinstance(held, str) else name)
            if name == "default" and isinstance(held, str):
                self.default = key
                if not key:
                    self.reasons.append(f"default is a language (BCP 47), not {held!r}")
            elif not key or not isinstance(held, dict):
                self.reasons.append(f"[{name}] is no language (BCP 47)")
            else:
                self._locale(name, key, held)

    def _locale(self, name: str, key: str, held: Mapping[str, Any]) -> None:
        for wording, entry in held.items():
            where = f"{name}.{wording}"
            if wording in PHRASES and isinstance(entry, dict):
                self._phrases(where, key, wording, entry)
                continue
            known = WORDS.get(wording)
            if known is None or not isinstance(entry, dict):
                self.reasons.append(f"[{where}]: the wordings are {', '.join((*WORDS, *PHRASES))}")
                continue
            own = {part: value for part, value in entry.items() if part not in _CHANNELS}
            if own or not entry:
                self._entry(where, key, known, None, own)
            for way in entry.keys() & _CHANNELS.keys():
                self._entry(f"{where}.{way}", key, known, _CHANNELS[way], entry[way])

    def _entry(
        self, where: str, key: str, wording: Wording, channel: Channel | None, entry: Any
    ) -> None:
        if not isinstance(entry, dict) or entry.keys() - _LONGEST.keys():
            known = [*_LONGEST, *_CHANNELS] if channel is None else list(_LONGEST)
            self.reasons.append(f"[{where}] may hold {', '.join(known)}")
            return
        wrong = list(_wrong(wording, channel, entry))
        self.reasons += [f"[{where}]: {reason}" for reason in wrong]
        if not wrong:
            made = Words(
                entry["text"].strip(), entry.get("subject", "").strip(), entry.get("html", "")
            )
            self.words[key, wording.name, channel.value if channel else ""] = made

    def _phrases(self, where: str, key: str, table: str, entry: Mapping[str, Any]) -> None:
        for name, text in entry.items():
            house = PHRASES[table].get(name)
            if house is None:
                self.reasons.append(f"[{where}] may hold {', '.join(PHRASES[table])}")
                continue
            wrong = list(_wrong_phrase(house, text))
            self.reasons += [f"[{where}]: {name} {reason}" for reason in wrong]
            if not wrong:
                self.phrases[key, table, name] = text.strip()


def _wrong_phrase(house: str, text: Any) -> Iterator[str]:
    """It has the places of the house's words, and none may be left out but whose code it is."""
    if not isinstance(text, str) or not text.strip():
        yield "is a text that says something"
        return
    if len(text) > _LONGEST_PHRASE:
        yield f"is longer than {_LONGEST_PHRASE} characters"
    if _CONTROL.search(text) or "\n" in text.strip():
        yield "holds a control character or a line end"
    places, there = set(PLACE.findall(house)), set(PLACE.findall(text))
    if unknown := there - places:
        known = ", ".join(f"{{{place}}}" for place in sorted(places)) or "none"
        yield f"has {{{min(unknown)}}}; there are {known}"
    if missing := places - there - {"programme"}:
        yield f"must have {{{min(missing)}}}"
    if re.search(r"[{}]", PLACE.sub("", text)):
        yield "has a brace that belongs to no place"


def _wrong(wording: Wording, channel: Channel | None, entry: Mapping[str, Any]) -> Iterator[str]:
    mail = channel is Channel.EMAIL
    if channel is not None and not (wording.mailed if mail else wording.phoned):
        yield f"this is never sent by {channel}"
        return
    for part, value in entry.items():
        if not isinstance(value, str):
            yield f"{part} is a text"
            return
        if len(value) > _LONGEST[part]:
            yield f"{part} is longer than {_LONGEST[part]} characters"
        if _CONTROL.search(value) or (part == "subject" and "\n" in value.strip()):
            yield f"{part} holds a control character or, in a subject, a line end"
        if unknown := set(PLACE.findall(value)) - wording.places:
            places = ", ".join(f"{{{place}}}" for place in sorted(wording.places))
            yield f"{part} has {{{min(unknown)}}}; there are {places}"
        if part != "html" and re.search(r"[{}]", PLACE.sub("", value)):
            yield f"{part} has a brace that belongs to no place"
    if not str(entry.get("text", "")).strip():
        yield "text is missing: it is what people without HTML read"
        return
    read = wording.mailed and (channel is None or mail)
    if not read and entry.keys() & {"subject", "html"}:
        yield "only e-mails have subject and html"
    for part in ("text", "html"):
        if part in entry:
            there = set(PLACE.findall(entry[part]))
            there |= {"code"} if "digits" in there else set()
            if missing := wording.must - there:
                yield f"{part} must have {{{min(missing)}}}"
    if found := _RUNS_OR_LOADS.search(entry.get("html", "")):
        yield (
            f"html has {found.group(0).strip()!r}: what runs is not shown, and what is loaded from "
            "elsewhere tells others that it was read"
        )
    if _BARE_ATTRIBUTE.search(entry.get("html", "")):
        yield "html has a place as an attribute without quotes"
