"""Headers that lie."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.client import Server
from tests.support.processes import Running, installation
from tests.support.weavr import enrolled_person, log_in, new_person

BUDGET = 5
_LYING = (
    "x-forwarded-for",
    "x-real-ip",
    "forwarded",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-originating-ip",
    "x-remote-ip",
    "x-cluster-client-ip",
)
_addresses = itertools.count(1)


def _any_address() -> str:
    number = next(_addresses)
    return f"198.51.{number // 250}.{number % 250 + 1}"


@contextmanager
def _narrow(place: Path, **settings: str) -> Iterator[Running]:
    """A production server whose addresses have five calls an hour. No key is needed to be
    counted: that comes first."""
    made = installation(
        place, f"sqlite:///{place / 'a.sqlite3'}", ASSENT_CALLS_ADDRESS=f"{BUDGET}/3600", **settings
    )
    with made.serve("narrow") as running:
        yield running


def _call(server: Server, headers: list[tuple[str, str]]) -> int:
    return server.call("GET", "/multi/identities", None, headers).status


def _spent(server: Server, tries: list[list[tuple[str, str]]]) -> list[int]:
    return [_call(server, headers) for headers in tries]


@pytest.mark.parametrize(
    "settings", [{}, {"ASSENT_SERVER_TRUSTED_PROXIES": "10.0.0.1"}], ids=["no proxy", "not by it"]
)
def test_no_header_of_a_strangers_own_choice_gives_a_new_budget(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """CVE-2025-69615 (Deutsche Telekom), CVE-2023-36456 (authentik): a made-up address with each
    request, and the throttle never closed."""
    with _narrow(tmp_path, **settings) as running:
        lies = [[(name, _any_address()) for name in _LYING] for _ in range(BUDGET + 3)]
        statuses = _spent(running.server, lies)
        assert statuses == [401] * BUDGET + [429] * 3
        refused = running.server.call("GET", "/multi/identities")
        assert refused.status == 429
        assert refused.headers["x-ratelimit-limit"] == f"{BUDGET}, {BUDGET};w=3600"
        assert 0 < int(refused.headers["x-ratelimit-reset"]) <= 3_600


def test_behind_a_proxy_only_what_the_proxy_wrote_counts(tmp_path: Path) -> None:
    """CVE-2023-36456 (authentik): the left end of the header is the caller's own.
    CVE-2024-47070, CVE-2026-25748 (authentik): what could not be parsed failed open."""
    with _narrow(tmp_path, ASSENT_SERVER_TRUSTED_PROXIES="127.0.0.1, 10.0.0.1") as running:
        server = running.server

        def hops(*values: str) -> list[tuple[str, str]]:
            return [("x-forwarded-for", value) for value in values]

        # each caller of its own, told apart by what the proxy wrote
        for _ in range(BUDGET + 3):
            assert _call(server, hops(_any_address())) == 401
        # the same caller, with another lie in front each time
        lies = [hops(f"{_any_address()}, 203.0.113.9") for _ in range(BUDGET + 2)]
        assert _spent(server, lies) == [401] * BUDGET + [429] * 2
        # and however many proxies of ours it came through
        assert _call(server, hops(f"{_any_address()}, 203.0.113.9, 10.0.0.1")) == 429
        assert _call(server, hops(" 203.0.113.9 ,10.0.0.1,  127.0.0.1")) == 429
        # in two lines the last is the proxy's
        assert _call(server, hops(_any_address(), "203.0.113.9")) == 429
        # one network of IPv6, in every spelling and with every address of it
        same = [
            "2001:db8:1:2::1",
            "2001:0db8:0001:0002:0000:0000:0000:0002",
            "2001:DB8:1:2:ffff:ffff:ffff:ffff",
            "2001:db8:1:2:1::",
            "2001:db8:1:2::192.0.2.33",
            "2001:db8:1:2::9",
            "2001:db8:1:2:a:b:c:d",
        ]
        statuses = _spent(server, [hops(address) for address in same])
        assert statuses == [401] * BUDGET + [429] * (len(same) - BUDGET)
        assert _call(server, hops("2001:db8:1:3::1")) == 401  # the next network is another
        # an IPv4 address dressed as IPv6 is that address
        dressed = ["::ffff:203.0.113.9", "::FFFF:cb00:7109"]
        assert _spent(server, [hops(address) for address in dressed]) == [429, 429]
        # what cannot be read is the proxy's own call: all of them together have one budget
        unreadable = [
            "unknown",
            "203.0.113.999",
            "203.0.113.7:8080",
            "[2001:db8::1]",
            "0x7f.1",
            "203.0.113.010",
            "' OR 1=1 --",
            "\xe9\xff",
            "a" * 3_000,
            ",",
        ]
        statuses = _spent(server, [hops(value) for value in unreadable])
        assert statuses == [401] * BUDGET + [429] * (len(unreadable) - BUDGET)
        assert _call(server, []) == 429


def test_the_lock_of_a_person_knows_no_addresses(server: Server) -> None:
    """CVE-2025-56224 (SigningHub), CVE-2025-69615: tries were counted by address."""
    person = new_person(server)
    path = "/multi/login_with_password"
    for _ in range(5):
        headers = {**server.api, **{name: _any_address() for name in _LYING}}
        body = {"email": person.email, "password": {"value": "Wrong-word1"}}
        assert server.call("POST", path, body, headers).status == 403
    assert log_in(server, person.email).status == 423


_ODD = (
    "",
    " ",
    "null",
    "undefined",
    "0",
    "-1",
    "%00",
    "' OR '1'='1",
    "*",
    "../../etc/passwd",
    "\xff\xfe",
    "\x80" * 40,
    "Bearer",
    "Bearer null",
    "{}",
    "[]",
    "a" * 8_000,
    "\u00a0",
)


@pytest.mark.parametrize("name", ["api-key", "authorization", "both"])
def test_whatever_a_key_holds_the_answer_is_no(server: Server, name: str) -> None:
    """CVE-2026-25748, CVE-2024-47070 (authentik): a value that could not be read raised an
    exception, and the exception let the request through."""
    person = enrolled_person(server)
    good = server.bearer(person.token)
    names = ("api-key", "authorization") if name == "both" else (name,)
    for value in _ODD:
        headers = {**good, **dict.fromkeys(names, value)}
        answer = server.call("GET", "/multi/authentication_factors", None, headers)
        assert answer.status == 401, repr(value)
        assert len(answer.body) < 100


@pytest.mark.parametrize("name", ["api-key", "authorization"])
def test_two_keys_are_no_key(server: Server, name: str) -> None:
    """Which of two values counts depends on who reads: so neither does."""
    person = enrolled_person(server)
    good = server.bearer(person.token)
    for first, second in ((good[name], "other"), ("other", good[name]), (good[name], good[name])):
        others = [(key, value) for key, value in good.items() if key != name]
        headers = [*others, (name, first), (name, second)]
        answer = server.call("GET", "/multi/authentication_factors", None, headers)
        assert answer.status in (400, 401)


@pytest.mark.parametrize("value", _ODD)
def test_whatever_any_other_header_holds_it_breaks_nothing(server: Server, value: str) -> None:
    """Fuzzed: each header we read and some that proxies add. Never 5xx, never a way in."""
    person = enrolled_person(server)
    for name in ("x-forwarded-for", "cookie", "origin", "content-type", "accept", "user-agent"):
        headers = {**server.bearer(person.token), name: value}
        answer = server.call("POST", "/multi/passwords/update", {}, headers)
        assert answer.status in (400, 403), (name, value)
    headers = {**server.bearer(person.token), "idempotency-ref": value}
    answer = server.call("POST", "/multi/authentication_factors/otp/SMS", None, headers)
    assert answer.status in (400, 409, 413), value
    assert person.change_password().error == "STEP_UP_REQUIRED"
