"""An OpenAPI 3.1 document out of a table of routes (spec.openapis.org/oas/v3.1.1).

Whatever the routes know is taken from them: paths, parameters, bodies, replies. A dialect adds
what only it knows: words, examples, who may call, and the shapes of its errors.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

import msgspec

from assent.http.route import Parameter, Route

VERSION = "3.1.0"
_REF = "#/components/schemas/{name}"
_END = re.compile(r"\\Z$")
CLEAN = r"^[^\u0000-\u001f\u007f-\u009f]*$"
"""Text as `http.shapes` takes it: without control characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A call that goes well: what it sends, by the names on the wire, and what it is answered."""

    body: Any = None
    reply: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Of the path and of the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a dialect says of a route."""

    id: str
    tag: str
    summary: str
    about: str = ""
    """More, in CommonMark."""
    security: Sequence[Sequence[str]] = ()
    """The ways to be let in, each a list of the schemes that it takes together."""
    path: Mapping[str, Any] = field(default_factory=dict)
    """The schema of each parameter of the path."""
    headers: Sequence[Mapping[str, Any]] = ()
    """Parameters that are headers, ready made."""
    errors: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Responses other than the one of success, by their status."""
    reply_headers: Mapping[str, Any] = field(default_factory=dict)
    example: Example | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the operation that begin with `x-`."""


Describe = Callable[[Route], Described]


def document(
    head: Mapping[str, Any],
    routes: Sequence[Route],
    describe: Describe,
    shapes: Sequence[type] = (),
) -> dict[str, Any]:
    """`head` is the rest of the document: info, servers, tags, and components that responses
    refer to. `shapes` are types that it names and no route does."""
    described = [(route, describe(route)) for route in routes]
    named = [shape for route in routes for shape in (route.body, route.reply) if shape]
    _, schemas = msgspec.json.schema_components(
        list(dict.fromkeys([*named, *shapes])), ref_template=_REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for route, words in described:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, words)
    components = dict(head.get("components", {}))
    components["schemas"] = {**ecma(schemas), **components.get("schemas", {})}
    return {"openapi": VERSION, **head, "paths": paths, "components": components}


def schema(type: Any) -> Any:
    """The JSON Schema of a type that has no name of its own."""
    return ecma(msgspec.json.schema(type))


def shape(type: type) -> dict[str, str]:
    """A reference to the schema of a named one."""
    return {"$ref": _REF.format(name=type.__name__)}


def ecma(value: Any) -> Any:
    """A schema for readers of other languages. JSON Schema's patterns are ECMA-262's, which has
    no `\\Z`; its `$` lets no line feed through. Lists of values say their type too, which code
    generators go by, and descriptions are without the indentation of docstrings."""
    if isinstance(value, list):
        return [ecma(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {name: ecma(inner) for name, inner in value.items()}
    if isinstance(made.get("description"), str):
        made["description"] = cleandoc(made["description"])
    listed = made.get("enum")
    if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
        made.setdefault("type", "string")
    if isinstance(made.get("pattern"), str):
        made["pattern"] = _END.sub("$", made["pattern"])
    elif made.get("type") == "string" and "enum" not in made:
        made["pattern"] = CLEAN
    return made


def _operation(route: Route, words: Described) -> dict[str, Any]:
    example = words.example or Example()
    made: dict[str, Any] = {
        "operationId": words.id,
        "tags": [words.tag],
        "summary": words.summary,
    }
    if words.about:
        made["description"] = words.about
    if route.deprecated:
        made["deprecated"] = True
    made["security"] = [{scheme: [] for scheme in way} for way in words.security]
    parameters = [
        *(_in_path(name, schema, example) for name, schema in words.path.items()),
        *(_in_query(parameter, example) for parameter in route.query),
        *words.headers,
    ]
    if parameters:
        made["parameters"] = parameters
    if route.body is not None:
        content = _content(shape(route.body), example.body)
        made["requestBody"] = {"required": route.body_required, "content": content}
    errors = {str(status): words.errors[status] for status in sorted(words.errors)}
    made["responses"] = {**_success(route, words, example), **errors}
    return {**made, **words.more}


def _success(route: Route, words: Described, example: Example) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done."}
    if words.reply_headers:
        answer["headers"] = words.reply_headers
    if route.reply is None:
        return {"204": answer}
    return {"200": {**answer, "content": _content(shape(route.reply), example.reply)}}


def _content(schema: Any, example: Any) -> dict[str, Any]:
    made = {"schema": schema}
    if example is not None:
        made["example"] = example
    return {"application/json": made}


def _in_path(name: str, schema: Any, example: Example) -> dict[str, Any]:
    made = {"name": name, "in": "path", "required": True, "schema": schema}
    return {**made, **_shown(name, example)}


def _in_query(parameter: Parameter, example: Example) -> dict[str, Any]:
    made = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.meaning,
        "schema": schema(parameter.type),
    }
    return {**made, **_shown(parameter.name, example)}


def _shown(name: str, example: Example) -> dict[str, Any]:
    return {"example": example.params[name]} if name in example.params else {}


def path_parameters(path: str) -> tuple[str, ...]:
    """The names in braces, in their order."""
    return tuple(re.findall(r"\{(\w+)\}", path))
