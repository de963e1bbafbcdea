"""The OpenAPI document: valid, whole, and true to the routes that it is made from."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from assent.dialects.weavr import caller, failures
from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.examples.table import WORDS
from assent.dialects.weavr.examples.words import TAGS
from assent.dialects.weavr.openapi import PATH, SECURITY, described, key
from assent.http.shapes import read
from tests.openapi.conformity import JSON, Document
from tests.support.client import Server

ROUTES = Weavr().routes
BY_KEY = {key(route): route for route in ROUTES}
HERE = Document(described(ROUTES))
OPERATIONS = {f"{method} {path}": one for method, path, one in HERE.operations()}

each = pytest.mark.parametrize("name", OPERATIONS)


def test_it_is_valid(document: Document):
    assert document.plain["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document.plain).iter_errors()) == []


def test_every_route_is_in_it_and_nothing_else(document: Document):
    assert {f"{method} {path}" for method, path, _ in document.operations()} == set(BY_KEY)
    assert document.plain == json.loads(json.dumps(HERE.plain)), "what is served is what is made"


def test_every_route_is_put_into_words():
    assert set(BY_KEY) == set(WORDS), "dialects/weavr/examples/: one entry for each operation"
    ids = [words.id for words in WORDS.values()]
    assert len(set(ids)) == len(ids)
    assert {words.tag for words in WORDS.values()} <= set(TAGS)


def test_every_way_of_calling_is_known():
    assert {route.identify for route in ROUTES} <= set(SECURITY)


def test_names_of_schemas_are_short():
    """Two shapes of one name would be told apart by their modules' names."""
    assert [name for name in HERE.plain["components"]["schemas"] if "." in name] == []


def test_every_pattern_can_be_read_elsewhere():
    """`\\Z` is Python's, and no other's."""
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(HERE.plain))
    assert len(patterns) > 10
    assert [one for one in map(json.loads, patterns) if re.search(r"\\[AZz]|\(\?", one)] == []


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    """Everything in the document that might be one."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from schemas(inner)


def test_every_list_of_values_says_their_type():
    """Without one, generators of clients make `Any` of it."""
    listed = [one for one in schemas(HERE.plain) if isinstance(one.get("enum"), list)]
    assert len(listed) > 10
    assert {one.get("type") for one in listed} == {"string"}


def test_no_description_holds_the_indentation_of_its_source():
    told = [one["description"] for one in schemas(HERE.plain) if "description" in one]
    lines = [line for text in told if isinstance(text, str) for line in text.splitlines()]
    assert [line for line in lines if line != line.strip()] == []


def test_names_of_schemas_are_names_of_classes_too():
    """A client that is made from the document has classes of these names, beside its own."""
    taken = {"Any", "Code", "Date", "Error", "JSON", "List", "Map", "Object", "String", "Value"}
    assert taken & set(HERE.plain["components"]["schemas"]) == set()


@each
def test_each_operation_has_a_description(name: str):
    assert OPERATIONS[name].get("description")


@each
def test_a_code_that_is_never_answered_is_marked_and_is_no_example(name: str):
    conflict = OPERATIONS[name]["responses"].get("409")
    codes = BY_KEY[name].conflicts
    if not conflict or not codes or name == "POST /login_with_password":
        return
    never = codes & failures.NEVER
    example = conflict["content"][JSON]["example"]["errorCode"]
    assert (example in never) == (never == codes)
    if never == codes:
        assert conflict["description"] == "Not answered by this server."
    else:
        assert [one for one in never if f"`{one}`" not in conflict["description"]] == []


@each
def test_each_example_is_one_that_the_operation_takes(name: str):
    operation, route = OPERATIONS[name], BY_KEY[name]
    if route.body is not None:
        media = operation["requestBody"]["content"][JSON]
        assert HERE.wrong(media["schema"], media["example"]) == []
        read(json.dumps(media["example"]).encode(), route.body)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" or "example" in parameter:
            assert HERE.wrong(parameter["schema"], parameter["example"]) == []


@each
def test_each_answer_has_an_example_that_is_one(name: str):
    for status, given in OPERATIONS[name]["responses"].items():
        response = HERE.resolve(given)
        assert response["description"]
        for media in response.get("content", {}).values():
            assert HERE.wrong(media["schema"], media["example"]) == [], status


@each
def test_what_a_route_says_stands_in_its_operation(name: str):
    operation, route = OPERATIONS[name], BY_KEY[name]
    responses = operation["responses"]
    assert ("200" in responses, "204" in responses) == (
        route.reply is not None,
        route.reply is None,
    )
    assert ("requestBody" in operation) == (route.body is not None)
    assert operation.get("deprecated", False) is route.deprecated
    parameters = {(one["in"], one["name"]) for one in operation.get("parameters", [])}
    expected = {("path", held) for held in re.findall(r"\{(\w+)\}", route.path)}
    expected |= {("query", one.name) for one in route.query}
    if route.once:
        expected.add(("header", "idempotency-ref"))
        assert "422" in responses
    assert parameters == expected
    assert {"400", "401", "429", "500", "503"} <= set(responses)
    conflicts = json.dumps(responses.get("409"))
    if name != "POST /login_with_password":
        assert [code for code in route.conflicts if f'"{code}"' not in conflicts] == []


def test_who_may_call_stands_there(document: Document):
    held = {key(route): route.identify for route in ROUTES}
    for method, path, operation in document.operations():
        identify = held[f"{method} {path}"]
        ways = [set(way) for way in operation["security"]]
        if identify is caller.server:
            assert ways == [{"api-key"}]
        if identify is caller.person:
            assert ways == [{"api-key", "bearer"}]
    schemes = document.plain["components"]["securitySchemes"]
    assert (schemes["api-key"]["type"], schemes["api-key"]["name"]) == ("apiKey", "api-key")
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")


def test_it_is_answered_from_memory(server: Server):
    answer = server.call("GET", PATH)
    assert answer.headers["cache-control"] == "no-cache"
    again = server.call("GET", PATH, None, {"if-none-match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    packed = server.call("GET", PATH, None, {"accept-encoding": "gzip"})
    assert len(packed.body) < len(answer.body) / 4
    refused = server.call("POST", PATH, {})
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
