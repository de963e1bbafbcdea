"""Wherever this server connects to, and whether it gets there: for `assent doctor`."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

from assent.catalogue import outside
from assent.catalogue.rooms import HttpGatewaySettings, SmtpSettings
from assent.domain.message import Channel
from assent.domain.programme import Programme
from assent.domain.reach import allowed, is_link_local, is_public, is_written_out
from assent.fitness import Finding, State
from assent.kernel.clock import DAY, SECOND
from assent.settings import Settings

_CONNECT_SECONDS = 5.0
_CERTIFICATE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere this server connects to, and the setting that says so."""

    what: str
    host: str
    port: int
    tls: ssl.SSLContext | None
    starttls: bool = False
    private_network: bool | None = None
    """The setting of that name, which rules where the gateway's name may lead to; none where there
    is none: there a certificate says who it is."""
    firms: Callable[[str], bool] | None = None
    """Of a firm's own server: where that may be."""

    def may(self, address: str) -> bool:
        """Whether what connects there would connect to this address."""
        if self.firms is not None:
            return self.firms(address)
        if self.private_network is None:
            return is_written_out(self.host) or not is_link_local(address)
        return allowed(self.host, address, self.private_network)


async def reached(settings: Settings, wall: int) -> list[Finding]:
    """All at once: each may take its whole time. `wall` in ms."""
    looks = (_look_at(place, wall) for place in _places(settings))
    return list(await asyncio.gather(*looks))


async def targets(settings: Settings, programmes: Sequence[Programme], wall: int) -> list[Finding]:
    """The firms' own servers, in the same way: that one of them is down is for its firm to mend."""
    room, sandbox = settings.webhooks, settings.server.environment == "sandbox"
    may = partial(outside.may_call_firm, room, sandbox)
    told = {one.id: one.settings.webhook_url for one in programmes if one.settings.webhook_url}
    places = [
        replace(
            _place(f"webhook_url of programme {number}", url, outside.webhook_tls(room)),
            firms=may,
        )
        for number, url in told.items()
    ]
    found = await asyncio.gather(*(_look_at(place, wall) for place in places))
    return [
        replace(one, state=State.WARNING) if one.state is State.FAILED else one for one in found
    ]


def _places(settings: Settings) -> Iterator[Place]:
    """Wherever messages and traces go."""
    if settings.server.environment != "sandbox":
        for channel, room in settings.http_gateways.items():
            if room.url:
                yield _room(channel, room)
        if settings.twilio.senders:
            yield _place("twilio.base_url", settings.twilio.base_url)
        if settings.twilio.verify_service:
            yield _place("twilio.verify_url", settings.twilio.verify_url)
        if settings.mail.host:
            yield _relay(settings.mail)
        yield from _push_services(settings)
    if settings.telemetry.otlp_url:
        yield _place("telemetry.otlp_url", settings.telemetry.otlp_url)


def _push_services(settings: Settings) -> Iterator[Place]:
    """Those that are known: each browser has one of its own for Web Push."""
    if settings.fcm.account_file:
        tls = outside.fcm_tls(settings.fcm)
        yield _place("fcm.url", settings.fcm.url, tls)
        yield _place("fcm.token_url", outside.fcm_account(settings.fcm).token_url, tls)
    if settings.apns.key_file:
        yield _place("apns.url", settings.apns.url, outside.apns_tls(settings.apns))


def _place(setting: str, url: str, context: ssl.SSLContext | None = None) -> Place:
    parts = urlsplit(url)
    tls = (context or ssl.create_default_context()) if parts.scheme == "https" else None
    return Place(setting, parts.hostname or "", parts.port or (443 if tls else 80), tls)


def _room(channel: Channel, room: HttpGatewaySettings) -> Place:
    """As the gateway itself connects: its own authorities, its own rule of addresses."""
    place = _place(f"{channel}.url", room.url)
    tls = place.tls and (outside.gateway_tls(room) or place.tls)
    return replace(place, tls=tls, private_network=room.private_network)


def _relay(mail: SmtpSettings) -> Place:
    tls = None if mail.security == "none" else outside.mail_tls(mail)
    return Place("mail.host", mail.host, mail.port, tls, mail.security == "starttls")


async def _look_at(place: Place, wall: int) -> Finding:
    """One connection, closed again; nothing is asked there."""
    where = f"{place.what}: {place.host}, port {place.port}"
    reached = await outside.reach(
        place.host, place.port, place.tls, _CONNECT_SECONDS, place.starttls, place.may
    )
    if reached.addresses and not any(map(place.may, reached.addresses)):
        at = ", ".join(reached.addresses)
        return Finding(f"{where}: is at {at}", State.FAILED, _refused(place, reached.addresses))
    if reached.wrong:
        told = f"Check {place.what}, that it runs there, and this machine's firewall and DNS."
        return Finding(f"{where}: {reached.wrong}", State.FAILED, told)
    ends = reached.certificate_ends
    days = _CERTIFICATE_DAYS if ends is None else (ends * SECOND - wall) // DAY
    if days < _CERTIFICATE_DAYS:
        told = "Whoever runs it must renew it: nothing is sent there once it has ended."
        return Finding(f"{where}: its certificate ends in {days} days", State.WARNING, told)
    if place.tls is None and any(map(is_public, filter(place.may, reached.addresses))):
        told = f"Codes and addresses cross the Internet in clear: {place.what} wants TLS."
        return Finding(f"{where}: without TLS", State.WARNING, told)
    return Finding(where)


def _refused(place: Place, addresses: Sequence[str]) -> str:
    """A name of the Internet that leads inside is DNS gone wrong, or worse, unless it is meant."""
    if any(map(is_link_local, addresses)):
        return f"No gateway has a link-local address. Check {place.what}, and your DNS."
    if place.firms is not None:
        meant = "set webhooks.private_network = true"
    elif any(allowed(place.host, address, True) for address in addresses):
        meant = f"set {place.what.removesuffix('url')}private_network = true"
    else:
        meant = f"write the address into {place.what}"
    return f"Nothing is sent there. If it is meant, {meant}; if not, look who changed your DNS."
