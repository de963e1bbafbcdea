"""Questions to devices, as they were issued; and events for a firm's server, in order a person.

Nothing that they know of is taken away or renamed: servers of the version before go on while it
runs.
"""

import sqlalchemy as sa

from assent.adapters.sql.migrations.online import add_column, create_index, drop_index, online

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds; whatever is there stays as it is."""
    with online():
        add_column("challenges", sa.Column("sealed", sa.LargeBinary(), nullable=True))
        add_column("challenges", sa.Column("slot", sa.BigInteger(), nullable=True))
        create_index(
            "challenges_slot",
            "challenges",
            ["subject_id", "slot"],
            where="state = 'pending' AND slot IS NOT NULL",
            unique=True,
        )
        create_index("challenges_pending", "challenges", ["expires_at"], where="state = 'pending'")
        # a person's messages, and of these the oldest event that waits: by one index for both, as
        # of two PostgreSQL takes either, and the smaller knows no order
        create_index(
            "outbox_person", "outbox", ["subject_id", "channel", "state", "created_at", "id"]
        )
        drop_index("outbox_subject", "outbox")
        create_index(
            "outbox_turns",
            "outbox",
            ["programme_id", "next_at", "id"],
            where="channel = 'webhook' AND state = 'waiting'",
        )
        # for operators, who look for those of one firm; and what may be replayed, till its end
        create_index(
            "outbox_told", "outbox", ["programme_id", "created_at"], where="channel = 'webhook'"
        )
        create_index(
            "outbox_given_up",
            "outbox",
            ["not_after"],
            where="state = 'given_up' AND sealed IS NOT NULL",
        )


def downgrade() -> None:
    """An older version does not know what these hold: restore a back-up instead."""
    raise NotImplementedError("restore a back-up")
