"""The version after this one, made up: it knows one revision of the schema more."""

import os
import re
import shutil
from pathlib import Path

from assent.catalogue.store import REVISION
from tests.support.image import ROOT

NEXT = "9001"
_STORES = "adapters/sql/stores.py"
_REVISION = f'''"""What a revision may do while older servers run: add."""

import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{REVISION}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To the tables that every call reads and writes."""
    op.create_table("added", sa.Column("id", sa.BigInteger(), primary_key=True))
    for table in ("sessions", "subjects", "challenges", "outbox", "programmes"):
        op.add_column(table, sa.Column("added", sa.Text(), nullable=True))
        op.add_column(
            table, sa.Column("counted", sa.BigInteger(), nullable=False, server_default="0")
        )
    op.create_index("sessions_added", "sessions", ["added"])
'''


def next_version(place: Path) -> dict[str, str]:
    """What to set so that `assent` is that version."""
    made = place / "assent"
    # compiled as it is: that alone takes five seconds; not what somebody is just writing
    shutil.copytree(ROOT / "src" / "assent", made, ignore=shutil.ignore_patterns("*.pyc.*"))
    stores = made / _STORES
    text, changed = re.subn(
        r'^REVISION = ".*"$', f'REVISION = "{NEXT}"', stores.read_text(), flags=re.M
    )
    assert changed == 1, f"where does {_STORES} say its revision?"
    stores.write_text(text)
    versions = made / "adapters" / "sql" / "migrations" / "versions"
    (versions / f"r{NEXT}_next.py").write_text(_REVISION)
    before = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(place), before]))}
