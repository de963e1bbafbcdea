"""Questions to an app of a person's, through Twilio Verify Push: the channel AUTHY.

The app is the firm's own with Twilio's SDK in it, or another that the Verify service knows; it has
registered a factor under the person's id as its identity. Authy itself takes pushes no more: Verify
Push took its place at Twilio. https://www.twilio.com/docs/verify/push
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from assent.adapters.twilio.account import Account
from assent.adapters.twilio.receipt import refuse_unsigned, signed_form
from assent.adapters.twilio.settings import TwilioSettings
from assent.domain.evidence import Evidence, RemoteAnswer, Said
from assent.domain.message import Channel, Message
from assent.domain.question import Reason
from assent.ports.delivery import AT_ONCE, ForgedReceipt, ReceiptCall, Undelivered

_LONGEST_TEXT = 256
"""Characters of what the app shows (`Details.Message`)."""
_SID = re.compile("YC[0-9a-fA-F]{32}")
_NUMBER = re.compile("[0-9]{8,18}")
_SAID = {"approved": Said.APPROVED, "denied": Said.DENIED, "expired": Said.EXPIRED}
_REASONS = {"not_requested": Reason.NOT_ME, "not_needed": Reason.CHANGED_MIND}


class TwilioVerify:
    """`ports.delivery.Gateway` and `Answers`. At least once: a challenge whose answer was lost is
    asked twice, and one of the two answers counts."""

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._token = settings.signing_token
        self._account = Account(settings)
        self._service = f"{settings.verify_url}/v2/Services/{settings.verify_service}"
        # a message takes two calls
        self.timeout_seconds = 2 * float(settings.timeout_seconds)
        self.at_once = AT_ONCE
        self.answers = bool(self._token)

    async def send(self, message: Message) -> None:
        """A challenge to the app that was registered last. The text is not to be shown in part:
        one that is too long is given up, as is one to a person without an app."""
        content = message.content
        if len(content.subject) > _LONGEST_TEXT:
            raise Undelivered("the text is longer than such an app shows", lasting=True)
        factor = await self._factor(message.subject_id)
        hidden = {**json.loads(content.body), "programme": str(message.programme_id)}
        until = datetime.fromtimestamp(message.not_after / 1_000, UTC)
        fields = {
            "FactorSid": factor,
            "ExpirationDate": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Details.Message": content.subject,
            "HiddenDetails": json.dumps(hidden),
        }
        url = f"{self._entity(message.subject_id)}/Challenges"
        await self._account.call("POST", url, content.channel, fields)

    async def answer(self, call: ReceiptCall) -> RemoteAnswer | None:
        """What a webhook of the service leads to: which challenge was answered is read from it,
        the answer from the challenge itself."""
        told = _told(call, self._token)
        sid = str(told.get("challenge_sid", ""))
        person = str(told.get("entity_identity") or told.get("identity") or "")
        if not _SID.fullmatch(sid) or not _NUMBER.fullmatch(person):
            return None
        if told.get("service_sid", self._settings.verify_service) != self._settings.verify_service:
            return None
        url = f"{self._entity(int(person))}/Challenges/{sid}"
        return _read(_json(await self._account.call("GET", url, Channel.AUTHY)), person, sid)

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._account.close()

    def _entity(self, subject_id: int) -> str:
        """The person at Twilio, under the id that the firm knows them by: no personal data, and of
        the length that Twilio asks for (8 to 64)."""
        return f"{self._service}/Entities/{subject_id}"

    async def _factor(self, subject_id: int) -> str:
        """The app that can sign: SID of the newest verified factor of the sort `push`."""
        url = f"{self._entity(subject_id)}/Factors?PageSize=100"
        listed = _json(await self._account.call("GET", url, Channel.AUTHY)).get("factors", ())
        usable = [
            one
            for one in listed
            if (one.get("factor_type"), one.get("status")) == ("push", "verified")
        ]
        if not usable:
            raise Undelivered("the person has no app", lasting=True)
        return str(max(usable, key=lambda one: str(one.get("date_created")))["sid"])


def _told(call: ReceiptCall, token: bytes) -> dict[str, Any]:
    """The parameters of a webhook, a form or JSON: https://www.twilio.com/docs/usage/security. Of
    JSON the URL alone is signed, and the URL holds the body's SHA-256. Raises ForgedReceipt."""
    if not call.headers.get("content-type", "").startswith("application/json"):
        return dict(signed_form(call, token))
    refuse_unsigned(call, {}, token)
    digest = parse_qs(urlsplit(call.url).query).get("bodySHA256", [""])[0]
    if digest.lower() != hashlib.sha256(call.body).hexdigest():
        raise ForgedReceipt("another body")
    return _json(call.body)


def _read(challenge: dict[str, Any], person: str, sid: str) -> RemoteAnswer | None:
    """None for one that is still open, or was not put by us."""
    said = _SAID.get(str(challenge.get("status")))
    hidden = challenge.get("hidden_details")
    ours = _json(hidden.encode()) if isinstance(hidden, str) else hidden
    if said is None or not isinstance(ours, dict):
        return None
    number, programme = str(ours.get("challenge", "")), str(ours.get("programme", ""))
    if not _NUMBER.fullmatch(number) or not _NUMBER.fullmatch(programme):
        return None
    reason = _REASONS.get(str(challenge.get("responded_reason")))
    evidence = Evidence(said, f"twilio {sid}", reason if said is Said.DENIED else None)
    return RemoteAnswer(int(programme), int(person), int(number), evidence)


def _json(octets: bytes) -> dict[str, Any]:
    """An object; empty for whatever is none."""
    try:
        read = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
