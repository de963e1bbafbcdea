"""The record as a chain: facts in blocks, each resting on the one before (RTS Article 29).

A block's digest is SHA-256 over the digest before it, its own number, its moment and its facts:
whoever once noted a digest can tell later that nothing up to there was changed, taken out or put
in, with no key. Its seal is a keyed hash of the digest: only a server with the vault makes one, so
that whoever can write to the database alone cannot give a changed chain its seals. They can take it
away, and have a server make it anew: that shows by a head that was noted outside, and to every
server that saw the old one (housekeeping.py).
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from assent.domain.facts import Fact

BEGINNING = bytes(32)
"""What the first block rests on."""


@dataclass(frozen=True, slots=True)
class Block:
    """A link of the chain (its moment in ms)."""

    number: int
    """1, 2, 3..."""
    facts: int
    """How many."""
    at: int
    digest: bytes
    seal: bytes

    @property
    def head(self) -> str:
        """What to note outside: `NUMBER:DIGEST`."""
        return f"{self.number}:{self.digest.hex()}"


class Broken(StrEnum):
    """What is wrong with a block."""

    GAP = "a block before it is missing"
    CHANGED = "its facts are not those that it was made of"
    FORGED = "it was not made with this server's vault"
    OTHER_HEAD = "it is not the one that was noted"


def linked(key: bytes, before: Block | None, facts: Sequence[Fact], now: int) -> Block:
    """The next block, of these facts; they are put in the order of their ids."""
    number = before.number + 1 if before else 1
    digest = digest_of(before.digest if before else BEGINNING, number, now, facts)
    return Block(number, len(facts), now, digest, sealed(key, digest))


def wrong_with(
    block: Block, before: Block | None, facts: Sequence[Fact], key: bytes | None
) -> Broken | None:
    """What is wrong with it, if anything. Without the key seals are not looked at."""
    if block.number != (before.number + 1 if before else 1):
        return Broken.GAP
    rests_on = before.digest if before else BEGINNING
    if block.facts != len(facts) or block.digest != digest_of(
        rests_on, block.number, block.at, facts
    ):
        return Broken.CHANGED
    if key is not None and not hmac.compare_digest(block.seal, sealed(key, block.digest)):
        return Broken.FORGED
    return None


def digest_of(before: bytes, number: int, at: int, facts: Sequence[Fact]) -> bytes:
    """SHA-256 over the digest before, then a line `[number, at]`, then a line a fact."""
    running = hashlib.sha256(before)
    running.update(msgspec.json.encode([number, at]) + b"\n")
    for fact in sorted(facts, key=lambda one: one.id):
        running.update(line_of(fact) + b"\n")
    return running.digest()


def sealed(key: bytes, digest: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, digest, "sha256")


def line_of(fact: Fact) -> bytes:
    """A fact as its digest sees it: a JSON array without spaces, the details by name."""
    return msgspec.json.encode(
        [
            fact.id,
            fact.programme_id,
            fact.subject_id,
            fact.name,
            fact.at,
            fact.actor,
            fact.address,
            fact.request_ref,
            sorted(fact.details.items()),
        ]
    )
