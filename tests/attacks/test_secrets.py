"""Canaries: what must not be found in a log, nor in clear in a database."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.client import Server
from tests.support.leaks import Canaries, found, refuse_in_log
from tests.support.processes import installation, sandbox
from tests.support.weavr import consumer_body, log_in, set_password

EMAIL = "canary.kestrel@zanzibar-canary.example"
OTHER_EMAIL = "canary.osprey@zanzibar-canary.example"
SURNAME = "Canary-Kestrel-Lovelace"
PASSWORD, NEW_PASSWORD, WRONG = "Canary-pass1", "Canary-pass2", "Canary-pass3"
NUMBER, OTHER_NUMBER = "79123498", "79876512"
UNKNOWN_KEY = "ask_CanaryKestrelUnknownKey"
DEBUG = {"ASSENT_SERVER_LOG_LEVEL": "debug"}


def _journey(server: Server) -> Canaries:
    """Everything a person may do, done rightly and wrongly."""
    server.settings(codes="random")
    body = consumer_body(server, EMAIL, NUMBER)
    body["rootUser"]["surname"] = SURNAME
    made = server.call(
        "POST", "/multi/consumers", body, {**server.api, "idempotency-ref": "canary-ref"}
    )
    assert made.status == 200, made.body
    user = made.json["rootUser"]["id"]["id"]
    tokens = [set_password(server, user, PASSWORD).json["token"]]

    def call(method: str, path: str, sent: object = None, **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        head = {**server.bearer(tokens[-1]), **named}
        answer = server.call(method, f"/multi{path}", sent, head)
        if answer.status == 200 and "token" in answer.json:
            tokens.append(answer.json["token"])
        return answer.status

    codes = []

    def newest(number: str) -> str:
        codes.append(server.messages(f"+356{number}")[0]["code"])
        return str(codes[-1])

    factor, step_up = "/authentication_factors/otp/SMS", "/stepup/challenges/otp/SMS"
    assert call("POST", factor, idempotency_ref="canary-1") == 204
    assert call("POST", f"{factor}/verify", {"verificationCode": newest(NUMBER)}) == 204
    # wrong in every way that a log might tell of
    assert log_in(server, EMAIL, WRONG).status == 403
    assert log_in(server, OTHER_EMAIL, WRONG).status == 403
    assert call("GET", "/consumers", api_key=UNKNOWN_KEY) == 401
    assert call("GET", "/consumers", authorization=f"Bearer {tokens[0]}x{UNKNOWN_KEY}") == 401
    bad = {"email": [EMAIL], "password": {"value": PASSWORD * 20}, SURNAME: EMAIL}
    assert call("POST", "/login_with_password", bad) == 400
    assert call("POST", f"{factor}/verify", {"verificationCode": PASSWORD}) == 400
    assert call("GET", f"/consumers/{EMAIL}/{PASSWORD}?password={PASSWORD}") == 404
    assert call("PATCH", "/consumers", {"email": f"{EMAIL} "}) == 400
    # step up, change everything
    tokens.append(log_in(server, EMAIL, PASSWORD).json["token"])
    assert call("POST", step_up) == 204
    code = newest(NUMBER)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert call("POST", f"{step_up}/verify", {"verificationCode": wrong}) == 409
    assert call("POST", f"{step_up}/verify", {"verificationCode": code}) == 204
    both = {"oldPassword": {"value": PASSWORD}, "newPassword": {"value": NEW_PASSWORD}}
    assert call("POST", "/passwords/update", both) == 200
    mobile = {"countryCode": "+356", "number": OTHER_NUMBER}
    assert call("PATCH", "/consumers", {"mobile": mobile, "email": OTHER_EMAIL}) == 200
    assert call("POST", factor) == 204
    newest(OTHER_NUMBER)
    server.mails(EMAIL)
    keys = server.credentials
    return Canaries(
        everywhere=[
            *(EMAIL, OTHER_EMAIL, SURNAME, PASSWORD, NEW_PASSWORD, WRONG),
            *(f"356{NUMBER}", f'"{NUMBER}"', f"356{OTHER_NUMBER}", f'"{OTHER_NUMBER}"'),
            *(keys["programme"]["api_key"], keys["programme"]["ui_key"], UNKNOWN_KEY),
            *(keys["simulator_key"], keys["sandbox_key"]),
        ],
        codes=[*codes, wrong],
        tokens=tokens,
    )


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """The test of the test."""
    canaries = Canaries([EMAIL], ["271828"], [])
    for number, octets in enumerate(
        (
            EMAIL.encode(),
            EMAIL.encode().hex().encode(),
            *(base64.b64encode(b"x" * n + EMAIL.encode() + b"yz") for n in range(3)),
            b'{"code":"271828"}',
        )
    ):
        file = tmp_path / str(number)
        file.write_bytes(b"before" + octets + b"after")
        assert found(canaries, [file]), octets


def test_nothing_leaks_on_sqlite(tmp_path: Path) -> None:
    """MTN's codes in responses, Okta's keys in support files: what is written down gets out. The
    log is at its most talkative; the file is looked through octet by octet, its journal too."""
    with sandbox(tmp_path, settings=DEBUG) as running:
        canaries = _journey(running.server)
        files = list(running.data.glob("assent.sqlite3*"))
        assert any(file.name.endswith("-wal") for file in files)
        assert found(canaries, files) == []
    refuse_in_log(canaries, running.log())
    with closing(sqlite3.connect(running.data / "assent.sqlite3")) as db:
        for table in ("facts", "attempts", "outbox", "idempotency", "subjects", "deliveries"):
            held = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            assert held > 0, table  # or nothing was found because nothing was kept
    assert found(canaries, [running.data / "assent.sqlite3"]) == []  # and after the last write


def test_nothing_leaks_on_postgres(cluster: Cluster, tmp_path: Path) -> None:
    """The same, with tables, write-ahead log and the database's own log of what it was asked."""
    url = cluster.database("canaries")
    place = installation(tmp_path, url, ASSENT_SERVER_ENVIRONMENT="sandbox", **DEBUG)
    with place.serve("one") as running:
        canaries = _journey(running.server)
        ask(url, "CHECKPOINT")
        home = Path(str(ask(url, "SHOW data_directory")[0][0])).parent
        files = [file for file in home.rglob("*") if file.is_file()]
        assert any("pg_wal" in str(file) for file in files)
        assert found(canaries, files) == []
    refuse_in_log(canaries, running.log())
