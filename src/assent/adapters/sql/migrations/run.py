"""Runs Alembic from inside the package: no ini file to find."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

HERE = Path(__file__).parent


def config(url: str) -> Config:
    """`url` is `postgresql://...` or `sqlite:///...`."""
    made = Config()
    made.set_main_option("script_location", str(HERE).replace("%", "%%"))
    made.attributes["url"] = url
    made.attributes["steps"] = []
    return made


def upgrade(url: str) -> str:
    """To the newest revision; does nothing when it is there already. Returns what was done, as in
    `0003 -> 0004`."""
    asked = config(url)
    command.upgrade(asked, "head")
    steps = asked.attributes["steps"]
    if not steps:
        return f"already at {ScriptDirectory.from_config(asked).get_current_head()}"
    before, after = steps[0][0], steps[-1][1]
    return f"{', '.join(before) or 'empty'} -> {', '.join(after)}"
