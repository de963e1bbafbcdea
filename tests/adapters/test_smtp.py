"""Mail: what a relay is given, what its answers mean, and what nobody may slip in."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from assent.adapters.smtp.gateway import Smtp
from assent.adapters.smtp.letter import letter, one_line
from assent.adapters.smtp.settings import SmtpSettings, wrong
from assent.domain.message import Channel, Message, Outgoing
from assent.kernel.secret import Secret
from assent.ports.delivery import Undelivered
from assent.testing.frozen import FrozenClock
from tests.support.smtp_server import (
    PASSWORD,
    USER,
    Certificates,
    Relay,
    certificates,
    relay,
)

TO = "ada@example.com"
BODY = "Your code is 493817. Pay 12.50 € to «Smith & <Sons>»?\n.\n..two dots\nFrom here on 日本\n"
HTML = "<p>Your code is <b>493817</b>. Pay 12.50 € to «Smith &amp; Sons»?</p>\n" + "x" * 1_500
SETTINGS = SmtpSettings(
    host="127.0.0.1",
    security="none",
    from_address="no-reply@bank.example",
    from_name="Bank of Málta",
)


def mail(number: int = 7, **content: Any) -> Message:
    outgoing = Outgoing(
        channel=Channel.EMAIL,
        **{"address": TO, "body": BODY, "subject": "Your code", "html": HTML, **content},
    )
    return Message(
        id=number,
        programme_id=1,
        subject_id=2,
        content=outgoing,
        created_at=1_763_000_000_000,
        not_after=1_763_000_300_000,
        dedupe=str(number),
    )


@pytest.fixture
def plain() -> Iterator[Relay]:
    with relay() as one:
        yield one


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@asynccontextmanager
async def gateway(
    to: Relay, clock: FrozenClock | None = None, /, **settings: Any
) -> AsyncIterator[Smtp]:
    made = Smtp(replace(SETTINGS, port=to.port, **settings), clock or FrozenClock())
    try:
        yield made
    finally:
        await made.close()


def over_tls(security: str, trusted: Certificates, **settings: Any) -> dict[str, Any]:
    return {
        "security": security,
        "username": USER,
        "password": Secret(PASSWORD),
        "ca_file": str(trusted.ca_file),
        **settings,
    }


async def refused(to: Relay, message: Message | None = None, **settings: Any) -> Undelivered:
    async with gateway(to, **settings) as sender:
        with pytest.raises(Undelivered) as caught:
            await sender.send(message or mail())
    assert TO not in str(caught.value)
    return caught.value


# what the relay is given


async def test_both_parts_arrive_as_they_were_written(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail())
    (post,) = plain.posts
    assert (post.sender, post.recipients) == ("no-reply@bank.example", [TO])
    got = post.mail
    assert got.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    assert post.text == BODY
    assert post.html.strip() == HTML
    assert got["From"] == "Bank of Málta <no-reply@bank.example>"
    assert (got["To"], got["Subject"]) == (TO, "Your code")
    assert got["Message-ID"] == "<assent.7@bank.example>"
    assert got["Date"] == "Thu, 13 Nov 2025 02:13:20 +0000"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["MIME-Version"] == "1.0"
    assert got.defects == []


async def test_the_octets_are_those_of_rfc_5322(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(subject="Ein Code für Sie, " * 10))
    octets = plain.posts[0].octets
    assert octets.isascii()
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 78


async def test_without_html_there_is_one_part(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(html=""))
    assert plain.posts[0].mail.get_content_type() == "text/plain"
    assert plain.posts[0].text == BODY


def test_a_second_try_is_the_same_octet_for_octet():
    assert letter(SETTINGS, mail()).octets == letter(SETTINGS, mail()).octets
    assert letter(SETTINGS, mail(8)).octets != letter(SETTINGS, mail()).octets


async def test_without_a_subject_it_is_whose_mail_it_is(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(subject=""))
    async with gateway(plain, from_name="") as sender:
        await sender.send(mail(subject=""))
    assert [post.mail["Subject"] for post in plain.posts] == ["Bank of Málta", "bank.example"]


# addresses that are not ASCII


async def test_an_international_domain_goes_out_in_its_a_labels(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(address="ada@straße.example"))
    (post,) = plain.posts
    assert post.recipients == ["ada@xn--strae-oqa.example"]
    assert post.mail["To"] == "ada@xn--strae-oqa.example"
    assert "SMTPUTF8" not in post.options
    assert post.octets.isascii()


async def test_an_international_mailbox_goes_out_as_it_is(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(address="アダ@例え.example"))
    (post,) = plain.posts
    assert post.recipients == ["アダ@xn--r8jz45g.example"]
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(post.options)
    assert post.mail["To"] == "アダ@xn--r8jz45g.example"


async def test_a_relay_that_takes_none_of_these_gets_none():
    with relay(smtputf8=False) as old:
        told = await refused(old, mail(address="アダ@example.com"))
        assert (str(told), told.lasting) == ("the relay takes no international address", True)
        assert old.posts == []


# what nobody may slip in


INJECTED = "\r\nBcc: mallory@evil.example\r\n\r\n<b>owned</b>"


@pytest.mark.parametrize("name", ["subject", "from_name"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
async def test_no_words_begin_a_header(plain: Relay, name: str, ends: str):
    words = f"Code{INJECTED.replace(chr(13) + chr(10), ends)}"
    settings = {"from_name": words} if name == "from_name" else {}
    async with gateway(plain, **settings) as sender:
        await sender.send(mail(subject=words))
    (post,) = plain.posts
    assert post.recipients == [TO]
    assert post.mail["Bcc"] is None
    assert post.text == BODY
    assert post.mail["Subject"] == "Code Bcc: mallory@evil.example <b>owned</b>"


@pytest.mark.parametrize(
    "address", ["a=b@b.example", "a?=@b.example", "?b?a?=@b.example", "=@b.example"]
)
async def test_the_address_on_the_letter_is_the_one_on_its_envelope(plain: Relay, address: str):
    """Also for who decodes what is no encoded word (RFC 2047)."""
    async with gateway(plain) as sender:
        await sender.send(mail(address=address))
    (post,) = plain.posts
    assert post.recipients == [address]
    assert [one.addr_spec for one in post.mail["To"].addresses] == [address]


@pytest.mark.parametrize(
    "address",
    [
        f"{TO}\r\nRCPT TO:<mallory@evil.example>",
        f"{TO}\nBcc: mallory@evil.example",
        f"{TO}, mallory@evil.example",
        f"{TO} <mallory@evil.example>",
        f"<{TO}>",
        "mallory@evil.example> SIZE=1 <ada@example.com",
        '"ada\r\n"@example.com',
        "ada@example.com\x00",
        "@relay.example:ada@example.com",
        "ada@example.com.",
        "=?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZSwgeA==?=@b.example",  # ceo@bank.example, x
        "=?utf-8?q?ceo=40bank=2Eexample=2C_x?=@b.example",
        "x.=?us-ascii?q?Bank?=@b.example",
        "ada",
        "",
    ],
)
async def test_no_address_is_more_than_one(plain: Relay, address: str):
    told = await refused(plain, mail(address=address))
    assert (str(told), told.lasting) == ("no e-mail address", True)
    assert plain.connections == 0


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r", "\r\r\n"])
async def test_no_text_ends_the_message(plain: Relay, ends: str):
    """SMTP smuggling: a dot on a line of its own, however lines may end."""
    smuggled = f"Hello{ends}.{ends}MAIL FROM:<mallory@evil.example>{ends}"
    async with gateway(plain) as sender:
        await sender.send(mail(body=smuggled, html=smuggled))
    (post,) = plain.posts
    assert post.text.split() == smuggled.split()
    assert post.html.split() == smuggled.split()


def test_names_that_turn_the_direction_of_writing():
    assert one_line("Bank\u202egnp.\u2066 of\u200b  Malta\ud800") == "Bank gnp. of Malta"


async def test_a_lone_surrogate_is_a_question_mark(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(body="a\ud800b", html=""))
    assert plain.posts[0].text == "a?b\n"


# TLS and log-in


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_the_log_in_goes_over_tls(trusted: Certificates, security: str):
    with relay(security, trusted.server) as safe:
        async with gateway(safe, **over_tls(security, trusted)) as sender:
            await sender.send(mail())
        assert safe.logins == [(USER, True)]
        assert [(post.recipients, post.over_tls) for post in safe.posts] == [([TO], True)]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("flaw", ["unknown authority", "another name"])
async def test_a_certificate_that_is_not_the_relays(
    trusted: Certificates, tmp_path: Path, security: str, flaw: str
):
    other = certificates(tmp_path, ("relay.evil.example",))
    believed = trusted if flaw == "unknown authority" else other
    with relay(security, other.server) as false:
        told = await refused(false, **over_tls(security, believed))
        assert (str(told), told.lasting) == ("SSLCertVerificationError", False)
        assert (false.logins, false.posts) == ([], [])


async def test_a_relay_whose_offer_of_tls_is_gone_gets_neither_password_nor_mail(
    trusted: Certificates,
):
    """Somebody between took the line with STARTTLS out."""
    with relay("none") as stripped:
        told = await refused(stripped, **over_tls("starttls", trusted))
        assert "STARTTLS" in str(told)
        assert told.lasting is False
        assert (stripped.logins, stripped.posts) == ([], [])


async def test_a_log_in_that_is_refused_is_no_fault_of_the_message(trusted: Certificates):
    with relay("starttls", trusted.server) as safe, capture_logs() as logged:
        settings = over_tls("starttls", trusted, password=Secret("canary-wrong"))
        told = await refused(safe, **settings)
        assert (str(told)[:24], told.lasting) == ("mail server answered 535", False)
        assert safe.posts == []
    (line,) = logged
    assert (line["event"], line["log_level"]) == ("mail_relay_refuses_us", "error")
    assert "canary" not in str(line)
    assert USER not in str(line)


# what the answers mean


@pytest.mark.parametrize("command", ["RCPT", "TEXT"])
@pytest.mark.parametrize(
    ("answer", "lasting", "told"),
    [
        (f"550 5.1.1 <{TO}>: nobody here", True, "mail server answered 550 5.1.1"),
        (f"554 {TO} is not wanted", True, "mail server answered 554"),
        ("550 5.7.1\tno", True, "mail server answered 550 5.7.1"),
        (f"451 4.3.0 <{TO}> later", False, "mail server answered 451 4.3.0"),
        ("452 full", False, "mail server answered 452"),
        ("421 4.3.2 going down", False, "mail server answered 421 4.3.2"),
        ("530 5.7.0 log in first", False, "mail server answered 530 5.7.0"),
    ],
)
async def test_refusals_of_a_recipient_or_a_text(
    plain: Relay, command: str, answer: str, lasting: bool, told: str
):
    plain.answers[command] = answer
    got = await refused(plain)
    assert got.lasting is lasting
    assert str(got).partition(" (")[0] == told


@pytest.mark.parametrize("answer", ["550 5.7.1 you may not send from there", "451 4.7.0 slow down"])
async def test_a_refused_sender_is_no_fault_of_the_message(plain: Relay, answer: str):
    plain.answers["MAIL"] = answer
    with capture_logs() as logged:
        got = await refused(plain)
    assert got.lasting is False
    assert [line["event"] for line in logged] == ["mail_relay_refuses_us"] * answer.startswith("5")


async def test_whoever_greylists_takes_it_the_second_time(plain: Relay):
    plain.greylists = True
    async with gateway(plain) as sender:
        with pytest.raises(Undelivered) as caught:
            await sender.send(mail())
        assert caught.value.lasting is False
        await sender.send(mail())
    (post,) = plain.posts
    assert post.mail["Message-ID"] == "<assent.7@bank.example>"
    assert plain.connections == 1  # a refusal in good order costs no connection


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "TEXT"])
async def test_one_that_hangs_is_tried_again_later(plain: Relay, command: str):
    plain.hangs_at = command
    async with asyncio.timeout(8):
        got = await refused(plain, timeout_seconds=1)
    assert (str(got), got.lasting) == ("TimeoutError", False)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "TEXT", "END"])
async def test_one_that_hangs_up_is_tried_again_later(plain: Relay, command: str):
    plain.drops_at = command
    got = await refused(plain)
    assert (str(got), got.lasting) == ("SMTPServerDisconnected", False)
    # at least once: hung up before it could say so, but taken
    assert len(plain.posts) == (1 if command == "END" else 0)


async def test_one_that_is_not_there_is_tried_again_later():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        away = Relay(port=taken.getsockname()[1])
        assert (await refused(away)).lasting is False


async def test_what_is_no_mail_server_is_tried_again_later():
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        other = Relay(port=server.sockets[0].getsockname()[1])
        assert (await refused(other)).lasting is False


# connections


async def test_a_connection_is_used_again(plain: Relay):
    async with gateway(plain) as sender:
        for number in range(3):
            await sender.send(mail(number))
    assert (len(plain.posts), plain.connections) == (3, 1)


async def test_a_connection_that_went_cold_is_replaced_at_once(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(1))
        await asyncio.to_thread(plain.hang_up)
        await sender.send(mail(2))
    assert (len(plain.posts), plain.connections) == (2, 2)


async def test_a_connection_that_went_cold_unseen_is_replaced_at_once(plain: Relay):
    async with gateway(plain) as sender:
        await sender.send(mail(1))
        plain.stale = {1}
        await sender.send(mail(2))
    assert [post.connection for post in plain.posts] == [1, 2]


async def test_a_connection_is_used_again_within_twenty_seconds(plain: Relay):
    clock = FrozenClock()
    async with gateway(plain, clock) as sender:
        await sender.send(mail(1))
        for number, seconds in ((2, 19.9), (3, 20.0), (4, 0.0)):
            clock.monotonic_s += seconds
            await sender.send(mail(number))
    assert [post.connection for post in plain.posts] == [1, 1, 2, 2]


async def test_many_at_once_share_a_few_connections(plain: Relay):
    async with gateway(plain, connections=3) as sender:
        await asyncio.gather(*(sender.send(mail(number)) for number in range(20)))
    assert len({post.mail["Message-ID"] for post in plain.posts}) == 20
    assert plain.most_together == 3


async def test_whoever_waits_for_a_connection_waits_no_longer_than_for_the_relay(plain: Relay):
    plain.hangs_at = "RCPT"
    async with gateway(plain, connections=1, timeout_seconds=1) as sender, asyncio.timeout(8):
        both = [sender.send(mail(number)) for number in range(2)]
        got = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in got] == [Undelivered, Undelivered]


# settings


def test_settings_that_can_be(trusted: Certificates):
    safe = replace(SETTINGS, **over_tls("starttls", trusted))
    for settings in (
        SmtpSettings(),
        SETTINGS,
        replace(SETTINGS, host="localhost"),
        replace(SETTINGS, host="::1"),
        safe,
        replace(safe, host="relay.bank.example", security="tls", from_name=""),
        replace(safe, username="", password=Secret("")),
    ):
        assert wrong(settings) == "", settings


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"port": 0}, "mail.port"),
        ({"connections": 0}, "mail.connections"),
        ({"timeout_seconds": 26}, "mail.timeout_seconds"),
        ({"from_address": ""}, "mail.from_address"),
        ({"from_address": "Bank <no-reply@bank.example>"}, "mail.from_address"),
        ({"from_name": "Bank\r\nBcc: mallory@evil.example"}, "mail.from_name"),
        ({"host": "relay.bank.example:587"}, "mail.host"),
        ({"host": "smtp://relay.bank.example"}, "mail.host"),
        ({"host": "relay.bank.example"}, "mail.security=none"),
        ({"host": "10.0.0.1"}, "mail.security=none"),
        ({"host": "localhost.evil.example"}, "mail.security=none"),
        ({"username": "u", "password": Secret("canary")}, "mail.username needs"),
        ({"security": "tls", "username": "u"}, "mail.username and mail.password"),
        ({"security": "tls", "password": Secret("canary")}, "mail.username and mail.password"),
        ({"ca_file": "not-there.pem"}, "mail.ca_file"),
        ({"ca_file": __file__}, "mail.ca_file"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], told: str):
    found = wrong(replace(SETTINGS, **changes))
    assert found.startswith(told)
    assert not re.search("canary", found)
