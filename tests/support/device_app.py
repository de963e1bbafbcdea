"""The reference device app as a person uses it, with an authenticator that Chromium pretends."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import CDPSession, Frame, FrameLocator, Page, Route, expect

from tests.support.authenticator import canonical
from tests.support.weavr import Person

HOME = "/device/"
NAME = "Test browser"
_SHOWN = re.compile(r"/device/v1/challenges/\d+$")


@dataclass
class Authenticator:
    """The platform's: fingerprint, face or screen lock, as Chromium's protocol plays them."""

    link: CDPSession
    id: str

    @classmethod
    async def plugged(cls, page: Page) -> "Authenticator":
        """Into this page and the frames in it."""
        link = await page.context.new_cdp_session(page)
        await link.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = await link.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(link, made["authenticatorId"])

    async def recognises(self, person: bool) -> None:
        """Whether the finger on it is the right one."""
        told = {"authenticatorId": self.id, "isUserVerified": person}
        await self.link.send("WebAuthn.setUserVerified", told)

    async def keys(self) -> list[dict[str, Any]]:
        """All that it holds."""
        told = {"authenticatorId": self.id}
        answer = await self.link.send("WebAuthn.getCredentials", told)
        return list(answer["credentials"])


@dataclass
class DeviceApp:
    """The app, open in a page (or in a frame of it)."""

    page: Page
    person: Person
    authenticator: Authenticator
    place: Page | Frame | FrameLocator
    link: str = field(default="", repr=False)

    @classmethod
    async def opened(cls, page: Page, person: Person, path: str = HOME) -> "DeviceApp":
        """With an authenticator, by its own address."""
        authenticator = await Authenticator.plugged(page)
        await page.goto(f"{person.server.base_url}{path}")
        return cls(page, person, authenticator, page)

    def __getitem__(self, selector: str) -> Any:
        return self.place.locator(selector)

    async def on(self, name: str) -> None:
        """Waits for a screen."""
        await expect(self["#screen"]).to_have_attribute("data-screen", name)

    async def press(self, selector: str) -> None:
        await self[selector].click()

    async def enrol(self, name: str = NAME, code: str = "") -> str:
        """By a link that is opened; the device's id."""
        await self.page.goto(new_link(self.person))
        await self.press("#go-on")
        return await self.finish(name, code)

    async def finish(self, name: str = NAME, code: str = "", person: Person | None = None) -> str:
        """From the form on; `person` where the link was another one's."""
        await self.on("enrol")
        await self["#name"].fill(name)
        if code:
            await self["#code"].fill(code)
        await self.press("#add")
        await self.on("waiting")
        await expect(self["#notice"]).to_contain_text(name)
        (made,) = [one["id"] for one in devices(person or self.person) if one["name"] == name]
        return str(made)

    async def waits(self) -> None:
        """On the screen where requests arrive, with a call that the server holds."""
        await self.press("#to-waiting")
        await self.on("waiting")
        await expect(self["#connection"]).to_have_attribute("data-link", "listening")

    async def ended(self, outcome: str) -> None:
        """Waits for what came of a request."""
        await self.on("outcome")
        await expect(self["[data-outcome]"]).to_have_attribute("data-outcome", outcome)


def new_link(person: Person) -> str:
    """To make a browser one of the person's devices."""
    answer = person.server.call(
        "POST", "/device/v1/links", None, person.server.bearer(person.token)
    )
    assert answer.status == 200, answer.body
    return str(answer.json["link"])


def ask_step_up(person: Person) -> dict[str, Any]:
    """On the person's devices; the challenge."""
    answer = person.call("POST", "/stepup/challenges/push/BIOMETRIC")
    assert answer.status == 200, answer.body
    return dict(answer.json)


def devices(person: Person) -> list[dict[str, Any]]:
    """As the person sees them in their session."""
    answer = person.server.call(
        "GET", "/device/v1/devices", None, person.server.bearer(person.token)
    )
    assert answer.status == 200, answer.body
    return list(answer.json["devices"])


def remove(person: Person, device: str) -> None:
    """In a session that is stepped up."""
    headers = person.server.bearer(person.token)
    answer = person.server.call("DELETE", f"/device/v1/devices/{device}", None, headers)
    assert answer.status == 204, answer.body


def is_stepped_up(person: Person) -> bool:
    """Asked of something that takes a stepped-up session, and changes nothing then: a removal of a
    device that there is not."""
    headers = person.server.bearer(person.token)
    answer = person.server.call("DELETE", "/device/v1/devices/1", None, headers)
    assert answer.status in (403, 404), answer.body
    return answer.status == 404


async def shown_as(page: Page, **changed: Any) -> None:
    """The server's questions on their way to the app, changed by somebody."""

    async def change(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json()
        values = {**json.loads(told["content"]), **changed}
        await route.fulfill(response=answer, json={**told, "content": canonical(values).decode()})

    await page.route(_SHOWN, change)
