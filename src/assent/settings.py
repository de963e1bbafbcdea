"""All settings of a server, each room's own, from one TOML file and `ASSENT_*` variables.

A table of the file is a room, a key of it a field: `[attempts] person_tries = 4` and
`ASSENT_ATTEMPTS_PERSON_TRIES=4` say the same; the variable wins. Unknown names are refused.
"""

import ast
import inspect
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit, urlunsplit

from assent.catalogue import CodeSettings, HashCosts, PoolSettings, SmsHttpSettings
from assent.domain.attempts import AttemptLimits
from assent.domain.session import SessionLimits
from assent.http.limits import GENEROUS, CallLimits, Window
from assent.kernel.secret import DOTS, Secret

PREFIX = "ASSENT_"


class SettingsError(Exception):
    """A setting that cannot be; the message says which, and what it may be."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens and how it is known."""

    environment: Literal["production", "sandbox"] = "production"
    """`sandbox` adds virtual phones, fixed codes and a movable clock; never for real people."""
    host: str = "127.0.0.1"
    """Address to listen on. Behind a proxy that ends TLS, leave it."""
    port: int = 8400
    """Port of the APIs; 0 picks a free one."""
    frames_port: int = 8401
    """Port of the secure frames, an origin of their own; 0 picks a free one."""
    base_url: str = ""
    """How clients reach the APIs; empty: http://localhost and the port. Issuer of the bearers."""
    frames_url: str = ""
    """How browsers reach the frames; empty: http://localhost and the frames' port."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged: debug a try, info a pass, warning a refusal."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """What is kept where."""

    url: Secret = field(default_factory=lambda: Secret("sqlite:///assent.sqlite3"))
    """`sqlite:///FILE` for one server process, `postgresql://USER:PASSWORD@HOST/NAME` for many."""
    connections: int = 10
    """Most connections of one process to PostgreSQL."""


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where the root keys are."""

    file: str = "assent.vault"
    """Path of the vault file, kept apart from the database and its back-ups."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every room's settings."""

    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    vault: VaultSettings = field(default_factory=VaultSettings)
    attempts: AttemptLimits = field(default_factory=AttemptLimits)
    sessions: SessionLimits = field(default_factory=SessionLimits)
    passwords: HashCosts = field(default_factory=HashCosts)
    pool: PoolSettings = field(default_factory=PoolSettings)
    codes: CodeSettings = field(default_factory=CodeSettings)
    calls: CallLimits = field(default_factory=CallLimits)
    sms: SmsHttpSettings = field(default_factory=SmsHttpSettings)


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError."""
    tables: dict[str, Any] = {}
    if file is not None:
        try:
            tables = tomllib.loads(file.read_text())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"The settings file {file} cannot be read: {error}") from error
    settings = Settings()
    rooms = {room.name: getattr(settings, room.name) for room in fields(settings)}
    for name, table in tables.items():
        if name not in rooms or not isinstance(table, dict):
            raise SettingsError(f"Unknown table [{name}]; there are: {', '.join(rooms)}")
        rooms[name] = _with(rooms[name], name, table)
    for name, table in _from_environment(rooms, environment).items():
        rooms[name] = _with(rooms[name], name, table)
    settings = replace(settings, **rooms)
    validate(settings)
    return settings


def sandboxed(settings: Settings) -> Settings:
    """The same for a sandbox: its environment, and budgets that are never in the way."""
    server = replace(settings.server, environment="sandbox")
    return replace(settings, server=server, calls=GENEROUS)


def validate(settings: Settings) -> None:
    """What no field can say by itself. Raises SettingsError."""
    limits, server = settings.attempts, settings.server
    wrong = {
        "attempts.person_tries": not 2 <= limits.person_tries <= 5,
        "attempts.challenge_tries": not 1 <= limits.challenge_tries <= limits.person_tries,
        "attempts.permanent_after": not 2 <= limits.permanent_after <= 100,
        "attempts.sends": limits.sends < 1,
        "attempts.block_ms": limits.block_ms < 1_000,
        "sessions.idle_seconds": not 1 <= settings.sessions.idle_seconds <= 300,
        "sessions.absolute_ms": settings.sessions.absolute_ms < 1_000,
        "passwords.memory_kib": settings.passwords.memory_kib < 7_168,
        "passwords.passes": settings.passwords.passes < 1,
        "codes.digits": settings.codes.digits != 6,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise SettingsError(f"{name} is outside its limits; see: assent config")
    if settings.database.url.reveal().partition(":")[0] not in ("sqlite", "postgresql"):
        raise SettingsError("database.url begins with sqlite:/// or postgresql://")
    if server.environment == "production" and server.base_url.startswith("http://"):
        host = urlsplit(server.base_url).hostname or ""
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise SettingsError("server.base_url must be https:// in production")


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
                variable=_variable(room.name, one.name),
                meaning=meanings.get(one.name, ""),
                default=_shown(getattr(default, one.name)),
                value=_shown(getattr(held, one.name)),
            )


def without_password(url: str) -> str:
    """A database's address, its password as dots."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{DOTS}@{host}"))


def _variable(room: str, name: str) -> str:
    return f"{PREFIX}{room}_{name}".upper()


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        text = value.reveal()
        return without_password(text) if "://" in text else (DOTS if text else "")
    if isinstance(value, tuple):
        return ", ".join(
            f"{one.calls} in {one.seconds} s" if isinstance(one, Window) else str(one)
            for one in value
        )
    return str(value)


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


def _from_environment(
    rooms: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    known = {
        _variable(room, one.name): (room, one.name)
        for room, held in rooms.items()
        for one in fields(held)
    }
    found: dict[str, dict[str, Any]] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == f"{PREFIX}CONFIG":
            continue
        if variable not in known:
            raise SettingsError(f"Unknown variable {variable}; see: assent config")
        room, name = known[variable]
        found.setdefault(room, {})[name] = text
    return found


def _with(held: Any, room: str, table: Mapping[str, Any]) -> Any:
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
            calls, _, seconds = str(value).partition("/")
            return Window(int(calls), int(seconds))
        if kind is Secret:
            return Secret(str(value))
        if kind is int and not isinstance(value, bool):
            return int(value)
        if kind is bool and str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        if kind is str:
            return str(value).strip()
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{name} cannot be {value!r}: {error}") from error
    raise SettingsError(f"{name} cannot be {value!r}")
