"""The reference device app against a real server: enrolment, requests, answers, keys."""

import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.support.authenticator import unb64
from tests.support.chromium import fresh
from tests.support.client import Server
from tests.support.device_app import (
    DeviceApp,
    ask_step_up,
    devices,
    is_stepped_up,
    new_link,
    remove,
)
from tests.support.playground import complaints
from tests.support.weavr import CODE, Person, enrolled_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALGORITHMS = "pubKeyCredParams is missing"
"""What Chromium says of whoever wants no RSA (RS256): keys are of P-256 or Ed25519."""
ANSWERED = re.compile(r"/device/v1/challenges/\d+/answer$")
# all that the app keeps, of which nothing may be a request's
KEPT = """async () => {
  const opened = indexedDB.open("assent-device", 1);
  const result = (asked) => new Promise((resolve) => {
    asked.onsuccess = () => resolve(asked.result);
  });
  const database = await result(opened);
  const rows = await result(database.transaction("enrolments").objectStore("enrolments").getAll());
  const open = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const held = await Promise.all(open.map((one) => one.keys()));
  return {
    rows: JSON.stringify(rows),
    extractable: rows.map((row) => row.proof.privateKey.extractable),
    cached: held.flat().map((request) => new URL(request.url).pathname),
    storage: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  };
}"""


@pytest.fixture
def ada(server: Server) -> Person:
    """With a phone, and a stepped-up session."""
    server.settings(channels=["SMS", "BIOMETRIC"])
    return enrolled_person(server).stepped_up()


@pytest_asyncio.fixture(loop_scope="session")
async def app(page: Page, ada: Person) -> DeviceApp:
    """Enrolled, and waiting; Ada has logged in anew since, with one factor."""
    made = await DeviceApp.opened(page, ada)
    await made.enrol()
    await made.waits()
    assert ada.log_in().status == 200
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def other(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Another browser."""
    async with fresh(browser) as made:
        yield made


# ----- enrolment


async def test_enrolled_by_a_link(page: Page, ada: Person):
    heard = complaints(page)
    app = await DeviceApp.opened(page, ada)
    await app.on("waiting")
    await expect(app["h1"]).to_have_text("Welcome")
    device = await app.enrol("Ada's laptop")
    assert page.url.endswith("/device/"), "the token is in no address any more"
    await app.press("#to-devices")
    await expect(app[f".device[data-device='{device}']"]).to_contain_text("Last usednever")
    (one,) = devices(ada)
    assert (one["id"], one["name"], one["scheme"]) == (device, "Ada's laptop", "webauthn")
    assert len(await app.authenticator.keys()) == 1
    (mail,) = [one for one in ada.server.mails(ada.email) if "new device" in one["subject"]]
    assert "new device" in mail["body"]
    await app.waits()
    assert [one for one in heard if ALGORITHMS not in one] == []


async def test_the_link_is_not_opened_without_a_word(page: Page, ada: Person):
    link = new_link(ada)
    app = await DeviceApp.opened(page, ada, link.removeprefix(ada.server.base_url))
    await expect(app["h1"]).to_have_text("Add this device?")
    await app.press("#not-now")
    await app.on("waiting")
    await page.goto(link)
    await app.press("#go-on")
    await app.finish()
    await page.goto(link)
    await app.press("#go-on")
    await expect(app["#problem"]).to_contain_text("was used already")
    assert len(devices(ada)) == 1


@pytest.mark.parametrize("whole", [True, False])
async def test_the_link_or_its_token_is_pasted(page: Page, ada: Person, whole: bool):
    app = await DeviceApp.opened(page, ada)
    await app.press("#to-add")
    link = new_link(ada)
    await app["#link"].fill("https://elsewhere.example/device/#enrol=x")
    await app.press("#go-on")
    await expect(app["#problem"]).to_contain_text("not a link of this server")
    await app["#link"].fill(f" {link if whole else link.partition('#enrol=')[2]} ")
    await app["#link"].press("Enter")
    await app.finish()


async def test_a_session_of_one_factor_needs_the_code(page: Page, ada: Person):
    """A wrong one is said, and the right one takes the same key."""
    assert ada.log_in().status == 200
    app = await DeviceApp.opened(page, ada)
    await page.goto(new_link(ada))
    await app.press("#go-on")
    await app.on("enrol")
    await app["#name"].fill("Phone")
    await app.press("#add")
    await expect(app["#problem"]).to_contain_text("code of six digits")
    await app["#code"].fill("000000")
    await app.press("#add")
    await expect(app["#problem"]).to_contain_text("not the code that we sent")
    assert devices(ada) == []
    await app.finish("Phone", CODE)
    assert len(await app.authenticator.keys()) == 1
    assert is_stepped_up(ada)


async def test_an_unknown_finger_enrols_nothing(page: Page, ada: Person):
    app = await DeviceApp.opened(page, ada)
    await app.authenticator.recognises(False)
    await page.goto(new_link(ada))
    await app.press("#go-on")
    await app.press("#add")
    await expect(app["#problem"]).to_contain_text("Nothing was signed")
    assert devices(ada) == []
    await app.authenticator.recognises(True)
    await app.finish()


async def test_the_same_person_twice_is_refused_by_the_authenticator(app: DeviceApp, ada: Person):
    ada.stepped_up()
    await app.page.goto(new_link(ada))
    await app.press("#go-on")
    await app.press("#add")
    await expect(app["#problem"]).to_contain_text("one of your devices already")
    assert len(devices(ada)) == 1


async def test_keys_that_cannot_be_copied_and_nothing_of_requests(app: DeviceApp, ada: Person):
    ask_step_up(ada)
    await app.on("request")
    said = await app["#said"].inner_text()
    await app.press("#approve")
    await app.ended("approved")
    kept = await app.page.evaluate(KEPT)
    assert kept["extractable"] == [False]
    assert said not in kept["rows"]
    assert not [path for path in kept["cached"] if path.startswith("/device/v1")]
    assert kept["storage"] == '[{},{},""]'


# ----- requests


async def test_a_request_arrives_by_itself_and_is_approved(app: DeviceApp, ada: Person):
    heard = complaints(app.page)
    assert not is_stepped_up(ada)
    asked = ask_step_up(ada)
    await app.on("request")
    assert asked.keys() == {"id"}, "no number, unless the programme wants it"
    await expect(app["#left"]).to_have_text(re.compile(r"^(5 minutes|4 minutes \d+ seconds?)$"))
    await expect(app["#number"]).to_have_count(0)
    await app.press("#approve")
    await app.ended("approved")
    assert is_stepped_up(ada)
    await app.press("#done")
    await app.on("waiting")
    await app.press("#to-devices")
    await expect(app[".device"]).to_contain_text(re.compile("Last used.*20"))
    assert heard == []


async def test_exactly_what_was_issued_is_shown(app: DeviceApp, ada: Person):
    async with app.page.expect_response(re.compile(r"/device/v1/challenges/\d+$")) as fetched:
        ask_step_up(ada)
    content = json.loads((await (await fetched.value).json())["content"])
    await app.on("request")
    assert await app["#said"].text_content() == content["display"]["text"]
    labels = await app["#fields dt"].all_text_contents()
    values = await app["#fields dd"].all_text_contents()
    told = [{"label": one, "value": other} for one, other in zip(labels, values, strict=True)]
    assert told == content["display"]["fields"]
    inside = await app["#exactly"].text_content()
    assert inside == content["display"]["text"] + "".join(
        one["label"] + one["value"] for one in content["display"]["fields"]
    )


@pytest.mark.parametrize(
    ("button", "outcome"), [("changed-mind", "declined"), ("not-me", "not-me")]
)
async def test_declined(app: DeviceApp, ada: Person, button: str, outcome: str):
    ask_step_up(ada)
    await app.on("request")
    await app.press("#decline")
    await app.press(f"#{button}")
    await app.ended(outcome)
    alarms = [one for one in ada.server.mails(ada.email) if "Somebody may know" in one["subject"]]
    if outcome == "declined":
        assert not is_stepped_up(ada)
        assert alarms == []
    else:
        assert ada.factors().status == 401, "the session that asked is over"
        assert len(alarms) == 1


async def test_an_unknown_finger_approves_nothing(app: DeviceApp, ada: Person):
    await app.authenticator.recognises(False)
    ask_step_up(ada)
    await app.press("#approve")
    await expect(app["#problem"]).to_contain_text("Nothing was signed")
    assert not is_stepped_up(ada)
    await app.authenticator.recognises(True)
    await app.press("#approve")
    await app.ended("approved")


async def test_the_number_of_the_other_screen(app: DeviceApp, ada: Person):
    """A wrong one is counted; the right one passes."""
    ada.server.settings(number_matching=True)
    number = ask_step_up(ada)["number"]
    await app.on("request")
    await app.press("#approve")
    await expect(app["#problem"]).to_contain_text("number of two digits")
    await app["#number"].fill("10" if number != "10" else "11")
    await app.press("#approve")
    await expect(app["#problem"]).to_contain_text("not the number on the other screen")
    assert not is_stepped_up(ada)
    await expect(app["#number"]).to_be_focused()
    await app.page.keyboard.type(number)
    await app.page.keyboard.press("Enter")
    await app.ended("approved")
    assert is_stepped_up(ada)


async def test_wrong_numbers_use_the_request_up(app: DeviceApp, ada: Person):
    ada.server.settings(number_matching=True)
    number = ask_step_up(ada)["number"]
    await app.on("request")
    await app["#number"].fill("10" if number != "10" else "11")
    for left in ("Try again", "One try"):
        async with app.page.expect_response(ANSWERED):
            await app.press("#approve")
        await expect(app["#problem"]).to_contain_text(left)
    await app.press("#approve")
    await app.ended("closed")
    assert not is_stepped_up(ada)


async def test_one_after_the_other(app: DeviceApp, ada: Person):
    """Two sessions ask; each gets its own answer."""
    elsewhere = ada.elsewhere()
    ask_step_up(ada)
    await app.on("request")
    ada.server.advance(16)
    ask_step_up(elsewhere)
    await app.press("#approve")
    await app.ended("approved")
    assert (is_stepped_up(ada), is_stepped_up(elsewhere)) == (True, False)
    await expect(app["#done"]).to_have_text("Next request")
    await expect(app["#arrived"]).to_be_hidden()
    await app.press("#done")
    await app.on("request")
    await app.press("#decline")
    await app.press("#changed-mind")
    await app.ended("declined")
    assert not is_stepped_up(elsewhere)


async def test_another_comes_while_the_last_outcome_is_read(app: DeviceApp, ada: Person):
    elsewhere = ada.elsewhere()
    ask_step_up(ada)
    await app.press("#approve")
    await app.ended("approved")
    await expect(app["#done"]).to_have_text("Done")
    ada.server.advance(16)
    ask_step_up(elsewhere)
    await expect(app["#arrived"]).to_contain_text("A request waits")
    await app.press("#show-it")
    await app.on("request")
    await expect(app["#arrived"]).to_be_hidden()


async def test_a_link_that_is_not_whole(page: Page, ada: Person):
    app = await DeviceApp.opened(page, ada, new_link(ada).removeprefix(ada.server.base_url)[:-1])
    await app.on("add")
    await expect(app["#problem"]).to_contain_text("The link is not whole")
    assert devices(ada) == []


async def test_its_time_runs_out(app: DeviceApp, ada: Person):
    ask_step_up(ada)
    await app.on("request")
    ada.server.advance(200)
    assert not is_stepped_up(ada)
    ada.server.advance(101)
    await app.press("#approve")
    await app.ended("closed")
    assert not is_stepped_up(ada)


# ----- several devices


async def test_two_devices_and_one_answer(app: DeviceApp, ada: Person, other: BrowserContext):
    second = await DeviceApp.opened(await other.new_page(), ada.stepped_up())
    await second.enrol("Second")
    await second.waits()
    assert ada.log_in().status == 200
    ask_step_up(ada)
    await app.on("request")
    await second.on("request")
    await second.press("#approve")
    await second.ended("approved")
    await app.ended("closed")
    await expect(app["[data-outcome]"]).to_contain_text("another device")
    assert is_stepped_up(ada)


async def test_a_removed_device_answers_too_late(
    app: DeviceApp, ada: Person, other: BrowserContext
):
    """Its own view is old: the network hides the removal until it answers."""
    second = await DeviceApp.opened(await other.new_page(), ada.stepped_up())
    device = await second.enrol("Second")
    await second.waits()
    asking = ada.elsewhere()
    ask_step_up(asking)
    await second.on("request")
    await second.page.route(re.compile(r"/device/v1/challenges(\?|$)"), lambda route: None)
    remove(ada, device)
    await second.press("#approve")
    await second.ended("closed")
    await expect(second["[data-outcome]"]).to_contain_text("This device was removed")
    assert not is_stepped_up(asking)
    await second.page.unroute_all(behavior="ignoreErrors")
    await second.page.reload()
    await expect(second["#connection"]).to_have_attribute("data-link", "unknown")
    await second.press("#to-devices")
    await second.press(".forget")
    await expect(second[".device"]).to_have_count(0)
    (left,) = devices(ada)
    assert left["name"] == "Test browser"


async def test_two_programmes_side_by_side(app: DeviceApp, ada: Person):
    server = ada.server.isolated()
    server.settings(channels=["SMS", "BIOMETRIC"])
    grace = enrolled_person(server).stepped_up()
    await app.page.goto(new_link(grace))
    await app.press("#go-on")
    await app.finish("At the other bank", person=grace)
    assert grace.log_in().status == 200
    await app.waits()
    await expect(app[".names li"]).to_have_count(2)
    for person in (grace, ada):
        ask_step_up(person)
        await app.on("request")
        await app.press("#approve")
        await app.ended("approved")
        assert is_stepped_up(person)
        await app.press("#done")
        await app.on("waiting")


# ----- its own keys


async def test_a_new_key_in_place_of_the_old(app: DeviceApp, ada: Person):
    (before,) = await app.authenticator.keys()
    await app.press("#to-devices")
    await app.press(".rotate")
    await expect(app["#notice"]).to_contain_text("new key")
    await app.waits()
    ask_step_up(ada)
    await app.on("request")
    await app.press("#approve")
    await app.ended("approved")
    used = {one["credentialId"]: one["signCount"] for one in await app.authenticator.keys()}
    assert used.pop(before["credentialId"], before["signCount"] + 1) == before["signCount"] + 1, (
        "once more, for its own end"
    )
    assert len(used) == 1
    await app.page.reload()
    await app.waits()


async def test_withdrawn_by_itself(app: DeviceApp, ada: Person):
    await app.press("#to-devices")
    await app.press(".withdraw")
    await expect(app[".withdraw-now"]).to_be_focused()
    await app.press(".keep")
    await app.press(".withdraw")
    await app.press(".withdraw-now")
    await expect(app["#notice"]).to_contain_text("withdrawn")
    assert devices(ada) == []
    assert json.loads((await app.page.evaluate(KEPT))["rows"]) == []


async def test_a_programme_that_wants_makers_to_vouch(page: Page, ada: Person):
    """The app asks the authenticator for that; Chromium's own has no maker that anybody trusts."""
    ada.server.settings(attested_devices=True)
    app = await DeviceApp.opened(page, ada)
    await page.goto(new_link(ada))
    await app.press("#go-on")
    async with page.expect_request(re.compile("/enrolments/finish$")) as sent:
        await app.press("#add")
    told = json.loads((await sent.value).post_data or "")
    assert b"fmtdnone" not in unb64(told["attestation"]["attestationObject"])
    await expect(app["#problem"]).to_contain_text("its maker does not vouch for it")
    assert devices(ada) == []
