"""Commands about what a tenant's messages say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from assent.cli.running import find_programme, with_world
from assent.cli.shared import By, Config, give_up, note, say, why
from assent.domain.english import WORDS
from assent.domain.message import Channel
from assent.domain.phrases import FILLED_WITH, PHRASES, TABLES
from assent.domain.sms_length import sms_length
from assent.domain.wording import ENGLISH, Overrides, Wording, Words, filled, phrase, rendered
from assent.domain.wording_file import BadWords, overrides_of
from assent.foundation import Foundation
from assent.unfit import Unfit
from assent.usecases.wordings import set_words, words_of, words_then

words_commands = typer.Typer(
    help="What a tenant's messages say, by language and channel.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="TOML; see docs/delivery.md.")]

_SAMPLE = {
    "account": "GB33 BUKB 2020 1555 5555 55",
    "action": "pay 1,250.00 EUR to ACME Limited",
    "address": "a***@example.com",
    "amount": "1,250.00 EUR",
    "code": "123456",
    "currency": "EUR",
    "days": "30",
    "device": "Ada's phone",
    "digits": "1, 2, 3, 4, 5, 6",
    "factor": "PIN",
    "first": "2030-04-01",
    "last": "2030-04-30",
    "link": "https://example.com/continue?code=123456",
    "minutes": "5",
    "name": "ACME Limited",
    "payee": "ACME Limited",
    "programme": "Example Bank",
    "what": "one-time code",
    "when": "1 May 2030, 12:00 UTC",
    "where": "192.0.2.1",
}
_PHRASED = {**_SAMPLE, FILLED_WITH["action"]: "pay", FILLED_WITH["what"]: "one_time_code"}
_PHONES = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)


@words_commands.command("set")
def words_set(programme: int, file: File, operator: By = "", config: Config = None) -> None:
    """Takes a file in place of the words before; an empty one gives the house's words back."""
    text = _read(file)
    _note_english(_looked_through(text))

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        await set_words(base.world, held, text, by=operator)
        say("Changed. Workers follow within two seconds.")

    with_world(config, work)


@words_commands.command("show")
def words_show(
    programme: int,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="The house's words instead: a file to begin with.")
    ] = False,
    then: Annotated[
        str, typer.Option("--then", help="One that was set before, by its digest in the record.")
    ] = "",
    config: Config = None,
) -> None:
    """Prints the file as it was set."""
    if defaults:
        say("\n".join(_house()))
        return

    async def work(base: Foundation) -> None:
        held = await find_programme(base, programme)
        if then:
            earlier = await words_then(base.world, held.id, then.lower())
            if earlier is None:
                raise Unfit("No such words were set. Run: assent audit export")
            say(earlier)
            return
        text = await words_of(base.world, held.id)
        say(text or "# no words of its own: the house's are used (--defaults shows them)")

    with_world(config, work)


@words_commands.command("check")
def words_check(file: File) -> None:
    """Looks through a file, and shows each message filled with an example; changes nothing."""
    overrides = _looked_through(_read(file))
    for (locale, table, name), text in overrides.phrases.items():
        say(f"[{locale}.{table}] {name}")
        say(f"    {filled(text, _SAMPLE)}")
    for (locale, name, way), words in overrides.words.items():
        wording = WORDS[name]
        for channel in _channels(wording, way):
            if not way and (locale, name, channel.value) in overrides.words:
                continue  # these words are never said there
            one = Overrides(locale, {(locale, name, way): words}, overrides.phrases)
            said = rendered(wording, channel, _PHRASED, locale, one)
            long = sms_length(said.text)
            parts = f", {long.parts} part(s) of a text message" if channel is Channel.SMS else ""
            say(f"[{locale}.{name}] by {channel}{parts}")
            for line in (*said.subject.splitlines(), *said.text.splitlines()):
                say(f"    {line}")
    say("All is well, but for the notes." if _note_english(overrides) else "All is well.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise give_up(f"{file} cannot be read: {why(error)}") from error


def _looked_through(text: str) -> Overrides:
    try:
        return overrides_of(text)
    except BadWords as bad:
        for reason in bad.reasons:
            give_up(reason)
        raise give_up("nothing was changed") from bad


def _note_english(overrides: Overrides) -> bool:
    """Where words of another language have English put into them; whether that is so anywhere."""
    noted = False
    for locale in dict.fromkeys(locale for locale, _, _ in overrides.words):
        own = {name for one, name, _ in overrides.words if one == locale}
        for place, table in TABLES.items():
            put_into = [name for name in WORDS if name in own and place in WORDS[name].places]
            missing = [one for one in PHRASES[table] if not phrase(overrides, locale, table, one)]
            if put_into and missing and locale.partition("-")[0] != ENGLISH:
                noted = True
                note(
                    f"[{locale}.{put_into[0]}] says {{{place}}} in English, as long as there is no "
                    f"[{locale}.{table}] with {', '.join(missing)}"
                )
    return noted


def _channels(wording: Wording, way: str) -> tuple[Channel, ...]:
    if way:
        return (Channel(way),)
    mail = (Channel.EMAIL,) if wording.mailed else ()
    return (*mail, *(_PHONES if wording.phoned else ()))


def _house() -> Iterator[str]:
    """As a file that could be set."""
    yield f'default = "{ENGLISH}"'
    for wording in WORDS.values():
        yield from _table(f"{ENGLISH}.{wording.name}", wording.words)
        for channel, words in wording.by_channel.items():
            yield from _table(f"{ENGLISH}.{wording.name}.{channel}", words)
    for table, phrases in PHRASES.items():
        yield f"\n[{ENGLISH}.{table}]"
        for name, text in phrases.items():
            yield f'{name} = "{text}"'


def _table(name: str, words: Words) -> Iterator[str]:
    yield f"\n[{name}]"
    if words.subject:
        yield f'subject = "{words.subject}"'
    yield f'text = """\n{words.text}"""'
