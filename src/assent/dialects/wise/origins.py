"""What pages of other origins may send to this API, and read of it; see http/origins.py."""

from typing import Final

from assent.http.origins import Shared
from assent.http.request import Request


def _for_a_person(request: Request) -> bool:
    """A client that speaks for itself has a secret, which is in no page."""
    return request.caller is not None and request.caller.session is not None


SHARED: Final = Shared(
    sent="authorization, content-type, accept, one-time-token, x-2fa-approval, x-tw-jose-method, "
    "x-external-correlation-id",
    read="x-2fa-approval, x-2fa-approval-result, x-trace-id, x-external-correlation-id, "
    "retry-after, x-rate-limited-by",
    by_pages=_for_a_person,
)
