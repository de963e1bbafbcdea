"""Events over the wire: what a firm's server gets, what its answers mean, where none is sent."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from assent.adapters.webhook.poster import Webhooks
from assent.adapters.webhook.settings import WebhookSettings, wrong
from assent.http import reach
from assent.kernel.randomness import SystemRandomness
from assent.ports.delivery import Undelivered
from assent.ports.webhooks import EventCall
from assent.testing.frozen import FrozenClock
from tests.support.certificates import self_signed
from tests.support.webhook_receiver import Receiver, Told, receiver

KEY = "ask_0123456789"
BODY = b'{"status":"VERIFIED","note":"\xc3\xa9"}'


@pytest.fixture
def firm() -> Iterator[Receiver]:
    with receiver() as held:
        yield held


async def post(
    firm: Receiver,
    *,
    url: str = "",
    sandbox: bool = True,
    clock: FrozenClock | None = None,
    times: int = 1,
    **settings: Any,
) -> None:
    one = Webhooks(WebhookSettings(**settings), clock or FrozenClock(), SystemRandomness(), sandbox)
    call = EventCall(url=(url or firm.url) + "/stepup/watch", body=BODY, key=KEY, reference="12345")
    try:
        for _ in range(times):
            await one.post(call)
    finally:
        await one.close()


async def refused(firm: Receiver, **values: Any) -> Undelivered:
    with pytest.raises(Undelivered) as undelivered:
        await post(firm, **values)
    return undelivered.value


async def test_it_is_signed_both_ways_over_what_is_sent(firm: Receiver) -> None:
    clock = FrozenClock()
    clock.now_ms += 3_600_000  # a sandbox's moved clock is not what a receiver compares with
    await post(firm, clock=clock)
    (told,) = firm.told
    assert told.path == "/hooks/stepup/watch"
    assert told.octets == BODY
    assert told.headers["content-type"] == "application/json"
    assert told.headers["published-timestamp"] == str(clock.wall_ms)
    assert told.headers["request-ref"] == "12345"
    assert 0 < len(told.headers["call-ref"]) <= 255
    assert told.signed_with(KEY)
    assert not told.signed_with(KEY + "0")


async def test_each_try_has_a_call_of_its_own_and_the_same_reference(firm: Receiver) -> None:
    await post(firm, times=3)
    assert len({told.headers["call-ref"] for told in firm.told}) == 3
    assert {told.reference for told in firm.told} == {"12345"}
    assert all(told.signed_with(KEY) for told in firm.told)


def test_another_body_has_another_signature() -> None:
    told = Told("/", {}, BODY)
    headers = {"call-ref": "a", "published-timestamp": "1"}
    poster = Webhooks(WebhookSettings(), FrozenClock(), SystemRandomness(), True)
    made = poster._headers(EventCall(url="", body=BODY, key=KEY, reference="1"))
    told.headers.update(headers | made)
    assert told.signed_with(KEY)
    for octets in (BODY + b" ", BODY[:-1], BODY.replace(b"VERIFIED", b"DECLINED")):
        assert not Told("/", told.headers, octets).signed_with(KEY)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
async def test_any_2xx_is_taken(firm: Receiver, status: int) -> None:
    firm.status = status
    await post(firm)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 599])
async def test_what_is_tried_again(firm: Receiver, status: int) -> None:
    firm.status = status
    assert not (await refused(firm)).lasting


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 410, 422])
async def test_what_is_refused_for_good(firm: Receiver, status: int) -> None:
    firm.status = status
    undelivered = await refused(firm)
    assert undelivered.lasting
    assert str(undelivered) == f"the target answered {status}"


async def test_no_answer_is_no_refusal(firm: Receiver) -> None:
    firm.does = lambda told: 0
    assert not (await refused(firm)).lasting
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        undelivered = await refused(firm, url=f"http://127.0.0.1:{port}")
    assert not undelivered.lasting
    assert str(port) not in str(undelivered)


async def test_a_server_that_hangs_is_not_waited_for(firm: Receiver) -> None:
    firm.does = firm.hang
    undelivered = await refused(firm, timeout_seconds=1)
    assert not undelivered.lasting


@contextmanager
def endless() -> Iterator[str]:
    """A server whose answer never ends."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        link, _ = server.accept()
        with link:
            link.recv(65_536)
            link.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
            try:
                while True:
                    link.sendall(b"x" * 65_536)
            except OSError:
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()
        thread.join(timeout=10)


async def test_an_answer_without_end_is_cut_off(firm: Receiver) -> None:
    with endless() as url:
        await post(firm, url=url, timeout_seconds=10)


async def test_redirects_are_not_followed(firm: Receiver) -> None:
    with receiver() as inside:
        firm.status, firm.location = 307, inside.url
        assert (await refused(firm)).lasting
        assert inside.told == []


async def test_no_cookie_is_kept_and_no_proxy_asked(
    firm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        await post(firm)
        assert proxy.told == []
    assert len(firm.told) == 1


class _Names(AbstractResolver):
    """A DNS that answers what somebody else wants."""

    answers: tuple[str, ...] = ("127.0.0.1",)
    asked = 0

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        type(self).asked += 1
        return [
            ResolveResult(hostname=host, host=one, port=port, family=2, proto=6, flags=0)
            for one in self.answers
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> type[_Names]:
    monkeypatch.setattr(reach, "DefaultResolver", _Names)
    monkeypatch.setattr(_Names, "answers", ("127.0.0.1",))
    return _Names


async def test_a_public_name_that_leads_into_this_machine_gets_nothing_in_production(
    firm: Receiver, names: type[_Names]
) -> None:
    port = urlsplit(firm.url).port
    undelivered = await refused(firm, url=f"https://hooks.example:{port}/in", sandbox=False)
    assert str(undelivered) == "AddressRefused"
    assert names.asked == 1


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "192.168.0.9", "169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0"]
)
async def test_not_even_a_sandbox_calls_into_the_network(
    firm: Receiver, names: type[_Names], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(_Names, "answers", (address,))
    assert str(await refused(firm, url="https://hooks.example")) == "AddressRefused"


async def test_a_name_inside_is_called_where_the_settings_say_so(
    firm: Receiver, names: type[_Names], tmp_path: Path
) -> None:
    """And with a certificate of the house's own authority."""
    with over_tls(tmp_path) as (port, heard, ca):
        url = f"https://hooks.example:{port}"
        await post(firm, url=url, sandbox=False, private_network=True, ca_file=str(ca))
        assert b"POST /stepup/watch" in heard[0]
        undelivered = await refused(firm, url=url, sandbox=False, private_network=True)
        assert str(undelivered) == "SSLCertVerificationError"
        assert not undelivered.lasting
    names.answers = ("169.254.169.254",)
    told = await refused(firm, url="https://hooks.example", sandbox=False, private_network=True)
    assert str(told) == "AddressRefused"


@contextmanager
def over_tls(place: Path) -> Iterator[tuple[int, list[bytes], Path]]:
    """A server with a certificate of its own; port, what it heard, its certificate."""
    certificate, private = self_signed(place, "hooks.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    server, heard = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        while True:
            try:
                raw, _ = server.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(raw, server_side=True) as link:
                    octets = b""
                    while BODY not in octets:
                        octets += link.recv(65_536)
                    heard.append(octets)
                    link.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1], heard, certificate
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(timeout=10)


INSIDE = (
    *("http://169.254.169.254", "https://169.254.169.254", "https://[fe80::1]"),
    *("https://10.0.0.1", "https://[fd00::1]", "https://[::ffff:10.0.0.1]"),
    *("https://0.0.0.0", "https://[::]", "https://224.0.0.1", "https://[::ffff:169.254.169.254]"),
)
ODD = (
    *("http://2130706433", "http://0x7f000001", "http://127.1", "http://0177.0.0.1"),
    *("https://2852039166", "ftp://127.0.0.1", "http://user@127.0.0.1", "http://127.0.0.1#x"),
    *("http://127.0.0.1?x=", "http://127.0.0.1\\@evil.example", "http://", "https://"),
    *("http://hooks.example", "http://LOCALHOST", "javascript:alert(1)", "http://127.0.0.1 "),
)


@pytest.mark.parametrize("url", INSIDE + ODD)
@pytest.mark.parametrize("sandbox", [True, False])
async def test_what_is_written_out_is_looked_at_before_anything_is_connected(
    firm: Receiver, names: type[_Names], url: str, sandbox: bool
) -> None:
    names.asked = 0
    undelivered = await refused(firm, url=url, sandbox=sandbox)
    assert (str(undelivered), undelivered.lasting) == ("no address that may be called", True)
    assert names.asked == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_production_does_not_call_this_machine(firm: Receiver, host: str) -> None:
    port = urlsplit(firm.url).port
    undelivered = await refused(firm, url=f"https://{host}:{port}", sandbox=False)
    assert str(undelivered) in ("no address that may be called", "AddressRefused")
    assert firm.told == []


def test_a_file_of_authorities_that_is_none_is_told(tmp_path: Path) -> None:
    assert wrong(WebhookSettings()) == ""
    assert "ca_file" in wrong(WebhookSettings(ca_file=str(tmp_path / "none.pem")))
    (tmp_path / "odd.pem").write_text("no certificate")
    assert "ca_file" in wrong(WebhookSettings(ca_file=str(tmp_path / "odd.pem")))
