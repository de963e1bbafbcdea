"""Subjects, identities and memberships as rows. What names a person is sealed."""

from typing import Any

import msgspec

from assent.adapters.sql import factors
from assent.adapters.sql.statement import Query, Statement
from assent.domain.contact import Mobile, email_key
from assent.domain.subject import (
    Acting,
    Diligence,
    Identity,
    IdentityType,
    Membership,
    Role,
    Subject,
)
from assent.ports.vault import Vault

_SUBJECT = (
    "s.id AS s_id, s.programme_id AS s_programme_id, s.sealed AS s_sealed, "
    "s.email_verified AS s_email_verified, s.mobile_verified AS s_mobile_verified, "
    "s.active AS s_active, s.email_changed_at AS s_email_changed_at, s.epoch AS s_epoch, "
    "s.created_at AS s_created_at, s.version AS s_version"
)
_IDENTITY = (
    "i.id AS i_id, i.programme_id AS i_programme_id, i.type AS i_type, "
    "i.profile_id AS i_profile_id, i.sealed AS i_sealed, "
    # one that only the version before has approved says so in that version's column
    "CASE WHEN i.approved = 1 THEN 'approved' ELSE i.diligence END AS i_diligence, "
    "i.created_at AS i_created_at, i.version AS i_version"
)
_ACTING = (
    f"SELECT {_SUBJECT}, {_IDENTITY}, m.role AS role, m.active AS admitted FROM memberships m "
    "JOIN subjects s ON s.id = m.subject_id JOIN identities i ON i.id = m.identity_id "
)

BY_ID = Query(
    f"SELECT {_SUBJECT} FROM subjects s WHERE s.id = $id AND s.programme_id = $programme_id",
    {"id": "bigint", "programme_id": "bigint"},
)
BY_EMAIL = Query(
    f"SELECT {_SUBJECT} FROM subjects s "
    "WHERE s.programme_id = $programme_id AND s.email_lookup = $email_lookup",
    {"programme_id": "bigint", "email_lookup": "bytea"},
)
ACTING = Query(
    _ACTING + "WHERE m.subject_id = $subject_id AND m.identity_id = $identity_id "
    "AND m.active >= CAST($least AS bigint)",
    {"subject_id": "bigint", "identity_id": "bigint", "least": "bigint"},
)
ACTINGS = Query(
    _ACTING + "WHERE m.subject_id = $subject_id AND m.active >= CAST($least AS bigint) "
    "ORDER BY i.created_at, i.id",
    {"subject_id": "bigint", "least": "bigint"},
)
ROOT = Query(
    _ACTING + "WHERE m.identity_id = $identity_id AND i.programme_id = $programme_id "
    "AND m.role = 'root'",
    {"identity_id": "bigint", "programme_id": "bigint"},
)
_OF_IDENTITY = (
    "WHERE m.identity_id = $identity_id AND m.role = 'user' "
    "AND (CAST($active AS bigint) < 0 OR s.active * m.active = CAST($active AS bigint)) "
)
MEMBERS = Query(
    _ACTING + _OF_IDENTITY + "ORDER BY s.created_at, s.id LIMIT $most OFFSET $skip",
    {"identity_id": "bigint", "active": "bigint", "most": "bigint", "skip": "bigint"},
    gather=False,
)
COUNT_MEMBERS = Query(
    "SELECT count(*) AS members FROM memberships m JOIN subjects s ON s.id = m.subject_id "
    + _OF_IDENTITY,
    {"identity_id": "bigint", "active": "bigint"},
    gather=False,
)
ID_BY_EMAIL = Query(
    "SELECT s.id AS s_id FROM subjects s "
    "WHERE s.programme_id = $programme_id AND s.email_lookup = $email_lookup",
    {"programme_id": "bigint", "email_lookup": "bytea"},
)
CREDENTIALS = Query(
    f"SELECT {_SUBJECT}, {factors.COLUMNS} FROM subjects s "
    "LEFT JOIN factors f ON f.subject_id = s.id AND f.kind = $kind AND f.state = 'active' "
    "WHERE s.programme_id = $programme_id AND s.email_lookup = $email_lookup",
    {"programme_id": "bigint", "email_lookup": "bytea", "kind": "text"},
)

CHANGE_SUBJECT = Statement(
    "UPDATE subjects SET email_lookup = $email_lookup, sealed = $sealed, "
    "email_verified = $email_verified, mobile_verified = $mobile_verified, active = $active, "
    "email_changed_at = $email_changed_at, epoch = $epoch, version = version + 1 "
    "WHERE id = $id AND version = $version AND NOT EXISTS (SELECT 1 FROM subjects o "
    "WHERE o.programme_id = $programme_id AND o.email_lookup = $email_lookup AND o.id <> $id) "
    "RETURNING id"
)
# With a version of its own: a change of the person that was read before would put the epoch back.
RAISE_EPOCH = Statement(
    "UPDATE subjects SET epoch = epoch + 1, version = version + 1 "
    "WHERE id = $id AND epoch = $epoch RETURNING id"
)
RAISE_ANY_EPOCH = Statement(
    "UPDATE subjects SET epoch = epoch + 1, version = version + 1 WHERE id = $id RETURNING id"
)
ADMIT = Statement(
    "UPDATE memberships SET active = $active "
    "WHERE subject_id = $subject_id AND identity_id = $identity_id AND active <> $active "
    "RETURNING subject_id"
)
CHANGE_IDENTITY = Statement(
    "UPDATE identities SET sealed = $sealed, diligence = $diligence, approved = $approved, "
    "version = version + 1 "
    "WHERE id = $id AND version = $version RETURNING id"
)


def email_lookup(vault: Vault, programme_id: int, email: str) -> bytes:
    """Keyed, and of this programme alone: two tenants' tables cannot be laid side by side."""
    return vault.lookup(email_key(email), f"email:{programme_id}")


def subject_row(vault: Vault, subject: Subject) -> dict[str, Any]:
    """Every column by name."""
    mobile = subject.mobile
    open_text = msgspec.json.encode(
        {
            "email": subject.email,
            "mobile": [mobile.country_code, mobile.number] if mobile else None,
            "details": subject.details,
        }
    )
    return {
        "id": subject.id,
        "programme_id": subject.programme_id,
        "email_lookup": email_lookup(vault, subject.programme_id, subject.email),
        "sealed": vault.seal(open_text, f"subjects:{subject.id}"),
        "email_verified": int(subject.email_verified),
        "mobile_verified": int(subject.mobile_verified),
        "active": int(subject.active),
        "email_changed_at": subject.email_changed_at,
        "epoch": subject.epoch,
        "created_at": subject.created_at,
        "version": subject.version,
    }


def subject_from(vault: Vault, row: Any) -> Subject:
    """A row with the `s_` columns."""
    held = msgspec.json.decode(vault.open(row["s_sealed"], f"subjects:{row['s_id']}"))
    return Subject(
        id=row["s_id"],
        programme_id=row["s_programme_id"],
        email=held["email"],
        mobile=Mobile(*held["mobile"]) if held["mobile"] else None,
        details=held["details"],
        email_verified=bool(row["s_email_verified"]),
        mobile_verified=bool(row["s_mobile_verified"]),
        active=bool(row["s_active"]),
        email_changed_at=row["s_email_changed_at"],
        epoch=row["s_epoch"],
        created_at=row["s_created_at"],
        version=row["s_version"],
    )


def identity_row(vault: Vault, identity: Identity) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": identity.id,
        "programme_id": identity.programme_id,
        "type": identity.type,
        "profile_id": identity.profile_id,
        "sealed": vault.seal(msgspec.json.encode(identity.details), f"identities:{identity.id}"),
        "diligence": identity.diligence,
        # what servers of the version before read
        "approved": int(identity.diligence is Diligence.APPROVED),
        "created_at": identity.created_at,
        "version": identity.version,
    }


def acting_from(vault: Vault, row: Any) -> Acting:
    """A row of the three tables joined."""
    identity = Identity(
        id=row["i_id"],
        programme_id=row["i_programme_id"],
        type=IdentityType(row["i_type"]),
        profile_id=row["i_profile_id"],
        details=msgspec.json.decode(vault.open(row["i_sealed"], f"identities:{row['i_id']}")),
        diligence=Diligence(row["i_diligence"]),
        created_at=row["i_created_at"],
        version=row["i_version"],
    )
    return Acting(subject_from(vault, row), identity, Role(row["role"]), bool(row["admitted"]))


def membership_row(membership: Membership) -> dict[str, Any]:
    """Every column by name."""
    return {
        "subject_id": membership.subject_id,
        "identity_id": membership.identity_id,
        "role": membership.role,
        "active": int(membership.active),
    }
