"""The vault file: made once, refused when it is not whole, and what it seals stays sealed."""

import hashlib
import hmac
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assent.adapters.vault_file.vault import (
    FileVault,
    Roots,
    VaultFileError,
    create,
    forget,
    load,
    rotate,
)
from assent.kernel.randomness import SystemRandomness
from assent.testing.frozen import ScriptedRandomness


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.json"


@pytest.fixture
def roots(path: Path, randomness: ScriptedRandomness) -> Roots:
    return create(path, randomness)


def opened(roots: Roots, randomness: ScriptedRandomness) -> FileVault:
    vault = FileVault(roots, randomness)
    vault.use([vault.new_data_key(1, 0)])
    return vault


def test_what_was_made_is_read_and_is_the_owners_alone(path: Path, roots: Roots):
    assert load(path) == roots
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_exists_is_not_touched(path: Path, roots: Roots):
    with pytest.raises(FileExistsError):
        create(path, ScriptedRandomness("other"))
    assert load(path) == roots


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(path: Path, roots: Roots, mode: int):
    path.chmod(mode)
    with pytest.raises(VaultFileError, match="chmod 600"):
        load(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"wrapping": [], "lookup": "", "pepper": ""}',
        '{"wrapping": 1, "lookup": 2, "pepper": 3}',
        '{"wrapping": ["!"], "lookup": "a", "pepper": "b"}',
    ],
)
def test_a_file_that_is_not_whole_is_refused(path: Path, roots: Roots, text: str):
    path.write_text(text)
    with pytest.raises(VaultFileError):
        load(path)


@pytest.mark.parametrize("name", ["wrapping", "lookup", "pepper"])
def test_a_key_that_is_too_short_is_refused(path: Path, roots: Roots, name: str):
    held = json.loads(path.read_text())
    held[name] = ["AAAA"] if name == "wrapping" else "AAAA"
    path.write_text(json.dumps(held))
    with pytest.raises(VaultFileError, match="32 octets"):
        load(path)


def test_a_missing_file_says_what_to_do(path: Path):
    with pytest.raises(VaultFileError, match="assent keys init"):
        load(path)


def test_every_bit_and_the_row_are_authenticated(roots: Roots, randomness: ScriptedRandomness):
    vault = opened(roots, randomness)
    sealed = vault.seal(b"plain", "row:1")
    assert vault.open(sealed, "row:1") == b"plain"
    assert sealed != vault.seal(b"plain", "row:1")
    for place in range(len(sealed)):
        bent = bytearray(sealed)
        bent[place] ^= 1
        with pytest.raises(ValueError, match="sealed"):
            vault.open(bytes(bent), "row:1")
    for other in (sealed[:-1], sealed[:10], b"", sealed + b"\0"):
        with pytest.raises(ValueError, match=r"sealed|Nonce"):
            vault.open(other, "row:1")
    with pytest.raises(ValueError, match="not what was sealed"):
        vault.open(sealed, "row:2")


def test_the_newest_data_key_seals_and_all_open(roots: Roots, randomness: ScriptedRandomness):
    vault = FileVault(roots, randomness)
    one, two = vault.new_data_key(1, 0), vault.new_data_key(2, 0)
    vault.use([one])
    old = vault.seal(b"old", "a")
    vault.use([one, two])
    new = vault.seal(b"new", "a")
    assert (vault.open(old, "a"), vault.open(new, "a")) == (b"old", b"new")
    vault.use([one])
    with pytest.raises(ValueError, match="data key that is not here"):
        vault.open(new, "a")


def test_a_renewed_wrapping_root_opens_what_the_old_one_wrapped(
    roots: Roots, randomness: ScriptedRandomness
):
    key = FileVault(roots, randomness).new_data_key(1, 0)
    renewed = Roots((b"n" * 32, *roots.wrapping), roots.lookup, roots.pepper)
    FileVault(renewed, randomness).use([key])
    with pytest.raises(VaultFileError, match="does not belong to this database"):
        FileVault(Roots((b"n" * 32,), roots.lookup, roots.pepper), randomness).use([key])


def test_lookups_are_keyed_and_each_purposes_own(roots: Roots, randomness: ScriptedRandomness):
    vault = opened(roots, randomness)
    other = opened(Roots(roots.wrapping, b"o" * 32, roots.pepper), randomness)
    values = {
        vault.lookup("a", "b"),
        vault.lookup("b", "a"),
        vault.lookup("ba", ""),
        vault.lookup("", "ba"),
        other.lookup("a", "b"),
        vault.derived("a"),
        vault.derived("b"),
    }
    assert len(values) == 7
    assert {len(value) for value in values} == {32}
    assert vault.lookup("a", "b") in values
    assert vault.derived("a") in values


def test_every_row_has_a_key_of_its_own(roots: Roots, randomness: ScriptedRandomness):
    """What opens one person's face opens nobody else's; the data key itself opens no row."""
    vault = FileVault(roots, randomness)
    data_key = vault.new_data_key(1, 0)
    vault.use([data_key])
    nonce, wrapped = data_key.wrapped[:12], data_key.wrapped[12:]
    plain_key = AESGCM(roots.wrapping[0]).decrypt(nonce, wrapped, b"data-key:1")

    def by(key: bytes, sealed: bytes, about: str) -> bytes:
        return AESGCM(key).decrypt(sealed[4:16], sealed[16:], about.encode())

    mine = hmac.new(plain_key, b"row:factors:1", hashlib.sha256).digest()
    sealed = [vault.seal(b"a face", f"factors:{number}") for number in (1, 2)]
    assert by(mine, sealed[0], "factors:1") == b"a face"
    for key, text, about in ((mine, sealed[1], "factors:2"), (plain_key, sealed[0], "factors:1")):
        with pytest.raises(InvalidTag):
            by(key, text, about)


def test_what_an_earlier_version_sealed_still_opens(roots: Roots, randomness: ScriptedRandomness):
    vault = FileVault(roots, randomness)
    data_key = vault.new_data_key(1, 0)
    vault.use([data_key])
    nonce, wrapped = data_key.wrapped[:12], data_key.wrapped[12:]
    plain_key = AESGCM(roots.wrapping[0]).decrypt(nonce, wrapped, b"data-key:1")
    old = bytes(3) + b"\x01" + bytes(12) + AESGCM(plain_key).encrypt(bytes(12), b"ada", b"row")
    assert vault.open(old, "row") == b"ada"
    with pytest.raises(ValueError, match="not what was sealed"):
        vault.open(old, "another row")


def test_roots_that_are_made_at_once_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "vault.json"
    create(path, SystemRandomness())
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(rotate, path, SystemRandomness()) for _ in range(24)]
        newest = {one.result().wrapping[0] for one in made}
    assert len(newest) == 24
    assert newest < set(load(path).wrapping)
    assert len(load(path).wrapping) == 25
    assert [one.name for one in tmp_path.iterdir()] == ["vault.json"]


def test_a_root_that_came_after_the_look_is_not_forgotten(tmp_path: Path) -> None:
    """Whoever looked has checked that nothing needs the older ones; of the newer one they know
    nothing."""
    path = tmp_path / "vault.json"
    checked = create(path, SystemRandomness())
    rotate(path, SystemRandomness())
    with pytest.raises(VaultFileError, match="was changed meanwhile"):
        forget(path, checked)
    assert len(load(path).wrapping) == 2
    assert forget(path, load(path)).wrapping == load(path).wrapping


def test_the_file_stays_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "vault.json"
    create(path, SystemRandomness())
    if os.geteuid() == 0:
        os.chown(path, 10_001, 10_001)
    before = path.stat()
    rotate(path, SystemRandomness())
    after = path.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before.st_uid,
        before.st_gid,
        before.st_mode,
    )


def test_another_vault_is_not_taken_for_a_renewed_one(tmp_path: Path) -> None:
    one, other = (create(tmp_path / name, SystemRandomness()) for name in ("one", "other"))
    vault = FileVault(one, SystemRandomness())
    with pytest.raises(VaultFileError, match="another one"):
        vault.renew(other)
