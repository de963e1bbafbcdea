"""Processes: listening, working, migrating, and looking whether all is well."""

import asyncio
import ctypes
import errno
import gc
import json
import logging
import os
import resource
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from assent import wiring
from assent.adapters.sql.sqlite import SecondServer
from assent.adapters.vault_file import vault as vault_file
from assent.domain.message import Channel
from assent.domain.programme import Programme
from assent.http.protocol import protocol
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Refusal
from assent.kernel.secret import without_password
from assent.settings import Settings, carriers
from assent.worker import Worker

__all__ = ["CannotListen", "SecondServer", "diagnose", "migrate", "serve", "work"]

log = structlog.get_logger()

_BACKLOG = 2_048


class CannotListen(Exception):
    """The port is taken, or may not be used."""


def migrate(settings: Settings) -> None:
    """In a process of its own: SQLAlchemy and Alembic never enter a server's memory."""
    url = settings.database.url.reveal()
    done = subprocess.run(
        [sys.executable, "-m", "assent.adapters.sql.migrations"],
        input=url,
        text=True,
        capture_output=True,
        check=False,
        umask=0o077,  # a database of people's secrets is its owner's alone
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        told = [line for line in lines if not line.startswith("(Background on this error")]
        reason = (told or lines)[-1]
        raise SystemExit(f"assent: {without_password(url)} cannot be migrated: {reason}")


async def serve(
    settings: Settings,
    with_worker: bool,
    demo: bool = False,
    credentials: Path | None = None,
    browser: bool = False,
) -> None:
    """Until a signal ends it. `browser` opens a sandbox's playground."""
    set_up_logs(settings)
    keep_memory_in()
    with ExitStack() as sockets:
        await _serve(settings, with_worker, demo, credentials, browser, sockets)


async def _serve(
    settings: Settings,
    with_worker: bool,
    demo: bool,
    credentials: Path | None,
    browser: bool,
    sockets: ExitStack,
) -> None:
    server = settings.server
    api = [sockets.enter_context(one) for one in listen(server.host, server.port)]
    frames = [sockets.enter_context(one) for one in listen(server.host, server.frames_port)]
    base_url = server.base_url or f"http://localhost:{_port(api)}"
    frames_url = server.frames_url or f"http://localhost:{_port(frames)}"
    base = await wiring.found(settings, serve=True)
    worker = _worker(base)
    background = [worker.run] if with_worker else []
    try:
        made = await wiring.assemble(base, base_url, frames_url, worker.drain, background, demo)
    except BaseException:
        await base.close()
        raise
    for listening in (*api, *frames):
        listening.listen(_BACKLOG)  # whoever reads what follows may call at once
    log.info("listening", api=base_url, frames=frames_url)
    if made.demo is not None:
        _announce(wiring.announced(made, base_url, frames_url), credentials)
        if browser:  # it may take its time to start; the sockets listen already
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, _playground(base_url))
    config = uvicorn.Config(
        _ByPort(made.app, made.frames, _port(frames)),
        http=protocol(made.refs),
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        timeout_graceful_shutdown=5,
        proxy_headers=False,
    )
    # What is there now stays: the collector need not look at it for every few calls.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    await uvicorn.Server(config).serve(sockets=[*api, *frames])


async def work(settings: Settings) -> None:
    """The worker alone."""
    set_up_logs(settings)
    keep_memory_in()
    base = await wiring.found(settings, serve=True)  # SQLite: it is a writer like a server
    try:
        await _worker(base).run()
    finally:
        await base.close()


def _worker(base: wiring.Foundation) -> Worker:
    return Worker(base.world, wiring.gateways(base), base.stores.outbox)


_PR_SET_DUMPABLE = 4  # <linux/prctl.h>


def keep_memory_in() -> None:
    """No core dumps; and on Linux no debugger or /proc/PID/mem of the same user either.

    What people type is in this process's memory for some milliseconds, and Python cannot wipe it:
    a crash must not write it to a disk.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        failed = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if failed:
            log.warning("still_dumpable", error=os.strerror(ctypes.get_errno()))


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets for an address; for the loopback both families, because `localhost` is either."""
    first = _bound(socket.AF_INET6 if ":" in host else socket.AF_INET, host, port)
    if host != "127.0.0.1":
        return [first]
    try:
        return [first, _bound(socket.AF_INET6, "::1", _port([first]))]
    except CannotListen:
        return [first]


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = None
    try:
        made = socket.socket(family, proto=socket.IPPROTO_TCP)
        if family is socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # An answer is two writes; with Nagle's algorithm the second waits 40 ms for an ACK.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.bind((host, port))
    except OSError as error:
        if made is not None:
            made.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"Port {port} of {host} is taken. Choose another with --port or --frames-port, "
                "or 0 for any that is free."
            ) from error
        raise CannotListen(f"Cannot listen on port {port} of {host}: {error.strerror}") from error
    return made


def _port(sockets: Sequence[socket.socket]) -> int:
    return int(sockets[0].getsockname()[1])


class _ByPort:
    """Two origins in one process: what arrives on the frames' port never sees the APIs."""

    def __init__(self, app: ASGIApp, frames: ASGIApp, frames_port: int) -> None:
        self._app = app
        self._frames = frames
        self._frames_port = frames_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        to_frames = scope["type"] == "http" and scope["server"][1] == self._frames_port
        await (self._frames if to_frames else self._app)(scope, receive, send)


def set_up_logs(settings: Settings) -> None:
    """One line of JSON an event, on standard error; only fields we name, so nothing slips in."""
    level = getattr(logging, settings.server.log_level.upper())
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # without the variables of each frame, where passwords, codes and keys are
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING)


def _playground(base_url: str) -> str:
    return f"{base_url}/playground"


def _announce(made: dict[str, Any], credentials: Path | None) -> None:
    if credentials is not None:
        _write_whole(credentials, json.dumps(made, indent=2) + "\n")
    programme = made["programme"]
    lines = (
        "",
        f"  Assent sandbox on {made['base_url']}",
        "",
        f"  playground      {_playground(made['base_url'])}",
        "",
        f"  programme       {programme['name']} ({programme['id']})",
        f"  api-key         {programme['api_key']}",
        f"  ui key          {programme['ui_key']}",
        f"  SCA client      {made['wise']['client_id']}",
        f"  its secret      {made['wise']['client_secret']}",
        f"  programme-key   {made['simulator_key']}  (simulator)",
        f"  sandbox-key     {made['sandbox_key']}",
        f"  profiles        consumers {made['profiles']['consumers']}, "
        f"corporates {made['profiles']['corporates']}",
        f"  frames          {made['frames_url']}",
        "",
        "  Every code is 123456, of the SCA API 111111, until you say otherwise.",
        "  Read on: README.md, docs/dialects/weavr.md, docs/dialects/wise.md",
        "",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _write_whole(path: Path, text: str) -> None:
    """Under another name first: a script that waits for the file never reads half of it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    unfinished.replace(path)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    fine: bool
    then_do: str = ""


async def diagnose(settings: Settings) -> list[Finding]:
    """Vault, database, schema, clock, keys. Stops at the first that all others rest on."""
    url = without_password(settings.database.url.reveal())
    vault = f"vault file {settings.vault.file}"
    try:
        vault_file.load(Path(settings.vault.file))
    except vault_file.VaultFileError as error:
        return [Finding(vault, False, str(error))]
    findings = [Finding(vault, True)]
    path = wiring.sqlite_path(settings)
    if path is not None and not path.exists():  # to open it would make it
        told = "There is no such file. Check database.url, or make it: assent migrate"
        return [*findings, Finding(f"database {url}", False, told)]
    try:
        base = await wiring.found(settings)
    except vault_file.VaultFileError as error:
        return [Finding(vault, False, str(error)), Finding(f"database {url}", True)]
    except wiring.Unfit as unfit:
        return [*findings, Finding(f"database {url}", False, str(unfit))]
    except Refusal as refusal:
        told = f"Cannot be reached ({refusal.detail}). Check database.url and that it runs."
        return [*findings, Finding(f"database {url}", False, told)]
    try:
        return [*findings, Finding(f"database {url}", True), *await _looked_into(base)]
    finally:
        await base.close()


async def _looked_into(base: wiring.Foundation) -> list[Finding]:
    skew = await base.stores.database_time() - base.clock.wall()
    keys = len(await base.stores.signing_keys())
    programmes = await base.stores.programmes()
    return [
        Finding(
            f"clock: {skew} ms from the database's",
            abs(skew) <= SECOND,
            "" if abs(skew) <= SECOND else "Synchronise both machines' clocks (chrony, NTP).",
        ),
        Finding(
            f"signing keys: {keys}",
            True,
            "" if keys else "Made when a server first starts; nothing to do.",
        ),
        Finding(
            f"programmes: {len(programmes)}",
            True,
            "" if programmes else "Make one: assent programme create NAME",
        ),
        *_frames(base),
        *_approval_page(base),
        *_gateways(base, programmes),
    ]


def _frames(base: wiring.Foundation) -> list[Finding]:
    """Whether browsers elsewhere could reach the secure fields."""
    server = base.settings.server
    if server.environment == "sandbox" or server.frames_url:
        return []
    told = "Only pages of this machine can load them. Set server.frames_url; see: assent config"
    return [Finding("secure fields: at http://localhost", True, told)]


def _approval_page(base: wiring.Foundation) -> list[Finding]:
    """Whether browsers elsewhere could reach the page on which one-time tokens are cleared."""
    server = base.settings.server
    if server.environment == "sandbox" or server.base_url:
        return []
    told = "Only this machine can reach it. Set server.base_url; see: assent config"
    return [Finding("approval page: at http://localhost", True, told)]


def _gateways(base: wiring.Foundation, programmes: Sequence[Programme]) -> list[Finding]:
    """What carries each channel. Without a gateway, what is sent there is given up, and logged:
    for text messages, and for whatever a programme has switched on, that will not do."""
    if base.settings.server.environment == "sandbox":
        return [Finding("gateways: virtual phones and mailboxes", True)]
    told = {
        Channel.SMS: "Codes cannot reach phones. Set sms.url or twilio.sms_from",
        Channel.WHATSAPP: "Set whatsapp.url or twilio.whatsapp_from where codes go by WhatsApp",
        Channel.VOICE: "Set voice.url or twilio.voice_from where codes are read out by phone",
        Channel.EMAIL: "Warnings and notices cannot be sent; mail comes in a later release.",
    }
    needed = {Channel.SMS.name, *(name for one in programmes for name in one.settings.channels)}
    set_by = carriers(base.settings)
    return [
        Finding(f"gateway for {channel}: {set_by[channel]}", True)
        if channel in set_by
        else Finding(f"gateway for {channel}: none", channel.name not in needed, told[channel])
        for channel in Channel
    ]
