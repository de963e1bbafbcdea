"""The database goes away under load, and comes back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.client import Answer, Server
from tests.support.processes import Running, installation, until
from tests.support.weavr import Person, consumer_body, log_in, set_password


@dataclass
class Load:
    """Callers who register people, one after the other, and write down what they are told."""

    servers: tuple[Server, Server]
    over: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    broken_links: list[Exception] = field(default_factory=list)

    def run(self, caller: int) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            try:
                self._one(self.servers[number % 2], f"8{caller}{number:06d}")
            except OSError as error:  # a server must go on answering, whatever it answers
                self.broken_links.append(error)

    def _one(self, server: Server, number: str) -> None:
        email = f"load.{number}@example.com"
        body = consumer_body(server, email, number)
        made = self._noted("consumer", server.call("POST", "/multi/consumers", body, server.api))
        if made.status != 200:
            return
        root = made.json["rootUser"]["id"]["id"]
        password = self._noted("password", set_password(server, root, "Pass-word1"))
        if password.status != 200:
            return
        token = password.json["token"]
        person = Person(server, email, number, root, made.json["id"]["id"], token)
        self._noted("enrol", person.enrol())

    def _noted(self, what: str, answer: Answer) -> Answer:
        self.answers.append((what, answer))
        return answer

    def count(self, what: str, status: int) -> int:
        return sum(1 for name, answer in self.answers if (name, answer.status) == (what, status))


@contextmanager
def under_load(servers: tuple[Server, Server]) -> Iterator[Load]:
    load = Load(servers)
    callers = [threading.Thread(target=load.run, args=(number,)) for number in range(4)]
    for caller in callers:
        caller.start()
    try:
        yield load
    finally:
        load.over.set()
        for caller in callers:
            caller.join(timeout=60)


def _ready(running: Running) -> int:
    answer = running.server.call("GET", "/health/ready")
    if answer.status == 503:
        assert answer.headers["retry-after"].isdigit()
    return answer.status


HALVES = {
    "an identity without its person": """
        SELECT count(*) FROM identities i WHERE NOT EXISTS
        (SELECT 1 FROM memberships m WHERE m.identity_id = i.id)""",
    "a person without an identity": """
        SELECT count(*) FROM subjects s WHERE NOT EXISTS
        (SELECT 1 FROM memberships m WHERE m.subject_id = s.id)""",
    "a person whose registration is not on record": """
        SELECT count(*) FROM subjects s WHERE 1 <> (SELECT count(*) FROM facts f
        WHERE f.subject_id = s.id AND f.name = 'identity_registered')""",
    "a password without its session": """
        SELECT count(*) FROM factors p WHERE p.kind = 'password' AND NOT EXISTS
        (SELECT 1 FROM sessions s WHERE s.subject_id = p.subject_id)""",
    "a session without its approval": """
        SELECT count(*) FROM sessions s WHERE NOT EXISTS
        (SELECT 1 FROM approvals a WHERE a.id = s.approval_id)""",
    "a pending factor without its challenge": """
        SELECT count(*) FROM factors p WHERE p.kind = 'sms_otp' AND NOT EXISTS
        (SELECT 1 FROM challenges c WHERE c.factor_id = p.id)""",
    "challenges and messages that do not match": """
        SELECT abs((SELECT count(*) FROM challenges) - (SELECT count(*) FROM outbox))""",
    "challenges and records that do not match": """
        SELECT abs((SELECT count(*) FROM challenges)
        - (SELECT count(*) FROM facts WHERE name = 'challenge_started'))""",
}


def test_a_lost_database_is_503_and_comes_back_by_itself(tmp_path: Path) -> None:
    with Cluster(fsync=True) as cluster:
        url = cluster.database("outage")
        place = installation(tmp_path, url, ASSENT_SERVER_ENVIRONMENT="sandbox")
        with place.serve("left") as left, place.serve("right") as right:
            both = (left, right)
            with under_load((left.server, right.server)) as load:
                for end in (cluster.kill, cluster.stop):
                    _once(cluster, end, load, both)
            assert load.broken_links == []
            statuses = {answer.status for _, answer in load.answers}
            assert statuses == {200, 204, 503}
            for what, answer in load.answers:
                if answer.status == 503:
                    assert answer.headers["retry-after"].isdigit(), what
                    assert answer.body == b""
            for half, query in HALVES.items():
                assert ask(url, query) == [(0,)], half
            _nothing_lost(load, url, left.server)
            for running in both:
                assert '"broken"' not in running.log()
                assert "Traceback" not in running.log()


def _once(cluster: Cluster, end: object, load: Load, both: tuple[Running, Running]) -> None:
    done = load.count("enrol", 204)
    until("people are registered", lambda: load.count("enrol", 204) >= done + 5)
    refused = load.count("consumer", 503)
    assert callable(end)
    end()
    until("callers are told", lambda: load.count("consumer", 503) >= refused + 5)
    for running in both:
        until("not ready", lambda one: _ready(one) == 503, running)
        assert running.server.call("GET", "/health/live").status == 200
        assert running.server.call("GET", "/.well-known/jwks.json").status == 200
    done = load.count("enrol", 204)
    cluster.start()
    for running in both:
        until("ready again", lambda one: _ready(one) == 200, running)
    until("people are registered again", lambda: load.count("enrol", 204) >= done + 5)


def _nothing_lost(load: Load, url: str, server: Server) -> None:
    """What was answered is there."""
    told = [
        answer.json for what, answer in load.answers if (what, answer.status) == ("consumer", 200)
    ]
    ids = [int(one["rootUser"]["id"]["id"]) for one in told]
    held = ask(url, "SELECT count(*) FROM subjects WHERE id = ANY($1::bigint[])", ids)
    assert held == [(len(ids),)]
    with_password = load.count("password", 200)
    kept = ask(url, "SELECT count(*) FROM factors WHERE kind = 'password'")[0][0]
    assert kept >= with_password
    started = ask(url, "SELECT count(*) FROM challenges")[0][0]
    assert started >= load.count("enrol", 204)
    assert log_in(server, told[0]["rootUser"]["email"]).status == 200
