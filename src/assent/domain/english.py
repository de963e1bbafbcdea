"""The house's own words, in English: what is said where a programme has none of its own."""

from collections.abc import Iterable
from datetime import UTC, datetime

from assent.domain.message import Channel
from assent.domain.wording import Wording, Words
from assent.kernel.clock import SECOND

CODE = "code"
VERIFY_EMAIL = "verify_email"
RESET_PASSWORD = "reset_password"
INVITE = "invite"
PASSWORD_RESET_DONE = "password_reset_done"
PASSWORD_CHANGED = "password_changed"
EMAIL_CHANGED = "email_changed"
MOBILE_CHANGED = "mobile_changed"
PHONE_CHANGED = "phone_changed"
FACTOR_ENROLLED = "factor_enrolled"
FACTOR_REMOVED = "factor_removed"
LAST_WARNING = "last_warning"
BLOCKED_FOR_NOW = "blocked_for_now"
BLOCKED = "blocked"
UNBLOCKED = "unblocked"
ACTIVATED = "activated"
DEACTIVATED = "deactivated"
NEW_DEVICE = "new_device"
DEVICE_REFUSALS = "device_refusals"
DEVICE_NOT_ME = "device_not_me"
LOG_IN_NOT_ME = "log_in_not_me"
ERASED = "erased"

_PHONES = (Channel.SMS, Channel.WHATSAPP, Channel.VOICE)
_NO_CODE_SHARED = "Never share it: nobody from us will ask for it."
_NOT_YOU = "If it was not you, tell us at once."
_ADDED = (
    "A new device, which can approve payments, was added to your {programme} account on {when}."
)


def _code() -> Wording:
    """Codes that prove possession of a phone; one part of an SMS for actions of usual length.

    It says what the code is for, because people judge by that (RTS Article 5), and that nobody may
    ask for it. In a call what it is for comes first, because a listener cannot look back, and the
    code comes twice, because nobody has a pen at hand.
    """
    return Wording(
        name=CODE,
        words=Words(
            "{code} is your code to {action}. It is valid for {minutes} minutes. "
            f"{_NO_CODE_SHARED}"
        ),
        by_channel={
            Channel.VOICE: Words(
                "Here is your code to {action}. The code is: {digits}. Once more: {digits}. "
                f"It is valid for {{minutes}} minutes. {_NO_CODE_SHARED}"
            )
        },
        always=frozenset({"code", "action", "minutes"}),
        maybe=frozenset({"digits"}),
        must=frozenset({"code", "action"}),
        mailed=False,
        phoned=True,
    )


def _mailed_code(
    name: str, subject: str, text: str, always: Iterable[str], maybe: Iterable[str] = ()
) -> Wording:
    return Wording(
        name=name,
        words=Words(text, subject),
        always=frozenset({"programme", "code", *always}),
        maybe=frozenset({"link", *maybe}),
        must=frozenset({"code"}),
    )


def _notice(
    name: str,
    subject: str,
    text: str,
    always: Iterable[str] = (),
    phone: str = "",
    maybe: Iterable[str] = (),
) -> Wording:
    """Of something that has happened, and when; short enough for a phone where the mailbox is what
    was changed. A mail has room for where from. `phone` is said there where the mail says it in
    other words."""
    mailed = Words(f"{text}\n\nIt was done from the Internet address {{where}}.", subject)
    phoned = dict.fromkeys(_PHONES, Words(phone)) if phone else {}
    return Wording(
        name=name,
        words=Words(text, subject),
        by_channel={**phoned, Channel.EMAIL: mailed},
        always=frozenset({"programme", "when", *always}),
        maybe=frozenset({"where", *maybe}),
        phoned=True,
    )


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def moment(ms: int) -> str:
    """A time in ms since 1970, as people read it: 1 May 2030, 12:00 UTC."""
    at = datetime.fromtimestamp(ms // SECOND, UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} UTC"


WORDS: dict[str, Wording] = {
    wording.name: wording
    for wording in (
        _code(),
        _mailed_code(
            VERIFY_EMAIL,
            "Verify your e-mail address",
            "Your code to verify your e-mail address with {programme}:\n\n{code}\n\n{link}\n\n"
            "It is valid for {minutes} minutes. If you did not ask for it, do nothing: your "
            "address stays unverified.",
            ("minutes",),
        ),
        _mailed_code(
            RESET_PASSWORD,
            "Reset your password",
            "Your code to choose a new password for your {programme} account:\n\n{code}\n\n"
            f"{{link}}\n\nIt is valid for {{minutes}} minutes. {_NO_CODE_SHARED} If you did not "
            "ask for it, do nothing: your password stays as it is.",
            ("minutes",),
        ),
        _mailed_code(
            INVITE,
            "You are invited",
            "You are invited to act for {name} with {programme}. Your invitation code:\n\n"
            "{code}\n\n{link}\n\nIt is valid for {days} days. If you do not know what this is "
            "about, do nothing.",
            ("name", "days"),
        ),
        _notice(
            PASSWORD_RESET_DONE,
            "Your password was reset",
            f"The password of your {{programme}} account was reset on {{when}}. {_NOT_YOU}",
        ),
        _notice(
            PASSWORD_CHANGED,
            "Your password was changed",
            f"The password of your {{programme}} account was changed on {{when}}. {_NOT_YOU}",
        ),
        _notice(
            EMAIL_CHANGED,
            "Your e-mail address was changed",
            "Since {when} the e-mail address of your {programme} account is no longer {address}. "
            f"{_NOT_YOU}",
            ("address",),
        ),
        _notice(
            MOBILE_CHANGED,
            "Your mobile number was changed",
            "The mobile number of your {programme} account was changed on {when}. "
            "If you did not change it, contact us now.",
            phone="Since {when} the mobile number of your {programme} account is no longer this "
            "one. If you did not change it, contact us now.",
        ),
        _notice(
            PHONE_CHANGED,
            "The phone that approves payments was changed",
            "The phone number that approves payments of your {programme} account was changed on "
            f"{{when}}. {_NOT_YOU}",
        ),
        _notice(
            FACTOR_ENROLLED,
            "A way to approve payments was added",
            "A way to approve payments was added to your {programme} account on {when}: {factor}. "
            f"{_NOT_YOU}",
            ("factor",),
        ),
        _notice(
            FACTOR_REMOVED,
            "A way to approve payments was removed",
            "A way to approve payments was removed from your {programme} account on {when}: "
            f"{{factor}}. {_NOT_YOU}",
            ("factor",),
        ),
        _notice(
            LAST_WARNING,
            "Your account is nearly blocked",
            "Somebody has entered a wrong {what} for your {programme} account too many times, last "
            "on {when}. It is blocked for a while. If this happens once more, it stays blocked "
            "until you contact us. If it was not you, tell us.",
            ("what",),
        ),
        _notice(
            BLOCKED_FOR_NOW,
            "Your account is blocked for a while",
            "Somebody has entered a wrong {what} for your {programme} account too many times, last "
            f"on {{when}}. It is blocked for {{minutes}} minutes. {_NOT_YOU}",
            ("what", "minutes"),
        ),
        _notice(
            BLOCKED,
            "Your account is blocked",
            "Somebody has entered a wrong {what} for your {programme} account too many times, last "
            "on {when}. It is blocked until you contact us. If it was not you, tell us.",
            ("what",),
        ),
        _notice(
            UNBLOCKED,
            "Your account is no longer blocked",
            f"Since {{when}} your {{programme}} account is no longer blocked. {_NOT_YOU}",
        ),
        _notice(
            ACTIVATED,
            "Your account was activated again",
            "On {when} your {programme} account was activated again, or your access to one that is "
            "somebody else's. If you do not know why, tell us at once.",
        ),
        _notice(
            DEACTIVATED,
            "Your account was deactivated",
            "On {when} your {programme} account was deactivated, or your access to one that is "
            "somebody else's. If you do not know why, contact us.",
        ),
        _notice(
            NEW_DEVICE,
            "A new device was added",
            f"{_ADDED} {_NOT_YOU}\n\nIt is called: {{device}}",
            phone=f"{_ADDED} {_NOT_YOU}",
            maybe=("device",),
        ),
        _notice(
            DEVICE_REFUSALS,
            "You declined several times",
            "Several requests to your device, for your {programme} account, were declined in a "
            "row, the last on {when}. No more are sent for a while. If you did not ask for them, "
            "somebody is trying to get into your account: change your password, and tell us.",
        ),
        _notice(
            DEVICE_NOT_ME,
            "Somebody may know your password",
            "On {when} you said on your device that a request for your {programme} account was "
            "not yours. It was stopped, and you are logged out everywhere. Change your password "
            "now, and tell us.",
        ),
        _notice(
            LOG_IN_NOT_ME,
            "A log-in that was not yours was stopped",
            "On {when} you said on your device that a log-in to your {programme} account was not "
            "yours. It was stopped: nobody came in. Decline any others, and tell us.",
        ),
        _notice(
            ERASED,
            "Your account was erased",
            "Your {programme} account and what was kept of you was erased on {when}. This is the "
            f"last message to this address. {_NOT_YOU}",
        ),
    )
}
"""By name."""
