"""A sandbox's page on which a person lets a client act for them (RFC 6749 4.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from assent.dialects.wise import consent_html
from assent.dialects.wise.forms import BadForm, read_form
from assent.dialects.wise.hosted import Means, refuse_other_origins
from assent.domain.capture import is_origin, origin_of
from assent.domain.programme import KeyRole, Programme
from assent.domain.session import Caller
from assent.http.answer import Answer
from assent.http.invalid import Invalid, Malformed, TooLarge
from assent.http.request import Request
from assent.http.route import Call, House, Route
from assent.kernel.refusals import Code, Refusal
from assent.usecases.grant_access import authorise

PATH = "/oauth/authorize"
_CLIENT = re.compile("([0-9]{1,16})-[0-9a-f]{1,64}")
_ADDRESS = re.compile("[!-~]{1,2000}")
_LONGEST_STATE = 1_000
_LARGEST = 8_192
_FIELDS = ("client_id", "redirect_uri", "state", "email", "decision")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the client's page asks for."""

    client: str
    redirect_uri: str
    state: str

    def back(self, **parameters: str) -> Answer:
        """To the client's page, whatever its address has already."""
        if self.state:
            parameters["state"] = self.state
        separator = "&" if urlsplit(self.redirect_uri).query else "?"
        address = f"{self.redirect_uri}{separator}{urlencode(parameters)}"
        return Answer(302, headers=((b"location", address.encode()),))


class ConsentPage:
    """For sandboxes: in production the firm's own pages know who the person is."""

    name = "consent-page"
    prefix = ""
    roots: tuple[str, ...] = (PATH,)

    def __init__(self, means: Means) -> None:
        self._means = means
        self._pages = means.pages
        self.routes: tuple[Route, ...] = tuple(
            Route(method=method, path=path, handle=handle, identify=self._client)
            for path in (PATH, f"{PATH}/")
            for method, handle in (("GET", self._show), ("POST", self._decide))
        )

    async def _client(self, house: House, request: Request) -> Caller:
        """The client that is named, without its secret: nothing is given but a code, and that to
        one of its programme's pages."""
        if request.method == "POST":
            refuse_other_origins(request, self._means.own)
        named = (await _fields(request)).get("client_id", "")
        programme = await _programme(house, named)
        if programme is None:
            raise Refusal(Code.CLIENT_UNKNOWN)
        return Caller(
            programme=programme,
            client=named,
            address=request.address,
            request_ref=request.ref,
        )

    async def _show(self, call: Call) -> Answer:
        return self._asking(call.caller.programme, await self._wanted(call))

    async def _decide(self, call: Call) -> Answer:
        wanted, fields = await self._wanted(call), await _fields(call.request)
        if fields.get("decision") != "allow":
            return wanted.back(error="access_denied")
        programme, email = call.caller.programme, fields.get("email", "").strip()
        subject = await call.world.stores.subject_by_email(programme.id, email) if email else None
        actings = await call.world.stores.actings_of(subject.id) if subject else ()
        if subject is None or not subject.active or not actings:
            return self._asking(programme, wanted, email)
        code = await authorise(
            call.world, call.caller, subject.id, wanted.client, wanted.redirect_uri
        )
        return wanted.back(code=code, profileId=str(actings[0].identity.id))

    def _asking(self, programme: Programme, wanted: Wanted, wrong: str | None = None) -> Answer:
        hidden = {
            "client_id": wanted.client,
            "redirect_uri": wanted.redirect_uri,
            "state": wanted.state,
        }
        forms_to = f"'self' {origin_of(wanted.redirect_uri)}"  # browsers look at redirects, too
        return consent_html.asking(self._pages, programme, PATH, hidden, forms_to, wrong)

    async def _wanted(self, call: Call) -> Wanted:
        """Refuses PERMISSION_MISSING for an address that is no registered page's: whoever made the
        link could have the code sent anywhere. Raises Malformed for a state that is too long."""
        fields = await _fields(call.request)
        address, state = fields.get("redirect_uri", ""), fields.get("state", "")
        embedders = self._means.embedders_of(call.caller.programme.settings.origins)
        if not _ADDRESS.fullmatch(address) or "#" in address or "\\" in address:
            raise Refusal(Code.PERMISSION_MISSING, "redirect_uri")
        origin = _origin(address)
        if not is_origin(origin) or not embedders.take(origin):
            raise Refusal(Code.PERMISSION_MISSING, "redirect_uri")
        if len(state) > _LONGEST_STATE:
            raise Malformed([Invalid("state", "length", ("0", str(_LONGEST_STATE)))])
        return Wanted(call.caller.client, address, state)

    def headers(self, request: Request) -> tuple[tuple[bytes, bytes], ...]:
        """None of its own."""
        return ()

    def refused(self, route: Route | None, refusal: Refusal) -> Answer:
        """As a page; never back to an address that nobody has looked at (RFC 6749 4.1.2.1)."""
        if refusal.code is Code.CLIENT_UNKNOWN:
            return consent_html.refused(self._pages, "There is no client with this client_id.", 400)
        if refusal.code is Code.PERMISSION_MISSING:
            return consent_html.refused(self._pages, _UNREGISTERED, 400)
        status = 429 if refusal.code is Code.TOO_MANY_CALLS else 503
        return consent_html.refused(self._pages, "Try again in a moment.", status)

    def malformed(self, fields: list[Invalid]) -> Answer:
        """400."""
        long = any(field.field == "state" for field in fields)
        text = _LONG_STATE if long else "The request cannot be read."
        return consent_html.refused(self._pages, text, 400)

    def too_large(self) -> Answer:
        """413."""
        return consent_html.refused(self._pages, "The request is too large.", 413)

    def no_route(self, methods: tuple[str, ...]) -> Answer:
        """404 or 405."""
        return consent_html.refused(self._pages, "There is nothing here.", 405 if methods else 404)

    def broken(self) -> Answer:
        """500."""
        return consent_html.refused(self._pages, "That did not work.", 500)


_LONG_STATE = f"The state is too long: it may have {_LONGEST_STATE} characters."
_UNREGISTERED = (
    "The redirect_uri is not an address of a registered page, or this form did not come from our "
    "own page. Register the page's origin for the programme."
)


async def _fields(request: Request) -> Mapping[str, str]:
    """Of the query, or of the form that carries on what the query said."""
    if request.method == "GET":
        return {name: request.query(name) or "" for name in _FIELDS}
    try:
        return read_form(await request.body(_LARGEST))
    except (BadForm, TooLarge):
        return {}


async def _programme(house: House, client: str) -> Programme | None:
    """Whose client this is. A client's id begins with its programme's."""
    named = _CLIENT.fullmatch(client)
    programme = await house.world.stores.programme(int(named[1])) if named else None
    if programme is None:
        return None
    keys = await house.world.stores.keys_of(programme.id)
    mine = [key for key in keys if key.role is KeyRole.CLIENT]
    return programme if any(key.text.startswith(f"{client}:") for key in mine) else None


def _origin(address: str) -> str:
    """Nothing for what is no address, or names a user (RFC 3986 3.2.1)."""
    try:
        parts = urlsplit(address)
        user = parts.username
    except ValueError:
        return ""
    return "" if user is not None else origin_of(address)
