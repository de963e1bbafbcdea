"""Web Push: what a push service and the browser behind it get, read with code of their own."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from assent.adapters.web_push.encryption import encrypted
from assent.adapters.web_push.gateway import WebPush
from assent.adapters.web_push.settings import WebPushSettings, wrong
from assent.domain.message import Channel
from assent.domain.push import Subscription, collapse_key, subscription_of
from assent.kernel.clock import HOUR, MINUTE, SECOND
from assent.kernel.randomness import SystemRandomness
from assent.ports.delivery import AddressGone, Undelivered
from assent.testing.frozen import NOON, FrozenClock
from assent.usecases.find_jose_key import new_private_key
from tests.delivery.pushing import BODY, push
from tests.support.push_service import Browser, PushService, point, push_service
from tests.support.signed import es256, octets, text_of

VECTOR = json.loads((Path(__file__).parent / "vectors" / "rfc8291-appendix-a.json").read_text())
KEY = new_private_key("ES256")
CONTACT = "mailto:security@bank.example"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as one:
        yield one


@asynccontextmanager
async def gateway(
    service: PushService, clock: FrozenClock | None = None, of_server: str = "", **values: Any
) -> AsyncIterator[WebPush]:
    given = {"private_network": True, "ca_file": str(service.ca_file), "contact": CONTACT, **values}

    async def key() -> bytes:
        return KEY

    one = WebPush(
        WebPushSettings(**given), of_server, key, clock or FrozenClock(), SystemRandomness()
    )
    try:
        yield one
    finally:
        await one.close()


async def _send(service: PushService, browser: Browser, **values: Any) -> None:
    async with gateway(service, **values) as one:
        await one.send(push(Channel.WEB_PUSH, browser.address))


async def _undelivered(service: PushService, browser: Browser, **values: Any) -> Undelivered:
    with pytest.raises(Undelivered) as refused:
        await _send(service, browser, **values)
    return refused.value


async def _let_go(service: PushService) -> None:
    """asyncio keeps a TLS connection until its other side has closed it too."""
    service.let_go.set()
    transports: Any = asyncio.get_running_loop()._transports  # type: ignore[attr-defined]
    async with asyncio.timeout(30):
        while any(one._sock is not None for one in transports.values()):  # noqa: ASYNC110
            await asyncio.sleep(0)


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(octets(text), "big"), ec.SECP256R1())


def test_the_example_of_the_rfc() -> None:
    """Appendix A, to the octet; and the test's own decryption reads it."""
    subscription = Subscription(
        "https://push.example/1", octets(VECTOR["ua_public"]), octets(VECTOR["auth_secret"])
    )
    once = _private(VECTOR["as_private"])
    assert text_of(point(once.public_key())) == VECTOR["as_public"]
    plain = VECTOR["plaintext"].encode()
    body = encrypted(plain, subscription, once, octets(VECTOR["salt"]))
    assert text_of(body) == VECTOR["body"]
    browser = Browser("", _private(VECTOR["ua_private"]), octets(VECTOR["auth_secret"]))
    assert browser.opened(octets(VECTOR["body"])) == plain


async def test_a_push_wakes_with_the_challenges_id_and_nothing_else(service: PushService) -> None:
    browser = service.browser("ada")
    await _send(service, browser)
    (got,) = service.of(browser)
    assert browser.opened(got.body) == BODY.encode()
    named = set(got.headers) - {"host", "accept", "accept-encoding", "content-length"}
    assert named == {
        *("authorization", "content-encoding", "content-type", "topic", "ttl", "urgency"),
        "user-agent",
    }
    assert got.headers["content-encoding"] == "aes128gcm"
    assert got.headers["ttl"] == "300"
    assert got.headers["urgency"] == "high"


async def test_nobody_else_can_read_it(service: PushService) -> None:
    browser = service.browser("ada")
    await _send(service, browser)
    other = Browser(browser.endpoint, auth=browser.auth)
    body = service.received[0].body
    with pytest.raises(Exception, match=r"^$"):
        other.opened(body)
    assert b"challenge" not in body
    assert BODY.encode()[14:30] not in body


async def test_each_push_has_a_key_and_a_salt_of_its_own(service: PushService) -> None:
    browser = service.browser("ada")
    async with gateway(service) as one:
        for _ in range(2):
            await one.send(push(Channel.WEB_PUSH, browser.address))
    first, second = (got.body for got in service.of(browser))
    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]


async def test_who_we_are_is_signed_for_that_push_service(service: PushService) -> None:
    clock = FrozenClock()
    clock.now_ms += HOUR  # a sandbox's business time is nothing to push services
    browser = service.browser("ada")
    async with gateway(service, clock) as one:
        message = push(Channel.WEB_PUSH, browser.address)
        await one.send(message)
    claims = service.received[0].checked(service.origin)
    assert claims == {
        "aud": service.origin,
        "exp": (NOON + 12 * HOUR) // SECOND,
        "sub": CONTACT,
    }
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(InvalidSignature):
        es256(service.received[0].token, stranger)


async def test_a_token_is_used_again_and_renewed_before_its_end(service: PushService) -> None:
    clock, browser = FrozenClock(), service.browser("ada")
    tokens = []
    async with gateway(service, clock) as one:
        for wait in (0, MINUTE, 7 * HOUR):
            clock.wall_ms += wait
            await one.send(push(Channel.WEB_PUSH, browser.address))
            tokens.append(service.received[-1].token)
    assert tokens[0] == tokens[1] != tokens[2]


async def test_whom_to_write_to(service: PushService) -> None:
    browser = service.browser("ada")
    for own, base_url, told in (
        ("", "https://bank.example", "https://bank.example"),
        (CONTACT, "https://bank.example", CONTACT),
        ("", "", None),
    ):
        async with gateway(service, of_server=base_url, contact=own) as one:
            await one.send(push(Channel.WEB_PUSH, browser.address))
        assert service.received[-1].checked(service.origin).get("sub") == told


async def test_a_newer_push_about_a_question_replaces_the_older_and_no_other(
    service: PushService,
) -> None:
    browser = service.browser("ada")
    async with gateway(service) as one:
        for challenge in ("1000000000000001", "1000000000000001", "1000000000000002"):
            await one.send(push(Channel.WEB_PUSH, browser.address, challenge))
    topics = [got.headers["topic"] for got in service.of(browser)]
    assert topics[0] == topics[1] != topics[2]
    assert all(len(topic) == 32 and "1000000" not in topic for topic in topics)
    assert all(sign.isalnum() or sign in "-_" for topic in topics for sign in topic)


async def test_it_lives_as_long_as_its_question(service: PushService) -> None:
    clock, browser = FrozenClock(), service.browser("ada")
    async with gateway(service, clock) as one:
        for wait, ttl in ((4 * MINUTE, "60"), (59_500, "0")):
            clock.now_ms += wait
            await one.send(push(Channel.WEB_PUSH, browser.address))
            assert service.received[-1].headers["ttl"] == ttl


async def test_a_connection_serves_many(service: PushService) -> None:
    async with gateway(service) as one:
        for name in "abcde":
            await one.send(push(Channel.WEB_PUSH, service.browser(name).address))
    assert {got.connection for got in service.received} == {1}


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_ended_is_gone(service: PushService, status: int) -> None:
    browser = service.browser("ada")
    service.status = status
    told = await _undelivered(service, browser)
    assert isinstance(told, AddressGone)
    assert told.lasting


@pytest.mark.parametrize(
    ("status", "lasting"),
    [
        (400, True),
        (413, True),
        (429, False),
        (500, False),
        (503, False),
        (401, False),
        (302, False),
    ],
)
async def test_any_other_answer(service: PushService, status: int, lasting: bool) -> None:
    service.status, service.location = status, f"{service.origin}/elsewhere"
    told = await _undelivered(service, service.browser("ada"))
    assert not isinstance(told, AddressGone)
    assert (told.lasting, str(told)) == (lasting, f"gateway answered {status}")
    assert len(service.received) == 1  # and nobody is followed elsewhere


@pytest.mark.parametrize("status", [401, 403])
async def test_a_push_service_that_does_not_want_us_is_an_error(
    service: PushService, status: int
) -> None:
    service.status = status
    with capture_logs() as logged:
        await _undelivered(service, service.browser("ada"))
    (line,) = [entry for entry in logged if entry["event"] == "gateway_refuses_us"]
    assert (line["log_level"], line["settings"]) == ("error", "web_push.contact")


async def test_one_that_hangs_is_given_up_in_time_and_holds_up_no_other(
    service: PushService,
) -> None:
    slow, quick = service.browser("slow"), service.browser("quick")
    service.held.add("/push/slow")
    async with gateway(service, timeout_seconds=2) as one:
        hanging = asyncio.create_task(one.send(push(Channel.WEB_PUSH, slow.address)))
        await one.send(push(Channel.WEB_PUSH, quick.address))
        assert not hanging.done()
        with pytest.raises(Undelivered) as told:
            await hanging
    assert not told.value.lasting
    await _let_go(service)


async def test_a_certificate_of_nobody_we_trust(service: PushService) -> None:
    told = await _undelivered(service, service.browser("ada"), ca_file="")
    assert (told.lasting, service.received) == (False, [])


NO_POINT = urlsafe_b64encode(b"\x04" + b"\x01" * 64).rstrip(b"=").decode()


def _address(**changed: Any) -> str:
    browser = Browser("https://push.example/1")
    held = json.loads(browser.address)
    keys = held["keys"] | changed.pop("keys", {})
    return json.dumps({**held, "keys": keys, **changed})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 2_000,
        "https://push.example/1",
        _address(endpoint="http://push.example/1"),
        _address(endpoint="ftp://push.example/1"),
        _address(endpoint="file:///etc/passwd"),
        _address(endpoint="https://"),
        _address(endpoint="https://user:pass@push.example/1"),
        _address(endpoint="https://push.example:99999/1"),
        _address(endpoint="https://push.example/\r\nx-evil: 1"),
        _address(endpoint="https://push.example/1#part"),
        _address(endpoint=7),
        _address(endpoint="https://push.example/" + "x" * 5_000),
        _address(keys={"p256dh": ""}),
        _address(keys={"p256dh": "A" * 87}),
        _address(keys={"p256dh": NO_POINT}),
        _address(keys={"p256dh": 1}),
        _address(keys={"auth": "AAAA"}),
        _address(keys={"auth": "not base64 at all!!!"}),
    ],
)
async def test_what_is_no_address_is_given_up_unasked(service: PushService, address: str) -> None:
    async with gateway(service) as one:
        with pytest.raises(AddressGone) as told:
            await one.send(push(Channel.WEB_PUSH, address))
    assert str(told.value) == "no address of a browser"
    assert service.received == []


def test_the_origin_that_a_token_is_for() -> None:
    for endpoint, origin in (
        ("https://push.example/a/b?c=d", "https://push.example"),
        ("https://Push.Example:443/a", "https://push.example"),
        ("https://push.example:8443/a", "https://push.example:8443"),
    ):
        assert subscription_of(_address(endpoint=endpoint)).origin == origin


def test_a_key_with_padding_is_read_too() -> None:
    browser = Browser("https://push.example/1")
    padded = urlsafe_b64encode(browser.auth).decode()
    assert subscription_of(_address(keys={"auth": padded})).auth == browser.auth


def test_settings_that_cannot_be(tmp_path: Path) -> None:
    assert wrong(WebPushSettings()) == ""
    for contact in ("security@bank.example", "http://bank.example", "mailto:", "mailto:a b@c"):
        assert wrong(WebPushSettings(contact=contact)).startswith("web_push.contact ")
    assert "ca_file" in wrong(WebPushSettings(ca_file=str(tmp_path / "none.pem")))
    assert len(collapse_key(BODY)) == 32
