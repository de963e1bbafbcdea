"""Reading bodies: quick when they are right, thorough when they are not.

A body is decoded straight into its shape (a msgspec Struct). Only when that fails is it walked
field by field, so that the answer names every invalid field at once.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from assent.http.invalid import Invalid, Malformed

T = TypeVar("T", bound=msgspec.Struct)
A = TypeVar("A")
B = TypeVar("B")

# Anything that could spell a control character or half a surrogate pair takes the long way.
_SUSPECT = re.compile(rb"\\[ubfnrt]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")
_UNCLEAN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HALVES = re.compile(rb"\\u[dD][89a-fA-F]")
_DEEPEST = 20


Rule = Callable[[dict[str, Any]], Iterator[Invalid]]
"""What no shape can say of a body: given its plain values, whatever is wrong with them."""


def read(body: bytes, shape: type[T], *rules: Rule) -> T:
    """The body as its shape. Unknown fields are ignored. Raises Malformed."""
    if not rules and not _SUSPECT.search(body):
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            pass
    value = _halved(body) if _HALVES.search(body) else raw(body)
    if not isinstance(value, dict):
        raise Malformed([])
    fields = [*_unclean(value, ""), *_invalid(inspect.type_info(shape), value, "")]
    fields += [invalid for rule in rules for invalid in rule(value)]
    if fields:
        raise Malformed(
            list({invalid.field: invalid for invalid in reversed(fields)}.values())[::-1]
        )
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:  # a rule that the walk does not know
        raise Malformed([]) from error


def raw(body: bytes) -> Any:
    """The body as plain values. Raises Malformed where it is not JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed([]) from error


def _halved(body: bytes) -> Any:
    """The same with a reader that lets halves of surrogate pairs through, so that the answer can
    say which field holds them. Raises Malformed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed([]) from error


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path; nothing where the way there ends."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Two parts of one call, so that the answer names the invalid fields of either. Raises
    Malformed."""
    try:
        one = first()
    except Malformed as malformed:
        try:
            second()
        except Malformed as other:
            raise Malformed([*malformed.fields, *other.fields]) from other
        raise
    return one, second()


def check(value: str, name: str, pattern: str) -> str:
    """A path parameter or header of a given form. Raises Malformed."""
    if not re.fullmatch(pattern, value, re.ASCII):
        raise Malformed([Invalid(name, "pattern", (pattern,))])
    return value


def one_of(value: str, name: str, values: tuple[str, ...]) -> str:
    """A path parameter from a closed list. Raises Malformed."""
    if value not in values:
        raise Malformed([Invalid(name, "one_of", values)])
    return value


def _unclean(value: Any, path: str, depth: int = 0) -> Iterator[Invalid]:
    """Text that no database and no log should have to hold: control characters, surrogates."""
    if depth > _DEEPEST:
        yield Invalid(path, "type", ("less nesting",))
    elif isinstance(value, str):
        if _UNCLEAN.search(value):
            yield Invalid(path, "text")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            clean = _UNCLEAN.sub("?", name)[:100]
            if clean != name[:100]:
                yield Invalid(_join(path, clean), "text")
            yield from _unclean(inner, _join(path, clean), depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unclean(inner, f"{path}[{number}]", depth + 1)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _invalid(kind: inspect.Type, value: Any, path: str) -> Iterator[Invalid]:
    """Every place in `value` that does not fit `kind`."""
    match kind:
        case inspect.Metadata(type=inner_kind):  # says more in the OpenAPI document
            yield from _invalid(inner_kind, value, path)
        case inspect.StructType():
            yield from _invalid_struct(kind, value, path)
        case inspect.UnionType(types=types):
            if value is None and any(isinstance(one, inspect.NoneType) for one in types):
                return
            others = [one for one in types if not isinstance(one, inspect.NoneType)]
            if len(others) == 1 or all(list(_invalid(one, value, path)) for one in others):
                yield from _invalid(others[0], value, path)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            if not isinstance(value, list):
                yield Invalid(path, "type", ("array",))
                return
            yield from _length(kind, len(value), path)
            for number, inner in enumerate(value):
                yield from _invalid(item, inner, f"{path}[{number}]")
        case inspect.StrType():
            yield from _invalid_text(kind, value, path)
        case inspect.IntType(ge=lowest, le=highest):
            if not isinstance(value, int) or isinstance(value, bool):
                yield Invalid(path, "type", ("integer",))
            elif (lowest is not None and value < lowest) or (
                highest is not None and value > highest
            ):
                yield Invalid(path, "range", (str(lowest), str(highest)))
        case inspect.BoolType():
            if not isinstance(value, bool):
                yield Invalid(path, "type", ("boolean",))
        case inspect.EnumType(cls=cls):
            values = [str(one.value) for one in cls]
            if value not in values:
                yield Invalid(path, "one_of", tuple(values))
        case inspect.LiteralType(values=literals):
            if value not in literals:
                yield Invalid(path, "one_of", tuple(str(one) for one in literals))


def _invalid_struct(kind: inspect.StructType, value: Any, path: str) -> Iterator[Invalid]:
    if not isinstance(value, dict):
        yield Invalid(path, "type", ("object",))
        return
    for field in kind.fields:
        where = _join(path, field.encode_name)
        inner = value.get(field.encode_name)
        if inner is None and field.required:
            yield Invalid(where, "required")
        elif field.encode_name in value:
            yield from _invalid(field.type, inner, where)


def _invalid_text(kind: inspect.StrType, value: Any, path: str) -> Iterator[Invalid]:
    if not isinstance(value, str):
        yield Invalid(path, "type", ("string",))
        return
    wrong = list(_length(kind, len(value), path))
    if wrong:
        yield from wrong
    elif kind.pattern is not None and not re.search(kind.pattern, value):
        yield Invalid(path, "pattern", (kind.pattern.replace(r"\Z", "$"),))


def _length(
    kind: inspect.StrType | inspect.ListType | inspect.VarTupleType, length: int, path: str
) -> Iterator[Invalid]:
    shortest, longest = kind.min_length, kind.max_length
    if (shortest is not None and length < shortest) or (longest is not None and length > longest):
        yield Invalid(path, "length", (str(shortest or 0), str(longest or "")))
