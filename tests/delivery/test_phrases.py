"""What a code is for, and what was entered wrongly, in the language of the words around it."""

import pytest

from assent.domain.deed import deed
from assent.domain.english import WORDS
from assent.domain.message import Channel
from assent.domain.phrases import ACTIONS, PHRASES
from assent.domain.wording import PLACE, rendered
from assent.domain.wording_file import BadWords, overrides_of

GERMAN = overrides_of(
    """
    [de.code]
    text = "{code} ist Ihr Code, um {action}."
    [de.actions]
    pay = "{amount} an {payee} (Konto {account}) zu zahlen"
    [de.blocked]
    subject = "Gesperrt"
    text = "Zu oft {what} bei {programme}."
    [de.what]
    password = "ein falsches Kennwort"
    passcode = "eine falsche Geheimzahl"
    or = "oder"
    """
)
PAID = deed("pay", amount="12.50 EUR", payee="{amount} ACME", account="GB33")


def said(locale: str, words: str, given: dict[str, str]) -> str:
    return rendered(WORDS[words], Channel.SMS, given, locale, GERMAN).text


def test_the_whole_message_is_in_one_language() -> None:
    given = {**PAID.given, "code": "493817", "minutes": "5"}
    assert said("de-AT", "code", given) == (
        "493817 ist Ihr Code, um 12.50 EUR an {amount} ACME (Konto GB33) zu zahlen."
    )
    assert said("fr", "code", given).startswith(
        "493817 is your code to pay 12.50 EUR to {amount} ACME (account GB33). "
    )


def test_what_has_no_words_there_stays_english_and_is_never_lost() -> None:
    given = {**deed("step_up", programme="Bank").given, "code": "493817", "minutes": "5"}
    assert said("de", "code", given) == ("493817 ist Ihr Code, um confirm that it is you at Bank.")


@pytest.mark.parametrize(
    ("names", "english", "german"),
    [
        ("password", "password", "ein falsches Kennwort"),
        (
            "password passcode",
            "password or passcode",
            "ein falsches Kennwort oder eine falsche Geheimzahl",
        ),
        ("password pin", "password or PIN", "password or PIN"),
    ],
)
def test_what_was_entered_wrongly(names: str, english: str, german: str) -> None:
    given = {"programme": "Bank", "when": "now", "what": english, "what_words": names}
    assert said("de", "blocked", given) == f"Zu oft {german} bei Bank."
    assert f"a wrong {english} for your Bank account" in said("en", "blocked", given)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('[de.actions]\npay = "{payee} (Konto {account})"', "pay must have {amount}"),
        ('[de.actions]\npay = "{amount} {payee} {account} {code}"', "pay has {code}; there are"),
        ('[de.actions]\nstep_up = ""', "step_up is a text that says something"),
        ("[de.actions]\nstep_up = 7", "step_up is a text that says something"),
        (f'[de.actions]\nstep_up = "{"x" * 201}"', "step_up is longer than 200 characters"),
        ('[de.actions]\nstep_up = "a\\nb"', "step_up holds a control character or a line end"),
        ('[de.actions]\nstep_up = "a}"', "step_up has a brace that belongs to no place"),
        ('[de.actions]\nfly = "fliegen"', "[de.actions] may hold enrol_phone,"),
        ('[de.what]\npin = "{code}"', "pin has {code}; there are none"),
        ("[de]\nactions = 7", "[de.actions]: the wordings are code,"),
    ],
)
def test_what_cannot_be_is_refused(line: str, reason: str) -> None:
    with pytest.raises(BadWords) as bad:
        overrides_of(line)
    assert reason in str(bad.value)


def test_a_programme_need_not_be_named() -> None:
    own = overrides_of('[de.actions]\nstep_up = "sich auszuweisen"')
    assert own.phrases == {("de", "actions", "step_up"): "sich auszuweisen"}


def test_the_houses_own_could_be_set() -> None:
    lines = (
        f"[en.{table}]\n" + "\n".join(f'{name} = "{text}"' for name, text in held.items())
        for table, held in PHRASES.items()
    )
    assert len(overrides_of("\n".join(lines)).phrases) == sum(map(len, PHRASES.values()))


@pytest.mark.parametrize("name", ACTIONS)
def test_each_is_said_with_all_that_it_has_places_for(name: str) -> None:
    values = {place: f"<{place}>" for place in PLACE.findall(ACTIONS[name])}
    made = deed(name, **values)
    assert not PLACE.search(made.text)
    assert all(value in made.text for value in values.values())
