"""A programme's own words: what is taken, and what is refused with a sentence that helps."""

import pytest

from assent.domain.english import WORDS
from assent.domain.message import Channel
from assent.domain.wording import Words, rendered
from assent.domain.wording_file import LONGEST_FILE, BadWords, overrides_of

GOOD = '''
default = "de"

[de.code]
text = "{code} ist Ihr Code, um {action}. Er gilt {minutes} Minuten."

[de.code.voice]
text = "Ihr Code, um {action}, lautet {digits}. Noch einmal: {digits}."

[de-AT.verify_email]
subject = "Bitte bestätigen Sie Ihre Adresse"
text = """
Ihr Code bei {programme}:

{code}

{link}"""
html = '<style>p { color: red } a{b}</style><p>{code}</p><a href="{link}">{programme}</a>'
'''.replace(" a{b}", "")


def test_a_file_is_read() -> None:
    own = overrides_of(GOOD)
    assert own.default == "de"
    assert own.words.keys() == {
        ("de", "code", ""),
        ("de", "code", "voice"),
        ("de-at", "verify_email", ""),
    }
    assert own.words["de", "code", "voice"] == Words(
        "Ihr Code, um {action}, lautet {digits}. Noch einmal: {digits}."
    )
    values = {"code": "493817", "action": "1 EUR zu zahlen", "minutes": "5"}
    assert rendered(WORDS["code"], Channel.SMS, values, "", own).text == (
        "493817 ist Ihr Code, um 1 EUR zu zahlen. Er gilt 5 Minuten."
    )


def test_an_empty_file_has_no_words() -> None:
    assert overrides_of("").words == {}


def entry(text: str, name: str = "en.code") -> str:
    return f"[{name}]\n{text}"


BAD = {
    "not TOML": ("[", "not TOML"),
    "nested without end": ("a=" + "[" * 9_999, "not TOML"),
    "too long": ("#" * (LONGEST_FILE + 1), "longer than"),
    "default": ('default = "no language"', "default is a language"),
    "a default that is a number": ("default = 1", "no language"),
    "no locale": (entry('text = "x"', "this_is_no_locale_at_all.code"), "no language"),
    "no wording": (entry('text = "x"', "en.codes"), "the wordings are code,"),
    "no table": ("[en]\ncode = 1", "the wordings are"),
    "no such part": (entry('txt = "x"'), "may hold text, subject, html"),
    "nothing": (entry(""), "text is missing"),
    "no text": (entry("text = 1"), "text is a text"),
    "no code": (entry('text = "you may {action}"'), "must have {code}"),
    "no action": (entry('text = "{code}"'), "must have {action}"),
    "no action for the ear": (entry('text = "{digits}"', "en.code.voice"), "must have {action}"),
    "no such place": (entry('text = "{code} {action} {payee}"'), "{payee}; there are {action}"),
    "a place of others": (entry('text = "{code} {action} {what}"'), "{what}; there are"),
    "a brace": (entry('text = "{code} {action} { minutes }"'), "a brace"),
    "format's brackets": (entry('text = "{code.__class__} {code} {action}"'), "a brace"),
    "a control character": (entry('text = "{code} {action} \\u001b[2J"'), "control character"),
    "lines in a subject": (
        entry('subject = "a\\nBcc: x"\ntext = "{code}"', "en.reset_password"),
        "control character",
    ),
    "codes do not go by mail": (entry('text = "{code} {action}"', "en.code.email"), "never sent"),
    "invites do not go by SMS": (entry('text = "{code}"', "en.invite.sms"), "never sent by sms"),
    "a subject of a text": (entry('subject = "x"\ntext = "{code} {action}"'), "only e-mails"),
    "a page that runs": (
        entry('text = "{code}"\nhtml = "{code}<ScRiPt>x</script>"', "en.reset_password"),
        "what runs",
    ),
    "a page that listens": (
        entry('text = "{code}"\nhtml = "{code}<p onclick=x>"', "en.reset_password"),
        "what runs",
    ),
    "a page that tells": (
        entry('text = "{code}"\nhtml = "{code}<img src=//x>"', "en.reset_password"),
        "was read",
    ),
    "a style that tells": (
        entry('text = "{code}"\nhtml = "{code}<p style=\'a:URL (x)\'>"', "en.reset_password"),
        "was read",
    ),
    "a bare attribute": (
        entry('text = "{code}"\nhtml = "{code}<a href={link}>"', "en.reset_password"),
        "without quotes",
    ),
    "a page without the code": (
        entry('text = "{code}"\nhtml = "<p>"', "en.reset_password"),
        "html must have {code}",
    ),
    "a long text": (entry(f'text = "{{code}} {{action}} {"x" * 4_000}"'), "longer than 4000"),
    "a channel that is a text": (entry('sms = "x"'), "may hold text"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_is_told(what: str) -> None:
    text, told = BAD[what]
    with pytest.raises(BadWords) as bad:
        overrides_of(text)
    assert told in str(bad.value), bad.value.reasons


def test_all_that_is_wrong_is_told_at_once_but_not_without_end() -> None:
    text = "\n".join(f'[en-x{number:03}.code]\ntext = "x"' for number in range(50))
    with pytest.raises(BadWords) as bad:
        overrides_of(text)
    assert len(bad.value.reasons) == 20
