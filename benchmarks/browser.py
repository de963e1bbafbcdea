"""(f) The secure fields in a real browser: their size, their mounting, their tokens.

Beside them, in the same page and in turn: an empty iframe of another site from its insertion to its
`load`, and POSTs of as many octets to a bare server, from `fetch` to answer. The iframe is of
another site, because browsers give such a one a process of its own, as ours asks for
(`Origin-Agent-Cluster`): starting that is most of the time, and what keeps its memory apart.
"""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from benchmarks import servers
from benchmarks.report import Report, middle
from tests.support.chromium import chromium, fresh, site

MOUNT_AIM, TOKEN_AIM = 1.5, 1.3
SDK_AIM, FRAME_AIM = 10.0, 15.0
"""In kB (1,000 octets), compressed."""
_BUILT = Path(__file__).parents[1] / "src/assent/frames/built"
_ENVELOPE = 1_000
"""Octets of an envelope with its JSON around it."""

_PAGE = """<!doctype html><meta charset="utf-8"><title>Bench</title>
<script src="{base_url}/app/secure/static/client.1.js"></script>
<div id="empty"></div><div id="field"></div>
<script>
OpcUxSecureClient.init("{ui_key}");
const empty = () => new Promise((done) => {{
  const frame = document.createElement("iframe");
  const start = performance.now();
  frame.onload = () => {{ const took = performance.now() - start; frame.remove(); done(took); }};
  frame.src = "{isolated}/empty";
  document.getElementById("empty").append(frame);
}});
const field = () => new Promise((done) => {{
  const input = OpcUxSecureClient.form().input("password", "password");
  input.on("ready", () => {{
    const took = performance.now() - start;
    input.destroy();
    done(took);
  }});
  const start = performance.now();
  input.mount("#field");
}});
const post = async (path) => {{
  const start = performance.now();
  const answer = await fetch("{elsewhere}" + path, {{ method: "POST", body: "x".repeat({size}) }});
  await answer.json();
  return performance.now() - start;
}};
const plain = () => post("/plain");
const kept = () => post("/kept");
let form;
const ready = () => new Promise((done) => {{
  form = OpcUxSecureClient.form();
  const input = form.input("password", "password");
  input.on("ready", done);
  input.mount("#field");
}});
const token = async () => {{
  const start = performance.now();
  await form.tokenize();
  return performance.now() - start;
}};
</script>"""


def measure_sizes(report: Report) -> None:
    """As they go over the wire."""
    report.head("(f) sizes, compressed")
    for name, aim in (("client.1", SDK_AIM), ("weavr-client-v2", SDK_AIM), ("field", FRAME_AIM)):
        octets = len(gzip.compress((_BUILT / f"{name}.js").read_bytes(), 9))
        report.at_most(f"{name}.js", octets / 1_000, aim, " kB")


def measure(report: Report, home: Path, rounds: int) -> None:
    """On a sandbox of its own, over SQLite."""
    with (
        servers.sandbox(home / "browser", home, "browser") as product,
        servers.bare(home, b"{}", "elsewhere") as elsewhere,
        site() as bank,
    ):
        told = json.loads((home / "browser.said").read_text())
        page = _PAGE.format(
            base_url=f"http://localhost:{product.port}",
            ui_key=told["programme"]["ui_key"],
            elsewhere=f"http://localhost:{elsewhere.port}",
            isolated=f"http://127.0.0.1:{elsewhere.port}",
            size=_ENVELOPE,
        )
        times = asyncio.run(_measured(bank.put("/", page), rounds))
    report.head("(f) in Chromium")
    for what, ours, bare, aim in (
        ("from mount to ready, to an empty iframe", "field", "empty", MOUNT_AIM),
        ("a token, to a plain POST of its size", "token", "plain", TOKEN_AIM),
        ("a token, to a plain POST that is kept on disk", "token", "kept", TOKEN_AIM),
    ):
        beside = f"{middle(times[ours]):.1f} ms against {middle(times[bare]):.1f} ms"
        report.at_most(what, middle(times[ours]) / middle(times[bare]), aim, "", beside)


async def _measured(address: str, rounds: int) -> dict[str, list[float]]:
    async with chromium() as browser, fresh(browser) as context:
        page = await context.new_page()
        await page.goto(address)
        times = await _in_turn(page, ("empty", "field"), rounds)
        await page.evaluate("ready()")
        await page.frame_locator("iframe").locator("input").fill("Correct-horse1")
        return times | await _in_turn(page, ("plain", "token", "kept"), rounds)


async def _in_turn(page: Page, names: tuple[str, ...], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[Any]] = {name: [] for name in names}
    for number in range(rounds + 3):
        for name in names:
            took = await page.evaluate(f"{name}()")
            if number >= 3:  # the first ones fill caches and start processes
                times[name].append(took)
    return times
