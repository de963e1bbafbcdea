"""docs/operations/back-up.md, pasted: what is restored is what there was, and needs its own key."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assent.testing.postgres import Cluster
from tests.support.client import Server
from tests.support.manual import commands, paste
from tests.support.processes import Installation, installation
from tests.support.weavr import enrolled_person, log_in, new_person

PAGE = "back-up.md"


@dataclass(frozen=True)
class Kept:
    """An installation, the engine's name on the page, and where a new database may be."""

    place: Installation
    engine: str
    elsewhere: str
    copies: dict[str, str]

    def paste(self, *titles: str, **settings: str) -> None:
        for title in titles:
            given = {**self.place.settings, **self.copies, **settings}
            paste(commands(PAGE, title), self.place.place, given)


@pytest.fixture(params=["PostgreSQL", "SQLite"])
def kept(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[Kept]:
    folders = {"VAULT_COPIES": tmp_path / "vaults", "COPIES": tmp_path / "copies"}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    url, elsewhere = (
        f"sqlite:///{tmp_path / 'one.sqlite3'}",
        f"sqlite:///{tmp_path / 'new.sqlite3'}",
    )
    if request.param == "PostgreSQL":
        url, elsewhere = cluster.database("kept"), cluster.url("restored")
    # a sandbox's own help, to enrol a phone; its tables and its vault are those of any server
    place = installation(tmp_path / "house", url, ASSENT_SERVER_ENVIRONMENT="sandbox")
    copies = {name: str(folder) for name, folder in folders.items()}
    yield Kept(place, request.param, elsewhere, copies)
    cluster.drop("kept")
    cluster.drop("restored")


def _restored(kept: Kept, cluster: Cluster) -> Kept:
    """Where the copy goes: another database, and a vault file that is not there yet."""
    if kept.engine == "PostgreSQL":
        cluster.database("restored")
    settings = {
        **kept.place.settings,
        "ASSENT_DATABASE_URL": kept.elsewhere,
        "ASSENT_VAULT_FILE": str(kept.place.place / "again.json"),
    }
    return replace(kept, place=replace(kept.place, settings=settings))


@pytest.mark.slow
def test_everything_lost_and_restored(kept: Kept, cluster: Cluster) -> None:
    """People, sessions, factors, programmes; and what came after the copy is gone."""
    with kept.place.serve("before") as before:
        person = enrolled_person(before.server)
        kept.paste("The vault file", kept.engine)  # while it runs
        late = new_person(before.server)
        announced = before.server.credentials
    again = _restored(kept, cluster)
    again.paste(f"Restore {kept.engine}", "Restore")
    with again.place.serve("after") as after:
        assert after.server.credentials["programme"] == announced["programme"]
        there = replace(person, server=Server(announced, after.server.base_url))
        assert there.factors().json == {
            "factors": [{"type": "OTP", "channel": "SMS", "status": "ACTIVE"}]
        }  # in the session of before
        assert there.log_in().status == 200
        there.stepped_up()
        assert log_in(there.server, late.email).status == 403


@pytest.mark.slow
def test_a_copy_is_worth_nothing_without_its_own_vault_file(kept: Kept, cluster: Cluster) -> None:
    with kept.place.serve("before") as before:
        person = enrolled_person(before.server)
        kept.paste("The vault file", kept.engine)
    octets = b"".join(path.read_bytes() for path in Path(kept.copies["COPIES"]).iterdir())
    for secret in (person.email, person.number, person.token):
        assert secret.encode() not in octets
    again = _restored(kept, cluster)
    again.paste(f"Restore {kept.engine}")
    missing = again.place.run("doctor")
    assert missing.returncode == 1
    assert "Restore it from your back-up" in missing.stdout
    again.place.done("keys", "init")  # of somebody who thinks that it makes a new start
    for words in (("doctor",), ("serve",), ("worker",), ("programme", "list")):
        refused = again.place.run(*words, ASSENT_SERVER_PORT="0", ASSENT_SERVER_FRAMES_PORT="0")
        assert refused.returncode == 1, words
        assert "does not belong to this database" in refused.stdout + refused.stderr, words
        assert "Traceback" not in refused.stderr
    again.paste("Restore")  # the right one takes its place, and nothing was lost by the tries
    with again.place.serve("after") as after:
        there = replace(person, server=Server(before.server.credentials, after.server.base_url))
        assert there.log_in().status == 200


def test_copies_are_for_their_owner_alone(kept: Kept) -> None:
    kept.paste("The vault file", kept.engine)
    for folder in kept.copies.values():
        (copy,) = Path(folder).iterdir()
        assert copy.stat().st_mode & 0o077 == 0
