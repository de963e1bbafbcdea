"""Where the gateway over HTTP does not go: names that lead into the house, proxies, false
certificates."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from assent.adapters.http_gateway.gateway import HttpGateway
from assent.adapters.http_gateway.settings import HttpGatewaySettings
from assent.domain.message import Channel
from assent.domain.reach import allowed
from assent.http import reach
from assent.ports.delivery import Undelivered
from assent.testing.frozen import FrozenClock
from tests.adapters.conftest import message
from tests.support.sms_gateway import SmsGateway, sms_gateway
from tests.support.smtp_server import certificates


async def _send(gateway: SmsGateway, **settings: Any) -> None:
    given = {"url": gateway.url, **settings}
    one = HttpGateway(HttpGatewaySettings(**given), FrozenClock())
    try:
        await one.send(message(Channel.SMS))
    finally:
        await one.close()


async def _undelivered(gateway: SmsGateway, **settings: Any) -> Undelivered:
    with pytest.raises(Undelivered) as refused:
        await _send(gateway, **settings)
    return refused.value


@pytest.mark.parametrize(
    ("host", "address", "by_default", "with_private"),
    [
        ("sms.example", "93.184.216.34", True, True),
        ("sms.example", "2606:2800:220:1::1", True, True),
        ("sms.example", "127.0.0.1", False, False),
        ("sms.example", "::1", False, False),
        ("sms.example", "::ffff:127.0.0.1", False, False),
        ("sms.example", "64:ff9b::7f00:1", False, False),
        ("sms.example", "2002:7f00:1::", False, False),
        ("sms.example", "0.0.0.0", False, False),
        ("sms.example", "::", False, False),
        ("sms.example", "169.254.169.254", False, False),
        ("sms.example", "::ffff:169.254.169.254", False, False),
        ("sms.example", "64:ff9b::a9fe:a9fe", False, False),
        ("sms.example", "::a9fe:a9fe", False, False),
        ("sms.example", "64:ff9b:1::a9fe:a9fe", False, False),
        ("sms.example", "64:ff9b:1::7f00:1", False, False),
        ("sms.example", "::127.0.0.1", False, False),
        ("sms.example", "::ffff:0:7f00:1", False, False),
        ("sms.example", "192.88.99.1", False, False),
        ("sms.example", "2002:c058:6301::", False, False),
        ("sms.example", "5f00::1", False, False),
        ("sms.example", "fec0::1", False, False),
        ("sms.example", "2001:0:4136:e378:8000:63bf:80ff:fffe", False, False),
        ("sms.example", "fd00:ec2::254", False, False),
        ("localhost", "fd00:ec2::254", False, False),
        ("sms.example", "fe80::1%eth0", False, False),
        ("sms.example", "224.0.0.1", False, False),
        ("sms.example", "255.255.255.255", False, False),
        ("sms.example", "10.0.0.1", False, True),
        ("kannel", "172.18.0.3", False, True),
        ("kannel", "192.168.1.2", False, True),
        ("kannel", "fd00::2", False, True),
        ("kannel", "fd00:ec1::254", False, True),
        ("kannel", "64:ff9b::a00:1", False, True),
        ("localhost", "127.0.0.1", True, True),
        ("sms.localhost", "::1", True, True),
        ("localhost", "10.0.0.1", False, False),
        ("localhost", "93.184.216.34", False, False),
        ("10.0.0.1", "10.0.0.1", True, True),
        ("127.0.0.1", "127.0.0.1", True, True),
        ("fd00::2", "fd00::2", True, True),
        ("127.1", "127.0.0.1", False, False),
        ("2130706433", "127.0.0.1", False, False),
        ("localhost.evil.example", "127.0.0.1", False, False),
    ],
)
def test_which_address_a_name_may_lead_to(
    host: str, address: str, by_default: bool, with_private: bool
):
    assert allowed(host, address, private_network=False) is by_default
    assert allowed(host, address, private_network=True) is with_private


class _Names(AbstractResolver):
    """A DNS that answers what somebody else wants."""

    answers: tuple[str, ...] = ()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
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


async def test_a_public_name_that_leads_into_this_machine_gets_nothing(
    gateway: SmsGateway, names: type[_Names]
):
    port = urlsplit(gateway.url).port
    for private in (False, True):
        url = f"http://sms.example:{port}/messages"
        told = await _undelivered(gateway, url=url, private_network=private)
        assert (str(told), told.lasting) == ("AddressRefused", False)
    assert gateway.received == []


async def test_numbers_that_are_names_get_nothing(gateway: SmsGateway, names: type[_Names]):
    """What getaddrinfo takes for 127.0.0.1 and nobody reads as such."""
    port = urlsplit(gateway.url).port
    for host in ("2130706433", "0x7f000001", "127.1", "0177.0.0.1"):
        await _undelivered(gateway, url=f"http://{host}:{port}/messages")
    assert gateway.received == []


async def test_an_address_that_is_written_out_and_localhost_are_meant(
    gateway: SmsGateway, names: type[_Names]
):
    port = urlsplit(gateway.url).port
    for host in ("127.0.0.1", "localhost", "sms.localhost"):
        await _send(gateway, url=f"http://{host}:{port}/messages")
    assert len(gateway.received) == 3


async def test_no_proxy_of_the_environment_sees_a_code(
    gateway: SmsGateway, monkeypatch: pytest.MonkeyPatch
):
    with sms_gateway() as other:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, other.url)
        monkeypatch.delenv("no_proxy", raising=False)
        await _send(gateway)
        assert (len(gateway.received), other.received) == (1, [])


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[SmsGateway, str]]:
    """A gateway with a certificate of its own authority's, and that authority."""
    trusted = certificates(tmp_path, ("localhost",))
    wrap = ThreadingHTTPServer.server_activate

    def activate(server: ThreadingHTTPServer) -> None:
        server.socket = trusted.server.wrap_socket(server.socket, server_side=True)
        wrap(server)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ThreadingHTTPServer, "server_activate", activate)
        patched.setattr(ThreadingHTTPServer, "handle_error", lambda *arguments: None)
        with sms_gateway() as one:
            port = urlsplit(one.url).port
            one.url = f"https://localhost:{port}/messages"
            yield one, str(trusted.ca_file)


async def test_certificates_are_checked(tls: tuple[SmsGateway, str]):
    gateway, ca_file = tls
    told = await _undelivered(gateway)
    assert told.lasting is False
    by_address = gateway.url.replace("localhost", "127.0.0.1")  # which it does not vouch for
    await _undelivered(gateway, url=by_address, ca_file=ca_file)
    assert gateway.received == []
    await _send(gateway, ca_file=ca_file)
    assert len(gateway.received) == 1
