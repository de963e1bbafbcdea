"""A message as mail: RFC 5322 with MIME (RFC 2045 to 2047), the same octets at every try."""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import idna

from assent.adapters.smtp.settings import SmtpSettings
from assent.domain.contact import email_is_valid
from assent.domain.message import Message
from assent.kernel.clock import SECOND
from assent.ports.delivery import Undelivered

_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What a relay is given: the envelope and the octets."""

    sender: str
    recipient: str = field(repr=False)
    octets: bytes = field(repr=False)
    international: bool
    """Whether an address has a local part that only SMTPUTF8 can carry (RFC 6531)."""


def letter(settings: SmtpSettings, message: Message) -> Letter:
    """Raises a lasting Undelivered for what is not one e-mail address."""
    content = message.content
    if not email_is_valid(content.address):
        raise Undelivered("no e-mail address", lasting=True)
    sender, recipient = _spelled(settings.from_address), _spelled(content.address)
    international = not (sender.isascii() and recipient.isascii())
    mail = EmailMessage(SMTP.clone(utf8=international))
    mail["From"] = Address(one_line(settings.from_name), *_parts(sender))
    mail["To"] = Address("", *_parts(recipient))
    mail["Subject"] = one_line(content.subject or settings.from_name or _parts(sender)[1])
    mail["Date"] = datetime.fromtimestamp(message.created_at // SECOND, UTC)
    mail["Message-ID"] = f"<assent.{message.id}@{_parts(sender)[1]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday answers stay at home
    # all in ASCII, so that no relay need know 8BITMIME
    mail.set_content(_lines(content.body), cte="quoted-printable")
    if content.html:
        mail.add_alternative(_lines(content.html), subtype="html", cte="quoted-printable")
        # in no quoted-printable text is there a "=_" (RFC 2045 6.7)
        mail.set_boundary(f"=_assent.{message.id}")
    return Letter(sender, recipient, mail.as_bytes(), international)


def sending_domain(settings: SmtpSettings) -> str:
    """Who speaks to the relay: the domain of the sender."""
    return _parts(_spelled(settings.from_address))[1]


def one_line(text: str) -> str:
    """Without control characters, line ends and what turns the direction of writing: nobody's
    name or words begin a header of their own, or show another."""
    seen = "".join(sign if _is_seen(sign) else " " for sign in text)
    return " ".join(seen.split())[:_LONGEST_SUBJECT]


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _lines(text: str) -> str:
    """With one sort of line end; lone surrogates, which no encoding has, as question marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode(errors="replace").decode()


def _spelled(address: str) -> str:
    """The domain in its A-labels (RFC 5891), which every relay takes."""
    local, domain = _parts(address)
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode()
    return f"{local}@{domain}"


def _parts(address: str) -> tuple[str, str]:
    local, _, domain = address.rpartition("@")
    return local, domain
