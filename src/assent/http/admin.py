"""The operator's own port: metrics and health, on this machine only, and nothing else."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from assent.http.answer import ONLY_GET, json_answer
from assent.http.app import Health, Refs, nothing, respond

_ELSEWHERE = json_answer(
    {"code": "MISDIRECTED", "message": "This address is called by another name."}, 421
)


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """The port for metrics and health. Nobody is asked who they are: it is for this machine."""

    enabled: bool = True
    """Whether there is one."""
    host: str = "127.0.0.1"
    """Address to listen on: a loopback address."""
    port: int = 8402
    """Port of a server; 0 picks a free one, which the log names."""
    worker_port: int = 8403
    """Port of `assent worker`, which may run beside it."""


def wrong(settings: AdminSettings, others: Mapping[str, int]) -> str:
    """What cannot be, in a sentence; empty where all is well. `others`: ports by setting."""
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        return "admin.host is a loopback address, as 127.0.0.1: who may connect is told everything"
    ports = {**others, "admin.port": settings.port, "admin.worker_port": settings.worker_port}
    named: dict[int, str] = {}
    for name, port in ports.items() if settings.enabled else ():
        if port and port in named:
            return f"{named[port]} and {name} must differ"
        named[port] = name
    return ""


class AdminApp:
    """ASGI. Called by another name than this machine's own, it answers 421 (RFC 9110 15.5.20): a
    web page whose name somebody points at 127.0.0.1 (DNS rebinding) reads nothing here."""

    def __init__(self, pages: Mapping[str, Health], host: str, refs: Refs) -> None:
        self._pages = pages
        self._names = {"localhost", "127.0.0.1", "::1", host}
        self._refs = refs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """For HTTP only."""
        if scope["type"] != "http":
            return
        page = self._pages.get(scope["path"])
        if not self._is_ours(scope):
            answer = _ELSEWHERE
        elif page is None:
            answer = await nothing()
        elif scope["method"] not in ("GET", "HEAD"):
            answer = ONLY_GET
        else:
            answer = await page()
        await respond(send, answer, self._refs.next())

    def _is_ours(self, scope: Scope) -> bool:
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1:
            return False
        try:
            return urlsplit(f"//{named[0].decode('ascii')}").hostname in self._names
        except ValueError:  # UnicodeDecodeError is one too
            return False
