"""Where gateways say what became of a message: a URL for each, which only we can make.

Nothing is answered that its caller does not know: a receipt for a message that was never, that was
erased or that was settled before is taken like any other.
"""

import hmac
import re
from collections.abc import Mapping

import structlog

from assent.domain.message import Channel
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid
from assent.http.request import Request
from assent.http.route import House, Route
from assent.kernel.refusals import Refusal
from assent.ports.delivery import ForgedReceipt, Gateway, ReceiptCall, Receipts
from assent.usecases.settle_message import receipt_mac, settle_message

log = structlog.get_logger()

_PATH = "/receipts/{channel}/{message}/{mac}"
_NUMBER = re.compile("[0-9]{1,19}")
_LARGEST_ID = 2**63 - 1
_LARGEST = 16_384


class ReceiptPage:
    """A dialect of one path (`http.route.Dialect`); `base_url` is how gateways were told it."""

    name = "receipts"
    prefix = ""
    roots: tuple[str, ...] = ("/receipts/",)

    def __init__(self, gateways: Mapping[Channel, Gateway], base_url: str) -> None:
        self._ways = gateways.keys()
        self._base_url = base_url.rstrip("/")
        self._readers = {
            channel.value: (channel, gateway)
            for channel, gateway in gateways.items()
            if isinstance(gateway, Receipts) and gateway.receipts
        }
        self.routes = tuple(
            Route(method=method, path=_PATH, handle=_never, identify=self._take)
            for method in ("GET", "POST")
        )

    async def _take(self, house: House, request: Request) -> Answer:
        """No caller: the URL is what it shows."""
        named, number, mac = (request.params[name] for name in ("channel", "message", "mac"))
        found = self._readers.get(named)
        if found is None or not _NUMBER.fullmatch(number) or int(number) > _LARGEST_ID:
            return _nothing()
        channel, gateway = found
        right = receipt_mac(house.world, named, int(number))
        if not hmac.compare_digest(right.encode(), mac.encode("utf-8", "surrogatepass")):
            log.warning("receipt_forged", channel=channel, request_ref=request.ref)
            return _nothing()
        query = request.query_string
        call = ReceiptCall(
            method=request.method,
            url=f"{self._base_url}{request.path}" + (f"?{query}" if query else ""),
            query=request.queries(),
            headers=request.headers(),
            body=await request.body(_LARGEST),
        )
        try:
            state = gateway.receipt(call)
        except ForgedReceipt:
            log.warning("receipt_forged", channel=channel, request_ref=request.ref)
            return json_answer({"code": "FORBIDDEN", "message": "The signature is wrong."}, 403)
        if state is not None:
            await settle_message(house.world, channel, int(number), state, self._ways)
        return Answer(200)

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """None of its own."""
        return ()

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """Whatever it is: a gateway comes again."""
        wait = str(refusal.retry_after or 1).encode()
        status = 429 if refusal.code == "too_many_calls" else 503
        told = {"code": "LATER", "message": "Try again later."}
        return json_answer(told, status, ((b"retry-after", wait),))

    def malformed(self, fields: list[Invalid]) -> Answer:
        """A header twice, a query that cannot be read."""
        return json_answer({"code": "MALFORMED", "message": "This cannot be read."}, 400)

    def too_large(self) -> Answer:
        """No gateway says so much."""
        return json_answer({"code": "TOO_LARGE", "message": "The body is too large."}, 413)

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """Another path, or another method."""
        if methods:
            told = {"code": "METHOD_NOT_ALLOWED", "message": "GET or POST."}
            return json_answer(told, 405)
        return _nothing()

    def broken(self) -> Answer:
        """Says nothing of how."""
        return json_answer({"code": "BROKEN", "message": "Something went wrong."}, 500)


async def _never(call: object) -> Answer:
    """Identifying is all of it."""
    raise AssertionError("answered before")


def _nothing() -> Answer:
    return json_answer({"code": "NOT_FOUND", "message": "There is nothing here."}, 404)
