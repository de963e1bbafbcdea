"""A device as an app would run it: `SoftDevice` makes the keys and signatures, this speaks HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support.authenticator import SoftDevice
from tests.support.client import Answer, Server
from tests.support.volley import Shot
from tests.support.weavr import CODE, Person, enrolled_person

API = "/device/v1"


@dataclass
class Phone:
    """A device of a person's, enrolled or not yet."""

    server: Server
    soft: SoftDevice
    id: str = ""
    begun: dict[str, Any] = field(default_factory=dict)
    """What `POST /enrolments` answered."""

    @property
    def base_url(self) -> str:
        """What proofs are made for: as it was announced, wherever the calls go."""
        return str(self.server.credentials["base_url"])

    def proof(self, method: str, path: str, **more: Any) -> str:
        """For a call, whatever stands behind its `?`."""
        return self.soft.proof(method, f"{self.base_url}{urlsplit(path).path}", **more)

    def headers(self, method: str, path: str, **more: Any) -> dict[str, str]:
        """Of a call; `more` are claims of the proof in place of its own."""
        return {"device": self.id, "dpop": self.proof(method, f"{API}{path}", **more)}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """With a fresh proof."""
        sent = {**self.headers(method, path), **headers}
        return self.server.call(method, f"{API}{path}", body, sent)

    def shot(self, server: Server, method: str, path: str, body: Any = None) -> Shot:
        """The same for a volley, to any server."""
        return Shot(server, method, f"{API}{path}", body, self.headers(method, path))

    # enrolment

    def begin(self, token: str) -> Answer:
        answer = self.server.call("POST", f"{API}/enrolments", {"token": token})
        if answer.status == 200:
            self.begun = answer.json
            self.id = answer.json["device"]
        return answer

    def finish(self, token: str, name: str = "Phone", **more: Any) -> Answer:
        """`more` are members of the body beside what the device makes itself."""
        body = {"token": token, **self.soft.enrol(self.begun["content"], name), **more}
        path = f"{API}/enrolments/finish"
        return self.server.call("POST", path, body, {"dpop": self.proof("POST", path)})

    # questions

    def pending(self, query: str = "") -> list[str]:
        """The ids of what waits."""
        answer = self.call("GET", f"/challenges{query}")
        assert answer.status == 200, answer.body
        return [one["id"] for one in answer.json["challenges"]]

    def content(self, challenge: str) -> str:
        """What is to be shown."""
        answer = self.call("GET", f"/challenges/{challenge}")
        assert answer.status == 200, answer.body
        return str(answer.json["content"])

    def said(self, challenge: str, decision: str = "approve", **more: Any) -> dict[str, Any]:
        """The body of an answer, signed over what was fetched."""
        return self.soft.answer(self.content(challenge), self.id, decision, **more)

    def answer(self, challenge: str, decision: str = "approve", **more: Any) -> Answer:
        body = self.said(challenge, decision, **more)
        return self.call("POST", f"/challenges/{challenge}/answer", body)


def person_headers(person: Person, key: str = "ui-key") -> dict[str, str]:
    """Of a call in a person's session."""
    programme = person.server.credentials["programme"]
    value = programme["ui_key"] if key == "ui-key" else programme["api_key"]
    return {key: value, "authorization": f"Bearer {person.token}"}


def link_of(person: Person) -> str:
    """The token of a new enrolment's link."""
    answer = person.server.call("POST", f"{API}/links", None, person_headers(person))
    assert answer.status == 200, answer.body
    return str(answer.json["token"])


def phone_of(person: Person, soft: SoftDevice | None = None, name: str = "Phone") -> Phone:
    """A new device of a person, whose session is stepped up by it if it was not."""
    origin = str(person.server.credentials["base_url"])
    if soft is None:
        soft = SoftDevice()
    soft.origin, soft.rp_id = origin, urlsplit(origin).hostname or ""
    phone, token = Phone(person.server, soft), link_of(person)
    begun = phone.begin(token)
    assert begun.status == 200, begun.body
    code = {"code": CODE} if begun.json["codeSent"] else {}
    done = phone.finish(token, name, **code)
    assert done.status == 200, done.body
    assert done.json == {"device": phone.id, "name": name}
    return phone


def biometric(server: Server) -> Server:
    """The same, its programme's channel of devices switched on."""
    server.settings(channels=["SMS", "BIOMETRIC"])
    return server


def owner(server: Server) -> tuple[Person, Phone]:
    """Somebody with a native device, and a session of their own that is not stepped up."""
    person = enrolled_person(biometric(server))
    phone = phone_of(person.elsewhere())
    assert person.log_in().status == 200
    return person, phone


def asked(person: Person, server: Server | None = None) -> str:
    """A question whether this session may do more; its id."""
    path = "/multi/stepup/challenges/push/BIOMETRIC"
    answer = (server or person.server).call("POST", path, None, person.server.bearer(person.token))
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


def stepped_up(person: Person) -> bool:
    """Whether the session is, as far as an operation tells that takes one."""
    answer = person.server.call("DELETE", f"{API}/devices/1", None, person_headers(person))
    assert answer.status in (403, 404), answer.body
    return answer.status == 404


def code_of(answer: Answer) -> tuple[int, str]:
    """Status and code of a problem, whose form is looked at too."""
    assert answer.headers["content-type"] == "application/problem+json", answer.body
    problem = json.loads(answer.body)
    assert problem["type"] == "about:blank"
    assert problem["status"] == answer.status
    assert problem["title"]
    assert problem["detail"]
    return answer.status, str(problem["code"])
