"""The approval page on the wire: what it takes, what it tells whom, and its own calls."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.approval_page import FORM, PATH
from tests.support.client import Answer, Server
from tests.support.frames import loaded
from tests.support.processes import Sandbox
from tests.support.wise import PIN, Partner, WiseUser
from tests.wise.people import asked

PAGE = "http://localhost:3000"
UNKNOWN = "b8f2a6be-3c5d-4b7a-9a57-70f4ae1c9d11"


def post(
    server: Server, ott: str, hostname: str = "localhost", origin: str | None = PAGE, **more: str
) -> Answer:
    """The form as the helper sends it."""
    fields = {"ott": ott, "parentHostname": hostname, "flow": "iframe", "libVersion": "0.9.5"}
    sent = {**FORM} if origin is None else {**FORM, "origin": origin}
    return server.call("POST", PATH, None, sent, raw=urlencode({**fields, **more}).encode())


def told(answer: Answer) -> Any:
    """What stands in the page for its script."""
    found = re.search(r'data-approval="([^"]*)"', answer.body.decode())
    return json.loads(unescape(found[1])) if found else None


def ancestors(answer: Answer) -> str:
    (said,) = re.findall("frame-ancestors ([^;]+)", answer.headers["content-security-policy"])
    return str(said)


def own_call(server: Server, name: str, ott: str, body: Any = None, **headers: str) -> Answer:
    """As the page's script makes it."""
    sent = {
        "origin": server.base_url,
        "one-time-token": ott,
        **{key.replace("_", "-"): value for key, value in headers.items()},
    }
    return server.call("POST", f"{PATH}{name}", {} if body is None else body, sent)


def pin_of(server: Server, pin: str = PIN) -> dict[str, str]:
    """Typed into the frame."""
    return {"type": "PIN", "answer": loaded(server).token(pin, "pin")}


# the page


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/"), f"{PATH}?ott={UNKNOWN}"])
def test_a_window_that_is_opened_first_waits(server: Server, path: str):
    answer = server.call("GET", path)
    assert (answer.status, told(answer), ancestors(answer)) == (200, None, "'none'")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<script" not in answer.body


def test_the_page_and_its_headers(grace: WiseUser):
    grace.server.settings(origins=[PAGE, "https://bank.example"])
    ott = asked(grace)
    answer = post(grace.server, ott)
    assert answer.status == 200, answer.body
    headers = answer.headers
    assert ancestors(answer) == f"{PAGE} https://bank.example {grace.server.base_url}"
    for rule in ("default-src 'none'", "script-src 'self'", "form-action 'none'"):
        assert rule in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert headers["x-content-type-options"] == "nosniff"
    assert "cross-origin-opener-policy" not in headers, "the opener is to be told"
    page = answer.body.decode()
    assert "<h1>Pay 10.00 EUR to Grace Hopper (account GB33BUKB20201555555555)</h1>" in page
    assert "<dt>Amount</dt><dd>10.00 EUR</dd><dt>To</dt><dd>Grace Hopper</dd>" in page
    assert re.findall("<script[^>]*>", page) == re.findall('<script src="[^"]+" defer>', page)
    (file,) = re.findall('<script src="([^"]+)"', page)
    assert grace.server.call("GET", file).status == 200
    said = told(answer)
    assert said["targets"] == [PAGE]
    asking = said["asked"]
    assert (asking["token"], asking["uiKey"]) == (
        ott,
        grace.server.credentials["programme"]["ui_key"],
    )
    assert (asking["granted"], asking["challenges"]) == (
        False,
        [["PIN"], ["SMS", "WHATSAPP", "VOICE"]],
    )
    assert 3_590 < asking["seconds"] <= 3_600


def test_what_a_payee_is_called_stays_text(grace: WiseUser):
    name = "<script>alert(1)</script> \"'&"
    transfer = grace.new_transfer(payee=name)
    page = post(grace.server, grace.fund(transfer).headers["x-2fa-approval"]).body.decode()
    assert name not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &quot;&#x27;&amp;" in page


@pytest.mark.parametrize(
    ("hostname", "origin", "targets"),
    [
        ("bank.example", None, ["https://bank.example", "https://bank.example:8443"]),
        ("bank.example", "null", ["https://bank.example", "https://bank.example:8443"]),
        ("bank.example", "https://bank.example:8443", ["https://bank.example:8443"]),
        ("bank.example", "https://evil.example", ["https://bank.example", "https://bank.example:8443"]),
        ("evil.example", "https://evil.example", None),
        ("evil.example", None, None),
        ("app.bank.example", None, None),
        ("bank.example.evil.example", None, None),
        ("bank.example:8443", None, None),
        ("*", None, None),
        ("https://bank.example", None, None),
    ],
)  # fmt: skip
def test_only_registered_pages_are_told(
    grace: WiseUser, hostname: str, origin: str | None, targets: list[str] | None
):
    grace.server.settings(origins=["https://bank.example", "https://bank.example:8443"])
    answer = post(grace.server, asked(grace), hostname, origin)
    said = told(answer)
    if targets is None:
        assert (answer.status, said, ancestors(answer)) == (403, None, "'none'")
    else:
        assert (answer.status, said["targets"]) == (200, targets)


def test_this_machine_needs_its_port(grace: WiseUser):
    """A sandbox without origins: whose browser does not say where it comes from is told nothing."""
    ott = asked(grace)
    assert told(post(grace.server, ott, "localhost", "http://localhost:5555"))["targets"] == [
        "http://localhost:5555"
    ]
    assert post(grace.server, ott, "localhost", None).status == 403
    assert post(grace.server, ott, "bank.example", "https://bank.example").status == 403


@pytest.mark.parametrize("how", ["unknown", "used", "expired"])
def test_all_dead_tokens_look_alike(grace: WiseUser, how: str):
    server = grace.server
    host = f"bank-{grace.id}.example"
    server.settings(origins=[f"https://{host}"])
    transfer = grace.new_transfer()
    grace.new_balance()
    ott = grace.fund(transfer).headers["x-2fa-approval"]
    if how == "used":
        grace.clear(ott)
        assert grace.fund(transfer, ott).status == 200
    elif how == "expired":
        server.advance(3_601)
    unknown = post(server, UNKNOWN, host)
    answer = post(server, ott if how != "unknown" else "x", host)
    assert (answer.status, answer.body) == (404, unknown.body)
    assert answer.headers["content-security-policy"] == unknown.headers["content-security-policy"]
    assert ancestors(answer) == f"https://{host}"
    assert told(answer) == {"targets": [f"https://{host}"], "asked": None}
    for name in ("status", "trigger", "verify"):
        call = own_call(server, name, ott if how != "unknown" else "x")
        assert (call.status, call.json) == (404, {"problem": "gone", "wait": None})


def test_a_dead_token_says_nothing_to_strangers(server: Server):
    answer = post(server, UNKNOWN, "evil.example", "https://evil.example")
    assert (answer.status, ancestors(answer)) == (404, "'none'")
    assert told(answer) == {"targets": [], "asked": None}


GOOD = f"ott={UNKNOWN}&parentHostname=localhost"


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"ott=",
        f"ott={UNKNOWN}".encode(),
        b"parentHostname=localhost",
        f"ott=&parentHostname=localhost&x={UNKNOWN}".encode(),
        f"{GOOD}&ott={UNKNOWN}".encode(),
        f"{GOOD}&parentHostname=localhost".encode(),
        f"{GOOD}&flow=a&flow=b".encode(),
        f"ott={'a' * 65}&parentHostname=localhost".encode(),
        f"ott={UNKNOWN}&parentHostname={'a' * 254}".encode(),
        f"{GOOD}&libVersion={'1' * 65}".encode(),
        f"{GOOD}&flow={'1' * 65}".encode(),
        f"{GOOD}&x={'1' * 5_000}".encode(),
        f"{GOOD}&{'&'.join(f'x{number}=1' for number in range(30))}".encode(),
        b"\xff\xfe\x00ott",
        f"ott=%ff%fe&parentHostname=localhost&x={UNKNOWN}".encode(),
        json.dumps({"ott": UNKNOWN, "parentHostname": "localhost"}).encode(),
    ],
)
def test_a_form_that_is_none(server: Server, form: bytes):
    answer = server.call("POST", PATH, None, {**FORM, "origin": PAGE}, raw=form)
    assert (answer.status, told(answer), ancestors(answer)) == (400, None, "'none'")
    assert UNKNOWN.encode() not in answer.body


def test_fields_of_later_versions_are_left_alone(grace: WiseUser):
    assert post(grace.server, asked(grace), theme="dark", locale="de").status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(server: Server, method: str):
    answer = server.call(method, PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    assert server.call("POST", f"{PATH}nothing").status == 404
    assert server.call("GET", f"{PATH}status").status == 405


# its calls


def test_both_proofs_and_the_token_is_good(grace: WiseUser):
    server, transfer = grace.server, grace.new_transfer()
    grace.new_balance()
    ott = grace.fund(transfer).headers["x-2fa-approval"]
    first = own_call(server, "verify", ott, pin_of(server))
    assert first.status == 200, first.body
    assert first.json["challenges"] == [["SMS", "WHATSAPP", "VOICE"]]
    triggered = own_call(server, "trigger", ott, {"type": "SMS"})
    assert triggered.json == {"ending": grace.phone[-4:]}
    code = {"type": "SMS", "answer": grace.newest_code()}
    second = own_call(server, "verify", ott, code)
    assert (second.status, second.json["granted"]) == (200, True)
    assert own_call(server, "status", ott).json["granted"] is True
    assert grace.fund(transfer, ott).status == 200


def test_plain_text_is_no_pin(bank: Partner, grace: WiseUser, box: Sandbox):
    """Nor is what was typed into another field, or for another programme; and none of it counts."""
    server, ott = grace.server, asked(grace)
    elsewhere = loaded(box.server.isolated()).token(PIN, "pin")
    used = pin_of(server, "9999")
    assert own_call(server, "verify", ott, used).json == {"problem": "wrong"}
    wrong = [
        *(PIN, "", "cap_", elsewhere, used["answer"]),
        *(loaded(server).token(PIN, "password") for _ in range(6)),
    ]
    for answer in wrong:
        told = own_call(server, "verify", ott, {"type": "PIN", "answer": answer})
        assert (told.status, told.json["problem"]) == (400, "type_again"), answer
    assert own_call(server, "verify", ott, pin_of(server)).status == 200


def test_a_pin_logs_nobody_in(server: Server):
    token = loaded(server).token(PIN, "pin")
    body = {"email": "ada@example.com", "password": {"value": token}}
    answer = server.call("POST", "/multi/login_with_password", body, server.api)
    assert answer.error == "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"


@pytest.mark.parametrize("value", ["123", "12345", "12a4", "١٢٣٤", " 1234"])
def test_a_pin_is_four_digits(server: Server, value: str):
    frame = loaded(server)
    assert frame.send(frame.seal(value, "pin")).status == 400


def test_wrong_answers_count_with_those_of_the_api(grace: WiseUser):
    server, ott = grace.server, asked(grace)
    for _ in range(3):
        grace.verify_pin(ott, "9999")
    assert own_call(server, "verify", ott, pin_of(server, "9999")).json == {"problem": "wrong"}
    fifth = own_call(server, "verify", ott, pin_of(server, "9999"))
    assert (fifth.status, fifth.json["problem"]) == (429, "blocked")
    assert 0 < fifth.json["wait"] <= 900
    kept = pin_of(server)
    for name, body in (("status", {}), ("trigger", {"type": "SMS"}), ("verify", kept)):
        assert own_call(server, name, ott, body).json["problem"] == "blocked"
    page = post(server, ott)
    assert (page.status, told(page)) == (429, {"targets": [PAGE], "asked": None})
    server.advance(901)
    assert own_call(server, "verify", ott, kept).json["problem"] == "type_again", "five minutes"
    assert own_call(server, "verify", ott, pin_of(server)).status == 200


def test_codes_are_not_sent_at_will(grace: WiseUser):
    server, ott = grace.server, asked(grace)
    assert own_call(server, "trigger", ott, {"type": "SMS"}).status == 200
    again = own_call(server, "trigger", ott, {"type": "VOICE"})
    assert (again.status, again.json["problem"]) == (429, "too_soon")
    assert again.json["wait"] > 0


def test_a_code_that_nobody_asked_for(grace: WiseUser):
    body = {"type": "SMS", "answer": "111111"}
    answer = own_call(grace.server, "verify", asked(grace), body)
    assert (answer.status, answer.json["problem"]) == (400, "no_code")


def test_what_the_person_does_not_have(bank: Partner):
    from_face = bank.sign_up()
    assert from_face.set_pin().status == 204
    assert from_face.set_fingerprint().status == 200
    bank.server.settings(fingerprint_is_possession=True)
    ott = asked(from_face)
    assert told(post(bank.server, ott))["asked"]["challenges"] == [
        ["PIN"],
        ["PARTNER_DEVICE_FINGERPRINT"],
    ]
    answer = own_call(bank.server, "trigger", ott, {"type": "SMS"})
    assert (answer.status, answer.json["problem"]) == (400, "not_possible")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_only_our_own_page_may_call(grace: WiseUser, headers: dict[str, str]):
    ott = asked(grace)
    for name in ("status", "trigger", "verify"):
        answer = own_call(grace.server, name, ott, {"type": "SMS", "answer": "1"}, **headers)
        assert answer.status == 403, answer.body
        assert "access-control-allow-origin" not in answer.headers
    assert grace.server.messages(grace.phone) == []


@pytest.mark.parametrize(
    "body",
    [
        *({}, [], {"type": "PIN"}, {"type": "PIN", "answer": 1}, {"answer": "1"}),
        {"type": "FACE_MAP", "answer": "1"},
        {"type": "SMS", "answer": "1" * 65},
        {"type": "password", "answer": "1"},
    ],
)
def test_answers_that_are_none(grace: WiseUser, body: Any):
    assert own_call(grace.server, "verify", asked(grace), body).status == 400
