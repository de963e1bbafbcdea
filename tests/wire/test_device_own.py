"""The Device API: what a device does to itself, and what its person sees and removes."""

import pytest

from tests.support.authenticator import SoftDevice
from tests.support.client import Answer, Server
from tests.support.device_client import (
    API,
    Phone,
    asked,
    code_of,
    link_of,
    owner,
    person_headers,
    phone_of,
)
from tests.support.weavr import Person

FCM = {"transport": "fcm", "address": "dGhpcy1pcy1ub3QtYS10b2tlbg:APA91b"}
PAGE = "https://bank.example"


@pytest.fixture
def pair(server: Server) -> tuple[Person, Phone]:
    return owner(server)


def in_session(person: Person, method: str, path: str, **headers: str) -> Answer:
    sent = {**person_headers(person), **headers}
    return person.server.call(method, f"{API}{path}", None, sent)


def test_own_data(pair: tuple[Person, Phone]):
    person, phone = pair
    first = phone.call("GET", "/device").json
    assert first.pop("createdAt") <= person.server.now
    push_key = first.pop("webPush")
    assert push_key is None or set(push_key) == {"publicKey"}
    assert first == {
        "id": phone.id,
        "name": "Phone",
        "scheme": "jws",
        "lastUsedAt": None,
        "push": None,
        "attested": False,
        "programme": phone.begun["programme"],
        "user": {"id": person.user_id},
        "counter": 0,
    }
    assert phone.answer(asked(person)).status == 200
    after = phone.call("GET", "/device").json
    assert after["counter"] == phone.soft.counter == 1
    assert 0 <= person.server.now - after["lastUsedAt"] < 60_000


def test_the_push_address_is_renewed_and_ended(pair: tuple[Person, Phone]):
    _, phone = pair
    assert phone.call("PUT", "/device/push", FCM).status == 204
    assert phone.call("GET", "/device").json["push"] == "fcm"
    apns = {"transport": "apns", "address": "ab" * 32}
    assert phone.call("PUT", "/device/push", apns).status == 204
    assert phone.call("GET", "/device").json["push"] == "apns"
    assert phone.call("DELETE", "/device/push").status == 204
    assert phone.call("GET", "/device").json["push"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"transport": "fcm"},
        {"address": "x"},
        {"transport": "pigeon", "address": "x"},
        {"transport": "fcm", "address": ""},
        {"transport": "fcm", "address": "x" * 5_000},
        {"transport": "apns", "address": "zz" * 32},
        {"transport": "web_push", "address": '{"endpoint":"http://127.0.0.1/","keys":{}}'},
        {"transport": ["fcm"], "address": "x"},
        {"transport": "fcm", "address": {"x": 1}},
    ],
    ids=str,
)
def test_push_addresses_that_are_none(pair: tuple[Person, Phone], body: object):
    _, phone = pair
    assert code_of(phone.call("PUT", "/device/push", body)) == (400, "malformed")
    assert phone.call("GET", "/device").json["push"] is None


def test_a_device_withdraws_itself(pair: tuple[Person, Phone]):
    person, phone = pair
    other = phone_of(person.elsewhere())
    challenge = asked(person.elsewhere())
    body = other.said(challenge)
    assert phone.call("DELETE", "/device").status == 204
    for method, path in (("GET", "/device"), ("GET", "/challenges"), ("DELETE", "/device")):
        assert code_of(phone.call(method, path)) == (401, "device_unknown")
    late = other.call("POST", f"/challenges/{challenge}/answer", body)
    assert code_of(late) == (409, "challenge_not_open"), "what all were asked is void"
    person.log_in()
    assert [one["id"] for one in in_session(person, "GET", "/devices").json["devices"]] == [
        other.id
    ]


def test_the_key_is_changed_and_the_old_one_is_good_for_nothing(pair: tuple[Person, Phone]):
    person, phone = pair
    old = phone.soft
    begun = phone.call("POST", "/device/rotations")
    assert set(begun.json) == {"rotation", "content", "expiresAt"}
    fresh = SoftDevice()
    path = f"/device/rotations/{begun.json['rotation']}/finish"
    body = fresh.rotate(begun.json["content"], old, "New phone")
    assert phone.call("POST", path, body).json == {"device": phone.id, "name": "New phone"}
    assert code_of(phone.call("POST", path, body))[0] == 409, "once"
    challenge = asked(person)
    phone.soft = old
    assert code_of(phone.answer(challenge)) == (409, "answer_wrong")
    phone.soft = fresh
    assert phone.answer(challenge).json == {"state": "approved"}


def test_a_browsers_key_is_changed(server: Server):
    person, _ = owner(server)
    phone = phone_of(person.elsewhere(), SoftDevice(scheme="webauthn", curve="Ed25519"))
    begun = phone.call("POST", "/device/rotations").json
    fresh = SoftDevice(scheme="webauthn", origin=phone.soft.origin)
    path = f"/device/rotations/{begun['rotation']}/finish"
    body = fresh.rotate(begun["content"], phone.soft)
    assert phone.call("POST", path, body).status == 200
    phone.soft = fresh
    assert phone.answer(asked(person.elsewhere())).json == {"state": "approved"}


def test_a_rotation_takes_the_place_of_the_one_before(pair: tuple[Person, Phone]):
    """Whoever holds no more than the key of a device's calls could begin so many that what the
    person is asked is not among what is read of them."""
    person, phone = pair
    number = asked(person)
    begun = [phone.call("POST", "/device/rotations").json["rotation"] for _ in range(101)]
    assert phone.pending() == [number]
    body = SoftDevice().rotate(phone.call("POST", "/device/rotations").json["content"], phone.soft)
    answer = phone.call("POST", f"/device/rotations/{begun[0]}/finish", body)
    assert code_of(answer) == (409, "challenge_not_open")


def test_rotations_that_are_not_signed_by_both(pair: tuple[Person, Phone]):
    _, phone = pair
    stranger = SoftDevice()
    for number in range(3):
        begun = phone.call("POST", "/device/rotations").json
        path = f"/device/rotations/{begun['rotation']}/finish"
        fresh = SoftDevice()
        right = fresh.rotate(begun["content"], phone.soft)
        octets = phone.soft.enrolment_octets(begun["content"], "Phone")
        wrong = (
            {**right, "old": stranger.signature(octets)},
            {**right, "name": "Other"},
            {**right, "jws": stranger.enrol(begun["content"])["jws"]},
        )[number]
        assert code_of(phone.call("POST", path, wrong)) in {
            (409, "answer_wrong"),
            (422, "factor_unfit"),
        }
    assert phone.call("GET", "/device").json["name"] == "Phone"


def test_rotations_of_another_form(pair: tuple[Person, Phone]):
    _, phone = pair
    path = "/device/rotations/1/finish"
    good = {"name": "x", "jws": "a.b.c", "old": {"jws": "a.b.c"}}
    for wrong in (
        {},
        {**good, "old": {}},
        {**good, "old": None},
        {**good, "old": {"jws": "a.b.c", "assertion": {}}},
        {"name": "x", "old": good["old"]},
        {**good, "name": ""},
        {**good, "name": "a\u0000"},
        {**good, "name": "x" * 65},
    ):
        assert code_of(phone.call("POST", path, wrong)) == (400, "malformed"), wrong
    assert code_of(phone.call("POST", path, good)) == (404, "not_found")


def test_a_person_sees_their_devices(server: Server):
    person, phone = owner(server)
    browser = phone_of(person.elsewhere(), SoftDevice(scheme="webauthn"), "Laptop")
    assert phone.call("PUT", "/device/push", FCM).status == 204
    listed = in_session(person.elsewhere(), "GET", "/devices").json["devices"]
    assert [(one["id"], one["name"], one["scheme"], one["push"]) for one in listed] == [
        (phone.id, "Phone", "jws", "fcm"),
        (browser.id, "Laptop", "webauthn", None),
    ]
    assert all(set(one) == set(listed[0]) for one in listed)
    assert "address" not in str(listed)


def test_a_person_removes_a_device_once_stepped_up(server: Server):
    person, phone = owner(server)
    refused = in_session(person, "DELETE", f"/devices/{phone.id}")
    assert code_of(refused) == (403, "step_up_required")
    challenge = asked(person)
    body = phone.said(challenge)
    other = person.elsewhere().stepped_up()
    assert in_session(other, "DELETE", f"/devices/{phone.id}").status == 204
    assert code_of(in_session(other, "DELETE", f"/devices/{phone.id}")) == (
        404,
        "factor_not_enrolled",
    )
    late = phone.call("POST", f"/challenges/{challenge}/answer", body)
    assert code_of(late) == (401, "device_unknown")
    assert code_of(in_session(other, "DELETE", "/devices/x")) == (400, "malformed")


def test_the_back_office_looks_and_changes_nothing(server: Server):
    person, phone = owner(server)
    identity = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    path = "/multi/backoffice/access_token"
    looked = server.call("POST", path, identity, server.api)
    assert looked.status == 200, looked.body
    token = looked.json["token"]["token"]
    looking = Person(server, person.email, "", person.user_id, person.identity_id, token)
    assert in_session(looking, "GET", "/devices").json["devices"][0]["id"] == phone.id
    for method, path in (("POST", "/links"), ("DELETE", f"/devices/{phone.id}")):
        assert code_of(in_session(looking, method, path)) == (403, "permission_missing")


# pages of other origins


def cors(answer: Answer) -> dict[str, str]:
    named = {name: value for name, value in answer.headers.items() if "access-control" in name}
    return {name.removeprefix("access-control-"): value for name, value in named.items()}


def preflight(server: Server, path: str, origin: str = PAGE) -> Answer:
    asks = {"origin": origin, "access-control-request-method": "GET"}
    return server.call("OPTIONS", f"{API}{path}", None, asks)


def test_a_registered_page_calls_for_its_person(server: Server):
    person, phone = owner(server)
    server.settings(origins=[PAGE])
    answer = preflight(server, "/devices")
    assert answer.status == 204
    allowed = cors(answer)
    assert allowed["allow-origin"] == PAGE
    assert allowed["allow-methods"] == "GET"
    assert {"authorization", "ui-key"} <= set(allowed["allow-headers"].split(", "))
    assert "dpop" not in allowed["allow-headers"].lower()
    assert cors(preflight(server, "/links"))["allow-methods"] == "POST"
    assert cors(preflight(server, f"/devices/{phone.id}"))["allow-methods"] == "DELETE"
    assert cors(in_session(person, "GET", "/devices", origin=PAGE))["allow-origin"] == PAGE
    assert cors(in_session(person, "POST", "/links", origin=PAGE))["allow-origin"] == PAGE
    gone = Person(server, "", "", "", "", "no.such.token")
    refused = in_session(gone, "GET", "/devices", origin=PAGE)
    assert code_of(refused) == (401, "session_gone")
    assert cors(refused)["allow-origin"] == PAGE, "so that the page can say so"
    assert refused.headers["vary"] == "origin"


def test_other_pages_read_nothing(server: Server):
    person, _ = owner(server)
    server.settings(origins=[PAGE])
    for origin in ("https://evil.example", "null", f"{PAGE}.evil.example", "http://bank.example"):
        assert code_of(preflight(server, "/devices", origin)) == (403, "permission_missing")
        assert cors(in_session(person, "GET", "/devices", origin=origin)) == {}


def test_calls_with_an_api_key_are_no_pages(server: Server):
    person, _ = owner(server)
    server.settings(origins=[PAGE])
    headers = {**person_headers(person, "api-key"), "origin": PAGE}
    answer = server.call("GET", f"{API}/devices", None, headers)
    assert answer.status == 200
    assert cors(answer) == {}


def test_calls_of_devices_are_no_pages(server: Server):
    _, phone = owner(server)
    server.settings(origins=[PAGE])
    for path in ("/challenges", "/device", "/enrolments"):
        assert code_of(preflight(server, path))[0] == 405
    assert cors(phone.call("GET", "/challenges", origin=PAGE)) == {}
    token = {"token": "enrol_x"}
    answer = server.call("POST", f"{API}/enrolments", token, {"origin": PAGE})
    assert cors(answer) == {}


# the whole


def test_paths_and_methods_that_are_none(server: Server):
    assert code_of(server.call("GET", f"{API}/nothing")) == (404, "not_found")
    answer = server.call("PATCH", f"{API}/device")
    assert code_of(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET"


def test_an_open_link_is_not_in_the_log(box, server: Server):
    person, _ = owner(server)
    token = link_of(person)
    phone = Phone(server, SoftDevice())
    assert phone.begin(token).status == 200
    assert token not in box.log()
    assert phone.soft.proof_jwk["x"] not in box.log()
