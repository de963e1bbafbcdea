"""Which transports are set up, by the settings alone."""

from pathlib import Path
from typing import Any

import pytest

from assent.adapters.apns.gateway import Apns
from assent.adapters.fcm.gateway import Fcm
from assent.adapters.web_push.gateway import WebPush
from assent.carrying import gateways
from assent.domain.message import Channel
from assent.sandbox.inbox import VirtualInbox
from assent.settings import SettingsError, carriers, load, sandboxed
from assent.testing.frozen import FrozenClock
from tests.support.apple import KEY_ID, TEAM, TOPIC, Apple
from tests.support.fcm import Firebase

PUSHED = (Channel.WEB_PUSH, Channel.FCM, Channel.APNS)


@pytest.fixture
def all_set(tmp_path: Path) -> dict[str, str]:
    return {
        "ASSENT_FCM_ACCOUNT_FILE": str(Firebase("https://oauth2.example").account(tmp_path)),
        "ASSENT_APNS_KEY_FILE": str(Apple().key_file(tmp_path)),
        "ASSENT_APNS_KEY_ID": KEY_ID,
        "ASSENT_APNS_TEAM_ID": TEAM,
        "ASSENT_APNS_TOPIC": TOPIC,
    }


class _World:
    randomness = None


def _made(settings: Any) -> dict[Channel, object]:
    return dict(gateways(settings, _World(), FrozenClock()))  # type: ignore[arg-type]


def _told(settings: Any) -> dict[Channel, str]:
    return {channel: name for channel, name in carriers(settings).items() if channel in PUSHED}


def test_web_push_needs_nothing_to_be_set() -> None:
    settings = load(None, {})
    assert _told(settings) == {Channel.WEB_PUSH: "web_push.enabled"}
    made = _made(settings)
    assert isinstance(made[Channel.WEB_PUSH], WebPush)
    assert not {Channel.FCM, Channel.APNS} & made.keys()
    off = load(None, {"ASSENT_WEB_PUSH_ENABLED": "false"})
    assert (_told(off), Channel.WEB_PUSH in _made(off)) == ({}, False)


def test_each_transport_that_is_set_carries_its_channel(all_set: dict[str, str]) -> None:
    settings = load(None, all_set)
    made = _made(settings)
    sorts = [type(made[channel]) for channel in PUSHED]
    assert sorts == [WebPush, Fcm, Apns]
    assert set(_told(settings)) == set(PUSHED)


def test_a_sandbox_wakes_real_browsers_and_nothing_else(all_set: dict[str, str]) -> None:
    made = _made(sandboxed(load(None, all_set)))
    assert isinstance(made.pop(Channel.WEB_PUSH), WebPush)
    assert {type(one) for one in made.values()} == {VirtualInbox}
    off = sandboxed(load(None, {"ASSENT_WEB_PUSH_ENABLED": "false"}))
    assert isinstance(_made(off)[Channel.WEB_PUSH], VirtualInbox)


@pytest.mark.parametrize(
    ("base_url", "contact", "told"),
    [
        ("https://bank.example", "", "https://bank.example"),
        ("https://bank.example", "mailto:a@bank.example", "mailto:a@bank.example"),
        ("http://localhost:8400", "", ""),
        ("", "", ""),
    ],
)
def test_whom_push_services_write_to(base_url: str, contact: str, told: str) -> None:
    settings = load(
        None,
        {
            "ASSENT_SERVER_BASE_URL": base_url,
            "ASSENT_SERVER_FRAMES_URL": "https://frames.example" if base_url[:5] == "https" else "",
            "ASSENT_WEB_PUSH_CONTACT": contact,
        },
    )
    gateway: Any = _made(settings)[Channel.WEB_PUSH]
    assert gateway._contact == told


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("ASSENT_WEB_PUSH_CONTACT", "me", "web_push.contact "),
        ("ASSENT_WEB_PUSH_ENABLED", "perhaps", "web_push.enabled "),
        ("ASSENT_WEB_PUSH_TIMEOUT_SECONDS", "26", "web_push.timeout_seconds "),
        ("ASSENT_FCM_ACCOUNT_FILE", "/none", "fcm.account_file "),
        ("ASSENT_FCM_TIMEOUT_SECONDS", "0", "fcm.timeout_seconds "),
        ("ASSENT_APNS_KEY_FILE", "/none", "apns.key_file "),
        ("ASSENT_APNS_TOPIC", "", "apns.topic "),
        ("ASSENT_APNS_TIMEOUT_SECONDS", "99", "apns.timeout_seconds "),
    ],
)
def test_a_server_with_a_mistake_in_them_does_not_start(
    all_set: dict[str, str], variable: str, value: str, told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(None, {**all_set, variable: value})
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize("name", ["KEY_ID", "TEAM_ID", "TOPIC"])
def test_apples_service_without_its_key_is_told(all_set: dict[str, str], name: str) -> None:
    variable = f"ASSENT_APNS_{name}"
    with pytest.raises(SettingsError) as refused:
        load(None, {variable: all_set[variable]})
    assert str(refused.value).startswith("apns.key_file is missing")
    assert f"apns.{name.lower()}" in str(refused.value)


def test_a_key_that_is_not_there_is_named_before_all_else() -> None:
    with pytest.raises(SettingsError) as refused:
        load(None, {"ASSENT_APNS_KEY_FILE": "/none", "ASSENT_APNS_URL": "http://apple.example"})
    assert str(refused.value).startswith("apns.key_file ")
