"""Data keys, the vault's roots and the keys of encrypted calls are renewed while servers run."""

import itertools
import json
import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.processes import Installation, Running, installation, until
from tests.support.weavr import NEW_PASSWORD, Person, enrolled_person, log_in, new_person

LASTING = (
    "programme_keys",
    "subjects",
    "identities",
    "factors",
    "signing_keys",
)


class Two:
    """Two servers, and whatever they hold."""

    def __init__(self, place: Installation, url: str, left: Running, right: Running) -> None:
        self.place, self.url = place, url
        self.servers = left.server, right.server

    def numbers(self, table: str) -> set[int]:
        """The data keys that a table's rows rest on."""
        rows = ask(self.url, f"SELECT sealed FROM {table} WHERE sealed IS NOT NULL")
        return {int.from_bytes(row[0][:4], "big") & 0x7FFFFFFF for row in rows}

    def vault(self) -> dict[str, list[str]]:
        held: dict[str, list[str]] = json.loads((self.place.place / "vault.json").read_text())
        return held


@pytest.fixture(scope="module")
def two(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    url = cluster.database("key_rotation")
    folder = tmp_path_factory.mktemp("two")
    place = installation(folder, url, ASSENT_SERVER_ENVIRONMENT="sandbox")
    with place.serve("left") as left, place.serve("right") as right:
        yield Two(place, url, left, right)


def _everywhere(two: Two, person: Person) -> None:
    """The person can be read and can log in at both."""
    for server in two.servers:
        token = log_in(server, person.email).json["token"]
        assert server.call("GET", "/multi/consumers", None, server.bearer(token)).status == 200


def test_a_new_data_key_seals_on_both_and_no_row_is_ever_closed_to_one(two: Two) -> None:
    before = enrolled_person(two.servers[0])
    two.place.done("keys", "rotate", "data")
    made: list[Person] = []

    def both_seal_with_it() -> bool:
        newest = []
        for here, there in (two.servers, two.servers[::-1]):
            person = new_person(here)
            made.append(person)
            # the other server opens it at once, whichever key it is under
            token = log_in(there, person.email).json["token"]
            answer = there.call("GET", "/multi/consumers", None, there.bearer(token))
            assert answer.status == 200, answer.body
            rows = ask(two.url, "SELECT sealed FROM subjects WHERE id = $1", int(person.user_id))
            newest.append(int.from_bytes(rows[0][0][:4], "big") & 0x7FFFFFFF)
        return newest == [2, 2]

    until("both seal with data key 2", both_seal_with_it, within=20)
    assert two.numbers("subjects") == {1, 2}
    _everywhere(two, before)


def _kept_changing(person: Person, done: threading.Event) -> int:
    """How often the person was changed."""
    for number in itertools.count(1):
        assert person.change(tag=str(number)).status == 200
        if done.is_set():
            return number
    raise AssertionError


def test_what_lies_there_is_sealed_anew_while_people_change_it(two: Two) -> None:
    people = [enrolled_person(two.servers[n % 2]) for n in range(4)]
    done = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(_kept_changing, person, done) for person in people[:2]]
        try:
            said = two.place.done("keys", "reseal")
        finally:
            done.set()
        for person, writer in zip(people, writers, strict=False):
            last = str(writer.result())
            assert person.call("GET", "/consumers").json["tag"] == last
    assert re.match("Sealed [1-9][0-9]* rows anew under data key 2", said)
    for table in LASTING:
        assert two.numbers(table) == {2}, table
    assert "Destroyed" not in said  # messages of an hour ago may still rest on the first
    for person in people:
        _everywhere(two, person)
    assert two.place.done("keys", "reseal").startswith("Sealed 0 rows anew under")


def test_an_old_data_key_is_destroyed_once_nothing_can_need_it(two: Two) -> None:
    assert {row[0] for row in ask(two.url, "SELECT id FROM data_keys")} == {1, 2}
    two_days = 2 * 86_400_000
    ask(two.url, "UPDATE data_keys SET created_at = created_at - $1", two_days)
    # what passes by itself has passed: on virtual phones it stays
    ask(two.url, "DELETE FROM deliveries")
    ask(two.url, "UPDATE outbox SET sealed = NULL WHERE state <> 'waiting'")
    ask(two.url, "DELETE FROM capture_keys")
    ask(two.url, "DELETE FROM captures")
    person = enrolled_person(two.servers[0])
    said = two.place.done("keys", "reseal")
    assert "Destroyed data key 1: nothing rested on it." in said
    assert [row[0] for row in ask(two.url, "SELECT id FROM data_keys")] == [2]
    _everywhere(two, person)


def test_the_vault_gets_a_new_root_and_leaves_the_old_one_behind(two: Two, tmp_path: Path) -> None:
    person = enrolled_person(two.servers[0])
    old = tmp_path / "vault.old.json"
    shutil.copy2(two.place.place / "vault.json", old)
    before = two.vault()
    two.place.done("keys", "rotate", "vault")
    assert two.vault()["wrapping"][1:] == before["wrapping"]
    refused = two.place.run("keys", "forget-roots")
    assert refused.returncode == 1
    assert "Data keys still rest on an older root" in refused.stderr
    two.place.done("keys", "rewrap")
    two.place.done("keys", "forget-roots")
    after = two.vault()
    assert len(after["wrapping"]) == 1
    assert after["wrapping"] != before["wrapping"]
    assert (after["lookup"], after["pepper"]) == (before["lookup"], before["pepper"])
    assert (two.place.place / "vault.json").stat().st_mode & 0o777 == 0o600
    _everywhere(two, person)  # servers that run go on with what they unwrapped
    # and a data key that is wrapped by the new root only is read by them too
    two.place.done("keys", "rotate", "data")
    assert two.place.done("keys", "reseal").startswith("Sealed ")
    assert two.numbers("subjects") == {3}
    _everywhere(two, person)
    for server in two.servers:
        assert server.call("GET", "/health/ready").status == 200
        _everywhere(two, enrolled_person(server))
    with two.place.serve("third") as third:
        assert log_in(third.server, person.email).status == 200
    stale = two.place.run("doctor", ASSENT_VAULT_FILE=str(old))
    assert stale.returncode == 1
    assert "does not belong to this database" in stale.stdout


def test_a_server_that_cannot_open_what_others_seal_is_not_ready(two: Two, tmp_path: Path) -> None:
    """Its vault file is a copy, as systemd and compose hand it over, without the new root."""
    copy = tmp_path / "vault.json"
    shutil.copy2(two.place.place / "vault.json", copy)
    with two.place.serve("copy", ASSENT_VAULT_FILE=str(copy)) as left_behind:
        two.place.done("keys", "rotate", "vault")
        two.place.done("keys", "rewrap")
        two.place.done("keys", "rotate", "data")

        def not_ready() -> bool:
            answer = left_behind.server.call("GET", "/health/ready")
            return answer.status == 503 and answer.json["reason"] == "keys"

        until("the server says so", not_ready, within=20)
        shutil.copy2(two.place.place / "vault.json", copy)
        until(
            "it has read the new file",
            lambda: left_behind.server.call("GET", "/health/ready").status == 200,
            within=20,
        )
    two.place.done("keys", "reseal")


def test_a_new_jose_key_is_handed_out_and_the_old_one_retired_later(two: Two) -> None:
    where = ("PAYLOAD_ENCRYPTION", "RSA-OAEP-256")
    for version in (1, 2):
        said = two.place.done(
            "keys", "rotate", "jose", "--scope", where[0], "--algorithm", where[1]
        )
        assert f"Clients are given version {version}" in said
    assert _in_use(two) == {1, 2}
    refused = two.place.run("keys", "retire-jose", *where, "3")
    assert "There is no such version" in refused.stderr
    two.place.done("keys", "retire-jose", *where, "2")
    assert _in_use(two) == {2}
    refused = two.place.run("keys", "rotate", "jose", "--scope", where[0], "--algorithm", "ES256")
    assert refused.returncode == 1
    assert "--scope PAYLOAD_SIGNING: ES256, ES384" in refused.stderr


def _in_use(two: Two) -> set[int]:
    rows = ask(
        two.url,
        "SELECT version FROM jose_keys WHERE retired_at IS NULL AND scope = 'PAYLOAD_ENCRYPTION'",
    )
    return {row[0] for row in rows}


def test_all_of_it_is_recorded_and_listed(two: Two) -> None:
    names = {
        row[0]
        for row in ask(
            two.url, "SELECT name FROM facts WHERE programme_id = 0 AND actor LIKE $1", "operator:%"
        )
    }
    assert names >= {
        "data_key_added",
        "rows_resealed",
        "data_keys_rewrapped",
        "wrapping_root_added",
        "wrapping_roots_forgotten",
        "jose_key_added",
        "jose_keys_retired",
    }
    listed = two.place.done("keys", "list")
    assert "data     4  made " in listed
    assert "jose     PAYLOAD_ENCRYPTION RSA-OAEP-256 1  made " in listed
    assert ", retired " in listed
    assert two.place.done("audit", "verify").startswith("ok ")


def test_passwords_are_right_after_all_of_it(two: Two) -> None:
    person = enrolled_person(two.servers[1])
    stepped = person.stepped_up()
    assert stepped.change_password(new=NEW_PASSWORD).status == 200
    assert log_in(two.servers[0], person.email, NEW_PASSWORD).status == 200
