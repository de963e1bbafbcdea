"""What could not be delivered goes on to the next channel of its programme, once, while the code is
good; and what gateways say later is believed once."""

import asyncio
from dataclasses import replace

import pytest

from assent.domain.budget import BudgetLimits, Window
from assent.domain.message import Channel, MessageState
from assent.kernel.clock import MINUTE, SECOND
from assent.usecases.settle_message import settle_message
from assent.worker import Worker
from tests.delivery.conftest import CODE, MANY, NUMBER, House, Post, failing, rows

WAYS = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE, Channel.EMAIL)
DELIVERED, UNDELIVERED = MessageState.DELIVERED, MessageState.UNDELIVERED


class Posts:
    """A gateway a channel, each of which asks for receipts."""

    def __init__(self, *channels: Channel) -> None:
        self.by = {channel: Post(receipts=True) for channel in channels or WAYS}

    def __getitem__(self, channel: Channel) -> Post:
        return self.by[channel]

    def worker(self, house: House) -> Worker:
        return Worker(house.world, self.by, asyncio.Event(), base_url="https://auth.example.com/")

    def sent(self) -> list[tuple[Channel, str]]:
        """In the order of the channels."""
        return [
            (channel, one.content.body) for channel, post in self.by.items() for one in post.got
        ]


async def settle(house: House, message_id: int, state: MessageState) -> None:
    await settle_message(house.world, Channel.SMS, message_id, state, WAYS)


async def begun(house: House, posts: Posts) -> int:
    message = house.code()
    await house.put(message)
    await posts.worker(house).drain()
    return message.id


async def test_one_that_did_not_arrive_goes_on_in_the_programmes_order(house: House) -> None:
    posts = Posts()
    first = await begun(house, posts)
    await settle(house, first, UNDELIVERED)
    await posts.worker(house).drain()
    (again,) = posts[Channel.WHATSAPP].got
    assert (again.content.address, again.content.code) == (NUMBER, CODE)
    assert again.content.tried == (Channel.SMS,)
    await settle(house, again.id, UNDELIVERED)
    await posts.worker(house).drain()
    (spoken,) = posts[Channel.VOICE].got
    assert "4, 9, 3, 8, 1, 7" in spoken.content.body  # said anew for the ear
    assert spoken.not_after == again.not_after == house.clock.now() + 5 * MINUTE
    await settle(house, spoken.id, UNDELIVERED)
    await posts.worker(house).drain()
    assert len(posts.sent()) == 3  # there is nowhere else; never by e-mail
    assert set((await house.states()).values()) == {"undelivered"}


async def test_a_code_never_goes_by_push_or_to_the_firms_server(house: House) -> None:
    """Whatever is switched on: what wakes a device is read by whoever carries it."""
    await house.change(channels=("SMS", "AUTHY", "BIOMETRIC", "WEBHOOK", "WEB_PUSH", "EMAIL"))
    posts = Posts(*Channel)
    first = await begun(house, posts)
    await settle_message(house.world, Channel.SMS, first, UNDELIVERED, tuple(Channel))
    await posts.worker(house).drain()
    assert [channel for channel, _ in posts.sent()] == [Channel.SMS]


async def test_gateways_are_told_where_receipts_go(house: House) -> None:
    posts = Posts()
    number = await begun(house, posts)
    url = posts[Channel.SMS].got[0].receipt_url
    assert url.startswith(f"https://auth.example.com/receipts/sms/{number}/")
    assert len(url.rpartition("/")[2]) == 32


async def test_a_receipt_is_believed_once(house: House) -> None:
    posts = Posts()
    first = await begun(house, posts)
    await asyncio.gather(*(settle(house, first, UNDELIVERED) for _ in range(10)))
    await settle(house, first, DELIVERED)
    await posts.worker(house).drain()
    assert len(posts[Channel.WHATSAPP].got) == 1
    assert (await house.states())[first] == "undelivered"


async def test_one_that_arrived_goes_nowhere_whatever_comes_later(house: House) -> None:
    posts = Posts()
    first = await begun(house, posts)
    await settle(house, first, DELIVERED)
    await settle(house, first, UNDELIVERED)
    await posts.worker(house).drain()
    assert len(posts.sent()) == 1
    assert await house.states() == {first: "delivered"}


async def test_the_late_arrival_of_the_first_takes_nothing_from_the_second(house: House) -> None:
    posts = Posts()
    first = await begun(house, posts)
    await settle(house, first, UNDELIVERED)
    await settle(house, first, DELIVERED)
    await posts.worker(house).drain()
    assert len(posts[Channel.WHATSAPP].got) == 1


async def test_nothing_goes_on_after_the_code_expired(house: House) -> None:
    posts = Posts()
    first = await begun(house, posts)
    house.clock.advance(5 * MINUTE)
    await settle(house, first, UNDELIVERED)
    await posts.worker(house).drain()
    assert len(posts.sent()) == 1
    assert await house.states() == {first: "undelivered"}


async def test_what_was_kept_is_erased_when_its_time_is_over(house: House) -> None:
    posts = Posts()
    first = await begun(house, posts)
    assert await house.stores.sent_message(first) is not None
    await house.stores.sweep(house.clock.now())
    assert await house.stores.sent_message(first) is not None
    house.clock.advance(5 * MINUTE)
    await house.stores.sweep(house.clock.now())
    assert [row["sealed"] for row in await rows(house.stores, "SELECT sealed FROM outbox")] == [
        None
    ]


@pytest.mark.parametrize("channels", [("SMS",), ("SMS", "VOICE")])
async def test_content_is_kept_only_where_there_is_somewhere_to_go(
    house: House, channels: tuple[str, ...]
) -> None:
    await house.change(channels=channels)
    posts = Posts(Channel.SMS, Channel.WHATSAPP, Channel.EMAIL)
    first = await begun(house, posts)
    assert await house.stores.sent_message(first) is None
    await settle(house, first, UNDELIVERED)
    assert await house.states() == {first: "undelivered"}


async def test_and_only_where_a_receipt_may_come(house: House) -> None:
    posts = Posts()
    posts[Channel.SMS].receipts = False
    first = await begun(house, posts)
    assert posts[Channel.SMS].got[0].receipt_url == ""
    assert await house.stores.sent_message(first) is None


async def test_a_lasting_refusal_goes_on_at_once(house: House) -> None:
    posts = Posts()
    posts[Channel.SMS].does = failing(lasting=True)
    await begun(house, posts)
    assert [channel for channel, _ in posts.sent()] == [Channel.SMS, Channel.WHATSAPP]


async def test_a_gateway_that_is_missing_goes_on_to_the_one_that_is_there(house: House) -> None:
    posts = Posts(Channel.VOICE)
    await begun(house, posts)
    assert [channel for channel, _ in posts.sent()] == [Channel.VOICE]


async def test_a_gateway_that_fails_and_fails_goes_on_after_six_tries(house: House) -> None:
    posts = Posts()
    posts[Channel.SMS].does = failing()
    await house.put(house.code())
    worker = posts.worker(house)
    seconds = 0
    while not posts[Channel.WHATSAPP].got:
        await worker.drain()
        house.clock.advance(SECOND)
        seconds += 1
    assert len(posts[Channel.SMS].got) == 6
    assert 62 <= seconds <= 100


async def test_a_receipt_before_the_worker_has_written_down_that_it_was_sent(house: House) -> None:
    """A fast gateway: what it says must not be lost, nor written over."""
    posts = Posts()

    async def says_so(message: object) -> None:
        await settle(house, posts[Channel.SMS].got[0].id, UNDELIVERED)

    posts[Channel.SMS].does = says_so
    first = await begun(house, posts)
    assert (await house.states())[first] == "undelivered"
    assert len(posts[Channel.WHATSAPP].got) == 1


async def test_a_receipt_for_one_that_was_never_tried_is_none(house: House) -> None:
    message = house.code()
    await house.put(message)
    await settle(house, message.id, DELIVERED)
    assert await house.states() == {message.id: "waiting"}


async def test_budgets_hold_for_the_next_channel_too(house: House) -> None:
    posts = Posts()
    first = await begun(house, posts)
    none = BudgetLimits(number=(Window(1, 600),), prefix=MANY, programme=MANY)
    house.world = replace(house.world, budget_limits=none)
    await settle(house, first, UNDELIVERED)
    await posts.worker(house).drain()
    assert len(posts[Channel.WHATSAPP].got) == 1
    await settle(house, posts[Channel.WHATSAPP].got[0].id, UNDELIVERED)
    await posts.worker(house).drain()
    assert len(posts.sent()) == 2
    assert set((await house.states()).values()) == {"undelivered"}


async def test_a_notice_to_a_phone_goes_on_to_another_way_to_the_phone(house: House) -> None:
    posts = Posts()
    when = {"when": "1 May 2030, 12:00 UTC"}
    content = house.world.worded(
        house.programme, house.subject, Channel.SMS, "mobile_changed", when
    )
    message = house.make.message(house.subject, content=content)
    await house.put(message)
    await posts.worker(house).drain()
    await settle(house, message.id, UNDELIVERED)
    await posts.worker(house).drain()
    assert [channel for channel, _ in posts.sent()] == [Channel.SMS, Channel.WHATSAPP]


async def test_a_mail_that_is_refused_goes_nowhere(house: House) -> None:
    posts = Posts()
    posts[Channel.EMAIL].does = failing(lasting=True)
    mail = house.mail()
    await house.put(mail)
    await posts.worker(house).drain()
    assert await house.states() == {mail.id: "given_up"}
