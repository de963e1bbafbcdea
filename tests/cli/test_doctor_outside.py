"""`assent doctor` on what lies outside: gateways, disks, clocks, messages."""

import asyncio
import json
import shutil
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp.resolver import ThreadedResolver

from assent import foundation, places
from assent.adapters.http_gateway.settings import HttpGatewaySettings
from assent.adapters.reach.reach import Reached
from assent.catalogue import outside
from assent.domain.facts import Fact
from assent.domain.message import Channel, Message, MessageState, Outgoing
from assent.domain.reach import allowed
from assent.fitness import Finding, State
from assent.http.reach import AddressRefused, Resolver
from assent.kernel.clock import DAY, HOUR, MINUTE, SECOND
from assent.places import Place
from assent.ports.changes import Add, SpendAttempt
from assent.ports.upkeep import ClaimMessage, FinishMessage, RetryMessage, SetState
from assent.settings import load
from assent.usecases.watch_clock import JUMP, LATEST
from tests.cli.conftest import Command, Said
from tests.support import smtp_server
from tests.support.smtp_server import certificates, relay

NEEDS = {"ASSENT_VAULT_FILE": "vault"}
Change = Callable[[foundation.Foundation], Awaitable[None]]


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
        base = await foundation.found(load(None, settings))
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
    monkeypatch.setattr(places, "_CONNECT_SECONDS", 0.2)
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


def test_a_gateways_own_authorities_are_asked(made: Command, tmp_path: Path) -> None:
    held = certificates(tmp_path)
    with relay("tls", held.server) as gateway:
        told = {**NEEDS, "ASSENT_SMS_URL": f"https://localhost:{gateway.port}/sms"}
        said = made("doctor", ASSENT_SMS_CA_FILE=str(held.ca_file), **told)
        assert _line(said, "sms.url").startswith("ok"), said.out
        assert "its certificate is refused" in _line(made("doctor", **told), "sms.url")


def _named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """A DNS in which every name stands for these."""

    def found(host: str, port: int, *more: object, **options: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", found)


PUBLIC = "93.184.216.34"


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize(
    ("host", "addresses", "told"),
    [
        ("sms.example", ("10.0.0.5",), "private_network = true"),
        ("sms.example", ("::ffff:10.0.0.5",), "private_network = true"),
        ("sms.example", ("64:ff9b::a00:5",), "private_network = true"),
        ("sms.example", ("fd00::5",), "private_network = true"),
        ("sms.example", ("127.0.0.1",), "write the address into sms.url"),
        ("sms.example", ("::ffff:127.0.0.1", "::1"), "write the address into sms.url"),
        ("sms.example", ("169.254.169.254",), "link-local"),
        ("sms.example", ("::ffff:169.254.169.254",), "link-local"),
        ("sms.example", ("64:ff9b::a9fe:a9fe",), "link-local"),
        ("sms.example", ("fe80::1%eth0",), "link-local"),
        ("sms.example", (PUBLIC, "10.0.0.5"), ""),
        ("sms.example", (PUBLIC,), ""),
        ("10.0.0.5", ("10.0.0.5",), ""),
        ("localhost", ("127.0.0.1", "::1"), ""),
    ],
)
async def test_what_a_gateway_does_not_connect_to_fails(
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    addresses: tuple[str, ...],
    told: str,
    private: bool,
) -> None:
    """And nothing else does: the gateway's own look-up is asked."""

    async def found(*given: object) -> Reached:
        return Reached(addresses)

    monkeypatch.setattr(outside, "reach", found)
    room = HttpGatewaySettings(url=f"https://{host}/", private_network=private)
    finding = await places._look_at(places._room(Channel.SMS, room), 0)
    _named(monkeypatch, *addresses)
    refused = False
    if not host[0].isdigit():
        resolver = Resolver(partial(allowed, private_network=private))
        monkeypatch.setattr(resolver, "_names", ThreadedResolver())
        try:
            await resolver.resolve(host)
        except AddressRefused:
            refused = True
    assert finding.state is (State.FAILED if refused else State.OK)
    assert refused == (bool(told) and not (private and "private" in told))
    if refused:
        assert told in finding.then_do


async def _looked_at(url: str) -> Finding:
    return await places._look_at(places._room(Channel.SMS, HttpGatewaySettings(url=url)), 0)


async def test_a_name_that_leads_to_this_machine_is_not_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        _named(monkeypatch, "127.0.0.1")
        finding = await _looked_at(f"http://sms.example:{port}/")
        held.setblocking(False)
        with pytest.raises(BlockingIOError):
            held.accept()
    assert finding.what == f"sms.url: sms.example, port {port}: is at 127.0.0.1"
    assert finding.state is State.FAILED


async def test_only_addresses_that_a_gateway_uses_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as port:
        _named(monkeypatch, "192.0.2.7", "127.0.0.1")
        finding = await _looked_at(f"http://localhost:{port}/")
    assert (finding.state, finding.then_do) == (State.OK, "")


async def test_a_relays_name_may_lead_anywhere_but_where_clouds_keep_their_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its certificate says who it is."""

    at = {"10.0.0.5": State.OK, "127.0.1.1": State.OK, "64:ff9b::a9fe:a9fe": State.FAILED}
    place = Place("mail.host", "mail.example", 587, None, starttls=True)
    for address, state in at.items():

        async def found(*given: object, address: str = address) -> Reached:
            return Reached((address,))

        monkeypatch.setattr(outside, "reach", found)
        assert (await places._look_at(place, 0)).state is state


async def test_codes_that_cross_the_internet_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*given: object) -> Reached:
        return Reached((PUBLIC,))

    monkeypatch.setattr(outside, "reach", found)
    place = Place("sms.url", "sms.gateway.example", 80, None, private_network=False)
    finding = await places._look_at(place, 0)
    assert (finding.state, "TLS" in finding.then_do) == (State.WARNING, True)


RECEIPTS = {
    "ASSENT_SMS_BODY": '{"to": {to}, "text": {text}, "callback": {receipt_url}}',
    "ASSENT_SMS_RECEIPT_STATUS": "status",
    "ASSENT_SMS_RECEIPT_DELIVERED": "yes",
    "ASSENT_SMS_RECEIPT_FAILED": "no",
}


def test_receipts_that_cannot_come(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*given: object) -> Reached:
        return Reached((PUBLIC,))

    monkeypatch.setattr(outside, "reach", found)
    told = {**NEEDS, **RECEIPTS, "ASSENT_SMS_URL": "https://sms.example/"}
    line = _line(made("doctor", **told), "receipts (sms.receipt_status)")
    assert line.startswith("warn")
    assert "Set server.base_url" in line
    for change in (
        {"ASSENT_SERVER_BASE_URL": "https://api.bank.example"},
        {"ASSENT_SMS_URL": "http://127.0.0.1:13013/"},  # where localhost is the server's too
    ):
        assert "receipts (" not in made("doctor", **(told | change)).out


def test_countries_that_are_usual(made: Command) -> None:
    line = _line(made("doctor", **NEEDS), "budgets: no country is usual")
    assert "500 codes in 3600 s" in line
    assert "budgets:" not in made("doctor", ASSENT_BUDGETS_USUAL="MT", **NEEDS).out


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
    async def ahead(base: foundation.Foundation) -> None:
        await base.stores.commit(SetState(LATEST, str(base.clock.wall() + 3 * HOUR)))

    _changed(NEEDS, ahead)
    said = made("doctor", **NEEDS)
    assert said.code == 1
    line = _line(said, "clock: 2 hours behind")
    assert line.startswith("FAIL")
    assert "A clock that jumps" in line


@pytest.mark.parametrize(("ago", "told"), [(HOUR, True), (2 * DAY, False)])
def test_a_clock_that_was_set_lately(made: Command, ago: int, told: bool) -> None:
    async def jumped(base: foundation.Foundation) -> None:
        at = base.clock.wall() - ago
        await base.stores.commit(SetState(JUMP, f"{at} {-3 * HOUR}"))

    _changed(NEEDS, jumped)
    said = made("doctor", **NEEDS)
    assert ("warn  clock: set back by 3 hours, 60 minutes ago" in said.out) == told


# messages and blocks


def _message(base: foundation.Foundation, age: int) -> Message:
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
    async def written(base: foundation.Foundation) -> None:
        await base.stores.commit(Add(_message(base, age)), Add(_message(base, SECOND)))

    _changed(NEEDS, written)
    line = _line(made("doctor", **NEEDS), "messages that wait: 2")
    assert line.startswith(mark)
    assert ("assent worker" in line) == (mark != "ok  ")


def test_a_notice_that_is_tried_for_days_is_no_sign_that_nobody_works(made: Command) -> None:
    async def written(base: foundation.Foundation) -> None:
        message, now = _message(base, 20 * HOUR), base.clock.now()
        await base.stores.commit(Add(message))
        await base.stores.commit(ClaimMessage(message.id, now + MINUTE, now))
        await base.stores.commit(RetryMessage(message.id, now + 10 * MINUTE))

    _changed(NEEDS, written)
    line = _line(made("doctor", **NEEDS), "messages that wait: 1")
    assert line.startswith("warn  messages that wait: 1, the oldest for 20 hours\n")
    assert "message_not_sent" in line
    assert "Does a worker run" not in line


@pytest.mark.parametrize(
    ("age", "mark"), [(30 * SECOND, "ok  "), (10 * MINUTE, "warn"), (3 * HOUR, "FAIL")]
)
def test_a_record_that_nobody_chains(made: Command, age: int, mark: str) -> None:
    async def written(base: foundation.Foundation) -> None:
        at = base.clock.now() - age
        for moment in (at, base.clock.now()):
            number = base.world.ids.next()
            fact = Fact(id=number, programme_id=1, subject_id=None, name="canary", at=moment)
            await base.stores.commit(Add(fact))

    _changed(NEEDS, written)
    said = made("doctor", **NEEDS)
    line = _line(said, "record: ")
    assert line.startswith(mark)
    assert "in no block yet: 2" in line
    assert ("housekeeping_broken" in line) == (mark != "ok  ")
    assert "canary" not in said.out


def test_messages_that_did_not_arrive(made: Command) -> None:
    async def lost(base: foundation.Foundation) -> None:
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
    async def blocked(base: foundation.Foundation) -> None:
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
