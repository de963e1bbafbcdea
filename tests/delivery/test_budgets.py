"""How many messages may be sent: over all persons, spellings, sessions and servers together."""

import asyncio
from dataclasses import replace

import pytest

from assent.domain.budget import BudgetLimits, Window, wrong_with_budgets
from assent.domain.challenge import Purpose
from assent.domain.message import Channel
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code
from assent.ports.mailing import SpendBudget
from assent.usecases.budgets import budget_refused, budgets, budgets_of_person
from tests.conftest import Database
from tests.delivery.conftest import MANY, House, rows
from tests.jose.house import world_of

MALTA, OTHER_MALTA = "+35679846213", "+35679846214"
JAMAICA, AMERICA = "+18765550123", "+12025550123"


def limited(house: House, usual: tuple[str, ...] = (), **limits: tuple[Window, ...]) -> None:
    """Everything else is as good as free."""
    free = {"number": MANY, "prefix": MANY, "programme": MANY, "mailbox": MANY, "mails": MANY}
    made = BudgetLimits(**{**free, **limits}, usual=usual)
    house.world = replace(house.world, budget_limits=made)


async def send(house: House, address: str, channel: Channel = Channel.SMS) -> bool:
    done = await house.stores.commit(*budgets(house.world, house.programme.id, channel, address))
    assert done.failed is None or isinstance(done.failed, SpendBudget)
    return done.failed is None


async def test_of_a_number_so_many_and_no_more_until_the_window_is_over(house: House) -> None:
    limited(house, number=(Window(2, 60),))
    assert [await send(house, MALTA) for _ in range(4)] == [True, True, False, False]
    assert await send(house, OTHER_MALTA)
    house.clock.advance(59 * SECOND)
    assert not await send(house, MALTA)
    house.clock.advance(SECOND)
    assert [await send(house, MALTA) for _ in range(3)] == [True, True, False]


async def test_whatever_the_channel(house: House) -> None:
    limited(house, number=(Window(2, 60),))
    sent = [await send(house, MALTA, way) for way in (Channel.SMS, Channel.VOICE, Channel.WHATSAPP)]
    assert sent == [True, True, False]


async def test_all_windows_must_hold(house: House) -> None:
    limited(house, number=(Window(2, 60), Window(3, 600)))
    assert [await send(house, MALTA) for _ in range(3)] == [True, True, False]
    house.clock.advance(60 * SECOND)
    assert [await send(house, MALTA) for _ in range(2)] == [True, False]
    house.clock.advance(60 * SECOND)
    assert not await send(house, MALTA)


async def test_of_what_a_person_is_asked_log_ins_alone_are_counted_apart(house: House) -> None:
    limited(house, person=(Window(2, 600),))

    async def asked(purpose: Purpose, person: int = 7) -> bool:
        spent = budgets_of_person(house.world, house.programme.id, person, purpose)
        return (await house.stores.commit(*spent)).failed is None

    own = [Purpose.STEP_UP, Purpose.ENROL, Purpose.STEP_UP]
    assert [await asked(one) for one in own] == [True, True, False]
    assert [await asked(Purpose.LOG_IN) for _ in range(3)] == [True, True, False]
    assert await asked(Purpose.STEP_UP, 8)


async def test_what_was_refused_was_not_counted(house: House) -> None:
    """Else a flood at one prefix would use up the programme's budget without a message."""
    limited(house, prefix=(Window(1, 60),), programme=(Window(2, 60),))
    assert [await send(house, JAMAICA) for _ in range(5)] == [True, *[False] * 4]
    assert await send(house, MALTA)
    assert not await send(house, AMERICA)  # now the programme's two are sent


async def test_countries_of_one_calling_code_are_counted_apart(house: House) -> None:
    limited(house, prefix=(Window(1, 60),))
    assert [await send(house, one) for one in (JAMAICA, AMERICA, MALTA)] == [True, True, True]
    assert [await send(house, one) for one in (JAMAICA, AMERICA, MALTA)] == [False, False, False]


async def test_a_flood_from_afar_does_not_take_the_codes_from_those_at_home(house: House) -> None:
    limited(house, prefix=(Window(3, 60),), programme=(Window(4, 60),), usual=("MT",))
    afar = [await send(house, one) for one in [JAMAICA] * 5 + [AMERICA] * 5]
    assert afar.count(True) == 4
    home = [await send(house, MALTA) for _ in range(5)]
    assert home == [True] * 4 + [False]  # no budget of a prefix, but the programme's


async def test_programmes_are_apart(house: House) -> None:
    limited(house, number=(Window(1, 60),))
    assert await send(house, MALTA)
    house.programme = replace(house.programme, id=house.programme.id + 1)
    assert await send(house, MALTA)


@pytest.mark.parametrize(
    "spelling",
    ["ADA@example.com", "ada@EXAMPLE.com", " ada@example.com", "ａda@example.com"],  # noqa: RUF001
)
async def test_all_spellings_of_a_mailbox_are_one(house: House, spelling: str) -> None:
    limited(house, mailbox=(Window(1, 60),))
    assert await send(house, "ada@example.com", Channel.EMAIL)
    assert not await send(house, spelling, Channel.EMAIL)
    assert await send(house, "bob@example.com", Channel.EMAIL)


async def test_mail_and_phones_do_not_share(house: House) -> None:
    limited(house, programme=(Window(1, 60),), mails=(Window(1, 60),))
    assert await send(house, MALTA)
    assert await send(house, "ada@example.com", Channel.EMAIL)
    assert not await send(house, "bob@example.com", Channel.EMAIL)


async def test_the_refusal_says_when_and_not_which(house: House) -> None:
    limited(house, prefix=(Window(1, 60),))
    house.clock.advance(45 * SECOND)
    assert await send(house, MALTA)
    done = await house.stores.commit(*budgets(house.world, house.programme.id, Channel.SMS, MALTA))
    refusal = budget_refused(house.world, done.failed)
    assert refusal.code is Code.SENDS_USED_UP
    assert refusal.retry_after == 15
    assert refusal.detail == "prefix budget"  # for the log
    assert "prefix" not in str(refusal.code)


async def test_no_number_is_kept(house: House) -> None:
    await send(house, MALTA)
    await send(house, "ada@example.com", Channel.EMAIL)
    kept = await rows(house.stores, "SELECT key FROM budgets")
    assert len(kept) == 6
    for row in kept:
        assert len(row["key"]) == 33
        assert b"79846213" not in bytes(row["key"])


async def test_spent_windows_are_swept(house: House) -> None:
    limited(house, number=(Window(1, 60),))
    await send(house, MALTA)
    await house.stores.sweep(house.clock.now())
    assert not await send(house, MALTA)
    house.clock.advance(60 * SECOND)
    await house.stores.sweep(house.clock.now())
    assert await rows(house.stores, "SELECT key FROM budgets") == []


async def test_a_server_whose_clock_is_behind_does_not_begin_the_window_anew(house: House) -> None:
    limited(house, number=(Window(3, 60),))
    house.clock.advance(60 * SECOND)
    behind = replace(house, world=replace(house.world, clock=type(house.clock)()))
    assert await send(house, MALTA)
    assert await send(behind, MALTA)
    assert [await send(house, MALTA), await send(behind, MALTA), await send(house, MALTA)] == [
        True,
        False,
        False,
    ]


async def test_two_servers_at_once_send_exactly_the_budget(
    house: House, database: Database
) -> None:
    """Many spellings, one number; nobody waits for the other in a circle."""
    limited(house, number=(Window(7, 60), Window(9, 600)), prefix=(Window(30, 60),))
    other = house.stores
    if database.kind != "memory":
        other = await database.open()
    second = replace(house, world=replace(world_of(other, house.clock), ids=house.world.ids))
    second.world = replace(second.world, budget_limits=house.world.budget_limits)
    numbers = [f"+3567984621{last}" for last in range(8)]
    sent = await asyncio.gather(
        *(send(one, number) for _ in range(10) for number in numbers for one in (house, second))
    )
    assert sent.count(True) == 30
    one_number = [await send(one, numbers[0]) for one in (house, second) for _ in range(8)]
    assert one_number.count(True) == 0  # the prefix's 30 are sent


async def test_exactly_the_numbers_budget(house: House, database: Database) -> None:
    limited(house, number=(Window(7, 60),))
    sent = await asyncio.gather(*(send(house, MALTA) for _ in range(40)))
    assert sent.count(True) == 7


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (BudgetLimits(number=()), "budgets.number"),
        (BudgetLimits(prefix=(Window(0, 60),)), "budgets.prefix"),
        (BudgetLimits(mails=(Window(1, 0),)), "budgets.mails"),
        (BudgetLimits(person=(Window(10, 600), Window(5, 600))), "budgets.person has two windows"),
        (BudgetLimits(usual=("mt",)), "budgets.usual"),
        (BudgetLimits(usual=("ZZ",)), "budgets.usual"),
    ],
)
def test_what_cannot_be_set(limits: BudgetLimits, told: str) -> None:
    assert wrong_with_budgets(limits).startswith(told)
    assert wrong_with_budgets(BudgetLimits()) == ""
