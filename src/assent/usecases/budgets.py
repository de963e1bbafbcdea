"""Budgets of what is sent, as changes that are committed with the message they allow."""

from collections.abc import Sequence

from assent.domain.budget import Counted, counts_of_mailbox, counts_of_number
from assent.domain.challenge import Purpose
from assent.domain.contact import email_key
from assent.domain.message import PHONED, Channel, Outgoing
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Change
from assent.ports.mailing import SpendBudget
from assent.usecases.world import World


def budgets(
    world: World, programme_id: int, channel: Channel, address: str
) -> tuple[SpendBudget, ...]:
    """What one message to this address takes; to stand in the list of changes that sends it.

    `address` is E.164 or an e-mail address in any spelling; other channels take nothing.
    Where one of them fails nothing was counted: `raise budget_refused(world, done.failed)`.
    """
    if channel is not Channel.EMAIL and channel not in PHONED:
        return ()  # it costs nothing, and who is asked how often is counted elsewhere
    if channel is Channel.EMAIL:
        counted = counts_of_mailbox(world.budget_limits, email_key(address))
    else:
        counted = counts_of_number(world.budget_limits, address)
    return tuple(_spend(world, programme_id, one) for one in counted)


def budgets_of(
    world: World, programme_id: int, messages: Sequence[Outgoing]
) -> tuple[SpendBudget, ...]:
    """The same for the messages of a challenge."""
    return tuple(
        spend
        for message in messages
        for spend in budgets(world, programme_id, message.channel, message.address)
    )


def budgets_of_person(
    world: World, programme_id: int, subject_id: int, purpose: Purpose
) -> tuple[SpendBudget, ...]:
    """The same for a question to a person's devices: whoever has the password may log in, ask and
    log out as often as they like, and each time a phone rings. Log-ins, which anybody may ask for
    who knows an address, are counted apart."""
    whose = Purpose.LOG_IN if purpose is Purpose.LOG_IN else "own"
    about, windows = f"{subject_id} {whose}", world.budget_limits.person
    return tuple(_spend(world, programme_id, Counted("person", about, one)) for one in windows)


def budget_refused(world: World, change: Change | None) -> Refusal:
    """The refusal for a list that failed at a budget. Which of them is not told: it would say how
    much is sent to others."""
    what, until = "budget", 0
    if isinstance(change, SpendBudget):
        what, until = _WHAT.get(change.key[:1], what), change.until
    left = max(1, -(-(until - world.clock.now()) // SECOND))
    return Refusal(Code.SENDS_USED_UP, f"{what} budget", retry_after=left)


def _spend(world: World, programme_id: int, counted: Counted) -> SpendBudget:
    window, now = counted.window, world.clock.now()
    length = window.seconds * SECOND
    about = f"budget:{programme_id}:{counted.what}:{window.seconds}"
    key = _MARKS[counted.what] + world.vault.lookup(counted.about, about)
    period = now // length
    return SpendBudget(key, period, window.calls, (period + 1) * length)


_MARKS = {
    **{"number": b"n", "prefix": b"p", "programme": b"a"},
    **{"mailbox": b"m", "mails": b"e", "person": b"q"},
}
"""Before the hash, so that the log can say which sort it was, and an operator count the rows."""
_WHAT = {mark: what for what, mark in _MARKS.items()}
