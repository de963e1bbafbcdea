"""The OpenAPI document of the Device API: valid, whole, and true to what is answered."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from assent.dialects.device.dialect import DeviceApi
from assent.dialects.device.hub import Hub
from assent.dialects.device.means import Means
from assent.dialects.device.openapi import PATH, described, key
from assent.dialects.device.words import TAGS, WORDS
from assent.domain.device import DeviceLimits, RelyingParty
from assent.http.shapes import read
from tests.openapi.conformity import JSON, Document
from tests.support.authenticator import SoftDevice
from tests.support.client import Answer, Server
from tests.support.device_client import API, Phone, asked, link_of, owner, person_headers
from tests.support.processes import Sandbox

LIMITS = DeviceLimits()
DEVICE_API = DeviceApi(
    Means("http://localhost", RelyingParty("localhost", ()), LIMITS, Hub(None))  # type: ignore[arg-type]
)
ROUTES = {key(route): route for route in DEVICE_API.operations}
HERE = Document(described(DEVICE_API))
OPERATIONS = {f"{method} {path}": one for method, path, one in HERE.operations()}
each = pytest.mark.parametrize("name", OPERATIONS)


def test_it_is_served_and_valid(box: Sandbox):
    answer = box.server.call("GET", PATH)
    assert (answer.status, answer.headers["content-type"]) == (200, JSON)
    assert answer.json == json.loads(json.dumps(HERE.plain)), "what is served is what is made"
    assert answer.json["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(answer.json).iter_errors()) == []


def test_every_route_is_in_it_and_nothing_else():
    assert set(OPERATIONS) == set(ROUTES) == set(WORDS)
    ids = [words.id for words in WORDS.values()]
    assert len(set(ids)) == len(ids)
    assert {words.tag for words in WORDS.values()} == set(TAGS)


def test_every_pattern_can_be_read_elsewhere():
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(HERE.plain))
    assert len(patterns) > 10
    assert [one for one in map(json.loads, patterns) if re.search(r"\\[AZz]|\(\?", one)] == []


@each
def test_each_example_is_one(name: str):
    operation, route = OPERATIONS[name], ROUTES[name]
    assert operation["description"]
    if route.body is not None:
        media = operation["requestBody"]["content"][JSON]
        assert HERE.wrong(media["schema"], media["example"]) == []
        read(json.dumps(media["example"]).encode(), route.body)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" or "example" in parameter:
            assert HERE.wrong(parameter["schema"], parameter["example"]) == []
    for status, given in operation["responses"].items():
        for media in HERE.resolve(given).get("content", {}).values():
            assert HERE.wrong(media["schema"], media["example"]) == [], status


class Held(Server):
    """Each answer of the Device API is held against its document."""

    def call(self, method: str, path: str, *arguments: Any, **named: Any) -> Answer:
        answer = super().call(method, path, *arguments, **named)
        where = urlsplit(path).path
        if where.startswith(f"{API}/"):
            HERE.hold(method, where.removeprefix(API), answer)
        return answer


@pytest.mark.parametrize("scheme", ["jws", "webauthn"])
def test_real_answers_are_as_it_says(server: Server, scheme: Any):
    """A walk through every operation, well and badly."""
    held = Held(server.credentials, server.base_url)
    person, phone = owner(held)
    stepped = person.elsewhere().stepped_up()
    joining, token = Phone(held, SoftDevice(scheme=scheme, origin=held.base_url)), link_of(stepped)
    joining.finish(token) if joining.begun else held.call("POST", f"{API}/enrolments", {})
    assert joining.begin(token).status == 200
    assert joining.begin(token).status == 404
    assert joining.finish(token, name="\u0000").status == 400
    assert joining.finish(token).status == 200
    for one in (phone, joining):
        fresh = person.elsewhere()
        challenge = asked(fresh)
        answer = f"/challenges/{challenge}/answer"
        assert one.pending() == [challenge]
        body = one.said(challenge)
        assert one.call("POST", answer, {**body, "time": 1}).status == 409
        assert one.call("POST", answer, body).status == 200
        assert one.call("POST", answer, body).status == 409
        assert one.call("GET", f"/challenges/{challenge}").status == 409
        assert one.call("GET", "/challenges/1").status == 404
        assert one.call("GET", "/device").status == 200
        rotation = one.call("POST", "/device/rotations").json
        fresh_keys = SoftDevice(scheme=one.soft.scheme, origin=held.base_url)
        finish = f"/device/rotations/{rotation['rotation']}/finish"
        body = fresh_keys.rotate(rotation["content"], one.soft)
        assert one.call("POST", finish, body).status == 200
        push = {"transport": "apns", "address": "ab" * 32}
        assert one.call("PUT", "/device/push", push).status == 204
        assert one.call("PUT", "/device/push", {}).status == 400
        assert one.call("DELETE", "/device/push").status == 204
    assert phone.call("GET", "/challenges?wait=x").status == 400
    assert phone.call("GET", "/device", dpop="x").status == 401
    headers = person_headers(person.elsewhere())
    assert held.call("GET", f"{API}/devices", None, headers).status == 200
    assert held.call("DELETE", f"{API}/devices/{phone.id}", None, headers).status == 403
    assert held.call("GET", f"{API}/devices").status == 401
    assert phone.call("DELETE", "/device").status == 204
    assert phone.call("DELETE", "/device").status == 401
    headers = person_headers(stepped)
    assert held.call("DELETE", f"{API}/devices/{joining.id}", None, headers).status == 204
    assert {name for name, status in HERE.seen if status in ("200", "204")} == set(OPERATIONS)
