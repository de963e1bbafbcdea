"""Codes by e-mail, budgets of messages, the record as a chain, due diligence, retention.

Nothing is taken away or renamed: servers of the version before go on while it runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER keys only; elsewhere ids need eight octets.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key() -> sa.Column[int]:
    return sa.Column("id", _ID, primary_key=True, autoincrement=False)


def _number(name: str, null: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null, server_default=default)


def _words(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _octets(name: str, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def upgrade() -> None:
    """Adds; whatever is there stays as it is."""
    _mailed_codes()
    _budgets()
    _outbox()
    _record()
    _diligence()
    _retention()


def _mailed_codes() -> None:
    op.create_table(
        "mailed_codes",
        _key(),
        _number("programme_id"),
        sa.Column("subject_id", sa.BigInteger(), sa.ForeignKey("subjects.id"), nullable=False),
        _words("purpose"),
        _words("state"),
        _number("tries"),
        _octets("expected"),
        _number("created_at"),
        _number("expires_at"),
        _number("decided_at", null=True),
    )
    op.create_index("mailed_codes_latest", "mailed_codes", ["subject_id", "purpose", "created_at"])
    op.create_index("mailed_codes_created", "mailed_codes", ["created_at"])


def _budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        _number("period"),
        _number("spent"),
        _number("until"),
    )
    op.create_index("budgets_until", "budgets", ["until"])


def _outbox() -> None:
    """Each channel is sent by itself; and what is kept for a receipt is found when its time is
    over."""
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "outbox_due_on",
        "outbox",
        ["channel", "next_at"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    kept = sa.text("state = 'sent' AND sealed IS NOT NULL")
    op.create_index(
        "outbox_kept", "outbox", ["not_after"], postgresql_where=kept, sqlite_where=kept
    )


def _record() -> None:
    op.add_column("facts", _words("actor", default=""))
    op.add_column("facts", _number("block", null=True))
    unchained = sa.text("block IS NULL")
    op.create_index(
        "facts_unchained",
        "facts",
        ["at", "id"],
        postgresql_where=unchained,
        sqlite_where=unchained,
    )
    op.create_index("facts_block", "facts", ["block"])
    op.create_table(
        "audit_blocks",
        _key(),
        _number("facts"),
        _number("at"),
        _octets("digest"),
        _octets("seal"),
    )


def _diligence() -> None:
    op.add_column("identities", _words("diligence", default="not_started"))
    op.execute("UPDATE identities SET diligence = 'approved' WHERE approved = 1")


def _retention() -> None:
    op.add_column("attempts", _number("last_at", default="0"))
    op.create_index("attempts_last", "attempts", ["last_at"])
    for table in ("sessions", "approvals", "challenges"):
        op.create_index(f"{table}_created", table, ["created_at"])
    op.create_index("outbox_finished", "outbox", ["finished_at"])
    # to export and to erase one person
    op.create_index("outbox_subject", "outbox", ["subject_id"])


def downgrade() -> None:
    """An older version does not know what these hold: restore a back-up instead."""
    raise NotImplementedError("restore a back-up")
