"""Calls from pages of other origins (CORS): registered ones read the answers, nobody else does."""

import pytest

from tests.support.client import Answer, Server
from tests.support.wise import Partner, WiseUser, ott_of
from tests.wise.people import enrolled

PAGE = "https://bank.example"
STATEMENT = "/v1/profiles/1/balance-statements/2/statement.json"
READABLE = {
    "x-2fa-approval",
    "x-2fa-approval-result",
    "x-trace-id",
    "x-external-correlation-id",
    "retry-after",
}


def asks(server: Server, path: str, origin: str | None = PAGE, method: str = "GET") -> Answer:
    """A browser's preflight."""
    headers = {
        "access-control-request-method": method,
        "access-control-request-headers": "authorization,x-2fa-approval",
    }
    return server.call(
        "OPTIONS", path, None, headers if origin is None else {**headers, "origin": origin}
    )


def cors(answer: Answer) -> dict[str, str]:
    """What a browser goes by."""
    return {
        name.removeprefix("access-control-"): value
        for name, value in answer.headers.items()
        if name.startswith("access-control-")
    }


def words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


@pytest.fixture
def ada(bank: Partner) -> WiseUser:
    bank.server.settings(origins=[PAGE])
    return enrolled(bank)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (STATEMENT, {"get"}),
        ("/2026Q3" + STATEMENT.removeprefix("/v1"), {"get"}),
        ("/v3/profiles/1/transfers/2/payments", {"post"}),
        ("/v1/one-time-token/status", {"get"}),
        ("/v1/one-time-token/sms/verify", {"post"}),
        ("/v2/profiles/1/pin", {"post", "delete"}),
    ],
)
def test_a_browser_asks_first(ada: WiseUser, path: str, methods: set[str]):
    answer = asks(ada.server, path)
    assert answer.status == 204, answer.body
    told = cors(answer)
    assert told["allow-origin"] == PAGE
    assert methods <= words(told["allow-methods"])
    assert {"authorization", "content-type", "x-2fa-approval", "one-time-token"} <= words(
        told["allow-headers"]
    )
    assert 0 < int(told["max-age"]) <= 600
    assert "allow-credentials" not in told
    assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "https://bank.example.evil.example", "http://bank.example"),
        *("https://bank.example:9443", "https://BANK.example", "null", "*", "", None),
    ],
)
def test_strangers_are_told_nothing(ada: WiseUser, origin: str | None):
    for answer in (
        asks(ada.server, STATEMENT, origin),
        ada.call("GET", "/v1/me", headers={"origin": origin} if origin is not None else {}),
    ):
        assert cors(answer) == {}
        assert answer.headers["vary"] == "origin"
    assert asks(ada.server, STATEMENT, origin).status == 403


def test_a_sandbox_without_origins_takes_this_machine(bank: Partner):
    user = bank.sign_up()
    for origin in ("http://localhost:3000", "http://127.0.0.1:8080"):
        assert cors(asks(bank.server, STATEMENT, origin))["allow-origin"] == origin
        assert (
            cors(user.call("GET", "/v1/me", headers={"origin": origin}))["allow-origin"] == origin
        )
    assert cors(user.call("GET", "/v1/me", headers={"origin": "https://bank.example"})) == {}


def test_refusals_can_be_read_too(ada: WiseUser):
    balance, page = ada.new_balance(), {"origin": PAGE}
    query = "currency=EUR&intervalStart=2026-01-01T00:00:00Z&intervalEnd=2026-02-01T00:00:00Z"
    path = f"/v1/profiles/{ada.profile_id}/balance-statements/{balance}/statement.json?{query}"
    rejected = ada.call("GET", path, headers=page)
    told = cors(rejected)
    assert (rejected.status, told["allow-origin"]) == (403, PAGE)
    assert words(told["expose-headers"]) >= READABLE
    assert "allow-credentials" not in told
    ott = ott_of(rejected)
    for answer, status in (
        (ada.call("GET", "/v1/one-time-token/status", ott="x", headers=page), 404),
        (ada.call("GET", "/v1/one-time-token/status", ott=ott, headers=page), 200),
        (ada.call("GET", path.replace("EUR", "XX"), headers=page), 400),
    ):
        assert (answer.status, cors(answer)) == (status, told)
    ada.clear(ott)
    approved = ada.call("GET", path, approval=ott, headers=page)
    assert (approved.status, cors(approved)) == (200, told)


def test_another_programmes_page(ada: WiseUser, bank: Partner):
    """Its preflight passes, because nobody knows yet whose call it is; its answer stays closed."""
    theirs = "https://other.example"
    bank.server.isolated().settings(origins=[theirs])
    assert asks(bank.server, STATEMENT, theirs).status == 204
    answer = ada.call("GET", "/v1/me", headers={"origin": theirs})
    assert (answer.status, cors(answer)) == (200, {})


def test_a_page_that_was_struck_off(ada: WiseUser):
    assert cors(ada.call("GET", "/v1/me", headers={"origin": PAGE}))
    ada.server.settings(origins=["https://other.example"])
    assert asks(ada.server, STATEMENT).status in (204, 403), "another programme may have it"
    assert cors(ada.call("GET", "/v1/me", headers={"origin": PAGE})) == {}


def test_a_clients_own_calls_are_for_no_page(bank: Partner):
    """Its secret, and what its token opens, have no business in a browser."""
    server = bank.server
    server.settings(origins=[PAGE])
    path = "/v1/auth/jose/response/public-keys"
    for asked in (path, "/oauth/token", "/v1/user/signup/registration_code"):
        refused = asks(server, asked, method="POST")
        assert (refused.status, cors(refused)) == (405, {})
    for headers in (bank.bearer, bank.basic):
        answer = server.call("GET", path, None, {**headers, "origin": PAGE})
        assert cors(answer) == {}
    answer = server.call("GET", "/v1/me", None, {"authorization": "Bearer x", "origin": PAGE})
    assert (answer.status, cors(answer)) == (401, {})


def test_the_other_dialect_has_none_of_it(server: Server):
    server.settings(origins=[PAGE])
    answer = asks(server, "/multi/identities", method="GET")
    assert cors(answer) == {}
    assert "vary" not in answer.headers
