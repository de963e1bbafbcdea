"""Runs Alembic from inside the package: no ini file to find."""

from pathlib import Path

from alembic import command
from alembic.config import Config

HERE = Path(__file__).parent


def config(url: str) -> Config:
    """`url` is `postgresql://...` or `sqlite:///...`."""
    made = Config()
    made.set_main_option("script_location", str(HERE).replace("%", "%%"))
    made.attributes["url"] = url
    return made


def upgrade(url: str) -> None:
    """To the newest revision; does nothing when it is there already."""
    command.upgrade(config(url), "head")
