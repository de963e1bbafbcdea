"""Captured values know their kind and their envelope; the keys that frames encrypt to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER keys only; elsewhere ids need eight octets.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The table is made anew: what was in it lived for five minutes."""
    op.drop_table("captures")
    op.create_table(
        "captures",
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("captures_expiry", "captures", ["expires_at"])
    # those whose value is still to be erased, without the many that are kept for their number only
    held = sa.text("sealed IS NOT NULL")
    op.create_index(
        "captures_held", "captures", ["expires_at"], postgresql_where=held, sqlite_where=held
    )
    op.create_table(
        "capture_keys",
        sa.Column("kid", sa.Text(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """An older version does not know what these hold: restore a back-up instead."""
    raise NotImplementedError("restore a back-up")
