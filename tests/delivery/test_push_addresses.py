"""Addresses of devices that transports gave up, questions that ended, and that a push is the id
of a question and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from assent.adapters.web_push.gateway import WebPush
from assent.adapters.web_push.settings import WebPushSettings
from assent.domain.device import DEVICE_KEY, Transport
from assent.domain.factor import FactorState
from assent.domain.jose import KeyScope
from assent.domain.message import Channel
from assent.domain.session import Caller
from assent.kernel.clock import MINUTE
from assent.kernel.randomness import SystemRandomness
from assent.ports.changes import Add, ChangeFactor
from assent.ports.delivery import AddressGone
from assent.usecases.give_up_address import give_up_address
from assent.usecases.manage_devices import renew_push
from assent.usecases.push_keys import public_push_key, push_key
from assent.worker import Worker
from tests.contracts.rows import applied
from tests.delivery.conftest import House, Post, rows
from tests.delivery.pushing import BODY, device, now, of_house
from tests.support.push_service import PushService, point, push_service
from tests.support.signed import octets, text_of


@asynccontextmanager
async def working(house: House, service: PushService) -> AsyncIterator[Worker]:
    settings = WebPushSettings(private_network=True, ca_file=str(service.ca_file))

    async def key() -> bytes:
        return await push_key(house.world)

    gateway = WebPush(settings, "", key, house.clock, SystemRandomness())
    worker = Worker(house.world, {Channel.WEB_PUSH: gateway}, asyncio.Event())
    try:
        yield worker
    finally:
        await worker.close()


async def facts(house: House, name: str) -> int:
    text = f"SELECT id FROM facts WHERE name = '{name}'"
    return len(await rows(house.stores, text))


async def test_a_push_reaches_the_browser(house: House, tmp_path: Path) -> None:
    with push_service(tmp_path) as service:
        browser = service.browser("ada")
        message = of_house(house, Channel.WEB_PUSH, browser.address)
        await house.put(message)
        async with working(house, service) as worker:
            await worker.drain()
        (got,) = service.of(browser)
        assert browser.opened(got.body) == BODY.encode()
        assert text_of(point(got.key)) == await public_push_key(house.world)
    assert await house.states() == {message.id: "sent"}


async def test_an_address_that_is_gone_is_given_up_and_no_other(
    house: House, tmp_path: Path
) -> None:
    with push_service(tmp_path) as service:
        lost, kept = service.browser("lost"), service.browser("kept")
        service.gone.add("/push/lost")
        first = await device(house, Transport.WEB_PUSH, lost.address)
        second = await device(house, Transport.WEB_PUSH, kept.address)
        messages = [of_house(house, Channel.WEB_PUSH, one.address) for one in (lost, kept)]
        await house.put(*messages)
        with capture_logs() as logged:
            async with working(house, service) as worker:
                await worker.drain()
    assert (await now(house, first)).unreachable
    assert not (await now(house, second)).unreachable
    assert (await now(house, first)).address == lost.address  # a newer one is not this one
    assert await house.states() == {messages[0].id: "given_up", messages[1].id: "sent"}
    assert await facts(house, "device_push_given_up") == 1
    (told,) = [entry for entry in logged if entry["event"] == "device_unreachable"]
    assert (told["device"], told["channel"]) == (first.id, Channel.WEB_PUSH)
    assert lost.endpoint not in str(logged)


async def test_a_device_that_gave_another_address_meanwhile_stays_reachable(house: House) -> None:
    made = await device(house, Transport.FCM, "new" * 10)
    old = of_house(house, Channel.FCM, "old" * 10)
    assert await give_up_address(house.world, old) == 0
    assert not (await now(house, made)).unreachable


async def test_the_same_address_of_another_transport_is_another(house: House) -> None:
    made = await device(house, Transport.APNS, "0a" * 32)
    assert await give_up_address(house.world, of_house(house, Channel.FCM, "0a" * 32)) == 0
    assert not (await now(house, made)).unreachable


async def test_it_is_given_up_once(house: House) -> None:
    await device(house, Transport.APNS, "0a" * 32)
    message = of_house(house, Channel.APNS, "0a" * 32)
    assert [await give_up_address(house.world, message) for _ in range(2)] == [1, 0]
    assert await facts(house, "device_push_given_up") == 1


async def test_an_address_that_is_renewed_is_reached_again(house: House) -> None:
    made = await device(house, Transport.APNS, "0a" * 32)
    await give_up_address(house.world, of_house(house, Channel.APNS, "0a" * 32))
    held = await house.stores.factor_by_id(made.id)
    assert held is not None
    caller = Caller(programme=house.programme, device=held)
    await renew_push(house.world, caller, held, Transport.APNS, "0b" * 32)
    found = await now(house, made)
    assert (found.address, found.unreachable) == ("0b" * 32, False)


async def test_an_enrolment_that_was_left_unfinished_keeps_no_address(house: House) -> None:
    made = await device(house, Transport.APNS, "0a" * 32)
    begun = house.make.factor(
        house.subject, kind=DEVICE_KEY, state=FactorState.PENDING, details={}, slot=None
    )
    await applied(house.stores, Add(begun))
    assert await give_up_address(house.world, of_house(house, Channel.APNS, "0a" * 32)) == 1
    assert (await now(house, made)).unreachable


async def test_a_device_that_was_withdrawn_holds_nothing_up(house: House) -> None:
    made = await device(house, Transport.APNS, "0a" * 32)
    await applied(house.stores, ChangeFactor(replace(made, state=FactorState.REMOVED)))

    async def gone(message: object) -> None:
        raise AddressGone("APNs answered 410, Unregistered")

    message = of_house(house, Channel.APNS, "0a" * 32)
    await house.put(message)
    worker = Worker(house.world, {Channel.APNS: Post(does=gone)}, asyncio.Event())
    await worker.drain()
    assert await house.states() == {message.id: "given_up"}


@pytest.mark.parametrize("channel", [Channel.WEB_PUSH, Channel.FCM, Channel.APNS])
async def test_the_push_of_a_question_that_ended_is_not_sent(
    house: House, channel: Channel
) -> None:
    message, post = of_house(house, channel, "0a" * 32), Post()
    await house.put(message)
    house.clock.advance(5 * MINUTE)
    await Worker(house.world, {channel: post}, asyncio.Event()).drain()
    assert (post.got, await house.states()) == ([], {message.id: "expired"})


async def test_a_push_that_fails_never_becomes_a_text_message(house: House) -> None:
    """A push has no words, and a code by SMS is another proof."""
    await house.change(channels=("SMS", "WHATSAPP"))

    async def gone(message: object) -> None:
        raise AddressGone("gone")

    sms = Post()
    message = of_house(house, Channel.FCM, "token" * 8)
    await house.put(message)
    gateways = {Channel.FCM: Post(does=gone), Channel.SMS: sms}
    await Worker(house.world, gateways, asyncio.Event()).drain()
    assert (sms.got, await house.states()) == ([], {message.id: "given_up"})


async def test_ten_servers_that_begin_at_once_have_one_key(house: House) -> None:
    keys = await asyncio.gather(*(public_push_key(house.world) for _ in range(10)))
    assert len(set(keys)) == 1
    assert (len(octets(keys[0])), octets(keys[0])[0]) == (65, 4)
    found = [one for one in await house.stores.jose_keys() if one.scope is KeyScope.WEB_PUSH]
    assert [(one.version, one.algorithm) for one in found] == [(1, "ES256")]
