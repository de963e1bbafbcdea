"""The sandbox's call that gives its programme words of its own; see domain/wording_file.py."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from assent.domain.wording_file import BadWords
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Malformed
from assent.http.route import Call
from assent.http.shapes import raw
from assent.usecases.wordings import set_words, words_of


async def show_words(call: Call) -> Answer:
    """`GET /words`: the file as it was set, empty where none was."""
    return json_answer({"words": await words_of(call.world, call.caller.programme.id)})


async def change_words(call: Call) -> Answer:
    """`PUT /words`: a file as `assent programme words set` takes it, or the same as JSON; an empty
    body gives the house's words back. 400 says all that is wrong with it."""
    body = await call.request.body()
    try:
        text = _toml(raw(body)) if body.lstrip().startswith(b"{") else body.decode()
        await set_words(call.world, call.caller.programme, text, by="sandbox")
    except UnicodeDecodeError as error:
        raise Malformed([]) from error
    except BadWords as bad:
        told = {"message": "These words cannot be taken.", "reasons": bad.reasons}
        return json_answer(told, 400)
    return json_answer({"words": text})


def _toml(tables: Mapping[str, Any]) -> str:
    """The same as TOML (1.0: a basic string is written as JSON writes one). What no file of words
    may hold is left as it is, to be refused with all else."""
    return "\n".join(_lines(tables, ()))


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    inner = {name: held for name, held in table.items() if isinstance(held, Mapping)}
    if path and (len(inner) < len(table) or not table):
        yield f"[{'.'.join(map(_quoted, path))}]"
    for name, held in table.items():
        if name not in inner:
            yield f"{_quoted(name)} = {_quoted(held)}"
    for name, held in inner.items():
        yield from _lines(held, (*path, name))


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
