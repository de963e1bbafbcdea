"""Keys of encrypted and signed calls, as rows: the server's own, and those that clients gave."""

from typing import Any

from assent.adapters.sql.statement import Query, Statement
from assent.domain.jose import KeyScope
from assent.ports.records import ClientKey, JoseKey
from assent.ports.vault import Vault

JOSE_KEYS = Query(
    "SELECT kid, version, scope, algorithm, sealed, created_at, retired_at FROM jose_keys "
    "ORDER BY created_at DESC, version DESC, kid"
)
CLIENT_KEYS = Query(
    "SELECT kid, programme_id, client, scope, algorithm, material, valid_from, valid_till, "
    "created_at FROM client_keys WHERE programme_id = $programme_id AND client = $client "
    "AND valid_till > $now ORDER BY created_at DESC, kid",
    {"programme_id": "bigint", "client": "text", "now": "bigint"},
)
RETIRE = Statement(
    "UPDATE jose_keys SET retired_at = $now WHERE scope = $scope AND algorithm = $algorithm "
    "AND version < $version AND retired_at IS NULL RETURNING kid",
    must=False,
)


def jose_key_row(vault: Vault, key: JoseKey) -> dict[str, Any]:
    """Every column by name."""
    return {
        "kid": key.kid,
        "version": key.version,
        "scope": key.scope,
        "algorithm": key.algorithm,
        "sealed": vault.seal(key.private, f"jose_keys:{key.kid}"),
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }


def jose_key_from(vault: Vault, row: Any) -> JoseKey:
    """A row of jose_keys."""
    return JoseKey(
        kid=row["kid"],
        version=row["version"],
        scope=KeyScope(row["scope"]),
        algorithm=row["algorithm"],
        private=vault.open(row["sealed"], f"jose_keys:{row['kid']}"),
        created_at=row["created_at"],
        retired_at=row["retired_at"],
    )


def client_key_row(key: ClientKey) -> dict[str, Any]:
    """Every column by name."""
    return {
        "kid": key.kid,
        "programme_id": key.programme_id,
        "client": key.client,
        "scope": key.scope,
        "algorithm": key.algorithm,
        "material": key.material,
        "valid_from": key.valid_from,
        "valid_till": key.valid_till,
        "created_at": key.created_at,
    }


def client_key_from(row: Any) -> ClientKey:
    """A row of client_keys."""
    return ClientKey(
        kid=row["kid"],
        programme_id=row["programme_id"],
        client=row["client"],
        scope=KeyScope(row["scope"]),
        algorithm=row["algorithm"],
        material=bytes(row["material"]),
        valid_from=row["valid_from"],
        valid_till=row["valid_till"],
        created_at=row["created_at"],
    )
