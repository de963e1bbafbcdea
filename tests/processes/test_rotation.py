"""What an operator changes reaches the servers that run."""

import base64
import json
import time

import pytest

from tests.processes.conftest import Pair
from tests.support.client import Answer, Server
from tests.support.processes import until
from tests.support.weavr import PASSWORD, enrolled_person, log_in, new_person

SOON = 8.0
"""Seconds in which a busy machine has a change everywhere that is there within one."""


def _kid(token: str) -> str:
    head = token.split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def _kids(server: Server) -> set[str]:
    answer = server.call("GET", "/.well-known/jwks.json")
    assert answer.status == 200
    for key in answer.json["keys"]:
        assert key["kty"] == "OKP"
        assert "d" not in key  # only ever the public half
    return {key["kid"] for key in answer.json["keys"]}


def _factors(server: Server, token: str) -> Answer:
    return server.call("GET", "/multi/authentication_factors", None, server.bearer(token))


def _if_404(answer: Answer) -> Answer | None:
    return answer if answer.status == 404 else None


def _programme(pair: Pair) -> Server:
    """A tenant of its own, so that its keys may be lost."""
    return pair.left.server.isolated()


def _as(server: Server, address: Server) -> Server:
    return Server(server.credentials, address.base_url)


def test_a_new_api_key_replaces_the_old_one_on_running_servers(pair: Pair) -> None:
    tenant = _programme(pair)
    number = tenant.credentials["programme"]["id"]
    person = new_person(tenant)
    old = tenant.api
    for server in pair.servers:
        assert server.call("POST", "/multi/passwords/validate", {}, old).status == 400
    key = pair.place.done("programme", "rotate-key", number, "api").strip()
    new = {"api-key": key}
    for server in pair.servers:
        assert server.call("POST", "/multi/passwords/validate", {}, new).status == 400
        until(
            "the old key is refused",
            lambda one: one.call("POST", "/multi/passwords/validate", {}, old).status == 401,
            server,
            within=SOON,
        )
    renewed = {
        **tenant.credentials,
        "programme": {**tenant.credentials["programme"], "api_key": key},
    }
    for server in pair.servers:
        assert _factors(Server(renewed, server.base_url), person.token).status == 200


def test_changed_settings_reach_running_servers(pair: Pair) -> None:
    tenant = _programme(pair)
    number = tenant.credentials["programme"]["id"]
    person = new_person(tenant)
    for server in pair.servers:
        assert log_in(_as(tenant, server), person.email, PASSWORD).status == 200
    pair.place.done("programme", "set", number, "plaintext_passwords=false", "--operator", "ann")
    for server in pair.servers:
        refused = until(
            "plain text is refused",
            lambda one: _if_404(log_in(_as(tenant, one), person.email, PASSWORD)),
            server,
            within=SOON,
        )
        assert refused.error == "TOKEN_NOT_FOUND"
    recorded = pair.rows(
        "SELECT details FROM facts WHERE programme_id = $1 AND name = 'programme_changed' "
        "ORDER BY at DESC, id LIMIT 1",
        int(number),
    )
    assert json.loads(recorded[0][0]) == {"by": "ann", "plaintext_passwords": "True -> False"}


def test_signing_keys_rotate_while_servers_run(pair: Pair) -> None:
    """The new key is shown at once and signs a little later, when every server must know it: no
    bearer is ever refused by the server that has not looked yet."""
    left, right = pair.servers
    before = _kids(left)
    person = enrolled_person(left)
    old = person.token
    assert _kid(old) in before
    pair.place.done("keys", "rotate")
    rotated = time.monotonic()
    seen: list[float] = []

    def both_sign_with_a_new_key() -> bool:
        signed = set()
        for server, other in ((left, right), (right, left)):
            token = log_in(server, person.email).json["token"]
            assert _factors(other, token).status == 200, (server.base_url, _kid(token))
            signed.add(_kid(token))
        if not seen and _kids(left) > before and _kids(right) > before:
            seen.append(time.monotonic() - rotated)
        return len(signed) == 1 and not signed & before

    until("both sign with the new key", both_sign_with_a_new_key)
    assert seen[0] < SOON
    for server in pair.servers:
        assert _factors(server, old).status == 200
        assert _kids(server) > before


def test_a_stranger_to_the_key_set_stays_a_stranger(pair: Pair) -> None:
    left, _ = pair.servers
    person = new_person(left)
    head, body, signature = person.token.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    header["kid"] = "0" * 16
    forged = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    assert _factors(left, f"{forged}.{body}.{signature}").status == 401
    assert _factors(left, person.token).status == 200


@pytest.mark.parametrize("role", ["ui", "simulator"])
def test_other_keys_rotate_by_themselves(pair: Pair, role: str) -> None:
    """A new key of one role leaves those of the others alone."""
    tenant = _programme(pair)
    pair.place.done("programme", "rotate-key", tenant.credentials["programme"]["id"], role)
    person = new_person(tenant)
    for server in pair.servers:
        assert _factors(_as(tenant, server), person.token).status == 200
