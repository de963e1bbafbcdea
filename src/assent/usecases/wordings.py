"""A programme's own words: set, shown, and put into messages when they are sent.

When they are sent, not when they are written: no call reads them, whoever changes them changes
what still waits, and a message that goes on to another channel is said anew there.
"""

import hashlib
from dataclasses import dataclass, replace

from assent.domain.english import WORDS
from assent.domain.message import Message
from assent.domain.programme import Programme
from assent.domain.session import Caller
from assent.domain.wording import NO_OVERRIDES, Overrides, rendered
from assent.domain.wording_file import BadWords, overrides_of
from assent.kernel.log import Log
from assent.kernel.refusals import Code, Refusal
from assent.ports.upkeep import SetState
from assent.usecases.world import World

log = Log()

FRESH_SECONDS = 2.0
"""How old what a worker knows of them may be."""


async def words_of(world: World, programme_id: int) -> str:
    """The file as it was set; empty: the house's words are used."""
    return await world.stores.state(_name(programme_id)) or ""


async def set_words(world: World, programme: Programme, file: str, by: str) -> None:
    """In place of those before; recorded with the file's digest, by which `words_then` finds it:
    what somebody read in their language can be told as long as what they were asked is kept.

    Raises BadWords; refuses CHANGED_MEANWHILE.
    """
    overrides_of(file)
    digest = digest_of(file)
    caller = Caller(programme=programme, operator=by)
    done = await world.stores.commit(
        SetState(_name(programme.id), file),
        SetState(_name(programme.id, digest), file),
        world.fact(caller, "words_changed", None, {"sha256": digest}),
    )
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)


async def words_then(world: World, programme_id: int, digest: str) -> str | None:
    """A file that was set at some time, by its digest in the record."""
    return await world.stores.state(_name(programme_id, digest))


def digest_of(file: str) -> str:
    """SHA-256 in hex of its UTF-8, as `sha256sum` has it."""
    return hashlib.sha256(file.encode()).hexdigest()


def _name(programme_id: int, digest: str = "") -> str:
    return f"words:{programme_id}:{digest}" if digest else f"words:{programme_id}"


@dataclass(slots=True)
class _Known:
    text: str
    overrides: Overrides
    until: float


class Wordings:
    """Every programme's words, at most `fresh_seconds` old. One a worker."""

    def __init__(self, world: World, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._world = world
        self._fresh_seconds = fresh_seconds
        self._known: dict[int, _Known] = {}

    async def said(self, message: Message) -> Message:
        """The message in its programme's words and its person's language."""
        content = message.content
        wording = WORDS.get(content.wording)
        if wording is None:
            return message
        overrides = await self._of(message.programme_id)
        locale = content.locale
        if overrides.words and not locale:
            subject = await self._world.stores.subject(message.programme_id, message.subject_id)
            locale = str(subject.details.get("locale") or "") if subject else ""
        said = rendered(wording, content.channel, content.values, locale, overrides)
        new = replace(content, body=said.text, subject=said.subject, html=said.html)
        return replace(message, content=new)

    async def _of(self, programme_id: int) -> Overrides:
        known = self._known.get(programme_id)
        now = self._world.clock.monotonic()
        if known is not None and now < known.until:
            return known.overrides
        text = await words_of(self._world, programme_id)
        if known is not None and text == known.text:
            known.until = now + self._fresh_seconds
            return known.overrides
        overrides = NO_OVERRIDES
        try:
            overrides = overrides_of(text)
        except BadWords:  # of a newer version, or changed by hand: a code must go out all the same
            log.error("words_unreadable", programme=programme_id)
        self._known[programme_id] = _Known(text, overrides, now + self._fresh_seconds)
        return overrides
