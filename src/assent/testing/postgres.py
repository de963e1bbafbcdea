"""A throw-away PostgreSQL: starts in a temporary directory, and leaves nothing behind.

It needs the server's own programs (initdb, pg_ctl, createdb, dropdb), not a running server.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from assent.kernel.randomness import Randomness, SystemRandomness

_PROGRAMS = ("initdb", "postgres", "pg_ctl", "createdb", "dropdb")
_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/usr/local/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
_SUPERUSER = "assent"
_STARTS = 5
_FIRST_PORT, _PORTS = 26_000, 6_000
"""Below those that systems give to outgoing connections, which would have one while the server that
it is for is stopped."""
_LONGEST_START_SECONDS = 60
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresUnusable(Exception):
    """The programs are not on this machine, or did not do what they were asked."""


def find_programs() -> Path:
    """The directory with the server's programs: from PATH, or the newest of the usual places."""
    for directory in _directories():
        if all(os.access(directory / program, os.X_OK) for program in _PROGRAMS):
            return directory
    raise PostgresUnusable(
        "PostgreSQL's programs (initdb, pg_ctl ...) were not found. "
        "Install the server package: apt-get install postgresql, or brew install postgresql."
    )


class Cluster:
    """A server of one's own, as a context manager.

    It listens on 127.0.0.1 only, on a free port, behind a password made for it. As root it runs
    as `postgres`, or else `nobody`, because PostgreSQL refuses to run as root. `fsync` False is
    faster and may lose data when the machine fails, which a test does not mind. `settings` go
    into postgresql.conf as they stand.
    """

    def __init__(
        self,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
        randomness: Randomness | None = None,
    ) -> None:
        self._programs = find_programs()
        self._settings = {**({} if fsync else _CARELESS), **(settings or {})}
        self._randomness = randomness or SystemRandomness()
        self._password = self._randomness.octets(16).hex()
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self._home = Path()
        self.port = 0

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="assent-pg-"))
        try:
            self._hand_over(self._home)
            self._initialise()
            self._start_somewhere()
        except BaseException:
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self.running():
                self.kill()
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    def url(self, name: str) -> str:
        """Where a database of this cluster is, password and all."""
        return f"postgresql://{_SUPERUSER}:{self._password}@127.0.0.1:{self.port}/{name}"

    def database(self, name: str, template: str = "template0") -> str:
        """Creates a database, empty or a copy of `template`, and returns its URL.

        Nobody may be connected to the template meanwhile.
        """
        self._run("createdb", *self._to_server(), "--template", template, name)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Removes a database, if it is there, and throws out whoever is connected to it."""
        self._run("dropdb", *self._to_server(), "--if-exists", "--force", name)

    def running(self) -> bool:
        """Whether the server is up."""
        if not self._data.is_dir():
            return False
        return self._try("pg_ctl", "status", "--pgdata", str(self._data)).returncode == 0

    def start(self) -> None:
        """Starts the server again, on the port it had, and waits until it answers."""
        self._run(
            "pg_ctl", "start", "--wait", "--timeout", str(_LONGEST_START_SECONDS), "--silent",
            "--pgdata", str(self._data), "--log", str(self._log),
            "--options", f"-p {self.port}",
        )  # fmt: skip

    def stop(self) -> None:
        """An orderly end: whoever is connected is thrown out, everything is written."""
        self._end("fast")

    def kill(self) -> None:
        """As in a crash: every connection breaks at once; the next start recovers from the log."""
        self._end("immediate")

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def _log(self) -> Path:
        return self._home / "server.log"

    def _end(self, mode: str) -> None:
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", mode, "-D", str(self._data))

    def _initialise(self) -> None:
        secret = self._home / "password"
        secret.touch(mode=0o600)
        secret.write_text(self._password + "\n")
        self._hand_over(secret)
        self._run(
            "initdb", "--pgdata", str(self._data), "--username", _SUPERUSER,
            "--pwfile", str(secret), "--auth", "scram-sha-256",
            "--encoding", "UTF8", "--locale", "C", "--no-sync",
        )  # fmt: skip
        chosen = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._home),
            "max_connections": "200",
            **self._settings,
        }
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in chosen.items())

    def _start_somewhere(self) -> None:
        """Where somebody has the port: on another."""
        for start in range(_STARTS):
            self.port = _FIRST_PORT + self._randomness.below(_PORTS)
            try:
                self.start()
            except PostgresUnusable:
                if start == _STARTS - 1:
                    raise
            else:
                return

    def _to_server(self) -> Iterable[str]:
        return ("--host", "127.0.0.1", "--port", str(self.port), "--username", _SUPERUSER)

    def _hand_over(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        done = self._try(program, *arguments)
        if done.returncode != 0:
            log = self._log.read_text(errors="replace")[-2_000:] if self._log.exists() else ""
            raise PostgresUnusable(f"{program} failed: {done.stdout}{done.stderr}{log}")

    def _try(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """As the unprivileged user where we are root; in English, whatever the machine speaks."""
        user = self._user
        return subprocess.run(  # noqa: S603 - our own programs, found above
            [self._programs / program, *arguments],
            cwd=self._home,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "PGPASSWORD": self._password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def _directories() -> list[Path]:
    """PATH first, then the usual places, a newer version before an older one."""
    found = [Path(place) for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if place]
    for pattern in _PLACES:
        matches = Path("/").glob(pattern.removeprefix("/"))
        found += sorted(matches, key=_version_in, reverse=True)
    return found


def _version_in(directory: Path) -> int:
    return int("".join(letter for letter in str(directory) if letter.isdigit()) or 0)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnusable(
        "PostgreSQL does not run as root, and there is no user postgres or nobody"
    )
