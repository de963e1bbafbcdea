"""How many messages may be sent: against whoever has codes sent to earn from it, or to annoy.

SMS pumping sends codes to many numbers of one costly prefix. What a person may ask for is limited
elsewhere (domain/attempts.py); these budgets hold over all persons, sessions and servers together.
"""

from dataclasses import dataclass

from assent.domain.contact import country_is_known, mobile_of, region_of


@dataclass(frozen=True, slots=True)
class Window:
    """So many of something in so many seconds."""

    calls: int
    seconds: int


Windows = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """Fixed windows; each that is named must hold."""

    number: Windows = (Window(5, 3_600), Window(10, 86_400))
    """SENDS/SECONDS, several by commas: messages to one number in a programme, by whatever
    channel and for whomever."""
    prefix: Windows = (Window(500, 3_600),)
    """To all numbers of one country and calling code in a programme; +1 has many countries."""
    programme: Windows = (Window(5_000, 3_600),)
    """To all phones of a programme; those in `usual` countries and all others are counted apart,
    so that a flood from afar does not take the codes from the people at home."""
    mailbox: Windows = (Window(10, 3_600), Window(20, 86_400))
    """Codes by e-mail to one address in a programme."""
    mails: Windows = (Window(5_000, 3_600),)
    """Codes by e-mail of a programme."""
    person: Windows = (Window(10, 600), Window(100, 86_400))
    """Questions to one person's devices, over all their sessions; log-ins, which anybody may ask
    for who knows an address, are counted apart from the others."""
    usual: tuple[str, ...] = ()
    """Countries where the people live (ISO 3166, as in MT,IT): their prefixes have no budget of
    their own, only the programme's."""


_FREE = (Window(1_000_000, 1),)

GENEROUS = BudgetLimits(
    number=_FREE, prefix=_FREE, programme=_FREE, mailbox=_FREE, mails=_FREE, person=_FREE
)
"""For a sandbox: there to be seen in code paths, never in the way of a test run."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One count that a message goes into."""

    what: str
    """number, prefix, programme, mailbox, mails, person."""
    about: str
    """What it is counted under; a person's address may be in it, so it is hashed with a key."""
    window: Window


def counts_of_number(limits: BudgetLimits, e164: str) -> tuple[Counted, ...]:
    """The counts of a message to a phone, the narrow ones first.

    Always in this order: two servers that count for the same number and prefix then wait for each
    other, and never each for the other.
    """
    mobile = mobile_of(e164)
    code = mobile.country_code if mobile else ""
    region = region_of(mobile) if mobile else ""
    usual = region in limits.usual
    return (
        *(Counted("number", e164, window) for window in limits.number),
        *(Counted("prefix", f"{code} {region}", window) for window in limits.prefix if not usual),
        *(Counted("programme", "usual" if usual else "", window) for window in limits.programme),
    )


def counts_of_mailbox(limits: BudgetLimits, key: str) -> tuple[Counted, ...]:
    """The same for an e-mail; `key` is the address as `contact.email_key` spells it."""
    return (
        *(Counted("mailbox", key, window) for window in limits.mailbox),
        *(Counted("mails", "", window) for window in limits.mails),
    )


def wrong_with_budgets(limits: BudgetLimits) -> str:
    """What cannot be, in a sentence; empty where all is well."""
    for name in ("number", "prefix", "programme", "mailbox", "mails", "person"):
        windows = getattr(limits, name)
        if not windows or any(one.calls < 1 or one.seconds < 1 for one in windows):
            return f"budgets.{name} is one or more SENDS/SECONDS, each at least 1"
        if len({one.seconds for one in windows}) < len(windows):  # they would be one count
            return f"budgets.{name} has two windows of as many SECONDS: keep the smaller"
    for region in limits.usual:
        if not (region.isupper() and country_is_known(region)):
            return f"budgets.usual are two capital letters (ISO 3166), as in MT,IT; not {region!r}"
    return ""
