"""Whose a database must not be, before a server uses it; and what keeps a server from starting, or
people from using it, as `assent doctor` tells it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assent.catalogue.kinds import attestation_roots
from assent.catalogue.traces import HOW_TO_INSTALL_TRACES, missing_for_traces
from assent.domain.capture import origin_of
from assent.domain.device import relying_party
from assent.domain.message import Channel
from assent.domain.programme import CodeMode, Programme
from assent.ports.stores import Stores
from assent.sandbox.states import CLOCK_STATE, DEMO_STATE
from assent.settings import Settings
from assent.unfit import Unfit

PRODUCTION_STATE = "production"
"""Where the store keeps that a production server has used it."""


async def refuse_sandbox_help(stores: Stores) -> None:
    """A database that a sandbox has used may hold people whose codes anybody knows."""
    for programme in await stores.programmes():
        if programme.settings.codes is CodeMode.FIXED:
            raise Unfit(
                f"Programme {programme.id} ({programme.name}) has fixed codes: this database was "
                "a sandbox's. Use a database of its own for production."
            )
    if await stores.state(CLOCK_STATE):
        raise Unfit(
            "This database's clock was moved: it was a sandbox's. Use a database of its own for "
            "production."
        )
    if await stores.state(DEMO_STATE):
        raise Unfit(
            "This database has a demo programme: it was a sandbox's. Use a database of its own for "
            "production."
        )


async def refuse_real_people(stores: Stores) -> None:
    """A sandbox's simulator passes any challenge, and asks for no more than an API key."""
    if await stores.state(PRODUCTION_STATE):
        raise Unfit(
            "This database is a production server's, with real people in it. Give the sandbox a "
            "database of its own."
        )


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it."""

    what: str
    state: State = State.OK
    then_do: str = ""


async def unfit(stores: Stores, settings: Settings) -> list[Finding]:
    """What a server would be refused for, and programmes whose people cannot log in."""
    sandbox = settings.server.environment == "sandbox"
    found = []
    try:
        await (refuse_real_people if sandbox else refuse_sandbox_help)(stores)
    except Unfit as error:
        found.append(Finding("a server would not start", State.FAILED, str(error)))
    missing = missing_for_traces() if settings.telemetry.otlp_url else ""
    if missing:
        what = f"telemetry.otlp_url is set, and the libraries for it are missing ({missing})"
        told = f"{HOW_TO_INSTALL_TRACES}; or unset it"
        found.append(Finding(what, State.FAILED, told))
    if not sandbox:
        found += [_no_passwords(one) for one in await stores.programmes() if _takes_none(one)]
    return found


def makers(settings: Settings, programmes: Sequence[Programme], wall: int) -> Iterator[Finding]:
    """Who may vouch for devices, and whether anybody does where a programme asks for it. `wall`
    is the machine's own time, which certificates go by."""
    found = attestation_roots(settings.attestation)
    for name, roots in found.items():
        ended = [root.name for root in roots if root.ends_at <= wall]
        what = f"attestation roots, {name}: {len(roots)}"
        if ended:
            told = f"Ended, and worth nothing any more: {'; '.join(ended)}. Renew the file."
            yield Finding(what, State.WARNING, told)
        else:
            yield Finding(what)
    for programme in programmes:
        if programme.settings.attested_devices and not found:
            yield Finding(
                f"programme {programme.id} ({programme.name}): nobody can enrol a device",
                State.WARNING,
                "It takes attested devices only, and no maker is trusted. Name the roots "
                "([attestation], see: assent config), or: assent programme set "
                f"{programme.id} attested_devices=false",
            )


_BIOMETRIC = "BIOMETRIC"
"""What programmes switch on for devices: a person's device keys, in the dialect's word."""


def devices(settings: Settings, programmes: Sequence[Programme]) -> Iterator[Finding]:
    """Whom browsers' keys belong to, and what two settings of a programme make of each other."""
    server = settings.server
    own = server.base_url or "http://localhost"
    domain = relying_party(settings.devices, origin_of(own)).id
    what = f"devices: keys belong to {domain}"
    used = any(_BIOMETRIC in one.settings.channels for one in programmes)
    if used and not own.lower().startswith("https://"):
        sandbox = server.environment == "sandbox"
        yield Finding(
            f"{what}, and no phone can enrol",
            State.OK if sandbox else State.WARNING,
            "Browsers make keys for pages with HTTPS only, but for this machine's own. Set "
            "server.base_url to https://..., and devices.rp_id where keys are to belong to a "
            "domain above it: keys stay with theirs for ever.",
        )
    else:
        yield Finding(what)
    for programme in programmes:
        if _asks_authy(programme) and programme.settings.number_matching:
            yield Finding(
                f"programme {programme.id} ({programme.name}): number_matching switches AUTHY off",
                State.WARNING,
                "A vendor's app cannot match numbers. Take AUTHY out of channels, or: assent "
                f"programme set {programme.id} number_matching=false",
            )


def needed_gateways(programmes: Sequence[Programme]) -> frozenset[str]:
    """Channels that will not do without one: text messages, and what programmes switched on."""
    on = {name for one in programmes for name in one.settings.channels} - {Channel.AUTHY.name}
    authy = any(_asks_authy(one) and not one.settings.number_matching for one in programmes)
    return frozenset({Channel.SMS.name, *on, *((Channel.AUTHY.name,) if authy else ())})


def _asks_authy(programme: Programme) -> bool:
    return Channel.AUTHY.name in programme.settings.channels


def _takes_none(programme: Programme) -> bool:
    """No page may hold the secure fields, and plain text is refused."""
    settings = programme.settings
    return not settings.origins and not settings.plaintext_passwords


def _no_passwords(programme: Programme) -> Finding:
    return Finding(
        f"programme {programme.id} ({programme.name}): nobody can set a password or passcode",
        State.WARNING,
        f"Name the pages that hold the secure fields: assent programme set {programme.id} "
        "origins=https://... (or plaintext_passwords=true). Whoever uses the SCA API alone needs "
        "neither.",
    )
