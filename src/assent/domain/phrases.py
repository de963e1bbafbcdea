"""Parts of messages that are words of their own, in the house's English: what a code is for, and
what was entered wrongly.

A programme translates them beside its wordings, as tables of a language: `[de.actions]`,
`[de.what]` (domain/wording_file.py).
"""

from collections.abc import Iterator

ENROL_PHONE = "enrol_phone"
ENROL_DEVICE = "enrol_device"
LOG_IN = "log_in"
STEP_UP = "step_up"
SEE_ACCOUNTS = "see_accounts"
READ_STATEMENT = "read_statement"
PAY = "pay"
PAY_BY_CARD = "pay_by_card"
REFUSE_CARD = "refuse_card"

ACTIONS = {
    ENROL_PHONE: "register this phone with {programme}",
    ENROL_DEVICE: "add a device to your {programme} account",
    LOG_IN: "log in to {programme}",
    STEP_UP: "confirm that it is you at {programme}",
    SEE_ACCOUNTS: "see your accounts at {programme}",
    READ_STATEMENT: "read the {currency} statement of {first} to {last}",
    PAY: "pay {amount} to {payee} (account {account})",
    PAY_BY_CARD: "pay {amount} to {payee} by card",
    REFUSE_CARD: "refuse to pay {amount} to {payee} by card",
}
"""Each completes "your code to ...". No words for one may leave a place out but {programme}: amount
and payee are what people judge by (RTS Article 5)."""

OR = "or"
WHAT = {
    "password": "password",
    "passcode": "passcode",
    "one_time_code": "one-time code",
    "pin": "PIN",
    "device": "device",
    "authy_app": "Authy app",
    "face_map": "face map",
    "mailed_code": "code from an e-mail",
    OR: "or",
}
"""Each completes "has entered a wrong ..."; `or` stands between two of them."""

PHRASES = {"actions": ACTIONS, "what": WHAT}
"""By table of a language."""

TABLES = {"action": "actions", "what": "what", "factor": "what"}
"""The places that they are put into, and their tables."""

FILLED_WITH = {place: f"{place}_words" for place in TABLES}
"""Under which name a message's values hold the names of the phrases for a place, with a space
between two."""


def named(called: str) -> str:
    """The name of the words for what a kind is called: 'one-time code', `one_time_code`."""
    return called.lower().replace("-", "_").replace(" ", "_")


def needed(names: str) -> Iterator[str]:
    """All phrases that it takes to say these."""
    several = names.split()
    yield from several
    if len(several) > 1:
        yield OR
