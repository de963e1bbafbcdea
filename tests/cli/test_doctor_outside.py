"""`assent doctor` on what lies outside: gateways, disks, clocks, messages."""

import asyncio
import json
import shutil
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from assent import doctor, wiring
from assent.adapters.reach.reach import Reached
from assent.doctor import Place, State
from assent.domain.message import Channel, Message, MessageState, Outgoing
from assent.kernel.clock import DAY, HOUR, MINUTE, SECOND
from assent.ports.changes import Add, SpendAttempt
from assent.ports.upkeep import FinishMessage, SetState
from assent.settings import load
from assent.usecases.watch_clock import JUMP, LATEST
from tests.cli.conftest import Command, Said
from tests.support import smtp_server
from tests.support.smtp_server import certificates, relay

NEEDS = {"ASSENT_VAULT_FILE": "vault"}
Change = Callable[[wiring.Foundation], Awaitable[None]]


@pytest.fixture
def made(assent: Command) -> Command:
    """With keys and a database."""
    assert assent("keys", "init", **NEEDS).code == 0
    assert assent("migrate", **NEEDS).code == 0
    return assent


@contextmanager
def listening() -> Iterator[int]:
    """Somebody who takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield int(held.getsockname()[1])


def _line(said: Said, word: str) -> str:
    """The finding that begins so, with what to do."""
    lines = said.out.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line[6:].startswith(word)]
    told = lines[at + 1] if at + 1 < len(lines) and lines[at + 1].startswith("      ") else ""
    return f"{lines[at]}\n{told.strip()}"


def _changed(settings: dict[str, str], change: Change) -> None:
    """Something in the database, as a server would do it."""

    async def inside() -> None:
        base = await wiring.found(load(None, settings))
        try:
            await change(base)
        finally:
            await base.close()

    asyncio.run(inside())


# gateways


def test_a_gateway_that_nobody_runs(made: Command) -> None:
    with listening() as port:
        pass
    said = made("doctor", ASSENT_SMS_URL=f"http://127.0.0.1:{port}/sms", **NEEDS)
    assert said.code == 1
    line = _line(said, "sms.url")
    assert line.startswith(f"FAIL  sms.url: 127.0.0.1, port {port}: connection refused\n")
    assert "Check sms.url" in line
    assert "firewall" in line


def test_a_gateway_whose_name_is_unknown(made: Command) -> None:
    said = made("doctor", ASSENT_SMS_URL="https://gateway.invalid/sms", **NEEDS)
    assert _line(said, "sms.url").startswith("FAIL  sms.url: gateway.invalid, port 443: its name")


def test_a_gateway_that_hangs(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_CONNECT_SECONDS", 0.2)
    with listening() as port:
        said = made("doctor", ASSENT_SMS_URL=f"https://127.0.0.1:{port}/sms", **NEEDS)
    assert "FAIL  sms.url" in said.out
    assert "no answer within 0.2 s" in said.out


def test_a_gateway_without_tls_where_tls_is_wanted(made: Command) -> None:
    with relay() as plain:
        url = f"https://127.0.0.1:{plain.port}/sms"
        said = made("doctor", ASSENT_SMS_URL=url, **NEEDS)
    assert _line(said, "sms.url").startswith("FAIL")
    assert "no TLS there" in said.out


def test_certificates_are_checked(
    made: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = certificates(tmp_path)
    with relay("tls", held.server) as gateway:
        told = {**NEEDS, "ASSENT_SMS_URL": f"https://localhost:{gateway.port}/sms"}
        said = made("doctor", **told)
        assert _line(said, "sms.url").startswith("FAIL")
        assert "its certificate is refused" in said.out
        monkeypatch.setenv("SSL_CERT_FILE", str(held.ca_file))
        said = made("doctor", **told)
        assert _line(said, "sms.url").startswith("ok"), said.out
        assert gateway.posts == []


def test_a_certificate_that_ends_soon(
    made: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_server, "_SINCE", datetime.now(UTC) - timedelta(days=1))
    monkeypatch.setattr(smtp_server, "timedelta", lambda days: timedelta(days=11))
    held = certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(held.ca_file))
    with relay("tls", held.server) as gateway:
        said = made("doctor", ASSENT_SMS_URL=f"https://localhost:{gateway.port}/", **NEEDS)
    line = _line(said, "sms.url")
    assert line.startswith("warn")
    assert "its certificate ends in 9 days" in line
    assert "renew" in line


def test_a_mail_relay_is_asked_for_tls_and_given_nothing(made: Command, tmp_path: Path) -> None:
    held = certificates(tmp_path)
    told = {
        **NEEDS,
        "ASSENT_MAIL_HOST": "localhost",
        "ASSENT_MAIL_FROM_ADDRESS": "no-reply@bank.example",
    }
    with relay("starttls", held.server) as server:
        told["ASSENT_MAIL_PORT"] = str(server.port)
        said = made("doctor", **told)
        assert "its certificate is refused" in _line(said, "mail.host: localhost")
        said = made("doctor", ASSENT_MAIL_CA_FILE=str(held.ca_file), **told)
        assert _line(said, "mail.host: localhost").startswith("ok"), said.out
        assert server.posts == []
        assert server.logins == []
    with relay() as server:
        told["ASSENT_MAIL_PORT"] = str(server.port)
        said = made("doctor", **told)
        assert "no mail server with STARTTLS there" in _line(said, "mail.host: localhost")


def test_a_collector_is_looked_for_too(made: Command) -> None:
    with listening() as port:
        url = f"http://127.0.0.1:{port}"
        said = made("doctor", ASSENT_TELEMETRY_OTLP_URL=url, **NEEDS)
    assert _line(said, "telemetry.otlp_url").startswith("ok")


@pytest.mark.parametrize(
    ("host", "addresses", "state"),
    [
        ("sms.gateway.example", ("10.0.0.5",), State.WARNING),
        ("sms.gateway.example", ("192.0.2.7", "127.0.0.1"), State.WARNING),
        ("sms.gateway.example", ("::ffff:10.0.0.5",), State.WARNING),
        ("sms.gateway.example", ("fd00::5",), State.WARNING),
        ("10.0.0.5", ("10.0.0.5",), State.OK),
        ("localhost", ("127.0.0.1", "::1"), State.OK),
        ("sms.gateway.example", ("9.9.9.9",), State.OK),
    ],
)
def test_a_name_that_leads_inside(host: str, addresses: tuple[str, ...], state: State) -> None:
    place = doctor._place("sms.url", f"https://{host}/")
    assert doctor._of_its_network(place, "here", Reached(addresses)).state is state


def test_codes_that_cross_the_internet_in_clear() -> None:
    place = Place("sms.url", "sms.gateway.example", 80, None)
    found = doctor._of_its_network(place, "here", Reached(("9.9.9.9",)))
    assert (found.state, "TLS" in found.then_do) == (State.WARNING, True)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254"])
def test_where_clouds_keep_their_keys(address: str) -> None:
    assert Reached((address,)).link_local
    assert not Reached(("10.0.0.5", "9.9.9.9", "::1")).link_local


# disks


@pytest.mark.parametrize(
    ("free", "mark"), [(50 * 1_024**2, "FAIL"), (500 * 1_024**2, "warn"), (5 * 1_024**3, "ok  ")]
)
def test_a_disk_that_fills(
    made: Command, monkeypatch: pytest.MonkeyPatch, free: int, mark: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    line = _line(made("doctor", **NEEDS), "disk of the database")
    assert line.startswith(mark)
    assert ("Make room" in line) == (mark != "ok  ")


# the clock


def test_a_clock_that_is_behind_the_record(made: Command) -> None:
    async def ahead(base: wiring.Foundation) -> None:
        await base.stores.commit(SetState(LATEST, str(base.clock.wall() + 3 * HOUR)))

    _changed(NEEDS, ahead)
    said = made("doctor", **NEEDS)
    assert said.code == 1
    line = _line(said, "clock: 2 hours behind")
    assert line.startswith("FAIL")
    assert "A clock that jumps" in line


@pytest.mark.parametrize(("ago", "told"), [(HOUR, True), (2 * DAY, False)])
def test_a_clock_that_was_set_lately(made: Command, ago: int, told: bool) -> None:
    async def jumped(base: wiring.Foundation) -> None:
        at = base.clock.wall() - ago
        await base.stores.commit(SetState(JUMP, f"{at} {-3 * HOUR}"))

    _changed(NEEDS, jumped)
    said = made("doctor", **NEEDS)
    assert ("warn  clock: set back by 3 hours, 60 minutes ago" in said.out) == told


# messages and blocks


def _message(base: wiring.Foundation, age: int) -> Message:
    content = Outgoing(channel=Channel.SMS, address="+35679000001", body="canary")
    now, number = base.clock.now(), base.world.ids.next()
    return Message(
        id=number,
        programme_id=1,
        subject_id=1,
        content=content,
        created_at=now - age,
        not_after=now + DAY,
        dedupe=str(number),
    )


@pytest.mark.parametrize(
    ("age", "mark"), [(MINUTE, "ok  "), (10 * MINUTE, "warn"), (3 * HOUR, "FAIL")]
)
def test_messages_that_nobody_sends(made: Command, age: int, mark: str) -> None:
    async def written(base: wiring.Foundation) -> None:
        await base.stores.commit(Add(_message(base, age)), Add(_message(base, SECOND)))

    _changed(NEEDS, written)
    line = _line(made("doctor", **NEEDS), "messages that wait: 2")
    assert line.startswith(mark)
    assert ("assent worker" in line) == (mark != "ok  ")


def test_messages_that_did_not_arrive(made: Command) -> None:
    async def lost(base: wiring.Foundation) -> None:
        for state, ago in (
            (MessageState.GIVEN_UP, HOUR),
            (MessageState.GIVEN_UP, HOUR),
            (MessageState.EXPIRED, HOUR),
            (MessageState.SENT, HOUR),
            (MessageState.GIVEN_UP, 2 * DAY),
        ):
            message = _message(base, 3 * DAY)
            await base.stores.commit(Add(message))
            at = base.clock.now() - ago
            await base.stores.commit(FinishMessage(message.id, state, at))

    _changed(NEEDS, lost)
    line = _line(made("doctor", **NEEDS), "messages lost in the last day")
    assert line.startswith("warn")
    assert "1 expired by sms, 2 given_up by sms\n" in line
    assert "message_not_sent" in line


def test_how_many_are_blocked(made: Command) -> None:
    async def blocked(base: wiring.Foundation) -> None:
        now = base.clock.now()
        for number, block_ms in enumerate((HOUR, HOUR, 1)):
            await base.stores.commit(
                SpendAttempt(1, f"subject:{number}", "password", 1, 3, block_ms, 2**50, now - 10)
            )

    _changed(NEEDS, blocked)
    assert "blocked after wrong answers: 2 by password\n" in made("doctor", **NEEDS).out


# for programs


def test_findings_as_json(made: Command) -> None:
    said = made("doctor", "--json", **NEEDS)
    told = json.loads(said.out)
    assert said.code == 1  # there is no gateway
    assert told["fine"] is False
    by_what = {one["what"]: one for one in told["findings"]}
    assert by_what["gateway for sms: none"]["state"] == "failed"
    assert by_what["gateway for email: none"]["state"] == "warning"
    assert by_what["vault file vault"] == {"what": "vault file vault", "state": "ok", "then_do": ""}
    with listening() as port:
        url = f"http://127.0.0.1:{port}"
        said = made("doctor", "--json", ASSENT_SMS_URL=url, **NEEDS)
    assert (said.code, json.loads(said.out)["fine"]) == (0, True)
