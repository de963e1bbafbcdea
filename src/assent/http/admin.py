"""The operator's own port: metrics and health, on this machine only, and nothing else."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from assent.http.answer import ONLY_GET, json_answer
from assent.http.app import Health, Refs, nothing, respond

_ELSEWHERE = json_answer(
    {"code": "MISDIRECTED", "message": "This address is called by another name."}, 421
)


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
