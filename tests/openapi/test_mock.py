"""The mock: every operation answers its example, to whomever asks."""

import msgspec
import pytest

from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.openapi import key
from tests.openapi.conformity import JSON, Document
from tests.support.client import Answer, Server

MOCK = "/_mock/products/multi/openapi"
ROUTES = {key(route): route for route in Weavr().routes}

each = pytest.mark.parametrize("name", ROUTES)


def ask(server: Server, document: Document, name: str) -> Answer:
    """The operation's own example, without a key."""
    route = ROUTES[name]
    _, operation = document.operation_of(route.method, route.path)
    path = route.path
    for parameter in operation.get("parameters", []):
        path = path.replace("{" + parameter["name"] + "}", str(parameter.get("example", "")))
    body = operation.get("requestBody")
    sent = body["content"][JSON]["example"] if body else None
    return server.call(route.method, MOCK + path, sent)


@each
def test_each_operation_answers_its_example(server: Server, document: Document, name: str):
    answer = ask(server, document, name)
    method, _, path = name.partition(" ")
    _, operation = document.operation_of(method, path)
    document.hold(method, path, answer)
    (status,) = [one for one in operation["responses"] if one.startswith("2")]
    assert answer.status == int(status)
    if status == "200":
        assert answer.json == operation["responses"]["200"]["content"][JSON]["example"]
    assert ask(server, document, name).body == answer.body, "it remembers nothing"


@each
def test_whatever_the_keys(server: Server, document: Document, name: str):
    route = ROUTES[name]
    if route.body is None:
        headers = {"api-key": "nobody's", "authorization": "Bearer nobody's"}
        path = route.path.replace("{channel}", "SMS").replace("{user_id}", "1")
        assert server.call(route.method, MOCK + path, None, headers).status in (200, 204)


@each
def test_a_body_must_have_its_form(server: Server, name: str):
    route = ROUTES[name]
    if route.body is None:
        return
    path = MOCK + route.path.replace("{channel}", "SMS").replace("{user_id}", "1")
    wrong = [b"[]", b"{", b'{"surname": 7, "email": 7, "userId": 7, "verificationCode": 7}']
    if route.body_required:
        wrong.append(b"")
    if any(field.required for field in msgspec.structs.fields(route.body)):
        wrong.append(b"{}")
    for raw in wrong:
        answer = server.call(route.method, path, None, {}, raw)
        assert answer.status == 400, raw
        assert set(answer.json) == {"message", "syntaxErrors"}


def test_what_is_no_operation(server: Server):
    assert server.call("GET", f"{MOCK}/nothing").status == 404
    assert server.call("GET", f"{MOCK}/openapi.json").status == 404
    answer = server.call("DELETE", f"{MOCK}/consumers")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, PATCH, POST")


def test_nothing_of_it_happens(server: Server, document: Document):
    """A consumer of the mock's is nobody."""
    made = ask(server, document, "POST /consumers").json
    body = {"email": made["rootUser"]["email"], "password": {"value": "Pass-word1"}}
    real = server.call("POST", "/multi/login_with_password", body, server.api)
    assert real.status == 403
