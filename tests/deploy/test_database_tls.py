"""TLS between the server and PostgreSQL, as docs/operations/proxies.md has it in the address."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.certificates import self_signed
from tests.support.processes import installation


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user may read its key: not under pytest's folder, which is root's."""
    made = Path(tempfile.mkdtemp(prefix="assent-tls-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def encrypted(folder: Path) -> Iterator[Cluster]:
    """A PostgreSQL that has a certificate for its address."""
    certificate, key = self_signed(folder, "127.0.0.1")
    settings = {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)}
    cluster = Cluster(fsync=False, settings=settings)
    key.chmod(0o600)
    user = cluster._user  # whom it runs as, where that is not whoever runs the tests
    if user is not None:
        folder.chmod(0o755)
        for path in (certificate, key):
            os.chown(path, user.pw_uid, user.pw_gid)
    with cluster as running:
        yield running


def test_every_command_checks_the_certificate(
    encrypted: Cluster, folder: Path, tmp_path: Path
) -> None:
    bare = encrypted.database("encrypted")
    url = f"{bare}?sslmode=verify-full&sslrootcert={folder}/127.0.0.1.pem"
    place = installation(tmp_path / "house", url)  # which migrates
    place.done("programme", "create", "Bank")
    with place.serve("server"):
        held = ask(
            bare,
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
            "WHERE datname = 'encrypted' AND pid <> pg_backend_pid()",
        )
        assert held
        assert {row[0] for row in held} == {True}


def test_a_certificate_of_somebody_else_is_refused(encrypted: Cluster, tmp_path: Path) -> None:
    bare = encrypted.database("refused")
    strange, _ = self_signed(tmp_path, "127.0.0.1")
    place = installation(tmp_path / "house", bare)
    wrong = f"{bare}?sslmode=verify-full&sslrootcert={strange}"
    for words in (("migrate",), ("serve",), ("programme", "list")):
        refused = place.run(
            *words,
            ASSENT_DATABASE_URL=wrong,
            ASSENT_SERVER_PORT="0",
            ASSENT_SERVER_FRAMES_PORT="0",
            ASSENT_ADMIN_PORT="0",
        )
        assert refused.returncode == 1, words
        assert re.search("certificate verify failed|SSLCertVerificationError", refused.stderr)
        assert "Traceback" not in refused.stderr
