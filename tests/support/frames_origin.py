"""The frames' origin as tests call it: its answers, and what each of them must say of itself."""

from assent.kernel import token
from tests.support.client import Answer, Server
from tests.support.frames import (
    by_query,
    frames_of,
    ui_key_of,
)

ELSEWHERE = "https://elsewhere.example"
NO_SUCH_TOKEN = token.make("cap", bytes(token.OCTETS))
EVERYWHERE = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "origin-agent-cluster": "?1",
}
LOCKED = "default-src 'none'; frame-ancestors 'none'"
LOOPBACK = (
    "http://localhost:* https://localhost:* http://*.localhost:* "
    "http://127.0.0.1:* https://127.0.0.1:*"
)


def policy(ancestors: str) -> str:
    return (
        "default-src 'none'; script-src 'self'; connect-src 'self'; "
        f"frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def field(server: Server, ui_key: str | None = None) -> Answer:
    path = by_query("/field", ui_key=ui_key or ui_key_of(server))
    return frames_of(server).call("GET", path)


def embedding(server: Server, origin: str | None, ui_key: str | None = None) -> Answer:
    path = by_query("/embedding", ui_key=ui_key or ui_key_of(server))
    headers = {} if origin is None else {"origin": origin}
    return frames_of(server).call("GET", path, None, headers)


def associate(server: Server, bearer: str, origin: str | None, ui_key: str = "") -> Answer:
    """As a page's script sends it: a simple request, for which no browser asks first."""
    headers = {"content-type": "text/plain;charset=UTF-8"}
    if origin is not None:
        headers["origin"] = origin
    body = {"ui_key": ui_key or ui_key_of(server), "token": bearer}
    return frames_of(server).call("POST", "/association", body, headers)


def validate(server: Server, value: str) -> Answer:
    body = {"password": {"value": value}}
    return server.call("POST", "/multi/passwords/validate", body, server.api)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def is_secured(answer: Answer, csp: str = LOCKED, corp: str = "same-origin") -> None:
    held = answer.headers
    for name, value in EVERYWHERE.items():
        assert held.get(name) == value, name
    assert held.get("content-security-policy") == csp
    assert held.get("cross-origin-resource-policy") == corp
    features = held["permissions-policy"].split(", ")
    assert {"camera=()", "clipboard-read=()", "payment=()", "usb=()"} <= {*features}
    assert all(feature.endswith("=()") for feature in features)
    assert "set-cookie" not in held
    assert "server" not in held
    assert "access-control-allow-credentials" not in held
