"""`assent doctor`: looks at everything an installation rests on, and says what to do."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from assent import fitness
from assent.adapters.vault_file import vault as vault_file
from assent.catalogue.store import REVISION, Waiting
from assent.domain.capture import is_loopback
from assent.domain.message import Channel
from assent.domain.programme import Programme
from assent.fitness import Finding as Finding
from assent.fitness import State as State
from assent.foundation import Foundation, found, free_octets, sqlite_path
from assent.kernel.clock import DAY, HOUR, MINUTE, SECOND
from assent.kernel.refusals import Refusal
from assent.kernel.secret import without_password
from assent.places import reached, targets
from assent.ports.stores import Stores
from assent.settings import Settings, carriers
from assent.unfit import Unfit
from assent.usecases.watch_clock import APART, LATEST, last_jump

_ROOM_WARNING, _ROOM_FAILED = 1_024**3, 100 * 1_024**2
"""Octets. A million people take about a GiB; below the second SQLite may stop between two looks."""
_CHAINED_LATE, _CHAINED_TOO_LATE = MINUTE, HOUR
_WAITS_LONG = 5 * MINUTE
_WAITS_TOO_LONG = HOUR
"""Of a message that is due: a worker takes it within seconds, where its gateway is not slow."""


async def diagnose(settings: Settings) -> list[Finding]:
    """Vault, database, schema, clocks, keys, disks, messages, gateways. Stops at the first that
    all others rest on. Changes nothing, and sends nothing."""
    url = without_password(settings.database.url.reveal())
    vault = f"vault file {settings.vault.file}"
    try:
        vault_file.load(Path(settings.vault.file))
    except vault_file.VaultFileError as error:
        return [Finding(vault, State.FAILED, str(error))]
    findings = [Finding(vault)]
    path = sqlite_path(settings)
    if path is not None and not path.exists():  # to open it would make it
        told = "There is no such file. Check database.url, or make it: assent migrate"
        return [*findings, Finding(f"database {url}", State.FAILED, told)]
    try:
        base = await found(settings)
    except vault_file.VaultFileError as error:
        return [Finding(vault, State.FAILED, str(error)), Finding(f"database {url}")]
    except Unfit as unfit:
        return [*findings, Finding(f"database {url}", State.FAILED, str(unfit))]
    except Refusal as refusal:
        told = f"Cannot be reached ({refusal.detail}). Check database.url and that it runs."
        return [*findings, Finding(f"database {url}", State.FAILED, told)]
    try:
        return [*findings, Finding(f"database {url}"), *await _looked_into(base)]
    finally:
        await base.close()


async def _looked_into(base: Foundation) -> list[Finding]:
    keys = len(await base.stores.signing_keys())
    programmes = await base.stores.programmes()
    return [
        Finding(f"schema {REVISION}"),
        *await _clocks(base),
        Finding(f"data keys: {len(await base.stores.data_keys())}, opened by this vault"),
        Finding(
            f"signing keys: {keys}",
            then_do="" if keys else "Made when a server first starts; nothing to do.",
        ),
        Finding(
            f"programmes: {len(programmes)}",
            then_do="" if programmes else "Make one: assent programme create NAME",
        ),
        *await fitness.unfit(base.stores, base.settings),
        *_disks(base),
        await _blocks(base),
        *await _messages(base),
        await _record(base),
        *_frames(base),
        *_approval_page(base),
        *_gateways(base, programmes),
        *_receipts(base),
        *_budgets(base),
        *fitness.devices(base.settings, programmes),
        *fitness.makers(base.settings, programmes, base.clock.wall()),
        *await reached(base.settings, base.clock.wall()),
        *await targets(base.settings, programmes, base.clock.wall()),
    ]


async def _clocks(base: Foundation) -> list[Finding]:
    """Against the database's, and against what was on this one before."""
    skew = await base.stores.database_time() - base.clock.wall()
    found = [
        Finding(f"clock: {skew} ms from the database's")
        if abs(skew) <= SECOND
        else Finding(
            f"clock: {skew} ms from the database's",
            State.FAILED,
            "Servers are not ready until they agree. Synchronise both machines' clocks (chrony, "
            "NTP).",
        )
    ]
    return [*found, *await _jumps(base.stores, base.clock.wall())]


async def _jumps(stores: Stores, wall: int) -> list[Finding]:
    ahead = int(await stores.state(LATEST) or 0) - wall
    if ahead > APART:
        return [
            Finding(
                f"clock: {_span(ahead)} behind the latest time that a server has seen",
                State.FAILED,
                "It was set back, or was wrong before. Synchronise it, then see: "
                "docs/operations/monitoring.md, A clock that jumps",
            )
        ]
    jump = await last_jump(stores)
    if jump is None or wall - jump.at > DAY:
        return []
    way = "back" if jump.by_ms < 0 else "forward"
    return [
        Finding(
            f"clock: set {way} by {_span(abs(jump.by_ms))}, {_span(wall - jump.at)} ago",
            State.WARNING,
            "Find out why (chrony, NTP, a paused machine), then see: "
            "docs/operations/monitoring.md, A clock that jumps",
        )
    ]


def _span(ms: int) -> str:
    """Roughly, for people."""
    for length, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if ms >= 2 * length:
            return f"{ms // length} {name}"
    return f"{max(0, ms) // SECOND} seconds"


def _disks(base: Foundation) -> Iterator[Finding]:
    """Room for what this machine writes."""
    for of, free in free_octets(base).items():
        what = f"disk of the {of}: {free // 1_024**2} MiB free"
        if free >= _ROOM_WARNING:
            yield Finding(what)
        else:
            state = State.FAILED if free < _ROOM_FAILED else State.WARNING
            yield Finding(what, state, "Make room: on a full disk every change is refused (503).")


async def _blocks(base: Foundation) -> Finding:
    blocked = await base.vitals.blocked(base.clock.now())
    told = ", ".join(f"{count} by {proof}" for proof, count in blocked.items()) or "nobody"
    return Finding(f"blocked after wrong answers: {told}")


async def _messages(base: Foundation) -> list[Finding]:
    """What waits, and what did not arrive."""
    now = base.clock.now()
    found = [_waiting(await base.vitals.waiting(), now)]
    lost = await base.vitals.lost(now - DAY)
    if not lost:
        return [*found, Finding("messages lost in the last day: none")]
    told = ", ".join(f"{count} {state} by {channel}" for (channel, state), count in lost.items())
    return [
        *found,
        Finding(
            f"messages lost in the last day: {told}",
            State.WARNING,
            "See message_not_sent and message_expired in the worker's log: they say what the "
            "gateway answered.",
        ),
    ]


def _waiting(held: Waiting, now: int) -> Finding:
    """Judged by when they should have been taken: one that its gateway does not take is tried
    again and again, up to three days long, and no sign that nobody works."""
    what = f"messages that wait: {sum(held.by_channel.values())}"
    overdue = 0 if held.due_at is None else now - held.due_at
    if overdue > _WAITS_LONG:
        return Finding(
            f"{what}, the first of them overdue for {_span(overdue)}",
            State.FAILED if overdue > _WAITS_TOO_LONG else State.WARNING,
            "Does a worker run (assent worker, or a server without --no-worker)? If so, a gateway "
            "is too slow for what is sent; see message_not_sent in the worker's log.",
        )
    waited = 0 if held.oldest_at is None else now - held.oldest_at
    if waited > _WAITS_LONG:
        return Finding(
            f"{what}, the oldest for {_span(waited)}",
            State.WARNING,
            "A gateway does not take them; message_not_sent in the worker's log says why. Each is "
            "tried again at least every fifteen minutes, codes until they expire, notices for "
            "three days.",
        )
    return Finding(what)


async def _record(base: Foundation) -> Finding:
    """What stands in no audit block could still be altered unseen."""
    loose = await base.vitals.unchained()
    what = f"record: lines in no block yet: {loose.count}"
    age = 0 if loose.oldest_at is None else base.clock.now() - loose.oldest_at
    if age <= _CHAINED_LATE:
        return Finding(what)
    return Finding(
        f"{what}, the oldest for {_span(age)}",
        State.FAILED if age > _CHAINED_TOO_LATE else State.WARNING,
        "Servers and workers chain them within seconds. Does one run? If so, see "
        "housekeeping_broken and housekeeping_waits in its log; then: assent audit verify",
    )


def _frames(base: Foundation) -> list[Finding]:
    """Whether browsers elsewhere could reach the secure fields."""
    server = base.settings.server
    if server.environment == "sandbox" or server.frames_url:
        return []
    told = "Only pages of this machine can load them. Set server.frames_url; see: assent config"
    return [Finding("secure fields: at http://localhost", then_do=told)]


def _approval_page(base: Foundation) -> list[Finding]:
    """Whether browsers elsewhere could reach the page on which one-time tokens are cleared."""
    server = base.settings.server
    if server.environment == "sandbox" or server.base_url:
        return []
    told = "Only this machine can reach it. Set server.base_url; see: assent config"
    return [Finding("approval page: at http://localhost", then_do=told)]


def _gateways(base: Foundation, programmes: Sequence[Programme]) -> list[Finding]:
    """What carries each channel. Without a gateway, what is sent there is given up, and logged:
    for text messages, and for whatever a programme has switched on, that will not do."""
    if base.settings.server.environment == "sandbox":
        return [Finding("gateways: virtual phones and mailboxes")]
    told = {
        Channel.SMS: "Codes cannot reach phones. Set sms.url or twilio.sms_from",
        Channel.WHATSAPP: "Set whatsapp.url or twilio.whatsapp_from where codes go by WhatsApp",
        Channel.VOICE: "Set voice.url or twilio.voice_from where codes are read out by phone",
        Channel.EMAIL: "Invites, resets and warnings cannot be sent. Set mail.host",
        Channel.WEB_PUSH: "Browsers are not woken. Set web_push.enabled",
        Channel.FCM: "Set fcm.account_file where apps are woken through Firebase",
        Channel.APNS: "Set apns.key_file where apps are woken through Apple's service",
        Channel.AUTHY: "Set twilio.verify_service where people approve in an app of Twilio's",
    }
    needed = fitness.needed_gateways(programmes)
    set_by = carriers(base.settings)
    found = []
    for channel in Channel:
        if channel in set_by:
            found.append(Finding(f"gateway for {channel}: {set_by[channel]}"))
        elif channel in told:
            without = State.WARNING if channel is Channel.EMAIL else State.OK
            state = State.FAILED if channel.name in needed else without
            found.append(Finding(f"gateway for {channel}: none", state, told[channel]))
    return [*found, *_contact(base)]


def _contact(base: Foundation) -> Iterator[Finding]:
    """Whom push services write to. Some take no push without, and none says so before."""
    room, base_url = base.settings.web_push, base.settings.server.base_url
    if room.enabled and not room.contact and not base_url.startswith("https://"):
        told = "Apple's push service takes none without. Set web_push.contact, or server.base_url."
        yield Finding("web push: no contact", then_do=told)


def _receipts(base: Foundation) -> Iterator[Finding]:
    """Whether gateways elsewhere could reach the URLs that they are told."""
    settings = base.settings
    if settings.server.environment == "sandbox" or settings.server.base_url:
        return
    asked = {
        f"{channel}.receipt_status": room.url
        for channel, room in settings.http_gateways.items()
        if room.url and room.receipt_status
    }
    if settings.twilio.senders and settings.twilio.signing_token:
        asked["twilio"] = settings.twilio.base_url
    if settings.twilio.verify_service:
        asked["twilio.verify_service"] = settings.twilio.verify_url
    for setting, url in asked.items():
        host = urlsplit(url).hostname or ""
        if not is_loopback(f"http://{host}"):
            told = (
                "Set server.base_url: no receipt can come, and no code goes on to the next channel."
            )
            what = f"receipts ({setting}): the gateway is told http://localhost"
            yield Finding(what, State.WARNING, told)


def _budgets(base: Foundation) -> list[Finding]:
    limits = base.settings.budgets
    if base.settings.server.environment == "sandbox" or limits.usual:
        return []
    least = ", ".join(f"{one.calls} codes in {one.seconds} s" for one in limits.prefix)
    told = f"Each country has {least}. Set budgets.usual to where the people live."
    return [Finding("budgets: no country is usual", then_do=told)]
