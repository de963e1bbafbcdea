"""Values of settings as they are written: in the file, in variables, in files that these name."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from assent.domain.budget import Window
from assent.kernel.secret import DOTS, Secret, text_in

PREFIX = "ASSENT_"
_NOT_SETTINGS = {f"{PREFIX}CONFIG", f"{PREFIX}SANDBOX_CREDENTIALS"}
"""Of the command line, and of tests that are pointed to a sandbox (assent.testing)."""


class SettingsError(Exception):
    """A setting that cannot be; the message says which, and what it may be."""


def variable_of(room: str, name: str) -> str:
    """What the environment calls a setting."""
    return f"{PREFIX}{room}_{name}".upper()


def from_environment(
    rooms: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """By room and name, the texts of the variables that are settings. Raises SettingsError."""
    known = {
        variable_of(room, one.name): (room, one.name)
        for room, held in rooms.items()
        for one in fields(held)
    }
    found: dict[str, dict[str, Any]] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable in _NOT_SETTINGS:
            continue
        if variable in known:  # first: ASSENT_VAULT_FILE is a setting of its own
            room, name = known[variable]
        elif (plain := variable.removesuffix(_FILE)) in known:
            if plain in environment:
                raise SettingsError(f"{plain} and {variable} are both set: unset one of them")
            room, name = known[plain]
            text = _from_file(variable, text, get_type_hints(type(rooms[room]))[name])
        else:
            raise SettingsError(f"Unknown variable {variable}; see: assent config")
        found.setdefault(room, {})[name] = text
    return found


_FILE = "_FILE"
"""Behind a variable's name: the variable holds the path of a file with the value, as container
secrets and systemd's credentials are handed over."""


def _from_file(variable: str, path: str, kind: Any) -> str:
    """Raises SettingsError without the path or the text: whoever mixes the two forms up has put
    the secret where the path belongs."""
    told = f"{variable} must hold the path of a file with the value in it, not the value"
    try:
        text = text_in(path)
    except ValueError as error:
        raise SettingsError(f"{told}; {error}") from None
    try:
        _read(text, kind, variable)
    except SettingsError:
        raise SettingsError(
            f"What the file of {variable} holds is no value of this setting; see: assent config"
        ) from None
    return text


def with_values(held: Any, room: str, table: Mapping[str, Any]) -> Any:
    """The room with a table's values in place of its own. Raises SettingsError."""
    hints = get_type_hints(type(held))
    for name in table:
        if name not in hints:
            raise SettingsError(f"Unknown setting {room}.{name}; [{room}] has: {', '.join(hints)}")
    return replace(
        held, **{name: _read(value, hints[name], f"{room}.{name}") for name, value in table.items()}
    )


def _read(value: Any, kind: Any, name: str) -> Any:
    """A value of the file, or the text of a variable, as the field's type."""
    try:
        if get_origin(kind) is Literal:
            if value not in get_args(kind):
                raise SettingsError(f"{name} is one of: {', '.join(get_args(kind))}")
            return value
        if get_origin(kind) is tuple:
            parts = value.split(",") if isinstance(value, str) else value
            return tuple(_read(part, get_args(kind)[0], name) for part in parts if part != "")
        if kind is Window:
            calls, slash, seconds = str(value).partition("/")
            if not (slash and calls.strip().isdecimal() and seconds.strip().isdecimal()):
                raise SettingsError(f"{name} is CALLS/SECONDS, as in 600/60; not {value!r}")
            return Window(int(calls), int(seconds))
        if kind is Secret and isinstance(value, str):
            return Secret(value)
        if kind is int and isinstance(value, str | int) and not isinstance(value, bool):
            return int(value)
        if kind is bool and str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        if kind is str and isinstance(value, str):
            return value.strip()
    except (TypeError, ValueError):
        pass
    shown = DOTS if kind is Secret else repr(value)
    wanted = {int: "a whole number", bool: "true or false", str: "a text", Secret: "a text"}
    raise SettingsError(f"{name} must be {wanted.get(kind, 'a list of texts')}, not {shown}")
