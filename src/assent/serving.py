"""Processes: listening, working."""

import asyncio
import ctypes
import errno
import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from assent import admin, carrying, wiring
from assent.catalogue.dialects import REFERENCE_PATH
from assent.foundation import Foundation, read_data_keys
from assent.housekeeping import Housekeeping
from assent.http.app import Refs
from assent.http.ending import Beside, Ending
from assent.http.protocol import protocol
from assent.kernel.log import Log
from assent.settings import ServerSettings, Settings
from assent.unfit import CannotListen
from assent.usecases.wordings import FRESH_SECONDS
from assent.worker import Worker

log = Log()

_BACKLOG = 2_048


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
    api = [sockets.enter_context(one) for one in _of_server(server, "port")]
    frames = [sockets.enter_context(one) for one in _of_server(server, "frames_port")]
    for_operators = _for_operators(settings, settings.admin.port)
    operators = [sockets.enter_context(one) for one in for_operators]
    base_url = server.base_url or f"http://localhost:{_port(api)}"
    frames_url = server.frames_url or f"http://localhost:{_port(frames)}"
    base = await wiring.found_watched(settings)
    worker = _worker(base, base_url)
    background = [worker.run, _housekeeping(base).run] if with_worker else []
    background.append(admin.clock_watch(base))
    try:
        made = await wiring.assemble(base, base_url, frames_url, worker.drain, background, demo)
    except BaseException:
        await base.close()
        raise
    for listening in (*api, *frames, *operators):
        listening.listen(_BACKLOG)  # whoever reads what follows may call at once
    log.info(
        "listening",
        api=base_url,
        frames=frames_url,
        admin=_address(operators),
        api_at=_bound_to(api),
        frames_at=_bound_to(frames),
    )
    if made.demo is not None:
        _announce(wiring.announced(made, base_url, frames_url), credentials)
        if browser:  # it may take its time to start; the sockets listen already
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, _playground(base_url))
    others: dict[int, ASGIApp] = {_port(frames): made.frames}
    if operators:
        others[_port(operators)] = admin.admin_app(base, made.refs)
    config = _uvicorn(_ByPort(made.app, others), made.refs)
    # What is there now stays: the collector need not look at it for every few calls.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    await Ending(config, made.closing).serve(sockets=[*api, *frames, *operators])


def _uvicorn(app: ASGIApp, refs: Refs, lifespan: Literal["on", "off"] = "on") -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol(refs),
        loop="uvloop",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        timeout_graceful_shutdown=5,
        proxy_headers=False,
    )


def _of_server(server: ServerSettings, setting: str) -> list[socket.socket]:
    """A port of people's; the message names what to set."""
    try:
        return listen(server.host, getattr(server, setting))
    except CannotListen as error:
        raise CannotListen(
            f"{error} Set server.{setting} (ASSENT_SERVER_{setting.upper()}; of `assent sandbox`: "
            f"--{setting.replace('_', '-')}) to another, or to 0 for any that is free."
        ) from error


def _for_operators(settings: Settings, port: int) -> list[socket.socket]:
    """The operator's port; none where there is to be none. A sandbox takes any that is free: two
    of them start side by side."""
    room = settings.admin
    if not room.enabled:
        return []
    try:
        return listen(room.host, port)
    except CannotListen as error:
        if settings.server.environment == "sandbox":
            return listen(room.host, 0)
        raise CannotListen(
            f"{error} It is for metrics and health: set admin.port (ASSENT_ADMIN_PORT; of a worker "
            "admin.worker_port, ASSENT_ADMIN_WORKER_PORT) to another, or to 0 for any that is "
            "free, or admin.enabled to false."
        ) from error


def _bound_to(sockets: Sequence[socket.socket]) -> str:
    """The address that was bound, whatever name clients use: HOST:PORT."""
    host, port = sockets[0].getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _address(sockets: Sequence[socket.socket]) -> str:
    return f"http://localhost:{_port(sockets)}" if sockets else ""


async def work(settings: Settings) -> None:
    """The worker alone."""
    set_up_logs(settings)
    keep_memory_in()
    operators = _for_operators(settings, settings.admin.worker_port)
    base = await wiring.found_watched(settings)  # SQLite: it is a writer like a server
    running = (
        _worker(base, _told_base_url(settings)).run(),
        _housekeeping(base).run(),
        admin.clock_watch(base)(),
    )
    tasks = [asyncio.create_task(one) for one in running]

    def stop() -> None:
        for task in tasks:
            task.cancel()

    # the first process of a container is ended by no signal that it does not handle
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    try:
        async with _beside(base, operators):
            # the first that dies of an error ends the process: whoever started it starts it anew
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            stop()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await base.close()
    for error in ended:
        if isinstance(error, Exception):
            raise error


def _housekeeping(base: Foundation) -> Housekeeping:
    return Housekeeping(base.world, partial(read_data_keys, base))


def _told_base_url(settings: Settings) -> str:
    """Where gateways reach the servers of a worker that has none itself."""
    server = settings.server
    return server.base_url or (f"http://localhost:{server.port}" if server.port else "")


def _worker(base: Foundation, base_url: str) -> Worker:
    gateways, woken = wiring.gateways(base), base.stores.outbox
    # whoever sets words in a sandbox sees them in the very next message
    fresh = 0.0 if base.settings.server.environment == "sandbox" else FRESH_SECONDS
    events = carrying.events(base.settings, base.world, base.clock)
    return Worker(base.world, gateways, woken, base.telemetry, base_url, fresh, *events)


@asynccontextmanager
async def _beside(base: Foundation, operators: list[socket.socket]) -> AsyncIterator[None]:
    """The operator's port of a process that serves nothing else."""
    if not operators:
        yield
        return
    refs = Refs(base.world.randomness.octets(8))
    server = Beside(_uvicorn(admin.admin_app(base, refs), refs, lifespan="off"))
    for listening in operators:
        listening.listen(_BACKLOG)
    log.info("listening", admin=_address(operators))
    serving = asyncio.create_task(server.serve(sockets=operators))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


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
            raise CannotListen(f"Port {port} of {host} is taken.") from error
        raise CannotListen(f"Cannot listen on port {port} of {host}: {error.strerror}.") from error
    return made


def _port(sockets: Sequence[socket.socket]) -> int:
    return int(sockets[0].getsockname()[1])


class _ByPort:
    """Several origins in one process: what arrives on a port of its own never sees the APIs."""

    def __init__(self, app: ASGIApp, others: Mapping[int, ASGIApp]) -> None:
        self._app = app
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = scope["server"][1] if scope["type"] == "http" else 0
        await self._others.get(port, self._app)(scope, receive, send)


class _Lines:
    """A log that cannot be written, because its disk is full or its reader gone, loses its lines:
    it must not fail the call that it tells of."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def line(self, text: str) -> None:
        """At once, and whole."""
        with suppress(OSError):
            self._file.write(f"{text}\n")
            self._file.flush()

    debug = info = warning = error = critical = line


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
        logger_factory=lambda *_: _Lines(sys.stderr),
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
        f"  API reference   {made['base_url']}{REFERENCE_PATH}",
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
