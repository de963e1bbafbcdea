"""The mock: every operation of the Multi API answers its example, and nothing is remembered."""

from collections.abc import Sequence
from typing import Any

from assent.dialects.weavr.openapi import describe
from assent.dialects.weavr.refusing import Refusing
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.openapi import Example
from assent.http.request import Request
from assent.http.route import Call, House, Identify, Route
from assent.http.shapes import read


class Mock(Refusing):
    """A sandbox mounts it, nobody else. It looks at no key and no token; a body must have the
    form that its operation takes, or the answer is the real one's 400."""

    name = "weavr-mock"
    prefix = "/_mock/products/multi/openapi"
    roots: tuple[str, ...] = (f"{prefix}/",)

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes: tuple[Route, ...] = tuple(
            Route(
                method=route.method,
                path=route.path,
                handle=_nobody,
                identify=_answering(route),
            )
            for route in routes
        )


def _answering(route: Route) -> Identify:
    answer = _of(route, describe(route).example)

    async def at_once(house: House, request: Request) -> Answer:
        octets = await request.body()
        if route.body is not None and (octets or route.body_required):
            read(octets, route.body)
        return answer

    return at_once


def _of(route: Route, example: Example | None) -> Answer:
    reply: Any = example.reply if example else None
    return NO_CONTENT if route.reply is None else json_answer(reply)


async def _nobody(call: Call) -> Answer:
    """Never called: the answer is given before anybody is asked for."""
    return NO_CONTENT
