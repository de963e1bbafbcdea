"""What every command shares: settings, and how it says things."""

import os
import pwd
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from assent.settings import Settings, SettingsError, load

Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="ASSENT_CONFIG", help="TOML file with the settings."),
]


def _who(text: str) -> str:
    """Whoever says nothing is recorded as the machine knows them."""
    return text.strip() or os.environ.get("SUDO_USER", "").strip() or _log_in_name()


def _log_in_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number that has no name
        return f"uid {os.getuid()}"


By = Annotated[
    str,
    typer.Option(
        "--operator",
        help="Who you are; recorded. Otherwise your log-in name, before sudo.",
        callback=_who,
    ),
]
"""Of commands that need no reason; its default is the empty text."""


def say(text: str = "") -> None:
    """To standard output."""
    typer.echo(text)


def note(text: str) -> None:
    """What somebody should know, and nothing stops for: to standard error."""
    typer.echo(f"assent: note: {text}", err=True)


def give_up(reason: object) -> typer.Exit:
    """Says why on standard error."""
    typer.echo(f"assent: {reason}", err=True)
    return typer.Exit(1)


def why(error: Exception) -> str:
    """For a sentence that names the file already."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def new_file(out: Path) -> TextIO:
    """Makes the file of `--out`, mode 0600, or the end: never one that is there, which others may
    read, or have open."""
    try:
        number = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise give_up(f"--out {out}: {error.strerror}") from error
    return os.fdopen(number, "w", encoding="utf-8")


def read_settings(config: Path | None) -> Settings:
    """Settings, or the end."""
    try:
        return load(config, os.environ)
    except SettingsError as error:
        raise give_up(error) from error


def refuse_no_folder(credentials: Path | None) -> None:
    """Before anything is started: the file could not be written."""
    if credentials is not None and not credentials.absolute().parent.is_dir():
        raise give_up(f"--credentials {credentials}: there is no such folder")


def somebody_watches() -> bool:
    """Whether there is a person at a terminal, with a screen to open a browser on."""
    screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return screen and sys.stdout.isatty() and not os.environ.get("CI")


def utc(ms: int) -> str:
    """A moment as people read it, to the second."""
    return f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}"
