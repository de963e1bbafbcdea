"""Approvals with a token; who may act for a person; keys of encrypted calls; payments."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER keys only; elsewhere ids need eight octets.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key() -> sa.Column[int]:
    return sa.Column("id", _ID, primary_key=True, autoincrement=False)


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _octets(name: str, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def upgrade() -> None:
    """What was asked in a session is from now on asked for its approval."""
    _approvals()
    _grants()
    _keys()
    _payments()


def _approvals() -> None:
    op.add_column("approvals", sa.Column("client", sa.Text(), nullable=False, server_default=""))
    op.add_column("approvals", _octets("lookup", null=True))
    op.add_column("approvals", _octets("claim", null=True))
    op.add_column("approvals", _octets("sealed", null=True))
    op.add_column(
        "approvals", sa.Column("standing", sa.SmallInteger(), nullable=False, server_default="0")
    )
    op.add_column("approvals", _number("expires_at", null=True))
    op.create_index("approvals_lookup", "approvals", ["lookup"], unique=True)
    op.create_index("approvals_claim", "approvals", ["claim"], unique=True)
    # of those with a token only: a session's approval is found through its session
    of_clients = sa.text("lookup IS NOT NULL")
    op.create_index(
        "approvals_subject",
        "approvals",
        ["subject_id", "created_at"],
        postgresql_where=of_clients,
        sqlite_where=of_clients,
    )
    # those whose content is still to be erased
    held = sa.text("sealed IS NOT NULL")
    op.create_index(
        "approvals_held", "approvals", ["expires_at"], postgresql_where=held, sqlite_where=held
    )
    op.add_column(
        "challenges", sa.Column("approval_id", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE challenges SET approval_id = COALESCE((SELECT s.approval_id FROM sessions s "
        "WHERE s.id = challenges.session_id), 0)"
    )
    op.drop_index("challenges_latest", "challenges")
    op.create_index("challenges_latest", "challenges", ["approval_id", "purpose", "created_at"])
    op.execute("ALTER TABLE sends RENAME COLUMN session_id TO approval_id")
    op.execute(
        "UPDATE sends SET approval_id = COALESCE((SELECT s.approval_id FROM sessions s "
        "WHERE s.id = sends.approval_id), sends.approval_id)"
    )


def _grants() -> None:
    op.create_table(
        "grants",
        _key(),
        _number("programme_id"),
        _words("client"),
        sa.Column("subject_id", sa.BigInteger(), sa.ForeignKey("subjects.id"), nullable=False),
        _octets("secret", null=True),
        _number("session_id", null=True),
        sa.Column("refresh", sa.LargeBinary(), nullable=True, unique=True),
        _number("refresh_until"),
        _number("created_at"),
        _number("version"),
        sa.UniqueConstraint("subject_id", "client", name="grants_subject"),
    )


def _keys() -> None:
    op.create_table(
        "jose_keys",
        sa.Column("kid", sa.Text(), primary_key=True),
        _number("version"),
        _words("scope"),
        _words("algorithm"),
        _octets("sealed"),
        _number("created_at"),
        _number("retired_at", null=True),
    )
    op.create_table(
        "client_keys",
        _words("kid"),
        _number("programme_id"),
        _words("client"),
        _words("scope"),
        _words("algorithm"),
        _octets("material"),
        _number("valid_from"),
        _number("valid_till"),
        _number("created_at"),
        sa.PrimaryKeyConstraint("programme_id", "client", "kid"),
    )


def _payments() -> None:
    op.create_table(
        "balances",
        _key(),
        _number("programme_id"),
        sa.Column("identity_id", sa.BigInteger(), sa.ForeignKey("identities.id"), nullable=False),
        _words("currency"),
        _number("opened_with"),
        _number("amount"),
        _number("created_at"),
        sa.UniqueConstraint("identity_id", "currency", name="balances_currency"),
    )
    op.create_table(
        "payments",
        _key(),
        _number("programme_id"),
        sa.Column("identity_id", sa.BigInteger(), sa.ForeignKey("identities.id"), nullable=False),
        _words("sort"),
        _words("reference"),
        _octets("sealed"),
        _number("amount"),
        _words("currency"),
        _words("state"),
        _number("created_at"),
        _number("decided_at", null=True),
        sa.UniqueConstraint("programme_id", "reference", name="payments_reference"),
    )
    op.create_index("payments_identity", "payments", ["identity_id", "created_at"])


def downgrade() -> None:
    """An older version does not know what these hold: restore a back-up instead."""
    raise NotImplementedError("restore a back-up")
