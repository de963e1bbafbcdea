"""A person's device over the Device API: keys in software, every call signed with them."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.authenticator import SoftDevice
from tests.support.client import Answer, Server
from tests.support.push_conflicts import newest
from tests.support.weavr import CODE, Person, enrolled_person

PREFIX = "/device/v1"


@dataclass
class Device:
    """Enrolled, and in somebody's hand."""

    server: Server
    soft: SoftDevice
    id: str = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Signed with the key of its calls."""
        url = f"{self.server.base_url}{PREFIX}{path}"
        sent = {"DPoP": self.soft.proof(method, url.partition("?")[0]), **headers}
        if self.id:
            sent["device"] = self.id
        return self.server.call(method, f"{PREFIX}{path}", body, sent)

    def asked(self) -> list[str]:
        """What waits, newest first."""
        answer = self.call("GET", "/challenges")
        assert answer.status == 200, answer.body
        return [one["id"] for one in answer.json["challenges"]]

    def content(self, challenge_id: str) -> str:
        """What it shows."""
        answer = self.call("GET", f"/challenges/{challenge_id}")
        assert answer.status == 200, answer.body
        return str(answer.json["content"])

    def answer(self, challenge_id: str, decision: str = "approve", **said: Any) -> Answer:
        """Reads the question, and signs what the person says to it."""
        body = self.soft.answer(self.content(challenge_id), self.id, decision, **said)
        return self.call("POST", f"/challenges/{challenge_id}/answer", body)

    def approve(self, challenge_id: str, **said: Any) -> str:
        """The token, if it was a log-in."""
        answer = self.answer(challenge_id, **said)
        assert (answer.status, answer.json["state"]) == (200, "approved")
        return str(answer.json.get("token", ""))

    def decline(self, challenge_id: str, reason: str | None = None) -> None:
        answer = self.answer(challenge_id, "decline", reason=reason)
        assert (answer.status, answer.json["state"]) == (200, "declined")


def enrol_device(person: Person, soft: SoftDevice | None = None, name: str = "Phone") -> Device:
    """By a link of the person's session, with a code to their phone where that is not stepped
    up."""
    server = person.server
    made = server.call("POST", f"{PREFIX}/links", None, server.bearer(person.token))
    assert made.status == 200, made.body
    link = {"token": made.json["token"]}
    device = Device(server, soft or SoftDevice())
    begun = server.call("POST", f"{PREFIX}/enrolments", link)
    assert begun.status == 200, begun.body
    code = {"code": CODE} if begun.json["codeSent"] else {}
    body = {**link, **device.soft.enrol(begun.json["content"], name), **code}
    done = device.call("POST", "/enrolments/finish", body)
    assert done.status == 200, done.body
    device.id = done.json["device"]
    return device


def with_device(server: Server) -> tuple[Person, Device]:
    """Somebody with a phone and a device, logged in anew: one factor."""
    person = enrolled_person(server)
    device = enrol_device(person)
    return person.elsewhere(), device


@dataclass
class LogIn:
    """A log-in by device, begun."""

    person: Person
    device: Device
    challenge: str = field(default="")

    def __post_init__(self) -> None:
        answer = self.person.ask_log_in()
        assert answer.status == 200, answer.body
        self.challenge = answer.json["challengeId"]
        assert self.challenge == newest(self.person)

    def token(self) -> str:
        """Of its approval."""
        return self.device.approve(self.challenge)
