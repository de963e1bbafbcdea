"""What a device may be called: one line that shows as it is, wherever it is shown."""

import unicodedata

import pytest

from assent.domain.device import NAME_LENGTH, fit_name


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "Ada's phone",
        "Zoë\u2019s iPhone 15 (work)",
        "アダの電話",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a joiner
        "\N{MAN}\u200d\N{PERSONAL COMPUTER}",
        "Ada\u2019s \N{HEAVY BLACK HEART}\ufe0f phone",  # as keyboards write it
        "\N{SLEUTH OR SPY}\ufe0f\u200d\N{FEMALE SIGN}\ufe0f",
        "x" * NAME_LENGTH,
    ],
)
def test_what_people_call_their_devices(name: str) -> None:
    assert fit_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\u200d",
        "Phone ",
        "\u00a0Phone",
        "x" * (NAME_LENGTH + 1),
        "a\tb",
        "a\r\nb",
        "a\x00b",
        "a\x7fb",
        "a\u0085b",
        "a\u2028b",
        "\ud800",
        "\ue000",
        "Phone\ufeff",
        "\U000e0041",
    ],
    ids=ascii,
)
def test_what_would_not_show_as_it_is(name: str) -> None:
    assert not fit_name(name)


HIDDEN = [0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x180F, 0x2060, 0x2064]
HIDDEN += [0x2800, 0x3164, 0xFE00, 0xFE0E, 0xFE0F, 0xFFA0, 0xFFF0, 0xFFF9, 0x1BCA0, 0x1D173]
HIDDEN += [0xE0000, 0xE0001, 0xE0020, 0xE007F, 0xE0100, 0xE01EF, 0xE0FFF]


@pytest.mark.parametrize("one", HIDDEN, ids=hex)
def test_nothing_that_nobody_sees(one: int) -> None:
    """Two devices would be called the same, and the person removes the wrong one."""
    assert not fit_name(f"Phone{chr(one)}")
    assert not fit_name(chr(one))
    assert not fit_name(f"\N{HEAVY BLACK HEART}\ufe0f{chr(one)}")


def test_no_mark_that_turns_the_text_around_it() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    marks = [
        char
        for char in map(chr, range(0x110000))
        if unicodedata.bidirectional(char) in turning or char in "\u061c\u200e\u200f"
    ]
    assert len(marks) >= 12
    assert not [char for char in marks if fit_name(f"a{char}b")]
