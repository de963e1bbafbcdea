"""The settings for people: what each means, what it is, and how to set it."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, fields
from textwrap import dedent
from typing import Any

from assent.domain.budget import Window
from assent.kernel.secret import DOTS, Secret, without_password
from assent.settings import Settings, variable_of


@dataclass(frozen=True, slots=True)
class Described:
    """One setting, for people."""

    name: str
    variable: str
    meaning: str
    default: str
    value: str


def described(settings: Settings) -> Iterator[Described]:
    """The reference that `assent config` prints; secrets as dots."""
    usual = Settings()
    for room in fields(settings):
        held, default = getattr(settings, room.name), getattr(usual, room.name)
        meanings = _meanings(type(held))
        for one in fields(held):
            yield Described(
                name=f"{room.name}.{one.name}",
                variable=variable_of(room.name, one.name),
                meaning=meanings.get(one.name, ""),
                default=_shown(getattr(default, one.name)),
                value=_shown(getattr(held, one.name)),
            )


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        text = value.reveal()
        return without_password(text) if "://" in text else (DOTS if text else "")
    if isinstance(value, tuple):
        return ", ".join(
            f"{one.calls}/{one.seconds}" if isinstance(one, Window) else str(one) for one in value
        )
    return without_password(value) if isinstance(value, str) and "://" in value else str(value)


def _meanings(room: type) -> dict[str, str]:
    """The line under each field, read from the source: it is written once."""
    tree = ast.parse(dedent(inspect.getsource(room))).body[0]
    meanings: dict[str, str] = {}
    name = ""
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            meanings[name] = " ".join(str(node.value.value).split())
    return meanings
