"""Root keys from a file; data keys wrapped by them; AES-256-GCM and HMAC-SHA256.

The file holds three roots, each made for one thing, so that each can be renewed by itself:
`wrapping` (a list, newest first) wraps the data keys, `lookup` keys the blind indexes, `pepper`
keys what protects passwords and codes. Losing the file loses every sealed value: back it up,
and not beside the database.
"""

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hmac import digest as hmac_digest
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assent.domain.jose import KNOWN_EVERYWHERE
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
    _write(path, roots)
    return roots


def rotate(path: Path, randomness: Randomness) -> Roots:
    """Puts a new root before those that wrap; the older ones still unwrap."""
    with _alone(path):
        held = load(path)
        return _replace(path, replace(held, wrapping=(randomness.octets(_KEY), *held.wrapping)))


def forget(path: Path, checked: Roots) -> Roots:
    """Leaves the newest wrapping root alone in the file, which must still hold what was checked:
    nothing but that root may be needed."""
    with _alone(path):
        if load(path) != checked:
            raise VaultFileError(f"{path} was changed meanwhile. Run it again.")
        return _replace(path, replace(checked, wrapping=checked.wrapping[:1]))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One change at a time: the lock is the folder's, and goes with the process."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
        os.fsync(folder)  # or a power cut could bring the old file back
    finally:
        os.close(folder)


def _replace(path: Path, roots: Roots) -> Roots:
    """Beside it first, then in its place: nobody ever reads half of it. It stays its owner's."""
    owner = path.stat()
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)  # of somebody who was cut short
    _write(beside, roots)
    if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(beside, owner.st_uid, owner.st_gid)
    try:
        beside.replace(path)
    except OSError as error:
        beside.unlink()
        raise VaultFileError(
            f"{path} cannot be replaced ({error.strerror}): it is mounted by itself. Do this where "
            "the file comes from, and give it to every server."
        ) from error
    return roots


def _write(path: Path, roots: Roots) -> None:
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


def load(path: Path) -> Roots:
    """Reads the file; refuses one that others may read or that is not whole."""
    try:
        status = path.stat()
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
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise VaultFileError(f"The vault file {path} cannot be read: {reason}") from error
    if others_may_read(status):
        raise VaultFileError(f"Others may read the vault file {path}. Run: chmod 600 {path}")
    if not roots.wrapping or any(
        len(key) != _KEY for key in (*roots.wrapping, roots.lookup, roots.pepper)
    ):
        raise VaultFileError(f"The vault file {path} is damaged: every key must have 32 octets")
    return roots


def others_may_read(status: os.stat_result) -> bool:
    """Whether a file's owner is not alone with it.

    systemd hands credentials over as root's, mode 0400, with an access list, which the mode shows
    as a right of the group: 0440, and the group is root's, who may read everything anyway.
    """
    if status.st_uid == status.st_gid == 0 and status.st_mode & 0o777 == 0o440:
        return False
    return status.st_mode & 0o077 != 0


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
        self._wrapped: dict[int, bytes] = {}
        self._newest = 0
        self._lookup = hmac.HMAC(roots.lookup, hashes.SHA256())

    def renew(self, roots: Roots) -> None:
        """Another reading of the file. Raises VaultFileError where it is not the same vault's."""
        if (roots.lookup, roots.pepper) != (self._roots.lookup, self._roots.pepper):
            raise VaultFileError("The vault file is another one now. Restore the one from before.")
        self._roots = roots

    def new_data_key(self, number: int, now: int) -> DataKey:
        """A fresh data key, wrapped; it seals only after `use`."""
        nonce = self._randomness.octets(_NONCE)
        wrapper = AESGCM(self._roots.wrapping[0])
        wrapped = nonce + wrapper.encrypt(nonce, self._randomness.octets(_KEY), _about(number))
        return DataKey(number, wrapped, now)

    def use(self, keys: Sequence[DataKey], wall: int | None = None) -> None:
        """Unwraps: all of them open, the newest seals.

        With `wall` (ms) only one that every server must have read by then; a value that no other
        server can open would be lost to it. One that is known already, and was wrapped anew under
        a root that this process has not read, stays as it is known.
        """
        self._data_keys = {key.id: self._known(key) or self._unwrap(key) for key in keys}
        self._wrapped = {key.id: key.wrapped for key in keys}
        known = [
            key.id for key in keys if wall is None or wall - key.created_at >= KNOWN_EVERYWHERE
        ]
        self._newest = max(known) if known else min(self._data_keys)

    def rewrapped(self, key: DataKey) -> DataKey:
        """The same data key under the newest root."""
        nonce = self._randomness.octets(_NONCE)
        wrapper = AESGCM(self._roots.wrapping[0])
        wrapped = nonce + wrapper.encrypt(nonce, self._unwrap(key), _about(key.id))
        return DataKey(key.id, wrapped, key.created_at)

    @property
    def newest(self) -> int:
        """The number of the data key that seals now."""
        return self._newest

    def sealed_with(self, sealed: bytes) -> int:
        """The number of the data key that a value was sealed under."""
        return int.from_bytes(sealed[:4], "big") & ~_BY_ROW

    def seal(self, plain: bytes, about: str) -> bytes:
        """96-bit random nonces: fine for four thousand million values a row."""
        nonce = self._randomness.octets(_NONCE)
        key = _of_row(self._data_keys[self._newest], about)
        sealed = AESGCM(key).encrypt(nonce, plain, about.encode())
        return (self._newest | _BY_ROW).to_bytes(4, "big") + nonce + sealed

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises ValueError where anything was altered, or moved from another row."""
        number = int.from_bytes(sealed[:4], "big")
        key = self._data_keys.get(self.sealed_with(sealed))
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

    def _known(self, key: DataKey) -> bytes | None:
        held = self._data_keys.get(key.id)
        if held is None or self._wrapped[key.id] == key.wrapped:
            return held
        try:
            return self._unwrap(key)
        except VaultFileError:
            return held

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
