"""Bodies nobody thought of: right but for one or two places, or anything at all."""

import copy
import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

text = st.text(st.characters(), max_size=30)
odd = st.sampled_from(
    [
        *("\x00", "\ud800", "\udfff\ud800", "\n", "123456\n", "\u0661" * 6, "\u202e", "a" * 300),
        *("cap_" + "0" * 39, "' OR 1=1 --", "%s", "{}", "\U0001f600", "e\u0301", "\uff21"),
    ]
)
numbers = st.one_of(
    st.integers(), st.sampled_from([2**53, 2**63, 2**64, -(2**63) - 1, 10**30]), st.floats()
)
leaves = st.one_of(st.none(), st.booleans(), numbers, text, odd)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(text, odd), inner, max_size=3)
    ),
    max_leaves=6,
)


def often(examples: int) -> settings:
    """The same every time; a server may take as long as it likes."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def places(body: Any, path: tuple = ()) -> list[tuple]:
    """Every path into a body, its own included."""
    found = [path]
    if isinstance(body, dict):
        for key, inner in body.items():
            found += places(inner, (*path, key))
    return found


def changed(data: st.DataObject, body: Any) -> bytes:
    """A body that is right but for one or two places; or anything at all."""
    if body is None or data.draw(st.integers(0, 9)) == 0:
        return data.draw(st.one_of(st.binary(max_size=60), values.map(encoded)))
    body = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(places(body)))
        value = data.draw(values)
        if not path:
            if isinstance(body, dict):
                body[data.draw(st.one_of(text, odd))] = value
            continue
        inside = body
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = value
    return encoded(body)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
