"""One image for all tests of the folder, and a box to run it in."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assent.testing.postgres import Cluster
from tests.support.group import CONNECTIONS, Group, Through, working
from tests.support.image import ROOT, boxed, build, stages, variables
from tests.support.nginx import API, nginx
from tests.support.ports import free_ports
from tests.support.processes import installation
from tests.support.sms_gateway import sms_gateway


@dataclass(frozen=True)
class Image:
    """What the Dockerfile makes; it runs with its last stage's own settings."""

    assent: Path

    def command(
        self,
        words: Sequence[str],
        data: Path,
        secrets: Path,
        settings: Mapping[str, str],
        *options: str,
    ) -> list[str]:
        """The command line of a container with a read-only root; /data may be written to."""
        steps = stages((ROOT / "Dockerfile").read_text())[-1]
        folder = next(step.rest for step in steps if step.word == "WORKDIR")
        environment = {name: v for name, v in variables(steps).items() if name != "PATH"}
        readable = {self.assent: "/opt/assent", secrets: "/run/secrets"}
        together = {**environment, **settings}
        return boxed(words, {data: folder}, readable, folder, together, *options)


@dataclass(frozen=True)
class Place:
    """An image, and what a container of it is given."""

    image: Image
    data: Path
    secrets: Path
    settings: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command to its end, whatever that is."""
        command = self.image.command(words, self.data, self.secrets, self.settings)
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def done(self, *words: str) -> str:
        """The output of a command that must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def first_process(
        self, *words: str, log: Path
    ) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        """One that goes on, as process 1 of its box, and its number outside of it."""
        told, tell = os.pipe()
        options = ("--as-pid-1", "--info-fd", str(tell))
        command = self.image.command(words, self.data, self.secrets, self.settings, *options)
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, stdout=sink, stderr=subprocess.STDOUT, pass_fds=[tell]
            )
        os.close(tell)
        try:
            with os.fdopen(told) as answer:
                yield process, int(json.load(answer)["child-pid"])
        finally:
            process.kill()
            process.wait(timeout=30)


def of_this_machine(environment: Mapping[str, str]) -> dict[str, str]:
    """What its pip, and whatever stands between it and the network, is told by variables."""
    names = ("http_proxy", "https_proxy", "no_proxy")
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(("PIP_", "SSL_")) or name.lower() in names
    }


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Built once: pip installs everything anew, which takes a quarter of a minute."""
    return Image(build(tmp_path_factory.mktemp("image"), of_this_machine(os.environ)))


@pytest.fixture(params=["postgresql", "sqlite"])
def place(
    request: pytest.FixtureRequest, image: Image, cluster: Cluster, tmp_path: Path
) -> Iterator[Place]:
    """A new installation of the image, its database's address in a file."""
    data, secrets = tmp_path / "data", tmp_path / "secrets"
    data.mkdir(mode=0o700)
    secrets.mkdir(mode=0o700)
    url = "sqlite:////data/assent.sqlite3"
    if request.param == "postgresql":
        url = cluster.database("image")
    (secrets / "database-url").write_text(url + "\n")
    settings = {
        "ASSENT_DATABASE_URL_FILE": "/run/secrets/database-url",
        "ASSENT_VAULT_FILE": "/data/vault",
        "ASSENT_SERVER_HOST": "127.0.0.1",
        "ASSENT_ADMIN_PORT": "0",
        "ASSENT_ADMIN_WORKER_PORT": "0",
    }
    made = Place(image, data, secrets, settings)
    made.done("assent", "keys", "init")
    (data / "vault").rename(secrets / "vault")
    made.settings["ASSENT_VAULT_FILE"] = "/run/secrets/vault"
    made.done("assent", "migrate")
    yield made
    cluster.drop("image")


@pytest.fixture
def group(everything: Group) -> Group:
    """All of it running, whatever the test before did to it."""
    for number, running in enumerate(everything.servers):
        if running is None or running.process.poll() is not None:
            everything.start(number)
    for number, running in enumerate(everything.workers):
        if running.process.poll() is not None:
            name = f"worker{number}"
            everything.workers[number] = everything.stack.enter_context(
                working(everything.place, name)
            )
    return everything


@pytest.fixture(scope="module")
def everything(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    tmp_path = tmp_path_factory.mktemp("group")
    url = cluster.database("group")
    ports = free_ports(4)
    with ExitStack() as stack:
        gateway = stack.enter_context(sms_gateway())
        place = installation(
            tmp_path / "group",
            url,
            ASSENT_DATABASE_CONNECTIONS=str(CONNECTIONS),
            ASSENT_SERVER_TRUSTED_PROXIES="127.0.0.1",
            ASSENT_SMS_URL=gateway.url,
            ASSENT_SMS_BODY='{"to": {to}, "text": {text}}',
        )
        made = json.loads(place.done("programme", "create", "Bank"))
        told = ("plaintext_passwords=true", "password_profile=weavr")
        place.done("programme", "set", made["id"], *told)
        proxy = stack.enter_context(nginx(tmp_path / "nginx", ports[::2], ports[1::2]))
        credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
        through = Through(credentials, f"https://{API}")
        through.proxy = proxy
        workers = [stack.enter_context(working(place, f"worker{number}")) for number in range(2)]
        yield Group(place, url, [None, None], ports, workers, gateway, through, stack)
    cluster.drop("group")
