"""Pushes through APNs: HTTP/2 with one connection, the token, and what its answers mean."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from assent.adapters.apns.gateway import Apns
from assent.adapters.apns.settings import ApnsSettings, wrong
from assent.domain.message import Channel
from assent.kernel.clock import HOUR, MINUTE, SECOND
from assent.ports.delivery import AddressGone, Undelivered
from assent.testing.frozen import NOON, FrozenClock
from tests.delivery.pushing import CHALLENGE, push
from tests.support.apple import KEY_ID, TEAM, TOPIC, Apple, apple
from tests.support.imports import imported_by

DEVICE = "0a" * 32


@pytest.fixture
def apns(tmp_path: Path) -> Iterator[Apple]:
    with apple(tmp_path) as one:
        yield one
        assert one.complaints == []


@asynccontextmanager
async def gateway(
    apns: Apple, folder: Path, clock: FrozenClock | None = None, **values: Any
) -> AsyncIterator[Apns]:
    given = {
        "key_file": str(apns.key_file(folder)),
        "key_id": KEY_ID,
        "team_id": TEAM,
        "topic": TOPIC,
        "url": apns.url,
        "ca_file": str(apns.ca_file),
        **values,
    }
    one = Apns(ApnsSettings(**given), clock or FrozenClock())
    try:
        yield one
    finally:
        await one.close()
        # asyncio closes TLS in a turn or two of its loop
        transports: Any = asyncio.get_running_loop()._transports  # type: ignore[attr-defined]
        async with asyncio.timeout(30):
            while any(held._sock is not None for held in transports.values()):  # noqa: ASYNC110
                await asyncio.sleep(0)


def to(device: str = DEVICE) -> Any:
    return push(Channel.APNS, device)


def device(number: int) -> str:
    return f"{number:064x}"


async def _undelivered(apns: Apple, folder: Path, **values: Any) -> Undelivered:
    async with gateway(apns, folder, **values) as one:
        with pytest.raises(Undelivered) as refused:
            await one.send(to())
    return refused.value


async def _received(apns: Apple, count: int) -> None:
    """Waits until it has so many requests."""
    async with asyncio.timeout(30):
        while len(apns.received) < count:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_the_request(apns: Apple, tmp_path: Path) -> None:
    clock = FrozenClock()
    clock.now_ms += HOUR  # a sandbox that is ahead; the question ends in a minute, there and here
    async with gateway(apns, tmp_path, clock) as one:
        message = to()
        object.__setattr__(message, "not_after", clock.now_ms + MINUTE)
        await one.send(message)
    (got,) = apns.received
    headers = dict(got.headers)
    assert headers.pop("authorization").startswith("bearer ")
    collapse = headers.pop("apns-collapse-id")
    assert headers == {
        ":method": "POST",
        ":scheme": "https",
        ":authority": apns.url.removeprefix("https://"),
        ":path": f"/3/device/{DEVICE}",
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-topic": TOPIC,
        "apns-expiration": str((NOON + MINUTE) // SECOND),
    }
    assert (len(collapse), CHALLENGE in collapse) == (32, False)
    assert got.claims == {"iss": TEAM, "iat": NOON // SECOND}
    assert got.body == {
        "aps": {
            "alert": {"loc-key": "ASSENT_QUESTION"},
            "sound": "default",
            "mutable-content": 1,
        },
        "challenge": CHALLENGE,
    }


async def test_a_push_that_shows_nothing(apns: Apple, tmp_path: Path) -> None:
    async with gateway(apns, tmp_path, alert="") as one:
        await one.send(to())
    (got,) = apns.received
    assert got.body == {"aps": {"content-available": 1}, "challenge": CHALLENGE}
    assert (got.headers["apns-push-type"], got.headers["apns-priority"]) == ("background", "5")


async def test_one_connection_for_all_and_many_at_a_time(apns: Apple, tmp_path: Path) -> None:
    devices = [device(number) for number in range(100)]
    apns.held.update(devices)
    async with gateway(apns, tmp_path) as one:
        under_way = asyncio.gather(*(one.send(to(held)) for held in devices))
        await _received(apns, 100)
        apns.let_go()
        await under_way
        await one.send(to())
    assert {got.connection for got in apns.received} == {1}
    assert {got.device for got in apns.received} == {*devices, DEVICE}
    assert apns.most_together == 100


async def test_no_more_at_a_time_than_it_takes(apns: Apple, tmp_path: Path) -> None:
    """APNs takes one alone until it knows the token."""
    apns.at_once = 1
    async with gateway(apns, tmp_path) as one:
        await asyncio.gather(*(one.send(to(device(number))) for number in range(20)))
    assert (len(apns.received), apns.most_together) == (20, 1)


async def test_thousands_on_one_connection(apns: Apple, tmp_path: Path) -> None:
    """More octets than its windows hold at first (RFC 9113 6.9.2)."""
    async with gateway(apns, tmp_path) as one:
        for _ in range(40):
            await asyncio.gather(*(one.send(to(device(number))) for number in range(30)))
    assert len(apns.received) == 1_200
    assert {got.connection for got in apns.received} == {1}


async def test_the_token_serves_for_forty_minutes(apns: Apple, tmp_path: Path) -> None:
    clock, tokens = FrozenClock(), []
    async with gateway(apns, tmp_path, clock) as one:
        for wait in (0, 39 * MINUTE, MINUTE):
            clock.wall_ms += wait
            await one.send(to())
            tokens.append(apns.received[-1].headers["authorization"])
    assert tokens[0] == tokens[1] != tokens[2]


async def test_a_token_that_is_too_old_is_renewed_once_and_not_too_often(
    apns: Apple, tmp_path: Path
) -> None:
    clock = FrozenClock()
    async with gateway(apns, tmp_path, clock) as one:
        await one.send(to())
        apns.stale.add(apns.received[0].headers["authorization"].removeprefix("bearer "))
        with pytest.raises(Undelivered), capture_logs():  # it was made this minute
            await one.send(to())
        assert len(apns.received) == 2
        clock.wall_ms += 20 * MINUTE
        await one.send(to())
        assert len(apns.received) == 4


@pytest.mark.parametrize(
    ("status", "reason"),
    [(410, "Unregistered"), (410, "ExpiredToken"), (400, "BadDeviceToken"), (410, "")],
)
async def test_a_device_that_is_no_more(
    apns: Apple, tmp_path: Path, status: int, reason: str
) -> None:
    apns.status, apns.reason = status, reason
    assert isinstance(await _undelivered(apns, tmp_path), AddressGone)


@pytest.mark.parametrize(
    ("status", "reason", "lasting"),
    [
        (400, "BadTopic", True),
        (400, "DeviceTokenNotForTopic", True),
        (413, "PayloadTooLarge", True),
        (403, "InvalidProviderToken", False),
        (429, "TooManyRequests", False),
        (429, "TooManyProviderTokenUpdates", False),
        (500, "InternalServerError", False),
        (503, "Shutdown", False),
        (400, "words, and a device's token", True),
    ],
)
async def test_any_other_answer(
    apns: Apple, tmp_path: Path, status: int, reason: str, lasting: bool
) -> None:
    apns.status, apns.reason = status, reason
    with capture_logs() as logged:
        told = await _undelivered(apns, tmp_path)
    assert not isinstance(told, AddressGone)
    assert told.lasting is lasting
    assert (reason in str(told)) is reason.isalnum()
    errors = [entry["settings"] for entry in logged if entry["event"] == "gateway_refuses_us"]
    assert bool(errors) is (status == 403)


@pytest.mark.parametrize("address", ["", "../../x", "zz" * 32, "0a" * 200, "0" * 63])
async def test_what_is_no_device_token_is_given_up_unasked(
    apns: Apple, tmp_path: Path, address: str
) -> None:
    async with gateway(apns, tmp_path) as one:
        with pytest.raises(AddressGone):
            await one.send(to(address))
    assert apns.connections == 0


async def test_a_connection_that_was_hung_up_is_made_anew(apns: Apple, tmp_path: Path) -> None:
    async with gateway(apns, tmp_path) as one:
        await one.send(to())
        connection = one._connection
        assert connection is not None
        apns.hang_up()
        async with asyncio.timeout(30):
            while connection.usable:  # noqa: ASYNC110
                await asyncio.sleep(0)
        await one.send(to())
    assert [got.connection for got in apns.received] == [1, 2]


async def test_hung_up_in_the_middle(apns: Apple, tmp_path: Path) -> None:
    apns.held.add(DEVICE)
    async with gateway(apns, tmp_path) as one:
        sending = asyncio.create_task(one.send(to()))
        await _received(apns, 1)
        apns.hang_up()
        with pytest.raises(Undelivered) as told:
            await sending
        assert not told.value.lasting
        apns.held.clear()
        await one.send(to())
    assert [got.connection for got in apns.received] == [1, 2]


async def test_one_that_says_goodbye_is_left(apns: Apple, tmp_path: Path) -> None:
    """GOAWAY (RFC 9113 6.8): what was answered is answered, and the rest goes elsewhere."""
    apns.leaves_after = 3
    async with gateway(apns, tmp_path) as one:
        for number in range(6):
            await one.send(to(device(number)))
    assert [got.connection for got in apns.received] == [1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(("error", "asked"), [(7, 2), (2, 1)])
async def test_a_request_that_was_not_looked_at_is_put_again_at_once(
    apns: Apple, tmp_path: Path, error: int, asked: int
) -> None:
    """REFUSED_STREAM; after any other error it may have been, and waits its turn."""
    apns.resets, apns.reset_error = 1, error
    async with gateway(apns, tmp_path) as one:
        if asked == 1:
            with pytest.raises(Undelivered) as told:
                await one.send(to())
            assert not told.value.lasting
        else:
            await one.send(to())
    assert [got.connection for got in apns.received] == [1] * asked


async def test_one_that_refuses_for_ever_is_not_asked_for_ever(apns: Apple, tmp_path: Path) -> None:
    apns.resets = 1_000
    await _undelivered(apns, tmp_path)
    assert len(apns.received) == 2


async def test_a_slow_answer_holds_up_no_other_and_is_taken_back(
    apns: Apple, tmp_path: Path
) -> None:
    apns.held.add(DEVICE)
    async with gateway(apns, tmp_path, timeout_seconds=2) as one:
        slow = asyncio.create_task(one.send(to()))
        await _received(apns, 1)
        await one.send(to(device(1)))
        assert not slow.done()
        with pytest.raises(Undelivered) as told:
            await slow
        assert not told.value.lasting
        await one.send(to(device(2)))
        async with asyncio.timeout(30):
            while not apns.given_up:  # noqa: ASYNC110
                await asyncio.sleep(0)
    # others were answered meanwhile, so the connection is kept
    assert {got.connection for got in apns.received} == {1}


async def test_one_that_says_nothing_at_all(apns: Apple, tmp_path: Path) -> None:
    apns.silent = True
    async with gateway(apns, tmp_path, timeout_seconds=2) as one:
        with pytest.raises(Undelivered) as told:
            await one.send(to())
        assert not told.value.lasting
        apns.silent = False
        await one.send(to())
    assert apns.connections == 2


async def test_one_that_speaks_something_else(apns: Apple, tmp_path: Path) -> None:
    apns.garbage = True
    told = await _undelivered(apns, tmp_path)
    assert not told.lasting


async def test_no_http_2_there(tmp_path: Path) -> None:
    with apple(tmp_path, http2=False) as one:
        told = await _undelivered(one, tmp_path)
    assert (str(told), told.lasting, one.received) == ("Lost", False, [])


async def test_a_certificate_of_nobody_we_trust(apns: Apple, tmp_path: Path) -> None:
    told = await _undelivered(apns, tmp_path, ca_file="")
    assert (told.lasting, apns.received) == (False, [])


async def test_nobody_there(apns: Apple, tmp_path: Path) -> None:
    told = await _undelivered(apns, tmp_path, url="https://localhost:1")
    assert not told.lasting


def test_http_2_is_loaded_where_apns_is_set_up() -> None:
    """It holds a MiB, which a server that wakes no app of Apple's does not pay for."""
    call = "from assent.adapters.apns import gateway; gateway.connections()"
    assert imported_by("h2", call) == (False, True)


def test_settings_that_cannot_be(apns: Apple, tmp_path: Path) -> None:
    def told(**changed: Any) -> str:
        given = {
            "key_file": str(apns.key_file(tmp_path)),
            "key_id": KEY_ID,
            "team_id": TEAM,
            "topic": TOPIC,
            **changed,
        }
        return wrong(ApnsSettings(**given))

    assert told() == ""
    for name, value in (
        ("key_id", "abc"),
        ("team_id", ""),
        ("topic", ""),
        ("topic", "a b"),
        ("url", "http://api.push.apple.com"),
        ("url", "https://api.push.apple.com/3"),
        ("alert", "two words"),
        ("ca_file", str(tmp_path / "none")),
        ("key_file", str(tmp_path / "none")),
    ):
        assert told(**{name: value}).startswith(f"apns.{name} "), name
    keys = (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65_537, 2_048))
    for number, key in enumerate(keys):
        file = tmp_path / f"{number}.p8"
        octets = key.private_bytes(  # type: ignore[attr-defined]
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        file.write_bytes(octets)
        assert told(key_file=str(file)).startswith("apns.key_file ")
    assert wrong(ApnsSettings()) == ""
