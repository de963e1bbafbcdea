"""E-mail addresses and phone numbers: one spelling each, so that limits count one person once."""

import unicodedata
from dataclasses import dataclass
from enum import Enum

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType

_CANNOT_RECEIVE = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
    }
)


def email_key(email: str) -> str:
    """The spelling under which an address is looked up and counted.

    Case and Unicode form do not make another person (CVE-2026-47203): NFKC, then case folding,
    then NFKC again, because folding may undo the form; an international domain in its A-labels.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email.strip()).casefold())
    local, at, domain = folded.rpartition("@")
    if not at or domain.isascii():
        return folded
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return folded


def email_is_valid(email: str) -> bool:
    """RFC 5321 and 6531 syntax; no look-up. Reserved test domains pass: people test with them."""
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        # `example.com` and its like are what documentation tells people to write.
        local, _, domain = email.rpartition("@")
        return domain.lower() in {"example.com", "example.org", "example.net"} and bool(local)
    return True


class Reach(Enum):
    """Whether a number can get a message."""

    YES = "yes"
    IMPOSSIBLE = "impossible"  # no such country code, or a wrong length
    UNREACHABLE = "unreachable"  # a fixed line, a premium number: known to take no messages
    CLOSED = "closed"  # a country the programme does not send to


@dataclass(frozen=True, slots=True)
class Mobile:
    """A phone number as given: the country code with its plus, and the national number."""

    country_code: str
    number: str

    @property
    def e164(self) -> str:
        """The one spelling (ITU-T E.164), trunk zeros dropped where the country has them."""
        return phonenumbers.format_number(
            phonenumbers.parse(f"{self.country_code}{self.number}"),
            phonenumbers.PhoneNumberFormat.E164,
        )

    def reach(self, countries: tuple[str, ...] = ()) -> Reach:
        """A number outside the published ranges passes: plans change sooner than tables do."""
        try:
            parsed = phonenumbers.parse(f"{self.country_code}{self.number}")
        except phonenumbers.NumberParseException:
            return Reach.IMPOSSIBLE
        if not phonenumbers.is_possible_number(parsed):
            return Reach.IMPOSSIBLE
        if phonenumbers.number_type(parsed) in _CANNOT_RECEIVE:
            return Reach.UNREACHABLE
        if countries and phonenumbers.region_code_for_country_code(
            parsed.country_code or 0
        ) not in {*countries, *_regions_shared(parsed, countries)}:
            return Reach.CLOSED
        return Reach.YES


def _regions_shared(
    parsed: phonenumbers.PhoneNumber, countries: tuple[str, ...]
) -> tuple[str, ...]:
    """Several countries may share one code (+1, +44): the number's own region decides."""
    region = phonenumbers.region_code_for_number(parsed)
    main = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return (main,) if region in countries and main is not None else ()


def masked(address: str) -> str:
    """Enough of an address to recognise one's own: `a***@example.com`, `+356****4567`."""
    if "@" in address:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}***@{domain}"
    return f"{address[:4]}****{address[-4:]}" if len(address) > 8 else "****"
