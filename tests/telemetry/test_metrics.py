"""What Prometheus is told, by servers that run."""

import socket
from pathlib import Path

import pytest

from assent.testing.postgres import Cluster
from tests.support.client import Server
from tests.support.device_client import asked, owner
from tests.support.metrics import Admin, admin_of
from tests.support.processes import (
    ASSENT,
    Sandbox,
    environment,
    installation,
    sandbox,
    started,
    until,
)
from tests.support.weavr import CODE, WRONG, enrolled_person, log_in, new_person

LOGIN = "POST /multi/login_with_password"


def test_calls_are_counted_by_operation_and_status(box: Sandbox, admin: Admin) -> None:
    server = box.server.isolated()
    person = new_person(server)
    right, wrong = (
        admin.value("assent_calls_total", operation=LOGIN, status=status)
        for status in ("200", "403")
    )
    timed = admin.value("assent_call_seconds_count", operation=LOGIN)
    assert log_in(server, person.email).status == 200
    for _ in range(2):
        assert log_in(server, person.email, "Wrong-word9").status == 403
    assert admin.value("assent_calls_total", operation=LOGIN, status="200") == right + 1
    assert admin.value("assent_calls_total", operation=LOGIN, status="403") == wrong + 2
    assert admin.value("assent_call_seconds_count", operation=LOGIN) == timed + 3
    assert admin.value("assent_calls_under_way") == 0


def test_a_path_with_ids_counts_under_its_template(box: Sandbox, admin: Admin) -> None:
    server = box.server.isolated()
    people = [new_person(server) for _ in range(3)]
    named = admin.text()
    for person in people:
        assert person.user_id not in named
    assert admin.value(
        "assent_calls_total", operation="POST /multi/passwords/{user_id}/create", status="200"
    ) >= len(people)


def test_paths_that_nobody_serves_share_one_name(box: Sandbox, admin: Admin) -> None:
    assert box.server.call("GET", "/multi/nothing", headers=box.server.api).status == 404
    before = admin.value("assent_calls_total", operation="none")
    series = admin.text().count("\n")
    for number in range(20):
        path = f"/multi/canary-{number}"
        assert box.server.call("GET", path, headers=box.server.api).status == 404
        assert box.server.call("PURGE", f"/multi/canary-{number}").status == 404
    assert admin.value("assent_calls_total", operation="none") == before + 40
    assert "canary" not in admin.text().lower()
    assert admin.text().count("\n") <= series + 5


def test_refusals_are_counted_by_their_code(box: Sandbox, admin: Admin) -> None:
    codes = ("caller_unknown", "malformed", "too_large")
    before = [admin.value("assent_refusals_total", code=code) for code in codes]
    stranger = {"api-key": "nobody's"}
    assert box.server.call("GET", "/multi/consumers", headers=stranger).status == 401
    path, key = "/multi/login_with_password", box.server.api
    assert box.server.call("POST", path, {"email": 1}, key).status == 400
    assert box.server.call("POST", path, headers=key, raw=b"x" * 70_000).status == 413
    after = [admin.value("assent_refusals_total", code=code) for code in codes]
    assert after == [one + 1 for one in before]


def test_answers_right_and_wrong_are_told_apart(box: Sandbox, admin: Admin) -> None:
    server = box.server.isolated()

    def counted(asked_for: str, kind: str, outcome: str) -> float:
        return admin.value("assent_answers_total", asked_for=asked_for, kind=kind, outcome=outcome)

    def all_of_them() -> list[float]:
        return [
            counted("enrol", "sms_otp", "right"),
            counted("step_up", "sms_otp", "right"),
            counted("step_up", "sms_otp", "wrong"),
            counted("log_in", "", "right"),
            counted("log_in", "", "wrong"),
        ]

    before, opened = all_of_them(), admin.value("assent_sessions_opened_total")
    person = enrolled_person(server)  # one enrolment, one log-in
    assert log_in(server, person.email, "Wrong-word9").status == 403
    assert person.ask_step_up().status == 204
    assert person.step_up(WRONG).status == 409
    assert person.step_up(CODE).status == 204
    assert all_of_them() == [one + 1 for one in before]
    assert admin.value("assent_sessions_opened_total") == opened + 2  # with the first password


def test_questions_to_devices_are_counted_with_what_became_of_them(
    box: Sandbox, admin: Admin
) -> None:
    server = box.server.isolated()

    def all_of_them() -> list[float]:
        answers = [
            admin.value(
                "assent_answers_total", asked_for="step_up", kind="device_key", outcome=outcome
            )
            for outcome in ("right", "declined", "wrong")
        ]
        return [*answers, admin.value("assent_challenges_total", kind="device_key")]

    person, phone = owner(server)
    before, expired = all_of_them(), admin.value("assent_challenges_expired_total")
    for decision in ("approve", "decline"):
        person.log_in()
        assert phone.answer(asked(person), decision).status == 200
    person.log_in()
    question = asked(person)
    body = {**phone.said(question), "decision": "decline"}
    assert phone.call("POST", f"/challenges/{question}/answer", body).status == 409
    assert all_of_them() == [before[0] + 1, before[1] + 1, before[2] + 1, before[3] + 3]
    server.advance(301)
    until(
        "it has expired",
        lambda: admin.value("assent_challenges_expired_total") > expired,
    )


def test_messages_are_counted_to_their_end(box: Sandbox, admin: Admin) -> None:
    until("none waits", lambda: admin.value("assent_outbox_waiting", channel="sms") == 0)
    before = admin.value("assent_messages_total", channel="sms")
    sent = admin.value("assent_message_tries_total", channel="sms", outcome="sent")
    enrolled_person(box.server.isolated())
    assert admin.value("assent_messages_total", channel="sms") == before + 1
    until(
        "it is sent",
        lambda: (
            admin.value("assent_message_tries_total", channel="sms", outcome="sent") == sent + 1
        ),
    )
    until("none waits", lambda: admin.value("assent_outbox_waiting", channel="sms") == 0)
    assert admin.value("assent_outbox_oldest_seconds") == 0


def test_the_record_is_chained_soon(box: Sandbox, admin: Admin) -> None:
    enrolled_person(box.server.isolated())
    until("all stands in a block", lambda: admin.value("assent_record_unchained") == 0)
    assert admin.value("assent_record_unchained_oldest_seconds") == 0


def test_what_is_looked_up(box: Sandbox, admin: Admin) -> None:
    assert admin.value("assent_database_up") == 1
    assert abs(admin.value("assent_clock_skew_seconds")) < 1
    assert admin.value("assent_slow_work_places") > 64
    assert admin.value("assent_disk_free_bytes", of="database") > 0
    assert admin.value("assent_disk_free_bytes", of="vault") > 0
    assert admin.value("assent_store_seconds_count", work="read") > 0
    assert admin.value("assent_store_seconds_count", work="commit") > 0
    assert admin.value("process_resident_memory_bytes") > 10_000_000
    assert admin.value("assent_build_info") == 1


def test_health_is_there_and_nothing_else(admin: Admin) -> None:
    assert admin.call("/health/live").json == {"status": "live"}
    assert admin.call("/health/ready").json == {"status": "ready"}
    for path in ("/", "/metrics/", "/multi/consumers", "/.well-known/jwks.json", "/sandbox/clock"):
        assert admin.call(path).status == 404, path
    assert admin.call("/metrics", "POST").status == 405
    assert admin.call("/metrics", "HEAD").status == 200


def test_no_other_port_has_it(box: Sandbox) -> None:
    urls = (box.server.base_url, box.server.credentials["frames_url"])
    for url in urls:
        answer = Server({}, url).call("GET", "/metrics")
        assert answer.status == 404
        assert b"assent_" not in answer.body


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:8402", "127.0.0.1.evil.example", "", "[::2]", "a\xff"]
)
def test_a_page_of_the_web_cannot_read_it(admin: Admin, name: str) -> None:
    """Its name may point here (DNS rebinding), but the browser still sends that name."""
    assert admin.called(name) == 421


def test_a_call_that_names_nobody_or_two(admin: Admin) -> None:
    assert admin.called() in (400, 421)
    assert admin.called("localhost", "evil.example") == 421


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1:1", "[::1]:8402", "LOCALHOST:8402"])
def test_its_own_names_are_answered(admin: Admin, name: str) -> None:
    assert admin.called(name) == 200


def test_two_sandboxes_side_by_side(tmp_path: Path) -> None:
    """Neither says how: the first takes the usual port, the second another."""
    usual = {"ASSENT_ADMIN_PORT": "8402", "ASSENT_PASSWORDS_MEMORY_KIB": "7168"}
    with (
        sandbox(tmp_path / "one", settings=usual) as one,
        sandbox(tmp_path / "two", settings=usual) as two,
    ):
        ports = {admin_of(box.log_file).server.base_url for box in (one, two)}
        assert len(ports) == 2
        for box in (one, two):
            assert admin_of(box.log_file).value("assent_build_info") == 1


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    place = installation(tmp_path, f"sqlite:///{tmp_path / 'assent.sqlite3'}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        any_port = {"ASSENT_SERVER_PORT": "0", "ASSENT_SERVER_FRAMES_PORT": "0"}
        for command, variable in (("serve", "PORT"), ("worker", "WORKER_PORT")):
            refused = place.run(command, **{f"ASSENT_ADMIN_{variable}": port}, **any_port)
            assert refused.returncode == 1
            assert refused.stderr.count("\n") == 1, refused.stderr
            assert "admin.port" in refused.stderr
            assert f"ASSENT_ADMIN_{variable}" in refused.stderr
            assert port in refused.stderr


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    place = installation(tmp_path, f"sqlite:///{tmp_path / 'assent.sqlite3'}")
    with place.serve("off", ASSENT_ADMIN_ENABLED="false") as running:
        assert '"admin": ""' in running.log()


def test_a_worker_by_itself_has_one(cluster: Cluster, tmp_path: Path) -> None:
    place = installation(tmp_path, cluster.database("watched_worker"))
    with started([ASSENT, "worker"], environment(place.settings), tmp_path) as log:
        admin = until("it listens", lambda: "listening" in log.read_text() and admin_of(log))
        assert isinstance(admin, Admin)
        assert admin.call("/health/ready").status == 200
        assert admin.value("assent_build_info") == 1
        assert admin.value("assent_calls_total") == 0
        assert admin.value("assent_store_seconds_count", work="read") > 0


def test_the_database_is_away(tmp_path: Path) -> None:
    """The page is answered all the same, and says so."""
    with Cluster(fsync=False) as cluster:
        place = installation(tmp_path, cluster.database("away"))
        with place.serve("one") as running:
            admin = admin_of(running.log_file)
            assert admin.value("assent_database_up") == 1
            cluster.kill()
            until("it is told", lambda: admin.value("assent_database_up") == 0)
            assert admin.values("assent_outbox_oldest_seconds")[0] != 0  # NaN: not known
            assert admin.value("assent_store_failures_total") > 0
            assert admin.call("/health/ready").status == 503
            cluster.start()
            until("it is back", lambda: admin.value("assent_database_up") == 1)
