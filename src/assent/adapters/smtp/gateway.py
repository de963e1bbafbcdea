"""Mail handed to a relay, over connections that are used again."""

import asyncio
import re
from contextlib import suppress
from ssl import SSLContext, SSLError

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from assent.adapters.smtp.letter import Letter, letter, sending_domain
from assent.adapters.smtp.settings import SmtpSettings, tls_context
from assent.domain.message import Message
from assent.kernel.clock import Clock
from assent.kernel.log import Log
from assent.ports.delivery import Undelivered

log = Log()

_IDLE_SECONDS = 20.0
"""Relays hang up on whoever is silent; most wait longer than this."""
_OUR_FAULT = (530, 534, 535, 538)
"""Of the log-in, wherever they are said (RFC 4954): not of the message."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)", re.ASCII)


class Smtp:
    """`ports.delivery.Gateway`. At least once: a relay that has taken a message and did not come to
    say so gets it again, with the same Message-ID.

    What the relay says is never logged, but for its numbers: it repeats the person's address.
    """

    def __init__(self, settings: SmtpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tls: SSLContext | None = None
        self._free = asyncio.Semaphore(settings.connections)
        self._idle: list[tuple[SMTP, float]] = []
        self.timeout_seconds = float(settings.timeout_seconds)
        self.at_once = settings.connections

    async def send(self, message: Message) -> None:
        """2yz: taken. 5yz to the recipient or the text: lasting. Whatever else goes wrong is no
        fault of the message, a log-in that is refused included: again later."""
        post = letter(self._settings, message)
        try:
            async with asyncio.timeout(self._settings.timeout_seconds), self._free:
                await self._hand_over(post)
        except (SMTPAuthenticationError, SMTPSenderRefused) as error:
            if error.code >= 500:  # every message meets the same: somebody should look
                log.error("mail_relay_refuses_us", reason=_told(error))
            raise Undelivered(_told(error)) from None
        except SMTPResponseException as error:
            raise Undelivered(_told(error)) from None
        except (SMTPException, SSLError, TimeoutError, OSError) as error:
            raise Undelivered(_trouble(error)) from None

    async def close(self) -> None:
        """Says goodbye to the relay."""
        while self._idle:
            client, _ = self._idle.pop()
            with suppress(SMTPException, TimeoutError, OSError):
                await client.quit(timeout=1)
            client.close()

    async def _hand_over(self, post: Letter) -> None:
        client = await self._begun(post)
        try:
            await client.rcpt(post.recipient, encoding="utf-8")
            await client.data(post.octets)
        except (SMTPRecipientRefused, SMTPDataError) as error:
            await self._tidied(client)
            lasting = 500 <= error.code < 600 and error.code not in _OUR_FAULT
            raise Undelivered(_told(error), lasting) from None
        except BaseException:  # a time-out too: whatever is under way there is of no use to others
            client.close()
            raise
        self._keep(client)

    async def _begun(self, post: Letter) -> SMTP:
        """A connection on which the relay has taken the sender. One that was kept may have gone
        cold unseen: then another, at once, since nothing was handed over yet."""
        while kept := self._kept():
            with suppress(SMTPServerDisconnected, SMTPResponseException):
                return await _opened(kept, post)
        client = self._client()
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return await _opened(client, post)

    def _kept(self) -> SMTP | None:
        now = self._clock.monotonic()
        while self._idle:
            client, since = self._idle.pop()
            if now - since < _IDLE_SECONDS:
                return client
            client.close()
        return None

    def _keep(self, client: SMTP) -> None:
        if client.is_connected:
            self._idle.append((client, self._clock.monotonic()))

    async def _tidied(self, client: SMTP) -> None:
        """The refused message is put away; the connection is as good as before."""
        try:
            await client.rset()
        except (SMTPException, TimeoutError, OSError):
            client.close()
        except BaseException:
            client.close()
            raise
        self._keep(client)

    def _client(self) -> SMTP:
        settings = self._settings
        self._tls = self._tls or tls_context(settings)  # of some weight, and not every one sends
        login = settings.username or None
        return SMTP(
            hostname=settings.host,
            port=settings.port,
            username=login,
            password=settings.password.reveal() if login else None,
            local_hostname=sending_domain(settings),
            timeout=settings.timeout_seconds,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
        )


async def _opened(client: SMTP, post: Letter) -> SMTP:
    """The same client; closed if this fails."""
    try:
        if post.international:
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            if not client.supports_extension("smtputf8"):
                raise Undelivered("the relay takes no international address", lasting=True)
        options = ("SMTPUTF8", "BODY=8BITMIME") if post.international else ()
        await client.mail(post.sender, options=options, encoding="utf-8")
    except BaseException:
        client.close()
        raise
    return client


def _told(error: SMTPResponseException) -> str:
    enhanced = _ENHANCED.match(error.message)  # RFC 3463
    detail = f" {enhanced.group()}" if enhanced else ""
    return f"mail server answered {error.code}{detail} ({type(error).__name__})"


def _trouble(error: BaseException) -> str:
    """What a library says of its own accord; else what sort of error it is, or stands behind it."""
    if type(error) is SMTPException:
        return error.message
    if isinstance(error, TimeoutError):
        return "TimeoutError"
    return type(error.__cause__ or error).__name__
