"""What is left of a password once everything that guessers try first is taken out of it.

A list of whole passwords is of little use at fifteen characters and more: hardly any leaked
password is that long. Long guessable ones are put together from short guessable parts, so we
remove the parts (common words, the person's own words, runs of keys, repeats, digits at the
ends) and judge what remains.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

ENOUGH_LEFT = 6
"""Characters that must remain. Fewer, and the password is its blocklisted parts and a suffix."""

_LEET = str.maketrans("013457@$!|", "oieastasil")

_COMMON = frozenset(
    """
    password passwort passw0rd passphrase secret geheim letmein welcome welcom admin administrator
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
    america canada mexico london1 love baby angel hunter ranger buster tigger maggie
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
)
_RUNS = frozenset(
    row[start : start + 4]
    for line in _ROWS
    for row in (line, line[::-1])
    for start in range(len(line) - 3)
)


def too_simple(password: str, about: Iterable[str]) -> bool:
    """Whether nothing much remains; `about` are the person's and the programme's own words."""
    folded = password.casefold()
    words = {word.casefold() for text in about for word in re.findall(r"\w{4,}", text)}
    return min(_left(folded, words), _left(folded.translate(_LEET), words)) < ENOUGH_LEFT


def _left(text: str, words: Iterable[str]) -> int:
    """How many characters no rule explains."""
    explained = [False] * len(text)
    for word in (*_COMMON, *words):
        for found in re.finditer(re.escape(word), text):
            explained[found.start() : found.end()] = [True] * len(word)
    for start in range(len(text) - 3):
        if text[start : start + 4] in _RUNS:
            explained[start : start + 4] = [True] * 4
    for at, (one, next_one) in enumerate(pairwise(text), start=1):
        if one == next_one:
            explained[at] = True
    rest = "".join(letter for letter, known in zip(text, explained, strict=True) if not known)
    rest = rest.strip("0123456789!?.,-_ ")
    # A remainder that repeats one short piece is that piece: "xkcdxkcdxkcd" counts as "xkcd".
    repeated = re.fullmatch(r"(.+?)\1+", rest)
    return len(repeated.group(1) if repeated else rest)
