"""The one source of unguessable values."""

import secrets
from typing import Protocol


class Randomness(Protocol):
    """What the World hands to every rule that needs chance."""

    def octets(self, count: int) -> bytes:
        """`count` unguessable bytes."""
        ...

    def digits(self, count: int) -> str:
        """`count` decimal digits, each equally likely (ASCII, leading zeros kept)."""
        ...

    def below(self, limit: int) -> int:
        """An integer from 0 up to, not including, `limit`."""
        ...


class SystemRandomness:
    """The operating system's generator."""

    def octets(self, count: int) -> bytes:
        """From the kernel's pool."""
        return secrets.token_bytes(count)

    def digits(self, count: int) -> str:
        """Uniform over 10**count, so no digit is likelier than another."""
        return f"{secrets.randbelow(10**count):0{count}d}"

    def below(self, limit: int) -> int:
        """Uniform."""
        return secrets.randbelow(limit)
