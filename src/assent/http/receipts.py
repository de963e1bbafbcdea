"""Where gateways say what became of a message: a URL for each, which only we can make. And where
a vendor that puts questions to people brings their answers: one URL, which it signs over.

Nothing is answered that its caller does not know: a receipt for a message that was never, that was
erased or that was settled before is taken like any other.
"""

import hmac
import re
from collections.abc import Mapping

from assent.domain.message import Channel
from assent.domain.session import Caller
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid
from assent.http.request import Request
from assent.http.route import House, Route
from assent.kernel.log import Log
from assent.kernel.refusals import Code, Refusal
from assent.ports.delivery import (
    Answers,
    ForgedReceipt,
    Gateway,
    ReceiptCall,
    Receipts,
    Undelivered,
)
from assent.usecases.remote_answer import answer_remotely
from assent.usecases.settle_message import receipt_mac, settle_message

log = Log()

_PATH = "/receipts/{channel}/{message}/{mac}"
_ANSWERS = "/receipts/{channel}/answers"
_NUMBER = re.compile("[0-9]{1,19}")
_LARGEST_ID = 2**63 - 1
_LARGEST = 16_384
_AGAIN = frozenset({Code.CHANGED_MEANWHILE, Code.UNAVAILABLE})
"""Refusals after which the same call may come again."""


class ReceiptPage:
    """A dialect of two paths (`http.route.Dialect`); `base_url` is how gateways were told it."""

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
        self._answers = {
            channel.value: gateway
            for channel, gateway in gateways.items()
            if isinstance(gateway, Answers) and gateway.answers
        }
        self.routes = (
            *(
                Route(method=method, path=_PATH, handle=_never, identify=self._take)
                for method in ("GET", "POST")
            ),
            Route(method="POST", path=_ANSWERS, handle=_never, identify=self._answer),
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
        try:
            state = gateway.receipt(await self._call(request))
        except ForgedReceipt:
            return _forged(named, request)
        if state is not None:
            await settle_message(house.world, channel, int(number), state, self._ways)
        return Answer(200)

    async def _answer(self, house: House, request: Request) -> Answer:
        """No caller: the signature is what it shows. What cannot be settled any more is taken
        like anything else; what the vendor cannot be asked about now is to be told again."""
        named = request.params["channel"]
        gateway = self._answers.get(named)
        if gateway is None:
            return _nothing()
        try:
            told = await gateway.answer(await self._call(request))
        except ForgedReceipt:
            return _forged(named, request)
        except Undelivered as undelivered:
            log.warning("answer_unread", channel=named, reason=str(undelivered))
            raise Refusal(Code.UNAVAILABLE, "the vendor cannot be asked", 10) from None
        if told is None:
            return Answer(200)
        programme = await house.world.stores.programme(told.programme_id)
        if programme is None:
            return Answer(200)
        caller = Caller(
            programme=programme, client=named, address=request.address, request_ref=request.ref
        )
        try:
            await answer_remotely(
                house.world, caller, told.subject_id, told.challenge_id, told.evidence
            )
        except Refusal as refusal:
            if refusal.code in _AGAIN:
                raise
            log.info("answer_too_late", channel=named, code=refusal.code)
        return Answer(200)

    async def _call(self, request: Request) -> ReceiptCall:
        query = request.query_string
        return ReceiptCall(
            method=request.method,
            url=f"{self._base_url}{request.path}" + (f"?{query}" if query else ""),
            query=request.queries(),
            headers=request.headers(),
            body=await request.body(_LARGEST),
        )

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


def _forged(channel: str, request: Request) -> Answer:
    log.warning("receipt_forged", channel=channel, request_ref=request.ref)
    return json_answer({"code": "FORBIDDEN", "message": "The signature is wrong."}, 403)


def _nothing() -> Answer:
    return json_answer({"code": "NOT_FOUND", "message": "There is nothing here."}, 404)
