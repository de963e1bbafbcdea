"""Codes by e-mail, budgets of messages, the record as a chain, due diligence, retention.

Nothing is taken away or renamed: servers of the version before go on while it runs.
"""

import sqlalchemy as sa

from assent.adapters.sql.migrations.online import (
    add_column,
    create_index,
    create_table,
    moment,
    online,
    only_grows,
)

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
    with online():
        _mailed_codes()
        _budgets()
        _outbox()
        _record()
        _diligence()
        _memberships()
        _retention()


def _mailed_codes() -> None:
    create_table(
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
    create_index("mailed_codes_latest", "mailed_codes", ["subject_id", "purpose", "created_at"])
    create_index("mailed_codes_created", "mailed_codes", ["created_at"])


def _budgets() -> None:
    create_table(
        "budgets",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        _number("period"),
        _number("spent"),
        _number("until"),
    )
    create_index("budgets_until", "budgets", ["until"])


def _outbox() -> None:
    """Each channel is sent by itself; and what is kept for a receipt is found when its time is
    over."""
    create_index("outbox_due_on", "outbox", ["channel", "next_at"], where="state = 'waiting'")
    create_index(
        "outbox_kept", "outbox", ["not_after"], where="state = 'sent' AND sealed IS NOT NULL"
    )


def _record() -> None:
    add_column("facts", _words("actor", default=""))
    add_column("facts", _number("block", null=True))
    create_index("facts_unchained", "facts", ["at", "id"], where="block IS NULL")
    create_index("facts_block", "facts", ["block"])
    create_table(
        "audit_blocks",
        _key(),
        _number("facts"),
        _number("at"),
        _octets("digest"),
        _octets("seal"),
    )
    only_grows("facts", may_change="block")
    only_grows("audit_blocks")


def _diligence() -> None:
    """Who was approved by a server of the version before is known by that version's column."""
    add_column("identities", _words("diligence", default="not_started"))


def _memberships() -> None:
    """Whoever acts for an identity goes on; no address counts as changed."""
    flag = sa.Column("active", sa.SmallInteger(), nullable=False, server_default="1")
    add_column("memberships", flag)
    add_column("subjects", _number("email_changed_at", default="0"))


def _retention() -> None:
    # as if all had been counted now: what is old by then is deleted by then
    add_column("attempts", _number("last_at", default=str(moment())))
    create_index("attempts_last", "attempts", ["last_at"])
    create_index("attempts_blocked", "attempts", ["blocked_until"], where="blocked_until > 0")
    for table in ("sessions", "approvals", "challenges"):
        create_index(f"{table}_created", table, ["created_at"])
    create_index("sessions_approval", "sessions", ["approval_id"])
    create_index("outbox_finished", "outbox", ["finished_at"])
    # to export and to erase one person
    create_index("outbox_subject", "outbox", ["subject_id"])


def downgrade() -> None:
    """An older version does not know what these hold: restore a back-up instead."""
    raise NotImplementedError("restore a back-up")
