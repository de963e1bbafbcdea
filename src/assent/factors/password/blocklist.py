"""What is left of a password once everything that guessers try first is taken out of it.

A list of whole passwords is of little use at fifteen characters and more: hardly any leaked
password is that long. Long guessable ones are put together from short guessable parts, so we
remove the parts (common words, the person's own words, runs of keys, repeats, digits at the
ends) and judge what remains.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

ENOUGH_LEFT = 6
"""Characters that must remain. Fewer, and the password is its blocklisted parts and a suffix."""

_SHORTEST_WORD = 4
"""Shorter ones would be found by chance in passwords that have nothing to do with them."""

_SEPARATORS = re.compile(r"[\W_]+")
# Read in two ways, because `1` stands for both i and l. One character for one: places stay.
_LEET = (str.maketrans("013457@$!|", "oieastasil"), str.maketrans("013457@$!|", "oleastasli"))

_COMMON = frozenset(
    """
    password passwort passw0rd passphrase drowssap secret geheim letmein welcome welcom admin
    administrator contraseña motdepasse wachtwoord senha пароль thisismy mynameis
    login master superman batman spiderman dragon monkey shadow sunshine princess football
    baseball basketball soccer hockey iloveyou loveyou lovely michael jordan jennifer jessica
    daniel thomas robert charlie andrew joshua matthew ashley nicole hannah starwars pokemon
    whatever trustno trustnoone freedom computer internet killer ginger pepper cookie cheese
    summer winter spring autumn monday tuesday wednesday thursday friday saturday sunday
    january february march april june july august september october november december
    hello hallo bonjour testing tester test demo sample example default changeme change
    access account money bank banking payment paypal wise weavr assent google facebook amazon
    apple samsung windows microsoft qwerty azerty qwertz dvorak mypassword thepassword
    correcthorsebatterystaple abcdef please enter security secure user username root guest
    flower purple orange yellow silver golden diamond family mother father forever together
    liverpool chelsea arsenal barcelona juventus london paris berlin malta valletta europe
    america canada mexico london1 love baby angel hunter ranger buster tigger maggie jungle
    """.split()
)

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
    "1qazxsw23edcvfr45tgbnhy67ujm",
)
_RUNS = frozenset(
    row[start : start + 4]
    for line in _ROWS
    for row in (line, line[::-1])
    for start in range(len(line) - 3)
)


def too_simple(password: str, about: Iterable[str]) -> bool:
    """Whether nothing much remains; `about` are the person's and the programme's own words.

    Read as it stands and without its separators: "p.a.s.s.w.o.r.d" is one word too.
    """
    words = _COMMON.union(*map(_words, about))
    read = _folded(password)
    return min(_left(read, words), _left(_SEPARATORS.sub("", read), words)) < ENOUGH_LEFT


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


def _words(text: str) -> Iterator[str]:
    """The words of a text, all of it as one word, and so the part of an address before the `@`."""
    folded = _folded(text)
    joined = (_SEPARATORS.sub("", part) for part in (folded, folded.partition("@")[0]))
    for word in (*joined, *_SEPARATORS.split(folded)):
        if len(word) >= _SHORTEST_WORD:
            yield word


def _left(text: str, words: Iterable[str]) -> int:
    """How many characters no rule explains."""
    explained = _in_runs(text)
    for reading in (text, *(text.translate(leet) for leet in _LEET)):
        for word in words:
            _explain(reading, word, explained)
    rest = _unexplained(text, explained)
    rest = "".join(this for before, this in pairwise("\0" + rest) if this != before)
    rest = _unexplained(rest, _in_runs(rest))  # "aabbccdd" is a run only now
    return _period(rest.strip("0123456789!?.,-_ "))


def _explain(text: str, word: str, explained: list[bool]) -> None:
    """Marks every place of a word. By `find`: a pattern for each person's words would push all
    others out of the cache of compiled patterns."""
    start = text.find(word)
    while start >= 0:
        explained[start : start + len(word)] = [True] * len(word)
        start = text.find(word, start + 1)


def _in_runs(text: str) -> list[bool]:
    """Marks what the keys or the alphabet give in a row, four and more."""
    marks = [False] * len(text)
    for start in range(len(text) - 3):
        if text[start : start + 4] in _RUNS:
            marks[start : start + 4] = [True] * 4
    return marks


def _unexplained(text: str, explained: list[bool]) -> str:
    return "".join(letter for letter, known in zip(text, explained, strict=True) if not known)


def _period(text: str) -> int:
    """A text that repeats one piece is that piece: "xkcdxkcdxk" counts as "xkcd"."""
    periods = (p for p in range(1, len(text)) if text.startswith(text[p:]))
    return next(periods, len(text))
