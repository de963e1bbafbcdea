"""Keys, and what is done with them; the keys themselves never cross this line."""

from typing import Protocol


class Vault(Protocol):
    """AES-256-GCM under a wrapped data key, and keyed hashes."""

    def seal(self, plain: bytes, about: str) -> bytes:
        """Encrypts. `about` names the row and is authenticated: a value cannot be moved."""
        ...

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypts what `seal` made of the same `about`; raises ValueError on anything else."""
        ...

    @property
    def newest(self) -> int:
        """The number of the data key that seals now."""
        ...

    def sealed_with(self, sealed: bytes) -> int:
        """The number of the data key that a value was sealed under."""
        ...

    def lookup(self, value: str, about: str) -> bytes:
        """A keyed hash (32 bytes) under which a sealed value can be found again."""
        ...

    def derived(self, purpose: str) -> bytes:
        """A key (32 bytes) for one purpose: the pepper, the hash of codes."""
        ...
