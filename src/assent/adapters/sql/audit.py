"""The record: facts as rows, and the blocks that chain them."""

from typing import Any

import msgspec

from assent.adapters.sql.statement import Query, Statement
from assent.domain.facts import Fact
from assent.domain.record import Block

_FACT = "id, programme_id, subject_id, name, at, actor, address, request_ref, details"
_BLOCK = "id, facts, at, digest, seal"

FACTS = Query(
    f"SELECT {_FACT} FROM facts WHERE programme_id = $programme_id ORDER BY at, id",
    {"programme_id": "bigint"},
    gather=False,
)
FACTS_OF_SUBJECT = Query(
    f"SELECT {_FACT} FROM facts WHERE programme_id = $programme_id AND subject_id = $subject_id "
    "ORDER BY at, id",
    {"programme_id": "bigint", "subject_id": "bigint"},
    gather=False,
)
UNCHAINED = Query(
    f"SELECT {_FACT} FROM facts WHERE block IS NULL ORDER BY at, id LIMIT $most",
    {"most": "bigint"},
    gather=False,
)
OF_BLOCK = Query(
    f"SELECT {_FACT} FROM facts WHERE block = $block ORDER BY id",
    {"block": "bigint"},
    gather=False,
)
STRAY = Query(
    "SELECT count(*) AS stray FROM facts WHERE block < 1 OR block > $last",
    {"last": "bigint"},
    gather=False,
)
LAST_BLOCK = Query(f"SELECT {_BLOCK} FROM audit_blocks ORDER BY id DESC LIMIT 1")
BLOCKS = Query(
    f"SELECT {_BLOCK} FROM audit_blocks WHERE id > $after ORDER BY id LIMIT $most",
    {"after": "bigint", "most": "bigint"},
    gather=False,
)

# All up to a certain one, in the order in which they were read: by the index, however many wait.
# One that was committed meanwhile and belongs before it makes the count another.
_FIRST = "block IS NULL AND (at, id) <= (CAST($at AS bigint), CAST($id AS bigint))"
CHAIN = Statement(
    f"UPDATE facts SET block = $block WHERE {_FIRST} "
    f"AND (SELECT count(*) FROM facts WHERE {_FIRST}) = CAST($count AS bigint) RETURNING id"
)


def fact_row(fact: Fact) -> dict[str, Any]:
    """Every column by name but the block, which comes later."""
    return {
        "id": fact.id,
        "programme_id": fact.programme_id,
        "subject_id": fact.subject_id,
        "name": fact.name,
        "at": fact.at,
        "actor": fact.actor,
        "address": fact.address,
        "request_ref": fact.request_ref,
        "details": msgspec.json.encode(fact.details).decode(),
    }


def fact_from(row: Any) -> Fact:
    """A row of facts."""
    return Fact(
        id=row["id"],
        programme_id=row["programme_id"],
        subject_id=row["subject_id"],
        name=row["name"],
        at=row["at"],
        actor=row["actor"],
        address=row["address"],
        request_ref=row["request_ref"],
        details=msgspec.json.decode(row["details"]),
    )


def block_row(block: Block) -> dict[str, Any]:
    """Every column by name."""
    return {
        "id": block.number,
        "facts": block.facts,
        "at": block.at,
        "digest": block.digest,
        "seal": block.seal,
    }


def block_from(row: Any) -> Block:
    """A row of audit_blocks."""
    digest, seal = bytes(row["digest"]), bytes(row["seal"])
    return Block(row["id"], row["facts"], row["at"], digest, seal)
