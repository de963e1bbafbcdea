"""E-mail addresses and phone numbers: one spelling each, so that limits count one person once."""

import unicodedata
from dataclasses import dataclass, field
from enum import Enum

import idna
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType, ValidationResult

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
    then NFKC again, because folding may undo the form; an international domain in its A-labels
    (IDNA 2008, RFC 5891: straße.de and strasse.de have different owners). Its own key: the key of
    a key is that key.
    """
    local, at, domain = unicodedata.normalize("NFKC", email).strip().rpartition("@")
    return f"{_folded(local)}{at}{_domain_key(domain) if at else _folded(domain)}".strip()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


def _domain_key(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return _folded(domain)


def same_mailbox(one: str, other: str) -> bool:
    """Whether two spellings are certainly delivered to the same place: alike but for ASCII case.

    Narrower than `email_key`, which errs on the side of counting together: here the safe side is
    that another spelling is another address, to be verified and told of.
    """
    return one.encode().lower() == other.encode().lower()


def email_is_valid(email: str) -> bool:
    """RFC 5321 and 6531 syntax; no look-up. `.test` passes: people test with it.

    Without what begins an encoded word: RFC 2047 5 (3) has none in addresses, but mail programs
    read them there all the same, and would show whatever address they stand for.
    """
    if "=?" in email:
        return False
    try:
        validate_email(email, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return False
    return True


def country_is_known(country: str) -> bool:
    """ISO 3166 alpha-2, in either case; as far as people there have phones."""
    return country.upper() in phonenumbers.SUPPORTED_REGIONS


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
    number: str = field(repr=False)

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
        # `is_possible_number` would also take a number without its area code: nobody's from afar.
        if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
            return Reach.IMPOSSIBLE
        if phonenumbers.number_type(parsed) in _CANNOT_RECEIVE:
            return Reach.UNREACHABLE
        if countries and _region(parsed) not in countries:
            return Reach.CLOSED
        return Reach.YES


def _region(parsed: phonenumbers.PhoneNumber) -> str | None:
    """Several countries may share one code (+1, +44): the number's own region decides.

    A number in no published range counts as the code's main country's. Never the other way round:
    with US for all of +1, codes would go to the islands whose numbers SMS pumping lives on.
    """
    main = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return phonenumbers.region_code_for_number(parsed) or main


def region_of(mobile: Mobile) -> str:
    """Whose number it is (ISO 3166), as `Mobile.reach` decides; empty for what is no number."""
    try:
        return _region(phonenumbers.parse(f"{mobile.country_code}{mobile.number}")) or ""
    except phonenumbers.NumberParseException:
        return ""


def masked(address: str) -> str:
    """Enough of an address to recognise one's own: `a***@example.com`, `+356****4567`."""
    if "@" in address:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}***@{domain}"
    # From eleven characters on, at least three digits stay hidden.
    return f"{address[:4]}****{address[-4:]}" if len(address) > 10 else "****"


def masked_local(email: str) -> str:
    """Only whose mail it is: `****@example.com`."""
    return f"****@{email.rpartition('@')[2]}"


def mobile_of(text: str) -> Mobile | None:
    """A number in international form, its plus in front; none for what is no number."""
    if not text.strip().startswith("+"):
        return None
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    return Mobile(f"+{parsed.country_code}", phonenumbers.national_significant_number(parsed))
