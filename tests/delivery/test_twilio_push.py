"""Questions through Twilio Verify Push: what is posted, whose answers are taken, and a production
server that lives on them."""

import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from assent.adapters.twilio.settings import TwilioSettings, wrong
from assent.adapters.twilio.verify import TwilioVerify
from assent.domain.evidence import Evidence, RemoteAnswer, Said
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.question import Reason
from assent.kernel.clock import MINUTE, SystemClock
from assent.kernel.secret import Secret
from assent.ports.delivery import ForgedReceipt, ReceiptCall, Undelivered
from tests.support import twilio as texts
from tests.support.client import Server
from tests.support.processes import Installation, Running, installation, until
from tests.support.twilio import TwilioStandIn, twilio
from tests.support.twilio_verify import (
    FACTOR,
    OTHER_FACTOR,
    SERVICE,
    VerifyStandIn,
    Webhook,
    form_webhook,
    json_webhook,
    twilio_verify,
)
from tests.support.weavr import Person, new_person

COMPLETE = TwilioSettings(
    account_sid=texts.ACCOUNT,
    key=texts.KEY,
    secret=Secret(texts.SECRET),
    auth_token=Secret(texts.TOKEN),
    verify_service=SERVICE,
)
PERSON, PROGRAMME, CHALLENGE = 1234567890123456, 6543210987654321, 5555666677778888
URL = "https://id.example.com/receipts/authy/answers"


@pytest.fixture
def theirs() -> Iterator[VerifyStandIn]:
    with twilio_verify() as stand_in:
        yield stand_in
        assert stand_in.complaints == []


def question(text: str = "confirm that it is you at Bank") -> Message:
    now = SystemClock().now()
    return Message(
        id=1,
        programme_id=PROGRAMME,
        subject_id=PERSON,
        content=Outgoing(
            channel=Channel.AUTHY,
            address="+35679000001",
            body=json.dumps({"challenge": str(CHALLENGE)}),
            subject=text,
        ),
        created_at=now,
        not_after=now + 5 * MINUTE,
        dedupe="1",
    )


async def send(theirs: VerifyStandIn, message: Message) -> None:
    gateway = TwilioVerify(replace(COMPLETE, verify_url=theirs.url))
    try:
        await gateway.send(message)
    finally:
        await gateway.close()


async def read(theirs: VerifyStandIn, hook: Webhook) -> RemoteAnswer | None:
    gateway = TwilioVerify(replace(COMPLETE, verify_url=theirs.url))
    call = ReceiptCall(method="POST", url=hook.url, headers=hook.headers, body=hook.body)
    try:
        return await gateway.answer(call)
    finally:
        await gateway.close()


# what is posted; the stand-in itself looks at all of it


async def test_a_challenge_names_the_question_and_shows_its_text(theirs: VerifyStandIn):
    theirs.register(str(PERSON))
    await send(theirs, question())
    (challenge,) = theirs.challenges.values()
    assert challenge["details"]["message"] == "confirm that it is you at Bank"
    assert challenge["hidden_details"] == {
        "challenge": str(CHALLENGE),
        "programme": str(PROGRAMME),
    }
    assert "79000001" not in json.dumps(challenge)


async def test_the_app_that_was_registered_last_is_asked(theirs: VerifyStandIn):
    theirs.register(str(PERSON), FACTOR)
    theirs.register(str(PERSON), OTHER_FACTOR)
    theirs.register(str(PERSON), "YF" + "1" * 32, status="unverified")
    await send(theirs, question())
    (challenge,) = theirs.challenges.values()
    assert challenge["factor_sid"] == OTHER_FACTOR


@pytest.mark.parametrize("registered", [None, "unverified"])
async def test_a_person_without_an_app_is_given_up(theirs: VerifyStandIn, registered: str | None):
    if registered:
        theirs.register(str(PERSON), status=registered)
    with pytest.raises(Undelivered) as refused:
        await send(theirs, question())
    assert refused.value.lasting
    assert theirs.challenges == {}


async def test_a_text_that_would_be_cut_is_not_shown_in_part(theirs: VerifyStandIn):
    theirs.register(str(PERSON))
    await send(theirs, question("x" * 256))
    with pytest.raises(Undelivered) as refused:
        await send(theirs, question("x" * 257))
    assert refused.value.lasting


@pytest.mark.parametrize(("status", "lasting"), [(401, False), (429, False), (503, False)])
async def test_trouble_at_twilios(theirs: VerifyStandIn, status: int, lasting: bool):
    theirs.status = status
    with pytest.raises(Undelivered) as refused:
        await send(theirs, question())
    assert refused.value.lasting is lasting


# whose answers are taken


async def asked(theirs: VerifyStandIn) -> str:
    theirs.register(str(PERSON))
    await send(theirs, question())
    return list(theirs.challenges)[-1]


@pytest.mark.parametrize("signed", [form_webhook, json_webhook])
@pytest.mark.parametrize(
    ("status", "why", "said", "reason"),
    [
        ("approved", None, Said.APPROVED, None),
        ("approved", "not_requested", Said.APPROVED, None),
        ("denied", None, Said.DENIED, None),
        ("denied", "not_requested", Said.DENIED, Reason.NOT_ME),
        ("denied", "not_needed", Said.DENIED, Reason.CHANGED_MIND),
        ("expired", None, Said.EXPIRED, None),
    ],
)
async def test_what_is_said(
    theirs: VerifyStandIn,
    signed: Any,
    status: str,
    why: str | None,
    said: Said,
    reason: Reason | None,
):
    sid = await asked(theirs)
    told = await read(theirs, signed(URL, theirs.decided(sid, status, why)))
    evidence = Evidence(said, f"twilio {sid}", reason)
    assert told == RemoteAnswer(PROGRAMME, PERSON, CHALLENGE, evidence)


@pytest.mark.parametrize("signed", [form_webhook, json_webhook])
async def test_what_twilio_has_not_signed(theirs: VerifyStandIn, signed: Any):
    sid = await asked(theirs)
    told = theirs.decided(sid, "approved")
    right = signed(URL, told)
    elsewhere = signed("https://evil.example.com/receipts/authy/answers", told)
    for forged in (
        signed(URL, told, token="another"),
        replace(right, headers=elsewhere.headers),
        replace(right, headers={**right.headers, "x-twilio-signature": ""}),
        replace(right, body=right.body.replace(b"approved", b"denied")),
        replace(right, body=b""),
        replace(right, url=right.url.replace("authy", "sms")),
        replace(right, url=right.url.partition("?")[0] + "?bodySHA256=00"),
    ):
        with pytest.raises(ForgedReceipt):
            await read(theirs, forged)


async def test_a_signed_webhook_says_only_where_to_look(theirs: VerifyStandIn):
    sid = await asked(theirs)
    told = theirs.decided(sid, "approved")
    theirs.challenges[sid]["status"] = "pending"
    assert await read(theirs, form_webhook(URL, told)) is None
    theirs.challenges[sid]["status"] = "approved"
    theirs.challenges[sid]["hidden_details"] = {"challenge": "1"}
    assert await read(theirs, form_webhook(URL, told)) is None  # not put by us
    for change in (
        {"challenge_sid": "YC1/../../Factors"},
        {"entity_identity": "../../Services"},
        {"service_sid": "VA" + "f" * 32},
        {"challenge_sid": ""},
    ):
        assert await read(theirs, form_webhook(URL, told | change)) is None


async def test_where_twilio_cannot_be_asked_it_is_to_come_again(theirs: VerifyStandIn):
    sid = await asked(theirs)
    hook = form_webhook(URL, theirs.decided(sid, "approved"))
    theirs.status = 503
    with pytest.raises(Undelivered):
        await read(theirs, hook)


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 100_000, b"null"])
async def test_signed_nonsense(theirs: VerifyStandIn, body: bytes):
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = form_webhook(url, {}).headers["x-twilio-signature"]
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    assert await read(theirs, Webhook(url, headers, body)) is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"verify_service": "VA1"}, "twilio.verify_service"),
        ({"verify_url": "http://verify.example.com"}, "twilio.verify_url"),
        ({"account_sid": ""}, "twilio.account_sid"),
        ({"secret": Secret("")}, "twilio.secret"),
        ({"auth_token": Secret("")}, "twilio.auth_token"),
    ],
)
def test_settings_that_cannot_be(change: dict[str, Any], named: str):
    assert wrong(COMPLETE) == ""
    assert wrong(replace(COMPLETE, **change)).startswith(named)


# a production server


@dataclass(frozen=True)
class Bank:
    """A production installation: codes and questions go by Twilio."""

    place: Installation
    running: Running
    texts: TwilioStandIn
    verify: VerifyStandIn
    server: Server

    @property
    def answers_url(self) -> str:
        return f"{self.server.base_url}/receipts/authy/answers"

    def person(self) -> Person:
        """With a phone, a stepped-up session, and an app of Twilio's."""
        person = new_person(self.server)
        self.verify.register(person.user_id)
        assert person.enrol().status == 204
        text = until("the code", lambda: self._text(person))
        found = re.search(r"\d{6}", text)
        assert found
        assert person.verify_enrolment(found[0]).status == 204
        return person

    def _text(self, person: Person) -> str:
        sent = (one.form for one in self.texts.accepted if one.form["To"] == person.phone)
        return next((form["Body"] for form in sent), "")

    def question(self, person: Person) -> str:
        """SID of the newest challenge for somebody that is still open."""
        return until(
            "the challenge",
            lambda: next(
                (
                    sid
                    for sid, one in reversed(list(self.verify.challenges.items()))
                    if (one["identity"], one["status"]) == (person.user_id, "pending")
                ),
                "",
            ),
        )

    def post(self, hook: Webhook) -> int:
        request = urllib.request.Request(hook.url, hook.body, hook.headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code

    def answer(self, person: Person, status: str, why: str | None = None) -> int:
        told = self.verify.decided(self.question(person), status, why)
        return self.post(form_webhook(self.answers_url, told))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("verify")
    with twilio() as sent, twilio_verify() as verify:
        place = installation(
            folder,
            f"sqlite:///{folder / 'assent.sqlite3'}",
            ASSENT_TWILIO_ACCOUNT_SID=texts.ACCOUNT,
            ASSENT_TWILIO_KEY=texts.KEY,
            ASSENT_TWILIO_SECRET=texts.SECRET,
            ASSENT_TWILIO_AUTH_TOKEN=texts.TOKEN,
            ASSENT_TWILIO_SMS_FROM=texts.SMS_FROM,
            ASSENT_TWILIO_BASE_URL=sent.url,
            ASSENT_TWILIO_VERIFY_SERVICE=SERVICE,
            ASSENT_TWILIO_VERIFY_URL=verify.url,
        )
        made = json.loads(place.done("programme", "create", "Bank"))
        chosen = ("plaintext_passwords=true", "password_profile=weavr", "channels=SMS,AUTHY")
        place.done("programme", "set", made["id"], *chosen)
        credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
        with place.serve("bank") as running:
            server = Server(credentials, running.server.base_url)
            yield Bank(place, running, sent, verify, server)
            assert "Traceback" not in running.log()
            assert texts.TOKEN not in running.log()
        assert (sent.complaints, verify.complaints) == ([], [])


def status(person: Person) -> str:
    listed = {one["channel"]: one["status"] for one in person.factors().json["factors"]}
    return str(listed["AUTHY"])


def test_enrolled_and_stepped_up_by_twilios_word(bank: Bank):
    person = bank.person()
    assert person.call("POST", "/authentication_factors/push/AUTHY").status == 204
    assert status(person) == "PENDING_VERIFICATION"
    assert bank.answer(person, "approved") == 200
    assert status(person) == "ACTIVE"
    assert person.log_in().status == 200
    asked = person.call("POST", "/stepup/challenges/push/AUTHY")
    assert asked.status == 200
    assert person.change_password().status == 403
    sid = bank.question(person)
    assert bank.verify.challenges[sid]["hidden_details"]["challenge"] == asked.json["id"]
    told = bank.verify.decided(sid, "approved")
    assert bank.post(form_webhook(bank.answers_url, told, token="another")) == 403
    elsewhere = form_webhook("https://evil.example.com/receipts/authy/answers", told)
    assert bank.post(replace(elsewhere, url=bank.answers_url)) == 403
    assert person.change_password().status == 403
    for _ in range(2):  # a webhook that comes again changes nothing
        assert bank.post(json_webhook(bank.answers_url, told)) == 200
    assert person.change_password().status == 200


def test_a_denial_with_a_reason_ends_the_session(bank: Bank):
    person = bank.person()
    assert person.call("POST", "/authentication_factors/push/AUTHY").status == 204
    assert bank.answer(person, "approved") == 200
    assert person.log_in().status == 200
    assert person.call("POST", "/stepup/challenges/push/AUTHY").status == 200
    assert bank.answer(person, "denied", "not_requested") == 200
    assert person.factors().status == 401


def test_what_twilio_cannot_be_asked_about_now_is_to_be_told_again(bank: Bank):
    person = bank.person()
    assert person.call("POST", "/authentication_factors/push/AUTHY").status == 204
    told = bank.verify.decided(bank.question(person), "denied")
    hook = form_webhook(bank.answers_url, told)
    bank.verify.status = 500
    assert bank.post(hook) == 503
    bank.verify.status = 0
    assert status(person) == "PENDING_VERIFICATION"
    assert bank.post(hook) == 200
    assert status(person) == "INACTIVE"


@pytest.mark.parametrize("path", ["sms/answers", "email/answers", "nothing/answers"])
def test_no_other_channel_has_answers(bank: Bank, path: str):
    url = f"{bank.server.base_url}/receipts/{path}"
    assert bank.post(form_webhook(url, {"challenge_sid": "YC" + "0" * 32})) == 404


def test_without_a_service_the_channel_is_not_supported(tmp_path: Path):
    with twilio() as sent:
        place = installation(
            tmp_path,
            f"sqlite:///{tmp_path / 'assent.sqlite3'}",
            ASSENT_TWILIO_ACCOUNT_SID=texts.ACCOUNT,
            ASSENT_TWILIO_KEY=texts.KEY,
            ASSENT_TWILIO_SECRET=texts.SECRET,
            ASSENT_TWILIO_AUTH_TOKEN=texts.TOKEN,
            ASSENT_TWILIO_SMS_FROM=texts.SMS_FROM,
            ASSENT_TWILIO_BASE_URL=sent.url,
        )
        made = json.loads(place.done("programme", "create", "Bank"))
        chosen = ("plaintext_passwords=true", "password_profile=weavr", "channels=SMS,AUTHY")
        place.done("programme", "set", made["id"], *chosen)
        credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
        with place.serve("bank") as running:
            server = Server(credentials, running.server.base_url)
            person = new_person(server)
            refused = person.call("POST", "/stepup/challenges/push/AUTHY")
            assert refused.json == {"errorCode": "CHANNEL_NOT_SUPPORTED"}
            answers = urllib.request.Request(f"{server.base_url}/receipts/authy/answers", b"x")
            with pytest.raises(urllib.error.HTTPError) as none:
                urllib.request.urlopen(answers, timeout=10)
            with none.value as refusal:
                assert refusal.code == 404
