"""Answers held against the OpenAPI document, more strictly than a client would: a field that the
document does not name is wrong too."""

import copy
import json
import re
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from tests.support.client import Answer, Server

JSON = "application/json"


class Document:
    """The document of a running server."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self.plain = plain
        self._strict = copy.deepcopy(plain["components"])
        _close(self._strict)
        self.seen: set[tuple[str, str]] = set()
        """Operation and status of every answer that was held against it."""

    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Method, path, operation."""
        return [
            (method.upper(), path, operation)
            for path, methods in self.plain["paths"].items()
            for method, operation in methods.items()
        ]

    def resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        """Itself, or what it refers to."""
        if "$ref" not in value:
            return value
        found: Any = self.plain
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return dict(found)

    def wrong(self, schema: dict[str, Any], value: Any, strict: bool = True) -> list[str]:
        """What is wrong with a value."""
        components = self._strict if strict else self.plain["components"]
        whole = {**copy.deepcopy(schema), "components": components}
        if strict:
            _close({name: part for name, part in whole.items() if name != "components"})
        found = jsonschema_rs.Draft202012Validator(whole).iter_errors(value)
        return [f"{list(error.instance_path)}: {error.message}" for error in found]

    def operation_of(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The operation that a call went to. A path of words wins over one with parameters."""
        for one, template, operation in sorted(
            self.operations(), key=lambda each: each[1].count("{")
        ):
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if one == method and re.fullmatch(pattern, path):
                return f"{one} {template}", operation
        raise AssertionError(f"{method} {path} is not in the document")

    def hold(self, method: str, path: str, answer: Answer) -> None:
        """Fails unless the answer is one that the document tells of."""
        key, operation = self.operation_of(method, path)
        told = f"{key}: {answer.status} {answer.body!r}"
        assert str(answer.status) in operation["responses"], told
        response = self.resolve(operation["responses"][str(answer.status)])
        for name in response["headers"]:
            if name != "x-ratelimit-limit":  # a limit of the person's is not one of calls
                assert name in answer.headers, f"{told}: without {name}"
        if "content" not in response:
            assert answer.body == b"", told
        else:
            media = response["content"].get(answer.headers["content-type"])
            assert media is not None, told
            wrong = self.wrong(media["schema"], json.loads(answer.body))
            assert wrong == [], told
        self.seen.add((key, str(answer.status)))


def _close(value: Any) -> None:
    """Makes every object of a schema one that has no other fields."""
    if isinstance(value, dict):
        if "properties" in value:
            value["additionalProperties"] = False
        for inner in value.values():
            _close(inner)
    elif isinstance(value, list):
        for inner in value:
            _close(inner)


class Watched(Server):
    """A server each of whose answers is held against its document."""

    document: Document

    def call(self, method: str, path: str, *arguments: Any, **named: Any) -> Answer:
        answer = super().call(method, path, *arguments, **named)
        where = urlsplit(path).path
        if where.startswith("/multi/"):
            self.document.hold(method, where.removeprefix("/multi"), answer)
        return answer
