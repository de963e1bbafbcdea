"""A request as the dialects see it."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from assent.domain.session import Caller
from assent.http.invalid import Invalid, Malformed, TooLarge

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT = 64 * 1024
"""Octets. The largest body of either dialect is a face map; that route will say so itself."""

CREDENTIALS = frozenset(
    {
        *(b"api-key", b"authorization", b"programme-key", b"sandbox-key"),
        *(b"ui-key", b"device", b"dpop"),
    }
)
_SINGLE = CREDENTIALS | {
    b"content-length",
    b"idempotency-ref",
    b"one-time-token",
    b"x-2fa-approval",
}
_MOST_PARAMETERS = 50


class Request:
    """One request. Headers are read once; the body is read when a route wants it."""

    __slots__ = (
        "_body",
        "_headers",
        "_receive",
        "_repeated",
        "address",
        "caller",
        "method",
        "params",
        "path",
        "query_string",
        "ref",
    )

    def __init__(
        self, scope: Scope, receive: Receive, params: Mapping[str, str], address: str, ref: str
    ) -> None:
        self._receive = receive
        self._body: bytes | None = None
        self.query_string: str = scope["query_string"].decode("latin-1")
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.params = params
        self.address = address
        self.ref = ref
        self.caller: Caller | None = None
        """Once it is known."""
        headers: dict[bytes, bytes] = {}
        repeated: list[bytes] = []
        for name, value in scope["headers"]:
            if name in headers and name in _SINGLE:
                repeated.append(name)
            headers[name] = value
        self._headers = headers
        self._repeated = repeated

    def header(self, name: bytes) -> str | None:
        """A header's value; Latin-1, as HTTP has it, so that nothing fails to decode."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    def headers(self) -> dict[str, str]:
        """All of them, by name in lower case."""
        return {
            name.decode("latin-1"): value.decode("latin-1") for name, value in self._headers.items()
        }

    def query(self, name: str) -> str | None:
        """A parameter of the query. Two values for it: which is meant depends on who reads, so
        none is taken."""
        values = self._parsed().get(name)
        if values and len(values) > 1:
            raise Malformed([Invalid(name, "exactly", ("1",))])
        return values[0] if values else None

    def queries(self) -> dict[str, str]:
        """All of them, for forms that are others' own; of those that stand there twice the
        first."""
        return {name: values[0] for name, values in self._parsed().items()}

    def _parsed(self) -> dict[str, list[str]]:
        try:
            return parse_qs(
                self.query_string, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS
            )
        except ValueError as error:
            limits = ("0", str(_MOST_PARAMETERS))
            raise Malformed([Invalid("query", "length", limits)]) from error

    def refuse_repeated(self, names: frozenset[bytes] = _SINGLE) -> None:
        """Two values for one of these: which is meant depends on who reads, so none is taken."""
        repeated = [name for name in dict.fromkeys(self._repeated) if name in names]
        if repeated:
            raise Malformed([Invalid(name.decode(), "exactly", ("1",)) for name in repeated])

    async def body(self, limit: int = BODY_LIMIT) -> bytes:
        """The whole body. Raises TooLarge from the announcement alone where that says so."""
        if self._body is None:
            self._body = await self._read(limit)
        return self._body

    async def gone(self) -> None:
        """Returns when the caller has hung up: for calls that wait. Whatever else they sent is let
        go."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _read(self, limit: int) -> bytes:
        announced = self._headers.get(b"content-length", b"0")
        if not announced.isdigit() or len(announced) > 12 or int(announced) > limit:
            raise TooLarge
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Malformed([])
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise TooLarge
            parts.append(part)
            if not message.get("more_body"):
                return parts[0] if len(parts) == 1 else b"".join(parts)
