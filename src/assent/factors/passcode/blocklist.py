"""Which passcodes guessers try first: shapes, years, paths on the keypad, and the person's own.

A stranger has fifteen tries before an operator must help (three blocks of five), so that what
counts is how many people share the few favourites. Studies of leaked and of collected PINs agree on
what these are: one digit, runs, repeated halves, mirrored halves, doubled digits, years, dates,
lines on the keypad. They also find that refusing about a tenth of all four-digit ones is enough,
and that more annoys people into worse choices; a test holds us to that tenth. Of all dates only
the person's own are refused: the others are six hundred, more than anybody can try.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise, permutations, product

_YEAR = re.compile("(19|20)[0-9]{2}")
_NUMBERS = re.compile("[0-9]+")

_FAVOURITES = frozenset(
    # paths on the keypad: its middle, corners, edges, zigzags, the figures L, X and +
    """
    2580 0852 1379 1397 3179 3971 7139 7931 9713 9317 1478 8741 1236 6321 3698 8963
    7896 6987 9874 4789 1254 2563 4589 5698 1425 4152 2536 3571 1590 7410 4560
    14789 98741 12369 96321 14725 25836 36914 35715 25800 12580 85200
    147258 258369 147369 369147 852741 963852 741963 159753 753159
    159357 357159 951753 753951 147852 147896 147963 321654 123654 456123 123789 789123
    789456 987321 321987 124578 134679 976431 235689 142536 362514 415263 143652 258012
    """
    # runs with a slip or a stop in them, and counting on
    """
    1243 1324 1342 1423 1432 2134 2143 2341 3412 4123 1235 1123 1223 1233 1232 1231 1230
    1245 1020 3040 1213 1314
    12344 12340 12350 12354 12312 32112 12300 10203 11223 22334 13245 21345 11234
    123450 123455 123457 123465 123546 132456 213456 234561 123412 123400 102030 101112 111213
    121314 131415 141516 112358 100200 200100 246810 108642 102938 192837
    """
    # numbers with a meaning: love, the devil, days of the year, pi and its kin, films, jokes
    """
    1004 5683 5201 5200 0420 4200 1007 0911 9110 9112 2412 1224 1225 2512
    3112 3141 3142 1415 2718 1618 1701 1138 4711 0815 1337 3117 5150 1066 1492
    1776 1789 1812 1848 1871
    31415 27182 16180 14142 90210 80085 42069 69420 52013 11235
    314159 271828 161803 141421 520131 521314 867530
    """.split()
)


def too_simple(digits: str, about: Iterable[str]) -> bool:
    """Whether it is among the first guesses; `about` is what is known of the person."""
    return (
        _is_a_shape(digits)
        or _YEAR.fullmatch(digits) is not None
        or digits in _FAVOURITES
        or any(digits in _from(text) or _is_part(digits, text) for text in about)
    )


def _is_a_shape(digits: str) -> bool:
    """One step all along (a run, round the corner from 9 to 0 too, and one digit repeated); a
    piece repeated, like 1212 and 123123; a mirror; digits in doubles and triples."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    half = len(digits) // 2
    repeats = any(digits.startswith(digits[piece:]) for piece in range(1, half + 1))
    blocks = sum(1 for _ in groupby(digits))
    return len(steps) == 1 or repeats or digits == digits[::-1] or blocks <= half


def _is_part(digits: str, text: str) -> bool:
    """Digits in a row of a longer number, such as the last ones of the person's phone."""
    return any(digits in number for number in _NUMBERS.findall(text))


def _from(text: str) -> Iterator[str]:
    """All that two or three numbers make, such as a day, a month and a year: 1012, 101290..."""
    numbers = _NUMBERS.findall(text)
    if len(numbers) not in (2, 3):
        return
    for count in (2, 3):
        for some in permutations(numbers, count):
            spelled = ({number, number.zfill(2), number[-2:]} for number in some)
            yield from map("".join, product(*spelled))
