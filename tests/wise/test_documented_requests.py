"""The documented example requests in their own words: as curl sends them, odd headers and all.

Replaced are the host, tokens, ids and what the documents cut short. `documented_requests.txt`
holds them; a method and a path's end name each.
"""

import base64
import http.client
import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.client import Answer
from tests.support.wise import PIN, Partner, WiseUser
from tests.wise.people import code_of, enrolled

REQUESTS = Path(__file__).with_name("documented_requests.txt").read_text().strip().split("\n\n")
FORM = "application/x-www-form-urlencoded"
PHONE = {
    "phoneNumber": "+6588888888",
    "type": "PRIMARY",
    "verified": True,
}


def curl(request: str, user: WiseUser, **ids: Any) -> Answer:
    """What curl would do with it, its own headers included."""
    bank = user.partner
    told = {"host": user.server.base_url, "userId": user.id, "user_id": user.id, **ids}
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: str(told[found[1]]), request)
    words = iter(shlex.split(text.replace("\\\n", " "))[1:])
    method, url, data, headers = "GET", "", None, [("User-Agent", "curl/8.7.1")]
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers.append((name, value))
        elif word == "-d":
            data = elided(next(words), bank)
        else:
            url = word
    names = {name.lower() for name, _ in headers}
    headers += [] if "accept" in names else [("Accept", "*/*")]
    headers += [] if "content-type" in names or data is None else [("Content-Type", FORM)]
    by_client = "<your application token>" in text or "/application/" in url
    token = bank.token if by_client else user.token
    return sent(
        method, url, [(name, re.sub("<.*>", token, value)) for name, value in headers], data
    )


def elided(data: str, bank: Partner) -> str:
    if data.startswith("eyJ"):
        return bank.jose.encrypt(json.dumps({"pin": PIN}).encode(), bank.encryption_key()).token
    return data.replace("<encrypted_face_map_in_base64_string>", base64.b64encode(b"map").decode())


def sent(method: str, url: str, headers: list[tuple[str, str]], data: str | None) -> Answer:
    """Nothing is added but the length of the data, where there are any."""
    address = urlsplit(url)
    link = http.client.HTTPConnection("127.0.0.1", address.port, timeout=30)
    try:
        link.putrequest(method, address.path, skip_accept_encoding=True)
        for name, value in headers:
            link.putheader(name, value)
        if data is not None:
            link.putheader("Content-Length", str(len(data.encode())))
        link.endheaders(None if data is None else data.encode())
        answer = link.getresponse()
        held = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, held, answer.read())
    finally:
        link.close()


def request_of(method: str, end: str) -> str:
    """The one for this method and path."""
    (found,) = (
        request
        for request in REQUESTS
        if request.startswith(f"curl -X {method} ")
        and shlex.split(request.replace("\\\n", " "))[3].endswith(end)
    )
    return found


CREATE_PIN = request_of("POST", "/v1/user/pin")
DELETE_PIN = request_of("DELETE", "/pin")
ENROL_FACE = request_of("POST", "/v1/user/facemap/enrol")
DELETE_FACE = request_of("DELETE", "/facemap/enrol")
CREATE_FINGERPRINT = request_of("POST", "/v1/user/partner-device-fingerprints")
LIST_FINGERPRINTS = request_of("POST", "/{{userId}}/partner-device-fingerprints")
DELETE_FINGERPRINT = request_of("DELETE", "/{{deviceFingerprintId}}")
LIST_PHONES = request_of("GET", "/phone-numbers")
CREATE_PHONE = request_of("POST", "/phone-numbers")
UPDATE_PHONE = request_of("PUT", "/{{phoneNumberId}}")
DELETE_PHONE = request_of("DELETE", "/{{phoneNumberId}}")


def test_pin(ada: WiseUser):
    assert [curl(CREATE_PIN, ada).status for _ in range(2)] == [204, 409]
    answer = curl(DELETE_PIN, ada)
    assert (answer.status, answer.body) == (204, b"")
    answer = curl(DELETE_PIN, ada)
    assert (answer.status, answer.json) == (
        404,
        {"errors": [{"code": "pin.not.setup", "message": "PIN has not been setup."}]},
    )


def test_face_map(ada: WiseUser):
    assert [curl(ENROL_FACE, ada).status for _ in range(2)] == [204, 409]
    assert curl(DELETE_FACE, ada).status == 204
    answer = curl(DELETE_FACE, ada)
    assert (answer.status, answer.json) == (
        404,
        {"errors": [{"code": "facemap.not.setup", "message": "FaceMap has not been setup."}]},
    )


def test_the_fingerprint_example_is_plain_and_refused(ada: WiseUser):
    """Its headers promise a JWE; its body is no JSON either: a quotation mark is missing."""
    answer = curl(CREATE_FINGERPRINT, ada)
    assert (answer.status, code_of(answer)) == (400, "jose.malformed")
    (error,) = answer.json["errors"]
    assert "must be a compact JWE" in error["message"]
    assert "/v1/auth/jose/response/public-keys" in error["message"]


def test_fingerprints(ada: WiseUser):
    made = ada.set_fingerprint("3207da22-a0d3-4b6b-a591-6297e646fe32")
    assert made.status == 200
    answer = curl(LIST_FINGERPRINTS, ada)
    assert (answer.status, answer.json) == (200, [made.json])
    assert set(made.json) == {"deviceFingerprintId", "createdAt"}
    uuid, moment = made.json["deviceFingerprintId"], made.json["createdAt"]
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", moment)
    statuses = [curl(DELETE_FINGERPRINT, ada, deviceFingerprintId=uuid).status for _ in range(2)]
    assert statuses == [204, 404]
    assert curl(LIST_FINGERPRINTS, ada).json == []


def test_phone_numbers(bank: Partner, ada: WiseUser):
    made = curl(CREATE_PHONE, ada)
    number = made.json["id"]
    phone = {"id": number, **PHONE, "clientId": bank.client_id}
    assert (made.status, made.json) == (200, phone)
    assert type(number) is int
    assert 0 < number < 2**63
    listed = curl(LIST_PHONES, ada)
    assert (listed.status, listed.json) == (200, [phone])
    answer = curl(UPDATE_PHONE, ada, phoneNumberId=number)
    assert (answer.status, answer.json) == (200, phone)
    answer = curl(DELETE_PHONE, ada, phoneNumberId=number)
    assert (answer.status, answer.body) == (204, b"")


def test_a_number_that_somebody_else_has(bank: Partner, ada: WiseUser):
    owner, other = bank.sign_up("ada.lovelace@wise.com"), enrolled(bank, "phone")
    assert owner.set_phone("+6588888888").status == 200
    number = bank.call("GET", f"/v1/application/users/{other.id}/phone-numbers").json[0]["id"]
    message = "It's linked to an account with the email ****@wise.com"
    for answer in (curl(CREATE_PHONE, ada), curl(UPDATE_PHONE, other, phoneNumberId=number)):
        assert (answer.status, answer.json) == (
            422,
            {"errors": [{"code": "phone.number.repeated", "message": message}]},
        )


def test_every_example_has_a_name():
    named = {value for name, value in globals().items() if name.isupper() and value in REQUESTS}
    assert (named, len(named)) == (set(REQUESTS), 11)
