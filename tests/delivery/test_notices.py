"""What a person is told of a change of trust: what it was, when, and where from."""

from dataclasses import replace
from typing import Any

import pytest

from assent.adapters.face_bytes.matcher import FaceBytes
from assent.domain.english import FACTOR_ENROLLED, MOBILE_CHANGED, NEW_DEVICE, WORDS, moment
from assent.domain.message import Channel
from assent.domain.one_time_code import CodeSettings
from assent.domain.session import Caller
from assent.domain.sms_length import sms_length
from assent.domain.wording import rendered
from assent.factors.device_fingerprint.kind import DeviceFingerprint
from assent.factors.face_map.kind import FaceMap
from assent.factors.sms_otp.kind import SmsOtp
from assent.kernel.secret import Secret
from assent.testing.frozen import NOON
from assent.usecases.register_factor import register_factor, remove_factor
from tests.delivery.conftest import House

WHEN = "1 January 2026, 12:00 UTC"
"""Of the clock of these tests."""


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (NOON, WHEN),
        (NOON + 999, WHEN),
        (0, "1 January 1970, 00:00 UTC"),
        (1_709_251_199_000, "29 February 2024, 23:59 UTC"),
        (1_798_761_540_000, "31 December 2026, 23:59 UTC"),
    ],
)
def test_a_time_as_people_read_it(ms: int, told: str) -> None:
    assert moment(ms) == told


@pytest.fixture
def house(house: House) -> House:
    """With some of the kinds that there are."""
    kinds = DeviceFingerprint(b"k" * 32), FaceMap(FaceBytes()), SmsOtp(CodeSettings(), b"k" * 32)
    house.world = replace(house.world, kinds={kind.name: kind for kind in kinds})
    return house


def _caller(house: House, **known: Any) -> Caller:
    return Caller(programme=house.programme, **known)


async def test_a_mail_says_when_and_where_from(house: House) -> None:
    caller = _caller(house, address="192.0.2.1")
    called = house.world.called("sms_otp")
    content = house.world.notice(caller, house.subject, FACTOR_ENROLLED, called).content
    assert content.body == (
        f"A way to approve payments was added to your Demo Bank account on {WHEN}: one-time code. "
        "If it was not you, tell us at once.\n\n"
        "It was done from the Internet address 192.0.2.1."
    )


async def test_where_from_is_left_out_where_it_is_not_known(house: House) -> None:
    caller, called = _caller(house, operator="ops"), house.world.called("gone_kind")
    content = house.world.notice(caller, house.subject, FACTOR_ENROLLED, called).content
    assert content.body.endswith(f"on {WHEN}: gone kind. If it was not you, tell us at once.")


async def test_a_text_message_says_when_in_one_part(house: House) -> None:
    caller = _caller(house, address="2001:db8:1234:5678:9abc:def0:1234:5678")
    told = house.world.notice(caller, house.subject, MOBILE_CHANGED, channel=Channel.SMS)
    assert WHEN in told.content.body
    assert "2001:db8" not in told.content.body
    assert sms_length(told.content.body).parts == 1


@pytest.mark.parametrize("name", ["email_changed", "mobile_changed", "password_reset_done"])
def test_what_goes_to_phones_is_one_part_at_the_longest_of_dates(name: str) -> None:
    values = {
        "programme": "Example Bank Limited",
        "when": "30 September 2026, 12:00 UTC",
        "address": "a***@example.com",
    }
    assert sms_length(rendered(WORDS[name], Channel.SMS, values).text).parts == 1


async def _mails(house: House) -> list[str]:
    due = await house.stores.due_messages(house.clock.now(), 9, Channel.EMAIL)
    return [one.content.body.partition(".")[0] for one in due]


async def test_a_device_is_called_a_device_and_a_face_is_not(house: House) -> None:
    caller = _caller(house)
    for kind, presented in (("device_fingerprint", "canary-of-a-phone"), ("face_map", "AAAA")):
        factor = await register_factor(
            house.world, caller, house.subject.id, kind, Secret(presented)
        )
        await remove_factor(house.world, caller, factor)
    account = "your Demo Bank account on"
    assert await _mails(house) == [
        f"A new device, which can approve payments, was added to {account} {WHEN}",
        f"A way to approve payments was removed from {account} {WHEN}: device",
        f"A way to approve payments was added to {account} {WHEN}: face map",
        f"A way to approve payments was removed from {account} {WHEN}: face map",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ada's phone", "Ada's phone"),
        ("call evil.example now", "call evil. example now"),
        ("https://evil.example/x", "https: //evil. example/x"),
        ("<a href='https://evil.example'>", "<a href='https: //evil. example'>"),
        ("help@evil.example", "help@ evil. example"),
        ("tel:+15551234567", "tel: +155\u00b7512\u00b7345\u00b767"),
        ("Phone\n\nYour account is safe", "Phone  Your account is safe"),
        ("\u202eenohP", "enohP"),
    ],
)
async def test_what_somebody_calls_their_device_makes_no_link_and_no_line(
    house: House, name: str, said: str
) -> None:
    """Whoever adds a device to another's account chooses what its mail says of it."""
    told = house.world.notice(_caller(house), house.subject, NEW_DEVICE, {"device": name}).content
    assert told.body.splitlines()[-1] == f"It is called: {said}"
    page = rendered(WORDS[NEW_DEVICE], Channel.EMAIL, told.values).html
    assert "evil.example" not in page
    assert "<a " not in page
    assert rendered(WORDS[NEW_DEVICE], Channel.SMS, told.values).text.endswith("tell us at once.")


def test_a_device_without_a_name_has_no_line_for_it(house: House) -> None:
    told = house.world.notice(_caller(house), house.subject, NEW_DEVICE).content
    assert "called" not in told.body
