"""Root keys from a file; data keys wrapped by them; AES-256-GCM and HMAC-SHA256.

The file holds three roots, each made for one thing, so that each can be renewed by itself:
`wrapping` (a list, newest first) wraps the data keys, `lookup` keys the blind indexes, `pepper`
keys what protects passwords and codes. Losing the file loses every sealed value: back it up,
and not beside the database.
"""

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hmac import digest as hmac_digest
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assent.kernel.randomness import Randomness
from assent.ports.records import DataKey

_KEY = 32
_NONCE = 12


class VaultFileError(Exception):
    """The file cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Roots:
    """What the file holds."""

    wrapping: tuple[bytes, ...] = field(repr=False)
    lookup: bytes = field(repr=False)
    pepper: bytes = field(repr=False)


def create(path: Path, randomness: Randomness) -> Roots:
    """Writes a new file, readable by its owner alone. Refuses to touch one that exists."""
    roots = Roots((randomness.octets(_KEY),), randomness.octets(_KEY), randomness.octets(_KEY))
    text = json.dumps(
        {
            "wrapping": [base64.b64encode(key).decode() for key in roots.wrapping],
            "lookup": base64.b64encode(roots.lookup).decode(),
            "pepper": base64.b64encode(roots.pepper).decode(),
        },
        indent=2,
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())  # values may be sealed under it from the next moment on
    return roots


def load(path: Path) -> Roots:
    """Reads the file; refuses one that others may read or that is not whole."""
    try:
        mode = path.stat().st_mode
        held = json.loads(path.read_text())
        roots = Roots(
            tuple(base64.b64decode(key, validate=True) for key in held["wrapping"]),
            base64.b64decode(held["lookup"], validate=True),
            base64.b64decode(held["pepper"], validate=True),
        )
    except FileNotFoundError:
        raise VaultFileError(
            f"No vault file at {path}. Restore it from your back-up, or, for a new "
            f"installation, make one with: assent keys init"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VaultFileError(f"The vault file {path} cannot be read: {error}") from error
    if mode & 0o077:
        raise VaultFileError(f"Others may read the vault file {path}. Run: chmod 600 {path}")
    if not roots.wrapping or any(
        len(key) != _KEY for key in (*roots.wrapping, roots.lookup, roots.pepper)
    ):
        raise VaultFileError(f"The vault file {path} is damaged: every key must have 32 octets")
    return roots


class FileVault:
    """`ports.vault.Vault`. A sealed value is: data key's id (4), nonce (12), ciphertext and tag.

    Each row has a key of its own, made from the data key and the row's name: what opens one
    person's row opens nobody else's. The id's highest bit says so; values without it were sealed
    by earlier versions, under the data key itself.
    """

    def __init__(self, roots: Roots, randomness: Randomness) -> None:
        self._roots = roots
        self._randomness = randomness
        self._data_keys: dict[int, bytes] = {}
        self._newest = 0
        self._lookup = hmac.HMAC(roots.lookup, hashes.SHA256())

    def new_data_key(self, number: int, now: int) -> DataKey:
        """A fresh data key, wrapped; it seals only after `use`."""
        nonce = self._randomness.octets(_NONCE)
        wrapper = AESGCM(self._roots.wrapping[0])
        wrapped = nonce + wrapper.encrypt(nonce, self._randomness.octets(_KEY), _about(number))
        return DataKey(number, wrapped, now)

    def use(self, keys: Sequence[DataKey]) -> None:
        """Unwraps: all of them open, the newest seals."""
        self._data_keys = {key.id: self._unwrap(key) for key in keys}
        self._newest = max(self._data_keys)

    def seal(self, plain: bytes, about: str) -> bytes:
        """96-bit random nonces: fine for four thousand million values a row."""
        nonce = self._randomness.octets(_NONCE)
        key = _of_row(self._data_keys[self._newest], about)
        sealed = AESGCM(key).encrypt(nonce, plain, about.encode())
        return (self._newest | _BY_ROW).to_bytes(4, "big") + nonce + sealed

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises ValueError where anything was altered, or moved from another row."""
        number = int.from_bytes(sealed[:4], "big")
        key = self._data_keys.get(number & ~_BY_ROW)
        if key is None:
            raise ValueError(f"sealed under a data key that is not here ({about})")
        if number & _BY_ROW:
            key = _of_row(key, about)
        try:
            return AESGCM(key).decrypt(sealed[4 : 4 + _NONCE], sealed[4 + _NONCE :], about.encode())
        except InvalidTag:
            raise ValueError(f"not what was sealed ({about})") from None

    def lookup(self, value: str, about: str) -> bytes:
        """HMAC-SHA256 over the purpose's length, the purpose and the value."""
        digest = self._lookup.copy()
        purpose = about.encode()
        digest.update(len(purpose).to_bytes(2, "big") + purpose + value.encode())
        return digest.finalize()

    def derived(self, purpose: str) -> bytes:
        """HKDF-SHA256 (RFC 5869) of the pepper root."""
        return HKDF(
            algorithm=hashes.SHA256(), length=_KEY, salt=None, info=purpose.encode()
        ).derive(self._roots.pepper)

    def _unwrap(self, key: DataKey) -> bytes:
        nonce, wrapped = key.wrapped[:_NONCE], key.wrapped[_NONCE:]
        for root in self._roots.wrapping:
            try:
                return AESGCM(root).decrypt(nonce, wrapped, _about(key.id))
            except InvalidTag:
                continue
        raise VaultFileError(
            "The vault file does not belong to this database: it opens none of its data keys. "
            "Restore the file that was made with the database."
        )


_BY_ROW = 1 << 31


def _of_row(data_key: bytes, about: str) -> bytes:
    """HMAC-SHA256 as a key derivation function (SP 800-108 4.1, in one step)."""
    return hmac_digest(data_key, b"row:" + about.encode(), "sha256")


def _about(number: int) -> bytes:
    return f"data-key:{number}".encode()
