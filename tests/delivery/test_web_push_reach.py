"""A device's push address comes from outside: it must not lead requests to what only this machine
reaches (CWE-918)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from assent.adapters.web_push.gateway import WebPush
from assent.adapters.web_push.settings import WebPushSettings
from assent.domain.message import Channel
from assent.domain.reach import allowed_to_strangers
from assent.http import reach
from assent.kernel.randomness import SystemRandomness
from assent.ports.delivery import Undelivered
from assent.testing.frozen import FrozenClock
from assent.usecases.find_jose_key import new_private_key
from tests.delivery.pushing import push
from tests.support.push_service import Browser, PushService, push_service

KEY = new_private_key("ES256")


class _Names(AbstractResolver):
    """A DNS that answers what somebody else wants, each time the next."""

    answers: tuple[tuple[str, ...], ...] = ()
    asked: int = 0

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        now = self.answers[min(_Names.asked, len(self.answers) - 1)]
        _Names.asked += 1
        return [
            ResolveResult(hostname=host, host=one, port=port, family=2, proto=6, flags=0)
            for one in now
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as one:
        yield one


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> type[_Names]:
    monkeypatch.setattr(reach, "DefaultResolver", _Names)
    monkeypatch.setattr(_Names, "answers", (("127.0.0.1",),))
    monkeypatch.setattr(_Names, "asked", 0)
    return _Names


async def _sent(service: PushService, host: str, times: int = 1, **values: Any) -> list[str]:
    """What each try came to."""
    settings = WebPushSettings(**{"ca_file": str(service.ca_file), **values})

    async def key() -> bytes:
        return KEY

    one = WebPush(settings, "", key, FrozenClock(), SystemRandomness())
    port = urlsplit(service.origin).port
    told = []
    try:
        for _ in range(times):
            try:
                await one.send(push(Channel.WEB_PUSH, Browser(f"https://{host}:{port}/p").address))
                told.append("")
            except Undelivered as undelivered:
                told.append(str(undelivered))
                # a resolver that was wrong may be right again
                told.append("for good") if undelivered.lasting else None
    finally:
        await one.close()
    return told


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "[::1]", "0.0.0.0", "[::]", "10.0.0.1", "192.168.1.1", "172.16.0.1"),
        *("169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[fd00::2]", "100.64.0.1"),
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
        *("2130706433", "0x7f000001", "127.1", "0177.0.0.1", "017700000001", "127.0.0.1."),
        *("224.0.0.1", "255.255.255.255", "localhost", "push.localhost"),
        # fullwidth digits, and a dot of another script: IDNA makes 127.0.0.1 of them
        *("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021"),
    ],
)
async def test_addresses_inside_get_nothing(
    service: PushService, names: type[_Names], host: str
) -> None:
    """However they are written: whatever is taken for a name leads to this machine here."""
    told = await _sent(service, host)
    assert told in (["AddressRefused"], ["no address of a browser", "for good"])
    assert service.received == []


async def test_a_public_name_that_leads_inside_gets_nothing(
    service: PushService, names: type[_Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    for inside in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0"):
        monkeypatch.setattr(names, "answers", ((inside,),))
        assert await _sent(service, "push.example") == ["AddressRefused"]
    assert service.received == []


async def test_a_name_that_is_public_when_it_is_looked_at_and_inside_when_it_is_used(
    service: PushService, names: type[_Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address that was looked at is the one that is connected to, and the next
    connection looks again."""
    with monkeypatch.context() as patched:
        patched.setattr(names, "answers", (("127.0.0.1",), ("169.254.169.254",), ("127.0.0.1",)))
        told = await _sent(service, "push.example", times=3)
        assert told == ["AddressRefused"] * 3
    assert service.received == []
    # the same name where only the test's "public" address is allowed: it is asked each time
    seen: list[str] = []

    def first_only(address: str, private_network: bool) -> bool:
        seen.append(address)
        return address == "127.0.0.1"

    monkeypatch.setattr("assent.adapters.web_push.gateway.allowed_to_strangers", first_only)
    monkeypatch.setattr(names, "answers", (("169.254.169.254", "127.0.0.1"),))
    await _sent(service, "localhost")
    assert len(service.received) == 1  # by the address that was left
    assert seen == ["169.254.169.254", "127.0.0.1"]


async def test_a_setting_lets_them_in_but_never_where_clouds_keep_their_keys(
    service: PushService, names: type[_Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("localhost", "127.0.0.1"):
        assert await _sent(service, host, private_network=True) == [""]
    assert len(service.received) == 2
    monkeypatch.setattr(names, "answers", (("169.254.169.254",),))
    assert await _sent(service, "push.example", private_network=True) == ["AddressRefused"]
    told = await _sent(service, "169.254.169.254", private_network=True)
    assert told == ["AddressRefused"]


@pytest.mark.parametrize(
    ("address", "by_default", "with_private"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("10.0.0.1", False, True),
        ("fd00::2", False, True),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("fd00:ec2::254", False, False),
        ("168.63.129.16", False, False),
        ("192.0.0.192", False, False),
        ("100.100.100.200", False, False),
        ("3fff::1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("192.88.99.1", False, False),
    ],
)
def test_which_addresses_strangers_may_name(
    address: str, by_default: bool, with_private: bool
) -> None:
    assert allowed_to_strangers(address, False) is by_default
    assert allowed_to_strangers(address, True) is with_private


async def test_redirects_lead_nowhere(service: PushService, names: type[_Names]) -> None:
    service.status, service.location = 307, f"{service.origin}/inside"
    assert await _sent(service, "localhost", private_network=True) == ["gateway answered 307"]
    assert [got.path for got in service.received] == ["/p"]


def test_what_an_address_is_never_stands_in_a_message() -> None:
    secret = "https://push.example/secret-capability"
    browser = Browser(secret)
    message = push(Channel.WEB_PUSH, browser.address)
    assert "secret-capability" not in repr(message)
    assert json.loads(message.content.address)["endpoint"] == secret
