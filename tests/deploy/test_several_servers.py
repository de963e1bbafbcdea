"""docs/operations/several-servers.md: two servers and two workers on one database,
behind a proxy."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.group import CONNECTIONS, Group, working
from tests.support.load import Calls
from tests.support.processes import stop, until
from tests.support.weavr import Person, new_person


@pytest.mark.slow
def test_nothing_is_bound_to_one_server(group: Group) -> None:
    """Made on one, enrolled on the other, the code sent by some worker, once."""
    person = new_person(group.on(0, _nobody(group)).server)
    assert group.on(1, person).enrol().status == 204
    assert group.on(0, person).verify_enrolment(group.code(person)).status == 204
    assert group.on(1, person).factors().json["factors"][0]["status"] == "ACTIVE"
    assert group.on(0, person).call("POST", "/logout").status == 204
    assert group.on(1, person).factors().status == 401


def _nobody(group: Group) -> Person:
    return Person(group.through, "", "", "", "")


@pytest.mark.slow
def test_two_workers_send_each_message_once(group: Group) -> None:
    people = [new_person(group.through) for _ in range(20)]
    with ThreadPoolExecutor(10) as pool:
        assert {answer.status for answer in pool.map(Person.enrol, people)} == {204}
    for person in people:
        group.code(person)
    until("nothing waits", lambda: _waiting(group) == 0)
    assert [len(group.gateway.to(person.phone)) for person in people] == [1] * 20
    group.workers[0].kill()  # one is enough
    late = new_person(group.through)
    assert late.enrol().status == 204
    assert late.verify_enrolment(group.code(late)).status == 204


def _waiting(group: Group) -> int:
    text = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND channel = 'sms'"
    return int(ask(group.url, text)[0][0])


@pytest.mark.slow
def test_connections_are_as_many_as_the_page_reckons(group: Group) -> None:
    """Processes times `database.connections`, at the worst moment."""
    with Calls(group.through, callers=12) as calls:
        calls.go_on(200)
        text = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = 'group' AND backend_type = 'client backend'"  # none that vacuums
        )
        held = ask(group.url, text)
    assert calls.failed() == []
    ours = int(held[0][0]) - 1  # the one that asks
    assert ours <= (len(group.servers) + len(group.workers)) * CONNECTIONS


@pytest.mark.slow
def test_a_server_that_dies_takes_nobody_along(group: Group) -> None:
    """kill -9. What was under way there may fail; the next call, with the same bearer, does not."""
    person = new_person(group.through)
    group.server(0).kill()
    for _ in range(10):
        assert person.factors().status == 200
    assert person.log_in().status == 200


@pytest.mark.slow
def test_servers_are_restarted_one_by_one_and_no_call_fails(group: Group) -> None:
    with Calls(group.through, callers=4) as calls:
        for number in range(2):
            calls.go_on(40)
            old = group.server(number).process
            old.send_signal(signal.SIGTERM)
            assert old.wait(timeout=30) in (0, -signal.SIGTERM)  # uvicorn ends, then as it was told
            calls.go_on(40)
            group.start(number)
            group.used_again(number)
        calls.go_on(40)
    assert calls.failed() == []


@pytest.mark.slow
def test_a_worker_ends_when_it_is_told_and_loses_nothing(group: Group) -> None:
    for running in group.workers:
        stop(running.process)
        assert running.process.returncode == 0
        assert "Traceback" not in running.log()
    person = new_person(group.through)
    assert person.enrol().status == 204
    assert _waiting(group) == 1
    with working(group.place, "later"):
        assert person.verify_enrolment(group.code(person)).status == 204


@pytest.mark.slow
def test_a_server_whose_database_is_away_is_taken_out_and_comes_back(
    group: Group, cluster: Cluster
) -> None:
    """`/health/ready` is what a balancer asks; `/health/live`, what a supervisor asks, stays."""
    server = group.server(0).server
    cluster.stop()
    try:
        until("not ready", lambda: server.call("GET", "/health/ready").status == 503)
        assert server.call("GET", "/health/live").status == 200
    finally:
        cluster.start()
    until("ready again", lambda: server.call("GET", "/health/ready").status == 200)
