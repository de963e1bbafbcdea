"""The house: programmes, people, factors, approvals, challenges, sessions, and their counts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER keys only; elsewhere ids need eight octets.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key() -> sa.Column[int]:
    return sa.Column("id", _ID, primary_key=True, autoincrement=False)


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _octets(name: str, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def upgrade() -> None:
    """Makes every table of the first release."""
    _programmes()
    _people()
    _factors()
    _sessions()
    _house()


def _programmes() -> None:
    op.create_table(
        "programmes",
        _key(),
        _words("name"),
        _words("settings"),
        _number("consumers_profile"),
        _number("corporates_profile"),
        _number("created_at"),
    )
    op.create_table(
        "programme_keys",
        _key(),
        sa.Column("programme_id", sa.BigInteger(), sa.ForeignKey("programmes.id"), nullable=False),
        _words("role"),
        sa.Column("lookup", sa.LargeBinary(), nullable=False, unique=True),
        _octets("sealed"),
        _number("created_at"),
        _number("retired_at", null=True),
    )


def _people() -> None:
    op.create_table(
        "subjects",
        _key(),
        sa.Column("programme_id", sa.BigInteger(), sa.ForeignKey("programmes.id"), nullable=False),
        _octets("email_lookup"),
        _octets("sealed"),
        _flag("email_verified"),
        _flag("mobile_verified"),
        _flag("active"),
        _number("epoch"),
        _number("created_at"),
        _number("version"),
        sa.UniqueConstraint("programme_id", "email_lookup", name="subjects_email"),
    )
    op.create_table(
        "identities",
        _key(),
        sa.Column("programme_id", sa.BigInteger(), sa.ForeignKey("programmes.id"), nullable=False),
        _words("type"),
        _number("profile_id"),
        _octets("sealed"),
        _flag("approved"),
        _number("created_at"),
        _number("version"),
    )
    op.create_table(
        "memberships",
        sa.Column("subject_id", sa.BigInteger(), sa.ForeignKey("subjects.id"), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), sa.ForeignKey("identities.id"), nullable=False),
        _words("role"),
        sa.PrimaryKeyConstraint("subject_id", "identity_id"),
    )
    op.create_index("memberships_identity", "memberships", ["identity_id"])


def _factors() -> None:
    op.create_table(
        "factors",
        _key(),
        _number("programme_id"),
        sa.Column("subject_id", sa.BigInteger(), sa.ForeignKey("subjects.id"), nullable=False),
        _words("kind"),
        _words("state"),
        _octets("sealed"),
        _number("counter"),
        _octets("lookup", null=True),
        sa.Column("claim", sa.LargeBinary(), nullable=True, unique=True),
        _number("slot", null=True),
        _number("created_at"),
        _number("version"),
        sa.UniqueConstraint("subject_id", "kind", "slot", name="factors_slot"),
    )
    op.create_index("factors_lookup", "factors", ["lookup"])


def _sessions() -> None:
    op.create_table(
        "approvals",
        _key(),
        _number("programme_id"),
        _number("subject_id"),
        _words("action"),
        _words("fingerprint"),
        _words("state"),
        _words("proven"),
        _number("created_at"),
        _number("granted_at", null=True),
    )
    op.create_table(
        "sessions",
        _key(),
        _number("programme_id"),
        _number("subject_id"),
        _number("identity_id"),
        _words("scope"),
        _words("elements"),
        _number("approval_id"),
        _number("stepped_up_at", null=True),
        _number("created_at"),
        _number("last_seen"),
        _number("expires_at"),
        _number("epoch"),
        _number("ended_at", null=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
    )
    op.create_index("sessions_subject", "sessions", ["subject_id"])
    op.create_table(
        "challenges",
        _key(),
        _number("programme_id"),
        _number("subject_id"),
        _number("session_id"),
        sa.Column("factor_id", sa.BigInteger(), sa.ForeignKey("factors.id"), nullable=False),
        _words("kind"),
        _words("holder"),
        _words("proof"),
        _words("purpose"),
        _words("state"),
        _number("tries"),
        _octets("expected"),
        _number("created_at"),
        _number("expires_at"),
        _number("decided_at", null=True),
    )
    op.create_index("challenges_latest", "challenges", ["session_id", "purpose", "created_at"])
    op.create_index("challenges_subject", "challenges", ["subject_id"])
    op.create_index("challenges_factor", "challenges", ["factor_id"])
    op.create_table(
        "attempts",
        _number("programme_id"),
        _words("holder"),
        _words("proof"),
        _number("failures"),
        _number("blocks"),
        _number("blocked_until"),
        sa.PrimaryKeyConstraint("programme_id", "holder", "proof"),
    )
    op.create_table(
        "sends",
        _number("session_id"),
        _words("purpose"),
        _number("sent"),
        _number("last_at"),
        sa.PrimaryKeyConstraint("session_id", "purpose"),
    )


def _house() -> None:
    op.create_table(
        "idempotency",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        _octets("fingerprint"),
        _number("holder"),
        _number("lease_until"),
        _number("kept_until"),
        _octets("sealed", null=True),
    )
    op.create_index("idempotency_kept", "idempotency", ["kept_until"])
    op.create_table(
        "captures",
        _key(),
        _number("programme_id"),
        sa.Column("lookup", sa.LargeBinary(), nullable=False, unique=True),
        _octets("sealed"),
        _number("created_at"),
        _number("expires_at"),
        _number("used_at", null=True),
    )
    op.create_index("captures_expiry", "captures", ["expires_at"])
    op.create_table(
        "outbox",
        _key(),
        _number("programme_id"),
        _number("subject_id"),
        _words("channel"),
        _octets("sealed", null=True),
        _number("created_at"),
        _number("not_after"),
        sa.Column("dedupe", sa.Text(), nullable=False, unique=True),
        _words("state"),
        _number("tries"),
        _number("next_at"),
        _number("finished_at", null=True),
    )
    # Only what waits is in the index: the rows that were sent are many, and nobody asks for them.
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "outbox_due", "outbox", ["next_at"], postgresql_where=waiting, sqlite_where=waiting
    )
    op.create_table(
        "deliveries",
        _key(),
        _number("programme_id"),
        _words("channel"),
        _octets("lookup"),
        _octets("sealed"),
        _number("sent_at"),
    )
    op.create_index("deliveries_address", "deliveries", ["lookup", "sent_at"])
    op.create_table(
        "facts",
        _key(),
        _number("programme_id"),
        _number("subject_id", null=True),
        _words("name"),
        _number("at"),
        _words("address"),
        _words("request_ref"),
        _words("details"),
    )
    op.create_index("facts_subject", "facts", ["programme_id", "subject_id", "at"])
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), primary_key=True),
        _words("algorithm"),
        _octets("sealed"),
        _number("created_at"),
        _number("retired_at", null=True),
    )
    op.create_table("data_keys", _key(), _octets("wrapped"), _number("created_at"))
    op.create_table("state", sa.Column("name", sa.Text(), primary_key=True), _words("value"))


def downgrade() -> None:
    """There is nothing before the first release: restore a back-up instead."""
    raise NotImplementedError("restore a back-up")
