"""docs/operations/gateways.md: each example is a settings file that a server starts with."""

import json
import re
from pathlib import Path

import pytest

from assent.adapters.http_gateway.gateway import HttpGateway
from assent.adapters.http_gateway.settings import HttpGatewaySettings
from assent.domain.message import Channel, Message, Outgoing
from assent.kernel.secret import Secret
from assent.settings import load
from assent.testing.frozen import FrozenClock
from tests.support.apple import Apple
from tests.support.fcm import Firebase
from tests.support.gateway_page import PAGE, blocks
from tests.support.sms_gateway import sms_gateway

SECRETS = {
    "ASSENT_SMS_KEY": "canary",
    "ASSENT_MAIL_PASSWORD": "canary",
    "ASSENT_TWILIO_SECRET": "canary",
    "ASSENT_TWILIO_AUTH_TOKEN": "canary",
}
TITLES = {
    "Kannel": ("sms", SECRETS),
    "A gateway that takes JSON": ("sms", {}),
    "A gateway that takes forms, and says 200 to everything": ("sms", SECRETS),
    "Twilio": ("twilio", SECRETS),
    "AUTHY: approving in an app": ("twilio", SECRETS),
    "Web Push": ("web_push", SECRETS),
    "Firebase": ("fcm", SECRETS),
    "Apple": ("apns", SECRETS),
    "Mail": ("mail", SECRETS),
}


@pytest.mark.parametrize("title", TITLES)
def test_an_example_is_a_settings_file(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, secrets = TITLES[title]
    monkeypatch.chdir(tmp_path)
    _key_files(tmp_path)
    for number, text in enumerate(blocks(title)):
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        mine = {name: value for name, value in secrets.items() if f"_{room.upper()}_" in name}
        if room == "mail" and "username" not in text:
            mine = {}
        load(file, mine)


def _key_files(folder: Path) -> None:
    """What vendors hand out, under the names on the page."""
    Apple().key_file(folder)
    Firebase(origin="https://oauth2.example").account(folder).rename(folder / "fcm-account.json")


def test_there_is_no_other_example() -> None:
    assert len(re.findall("^```toml$", PAGE.read_text(), re.M)) == sum(
        len(blocks(title)) for title in TITLES
    )


async def test_the_signature_on_the_page_is_the_one_that_is_sent() -> None:
    (example,) = blocks("Signed requests", "")
    told = dict(line.split(": ", 1) for line in example.splitlines())
    words = PAGE.read_text()
    body, secret = re.search(r"of the body `(.+)` with", words), re.search("`(whsec_.+)`", words)
    assert body
    assert secret
    with sms_gateway() as gateway:
        settings = HttpGatewaySettings(
            url=gateway.url,
            body='{"to": {to}, "text": {text}}',
            signing_secret=Secret(secret.group(1)),
        )
        sender = HttpGateway(settings, FrozenClock(int(told["webhook-timestamp"]) * 1_000))
        sent = json.loads(body.group(1))
        content = Outgoing(channel=Channel.SMS, address=sent["to"], body=sent["text"])
        await sender.send(
            Message(
                id=int(told["webhook-id"]),
                programme_id=1,
                subject_id=1,
                content=content,
                created_at=0,
                not_after=1,
                dedupe="",
            )
        )
        await sender.close()
    (got,) = gateway.received
    assert got.octets.decode() == body.group(1)
    assert {name: got.headers[name] for name in told} == told
