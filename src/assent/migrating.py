"""Brings a database to this version's schema."""

import subprocess
import sys

from assent.kernel.secret import without_password
from assent.settings import Settings


def migrate(settings: Settings) -> str:
    """In a process of its own: SQLAlchemy and Alembic never enter a server's memory. Returns from
    which revision to which, in words."""
    url = settings.database.url.reveal()
    done = subprocess.run(
        [sys.executable, "-m", "assent.adapters.sql.migrations"],
        input=url,
        text=True,
        capture_output=True,
        check=False,
        umask=0o077,  # a database of people's secrets is its owner's alone
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        told = [line for line in lines if not line.startswith("(Background on this error")]
        reason = (told or lines)[-1]
        raise SystemExit(f"assent: {without_password(url)} cannot be migrated: {reason}")
    return done.stdout.strip()
