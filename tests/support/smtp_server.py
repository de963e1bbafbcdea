"""A mail relay on a free port of this machine: a real SMTP server, as willing as a test says."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.processes import until

USER, PASSWORD = "assent@bank.example", "canary-of-the-relay's-password"

_SINCE = datetime(2020, 1, 1, tzinfo=UTC)

for _name in ("mail.log", "mail.debug"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass
class Post:
    """One message that the relay took."""

    sender: str
    recipients: list[str]
    options: list[str]
    octets: bytes
    connection: int
    over_tls: bool

    @property
    def mail(self) -> EmailMessage:
        """Parsed as a mail program would."""
        return message_from_bytes(self.octets, policy=SMTPUTF8)

    @property
    def text(self) -> str:
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        part = self.mail.get_body(("html",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


@dataclass
class Relay:
    """What it answers, and what it was given."""

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """By command, what it says in place of yes: {"RCPT": "550 5.1.1 ..."}."""
    greylists: bool = False
    """Says "later" to every recipient it has not seen yet."""
    hangs_at: str = ""
    """The command that gets no answer."""
    drops_at: str = ""
    """The command on which it hangs up; DATA: in the middle of the text."""
    logins: list[tuple[str, bool]] = field(default_factory=list)
    """Who logged in, and whether over TLS."""
    connections: int = 0
    stale: set[int] = field(default_factory=set)
    """Connections, counted from 1, on which it hangs up as soon as it is asked something."""
    together: int = 0
    """Connections that are open."""
    most_together: int = 0
    seen: set[str] = field(default_factory=set)
    protocols: set["_Speaker"] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop | None = None

    def to(self, address: str) -> list[Post]:
        """What was taken for one address."""
        return [post for post in self.posts if address in post.recipients]

    def hang_up(self) -> None:
        """On everybody, as relays do with the silent; returns when it is done."""
        assert self.loop is not None
        for one in list(self.protocols):
            self.loop.call_soon_threadsafe(one.drop)
        until("hung up", lambda: self.together == 0)


class _Speaker(SMTP):
    """A connection."""

    relay: Relay
    number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self.number:
            self.relay.connections += 1
            self.number = self.relay.connections
            self.relay.protocols.add(self)
            self.relay.together += 1
            self.relay.most_together = max(self.relay.together, self.relay.most_together)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self.relay.protocols:
            self.relay.protocols.discard(self)
            self.relay.together -= 1
        super().connection_lost(error)

    def drop(self) -> None:
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).abort()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.relay.drops_at != "DATA":
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.readline()
        self.drop()


class _Handler:
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def _answer(self, server: Any, command: str) -> str | None:
        if self._relay.hangs_at == command:
            await asyncio.Event().wait()
        if self._relay.drops_at == command or server.number in self._relay.stale:
            server.drop()
            return "421 gone"
        return self._relay.answers.get(command)

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if refused := await self._answer(server, "MAIL"):
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if refused := await self._answer(server, "RCPT"):
            return refused
        if self._relay.greylists and address not in self._relay.seen:
            self._relay.seen.add(address)
            return f"451 4.7.1 <{address}> come again in a minute"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if refused := await self._answer(server, "TEXT"):
            return refused
        self._relay.posts.append(
            Post(
                envelope.mail_from,
                list(envelope.rcpt_tos),
                list(envelope.mail_options),
                bytes(envelope.content),
                server.number,
                session.ssl is not None
                or server.transport.get_extra_info("sslcontext") is not None,
            )
        )
        return await self._answer(server, "END") or "250 OK"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        over_tls = server.transport.get_extra_info("sslcontext") is not None
        self._relay.logins.append((data.login.decode(), over_tls))
        right = data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=not right and False)


@dataclass(frozen=True)
class Certificates:
    """An authority of the test's own, and what it vouches for."""

    ca_file: Path
    server: ssl.SSLContext


def certificates(folder: Path, names: tuple[str, ...] = ("localhost", "127.0.0.1")) -> Certificates:
    """A server's certificate for these names, from an authority that nobody else knows."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    ca = _certificate(issuer, issuer, ca_key.public_key(), ca_key, ca=True, names=())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    own = _certificate(subject, issuer, key.public_key(), ca_key, ca=False, names=names)
    ca_file, pem = folder / "ca.pem", folder / "relay.pem"
    ca_file.write_bytes(ca.public_bytes(Encoding.PEM))
    octets = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(octets + own.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return Certificates(ca_file, context)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    ca: bool,
    names: tuple[str, ...],
) -> x509.Certificate:
    usage = x509.KeyUsage(
        not ca, False, False, False, False, ca, ca, encipher_only=False, decipher_only=False
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_SINCE + timedelta(days=36_500))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if names:
        alternatives = [_general_name(name) for name in names]
        made = made.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return made.sign(signer, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(name))
    return x509.DNSName(name)


@contextmanager
def relay(
    security: str = "none", tls: ssl.SSLContext | None = None, smtputf8: bool = True
) -> Iterator[Relay]:
    """`starttls` and `tls` want a context, and a log-in before anything else."""
    one = Relay()
    handler = _Handler(one)
    started, loop = threading.Event(), asyncio.new_event_loop()
    one.loop = loop

    def speaker() -> _Speaker:
        made = _Speaker(
            handler,
            enable_SMTPUTF8=smtputf8,
            hostname="relay.test",
            loop=loop,
            tls_context=tls if security == "starttls" else None,
            require_starttls=security == "starttls",
            auth_require_tls=security == "starttls",  # of the other it does not know that it is TLS
            authenticator=handler.authenticate,
        )
        made._auth_required = security != "none"  # which it warns of, for the same reason
        made.relay = one
        return made

    async def run() -> None:
        context = tls if security == "tls" else None
        server = await loop.create_server(speaker, "127.0.0.1", 0, ssl=context)
        one.port = server.sockets[0].getsockname()[1]
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            for each in list(one.protocols):
                each.drop()
            while one.protocols:
                await asyncio.wait({asyncio.ensure_future(asyncio.sleep(0))})

    main = loop.create_task(run())

    def serve() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(main)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert started.wait(10), "the relay does not listen"
        yield one
    finally:
        loop.call_soon_threadsafe(main.cancel)
        thread.join(timeout=10)
        assert not thread.is_alive()
