"""The Device API and inputs nobody thought of: whatever is sent, it answers and does not break."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.authenticator import SoftDevice
from tests.support.client import Answer
from tests.support.device_client import (
    API,
    Phone,
    asked,
    code_of,
    link_of,
    owner,
    person_headers,
)
from tests.support.odd import changed, odd, often, text
from tests.support.processes import Sandbox
from tests.support.weavr import Person

EXPECTED = {200, 204, 400, 401, 403, 404, 405, 409, 413, 422, 429}
PUSH = {"transport": "fcm", "address": "dGhpcy1pcy1ub3QtYS10b2tlbg:APA91b"}


@dataclass
class Scene:
    """A person with devices of both sorts, a link that is open, a question and a rotation."""

    person: Person
    phone: Phone
    joining: Phone
    token: str
    challenge: str
    rotation: dict[str, Any]


Make = Callable[[Scene], Any]


@dataclass(frozen=True)
class Operation:
    """One that takes a body, and one that its form allows."""

    method: str
    path: str
    body: Make | None = None
    by: str = "device"

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def path_in(self, scene: Scene) -> str:
        number = scene.rotation["rotation"] if "rotations" in self.path else scene.challenge
        return self.path.replace("{id}", number)

    def headers(self, scene: Scene, path: str) -> dict[str, str]:
        if self.by == "person":
            return person_headers(scene.person)
        if self.by == "link":
            return {"dpop": scene.joining.proof(self.method, f"{API}{path}")}
        return scene.phone.headers(self.method, unquote(path))

    def call(self, scene: Scene, raw: bytes | None = None) -> Answer:
        path = self.path_in(scene)
        body = self.body(scene) if self.body and raw is None else None
        return scene.person.server.call(
            self.method, f"{API}{path}", body, self.headers(scene, path), raw
        )


def _finish(scene: Scene) -> Any:
    return {"token": scene.token, **scene.joining.soft.enrol(scene.joining.begun["content"])}


def _attested(scene: Scene) -> Any:
    soft = SoftDevice(scheme="webauthn", origin=scene.phone.base_url)
    soft.proof_key = scene.joining.soft.proof_key
    return {"token": scene.token, **soft.enrol(scene.joining.begun["content"]), "push": PUSH}


def _answer(scene: Scene) -> Any:
    soft = scene.phone.soft
    return soft.answer('{"a":1}', scene.phone.id, "decline", reason="changed_mind", number="42")


def _asserted(scene: Scene) -> Any:
    return SoftDevice(scheme="webauthn").answer('{"a":1}', scene.phone.id)


def _rotated(scene: Scene) -> Any:
    return SoftDevice(scheme="webauthn").rotate(scene.rotation["content"], scene.phone.soft)


OPERATIONS = (
    Operation("POST", "/links", by="person"),
    Operation("POST", "/enrolments", lambda scene: {"token": scene.token}, "link"),
    Operation("POST", "/enrolments/finish", _finish, "link"),
    Operation("POST", "/enrolments/finish", _attested, "link"),
    Operation("GET", "/challenges"),
    Operation("GET", "/challenges/{id}"),
    Operation("POST", "/challenges/{id}/answer", _answer),
    Operation("POST", "/challenges/{id}/answer", _asserted),
    Operation("GET", "/device"),
    Operation("PUT", "/device/push", lambda scene: PUSH),
    Operation("DELETE", "/device/push"),
    Operation("POST", "/device/rotations"),
    Operation("POST", "/device/rotations/{id}/finish", _rotated),
    Operation("GET", "/devices", by="person"),
)
WITH_BODY = [operation for operation in OPERATIONS if operation.body]
_counts = itertools.count()


@pytest.fixture(scope="module")
def scene(box: Sandbox) -> Callable[..., Scene]:
    """A new one as soon as something of the old is over."""
    server = box.server.isolated()
    held: list[Scene] = []

    def made(refresh: bool = False) -> Scene:
        if refresh or not held:
            person, phone = owner(server)
            fresh = person.elsewhere().stepped_up()
            joining, token = Phone(server, SoftDevice()), link_of(fresh)
            assert joining.begin(token).status == 200
            rotation = phone.call("POST", "/device/rotations").json
            challenge = asked(person)
            held[:] = [Scene(fresh, phone, joining, token, challenge, rotation)]
        return held[0]

    return made


def sound(answer: Answer) -> None:
    assert answer.status in EXPECTED, (answer.status, answer.body)
    assert answer.headers["request-ref"]
    if answer.status >= 400:
        code_of(answer)


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.name)
def test_bodies(scene: Callable[..., Scene], operation: Operation):
    seen = set()

    @often(40)
    @given(data=st.data())
    def fuzz(data: st.DataObject) -> None:
        # what was answered wrongly too often is over, and everything after it says only so
        now = scene(refresh=next(_counts) % 8 == 0)
        assert operation.body is not None
        answer = operation.call(now, changed(data, operation.body(now)))
        sound(answer)
        seen.add(answer.status)

    fuzz()
    assert 400 in seen
    assert seen - {400, 401}, "the calls got past the door"


headers = st.dictionaries(
    st.sampled_from(["device", "dpop", "ui-key", "api-key", "authorization", "origin", "host"]),
    st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
    ),
    max_size=3,
)


@often(150)
@given(data=st.data(), sent=headers)
def test_headers(scene: Callable[..., Scene], data: st.DataObject, sent: dict[str, str]):
    operation = data.draw(st.sampled_from(OPERATIONS))
    now = scene()
    path = operation.path_in(now)
    together = {**operation.headers(now, path), **sent}
    body = operation.body(now) if operation.body else None
    sound(now.person.server.call(operation.method, f"{API}{path}", body, together))


@often(150)
@given(data=st.data())
def test_proofs(scene: Callable[..., Scene], data: st.DataObject):
    """Right but for one part, or anything at all."""
    now = scene()
    whole = now.phone.proof("GET", f"{API}/device")
    parts = whole.split(".")
    place = data.draw(st.integers(0, 2))
    cut = data.draw(st.integers(0, len(parts[place])))
    letters = st.text("abcXYZ019-_.=", max_size=6)
    parts[place] = parts[place][:cut] + data.draw(letters) + parts[place][cut + 1 :]
    sent = {"device": now.phone.id, "dpop": ".".join(parts)}
    answer = now.person.server.call("GET", f"{API}/device", None, sent)
    sound(answer)
    assert answer.status == (200 if ".".join(parts) == whole else 401)


@often(150)
@given(data=st.data(), part=st.one_of(text, odd), query=st.one_of(text, odd))
def test_paths(scene: Callable[..., Scene], data: st.DataObject, part: str, query: str):
    operation = data.draw(st.sampled_from(OPERATIONS))
    now = scene()
    quoted = quote(part.encode("utf-8", "surrogatepass"), safe="")
    path = operation.path.replace("{id}", quoted)
    asked_for = quote(query.encode("utf-8", "surrogatepass"), safe="&=")
    body = operation.body(now) if operation.body else None
    try:
        named = operation.headers(now, path)
    except UnicodeEncodeError:
        named = {}
    target = f"{API}{path}?seen={asked_for}&wait={quoted}"
    sound(now.person.server.call(operation.method, target, body, named))
