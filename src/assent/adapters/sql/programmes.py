"""Programmes, their keys and the record of what happened, as rows."""

from typing import Any

import msgspec

from assent.adapters.sql.statement import Query, Statement
from assent.domain.programme import Client, KeyRole, Programme, ProgrammeKey, ProgrammeSettings
from assent.ports.vault import Vault

_PROGRAMME = (
    "p.id AS id, p.name AS name, p.settings AS settings, p.consumers_profile AS "
    "consumers_profile, p.corporates_profile AS corporates_profile, p.created_at AS created_at"
)
PROGRAMME_BY_KEY = Query(
    f"SELECT {_PROGRAMME} FROM programme_keys k JOIN programmes p ON p.id = k.programme_id "
    "WHERE k.lookup = $lookup AND k.role = $role AND k.retired_at IS NULL",
    {"lookup": "bytea", "role": "text"},
)
_CLIENT = (
    f"SELECT {_PROGRAMME}, k.id AS k_id, k.sealed AS k_sealed FROM programme_keys k "
    "JOIN programmes p ON p.id = k.programme_id "
    "WHERE k.role = 'client' AND k.retired_at IS NULL AND "
)
CLIENT_BY_KEY = Query(_CLIENT + "k.lookup = $lookup", {"lookup": "bytea"})
CLIENT = Query(_CLIENT + "k.id = $id", {"id": "bigint"})
PROGRAMME = Query(f"SELECT {_PROGRAMME} FROM programmes p WHERE p.id = $id", {"id": "bigint"})
PROGRAMMES = Query(f"SELECT {_PROGRAMME} FROM programmes p ORDER BY p.created_at, p.id")
KEYS = Query(
    "SELECT id, programme_id, role, sealed, created_at, retired_at FROM programme_keys "
    "WHERE programme_id = $programme_id AND retired_at IS NULL ORDER BY created_at, id",
    {"programme_id": "bigint"},
)

CHANGE_PROGRAMME = Statement(
    "UPDATE programmes SET name = $name, settings = $settings WHERE id = $id RETURNING id"
)
RETIRE_KEYS = Statement(
    "UPDATE programme_keys SET retired_at = $now WHERE programme_id = $programme_id "
    "AND role = $role AND retired_at IS NULL RETURNING id",
    must=False,
)
RETIRE_KEY = Statement(
    "UPDATE programme_keys SET retired_at = $now WHERE id = $id AND retired_at IS NULL RETURNING id"
)


def programme_row(programme: Programme) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": programme.id,
        "name": programme.name,
        "settings": msgspec.json.encode(programme.settings).decode(),
        "consumers_profile": programme.consumers_profile,
        "corporates_profile": programme.corporates_profile,
        "created_at": programme.created_at,
    }


def programme_from(row: Any) -> Programme:
    """A row of programmes."""
    return Programme(
        id=row["id"],
        name=row["name"],
        settings=msgspec.json.decode(row["settings"], type=ProgrammeSettings),
        consumers_profile=row["consumers_profile"],
        corporates_profile=row["corporates_profile"],
        created_at=row["created_at"],
    )


def client_from(vault: Vault, row: Any) -> Client:
    """A row of either query for clients."""
    text = vault.open(row["k_sealed"], f"programme_keys:{row['k_id']}").decode()
    return Client(text.partition(":")[0], row["k_id"], programme_from(row))


def key_lookup(vault: Vault, role: KeyRole, text: str) -> bytes:
    """Keys are found by their keyed hash."""
    return vault.lookup(text, f"key:{role}")


def key_row(vault: Vault, key: ProgrammeKey) -> dict[str, Any]:
    """Hash for look-up, ciphertext because Weavr's webhooks are signed with the API key."""
    return {
        "id": key.id,
        "programme_id": key.programme_id,
        "role": key.role,
        "lookup": key_lookup(vault, key.role, key.text),
        "sealed": vault.seal(key.text.encode(), f"programme_keys:{key.id}"),
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }


def key_from(vault: Vault, row: Any) -> ProgrammeKey:
    """A row of programme_keys."""
    return ProgrammeKey(
        id=row["id"],
        programme_id=row["programme_id"],
        role=KeyRole(row["role"]),
        text=vault.open(row["sealed"], f"programme_keys:{row['id']}").decode(),
        created_at=row["created_at"],
        retired_at=row["retired_at"],
    )
