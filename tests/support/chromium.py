"""The system's Chromium, driven by Playwright, and sites for it to visit."""

import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.async_api import Browser, BrowserContext, async_playwright, expect

expect.set_options(timeout=20_000)  # ms; five seconds are few on a busy machine
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Headless, with a profile of its own. CHROMIUM= names another executable."""
    names = (os.environ.get("CHROMIUM", ""), *_NAMES)
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "there is no Chromium here; run: scripts/system-packages chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def fresh(browser: Browser) -> AsyncIterator[BrowserContext]:
    """As a browser that was never here before."""
    context = await browser.new_context(viewport={"width": 1000, "height": 700})
    try:
        yield context
    finally:
        await context.close()


@dataclass
class Site:
    """An origin of its own on this machine; what it shows can be put there at any time."""

    origin: str
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    received: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and body of every request that came in."""

    def put(self, path: str, html: str, **headers: str) -> str:
        """The page's address."""
        self.pages[path] = (html, {name.replace("_", "-"): text for name, text in headers.items()})
        return f"{self.origin}{path}"


@contextmanager
def site(host: str = "localhost") -> Iterator[Site]:
    """Serves on a free port, until it is left."""
    made = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.received.append((self.path, b""))
            html, headers = made.pages.get(self.path.partition("?")[0], ("", {}))
            self.send_response(200 if html else 404)
            for name, text in {"content-type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(html.encode())

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            made.received.append((self.path, self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Standard error is for failures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.origin = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
