"""A partner's page that has people approve on the hosted page, as the published helper does it."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.support.chromium import Site
from tests.support.wise import PIN, WiseUser

PATH = "/approve-api-action/"
FORM = {"content-type": "application/x-www-form-urlencoded"}

# What the helper does: a call, the token of its 403, a form into a frame or a window, a message.
_SCRIPT = """
const { server, path, bearer, names } = SETTINGS;
const heard = [];
addEventListener("message", ({ origin, data }) => {
  if (typeof data === "string" && data.startsWith("tw-approve")) heard.push({ origin, data });
});
async function call(approval) {
  const headers = { authorization: bearer, "x-external-correlation-id": "from-a-page" };
  if (approval) headers["x-2fa-approval"] = approval;
  try {
    const answer = await fetch(server + path, { headers });
    const read = Object.fromEntries(names.map((name) => [name, answer.headers.get(name)]));
    return { status: answer.status, headers: read, body: await answer.json() };
  } catch (error) {
    return { status: 0, headers: {}, body: String(error) };
  }
}
function send(ott, target, parentHostname = location.hostname) {
  const form = Object.assign(document.createElement("form"), {
    method: "post", action: server + "/approve-api-action/", target,
  });
  const fields = { ott, parentHostname, flow: target, libVersion: "0.9.5" };
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
function inFrame(ott, parentHostname) {
  const frame = Object.assign(document.createElement("iframe"), { name: "approve" });
  frame.style = "width: 100%; height: 560px; border: 0";
  document.body.append(frame);
  send(ott, "approve", parentHostname);
}
let opened;
function openFirst() { opened = window.open(server + "/approve-api-action/", "approving"); }
"""
_READ = (
    "x-2fa-approval",
    "x-2fa-approval-result",
    "x-trace-id",
    "x-external-correlation-id",
    "retry-after",
)


@dataclass
class Shop:
    """The partner's page, open in a browser, for a person with a balance."""

    page: Page
    user: WiseUser
    site: Site
    balance: int = 0

    async def visit(self) -> "Shop":
        """Puts the page on its site and goes there."""
        user = self.user
        query = urlencode(
            {
                "currency": "EUR",
                "intervalStart": "2026-01-01T00:00:00.000Z",
                "intervalEnd": "2026-02-01T00:00:00.000Z",
            }
        )
        self.balance = self.balance or user.new_balance()
        path = f"/v1/profiles/{user.profile_id}/balance-statements/{self.balance}"
        settings = {
            "server": user.server.base_url,
            "path": f"{path}/statement.json?{query}",
            "bearer": user.bearer["authorization"],
            "names": _READ,
        }
        script = _SCRIPT.replace("SETTINGS", json.dumps(settings))
        html = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>'
            f"<body><h1>Your statements</h1>"
            f'<button onclick="openFirst()">Open</button><script>{script}</script></body></html>'
        )
        await self.page.goto(self.site.put("/", html))
        return self

    async def call(self, approval: str = "") -> dict[str, Any]:
        """The protected call, from the page."""
        told: dict[str, Any] = await self.page.evaluate("(token) => call(token)", approval)
        return told

    async def ott(self) -> str:
        """The one-time token, as the page reads it."""
        answer = await self.call()
        assert answer["status"] == 403, answer
        return str(answer["headers"]["x-2fa-approval"])

    async def frame(self, ott: str, hostname: str | None = None) -> FrameLocator:
        """Posts the form into a frame."""
        await self.page.evaluate(
            "([ott, name]) => inFrame(ott, name ?? undefined)", [ott, hostname]
        )
        return self.page.frame_locator("iframe[name=approve]")

    async def window(self, ott: str) -> Page:
        """Opens a window, and posts the form into it."""
        async with self.page.expect_popup() as made:
            await self.page.get_by_role("button", name="Open").click()
        popup = await made.value
        await expect(popup.get_by_role("heading", name="One moment")).to_be_visible()
        await self.page.evaluate("(ott) => send(ott, 'approving')", ott)
        await expect(popup.locator("#asking")).to_be_attached()
        return popup

    async def heard(self) -> list[str]:
        """What the hosted page has said so far."""
        said = await self.page.evaluate("heard")
        assert {one["origin"] for one in said} <= {self.user.server.base_url}
        return [one["data"].removeprefix("tw-approve-api-action-") for one in said]

    async def hears(self, *expected: str) -> None:
        """Waits for as many messages; then there are these."""
        await self.page.wait_for_function("(many) => heard.length >= many", arg=len(expected))
        assert await self.heard() == list(expected)


Place = Page | FrameLocator


def pin_field(place: Place) -> Locator:
    """What a person types the PIN into."""
    return place.frame_locator("#pin iframe").locator("input")


async def enter_pin(place: Place, pin: str = PIN) -> None:
    """Key by key."""
    await expect(place.locator("#pin[data-ready]")).to_be_visible()
    await pin_field(place).press_sequentially(pin)
    await place.get_by_role("button", name="Confirm").click()


async def enter_code(place: Place, user: WiseUser) -> None:
    """Has it sent, and reads it off the phone."""
    await place.get_by_role("button", name="Send the text message").click()
    await expect(place.get_by_label("Code of six digits")).to_be_visible()
    await place.get_by_label("Code of six digits").fill(user.newest_code())
    await place.get_by_role("button", name="Confirm").click()
