"""The Device API: a device becomes a person's."""

import base64
import hashlib
import json
from urllib.parse import unquote

import pytest

from tests.support.authenticator import SoftDevice, canonical, compact, jwk, private_key
from tests.support.client import Server
from tests.support.device_client import (
    API,
    Phone,
    asked,
    biometric,
    code_of,
    link_of,
    owner,
    person_headers,
    phone_of,
    stepped_up,
)
from tests.support.processes import until
from tests.support.weavr import CODE, WRONG, Person, enrolled_person, new_person


@pytest.fixture
def person(server: Server) -> Person:
    """With a phone number that takes codes; the session is not stepped up."""
    return enrolled_person(biometric(server))


def test_a_link_leads_to_the_app_and_no_server_sees_its_token(person: Person):
    answer = person.server.call("POST", f"{API}/links", None, person_headers(person))
    assert answer.status == 200
    told = answer.json
    assert set(told) == {"token", "link", "qr", "expiresAt"}
    assert told["link"] == f"{person.server.base_url}/device/#enrol={told['token']}"
    assert told["qr"].startswith("data:image/svg+xml")
    assert "<svg" in unquote(told["qr"])
    assert 0 < told["expiresAt"] - person.server.now <= 300_000


def test_links_are_for_people_in_a_session(person: Person):
    post = person.server.call
    good = person_headers(person)
    assert post("POST", f"{API}/links", None, person_headers(person, "api-key")).status == 200
    without_bearer = {"ui-key": good["ui-key"]}
    assert code_of(post("POST", f"{API}/links", None, without_bearer)) == (401, "session_gone")
    without_key = {"authorization": good["authorization"]}
    assert code_of(post("POST", f"{API}/links", None, without_key)) == (401, "caller_unknown")
    wrong_role = {**without_key, "ui-key": person.server.api["api-key"]}
    assert code_of(post("POST", f"{API}/links", None, wrong_role)) == (401, "caller_unknown")
    both = {**good, **person.server.api}
    assert code_of(post("POST", f"{API}/links", None, both)) == (400, "malformed")


@pytest.mark.parametrize("scheme", ["jws", "webauthn"])
@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_a_device_of_either_sort_is_enrolled_and_answers(person: Person, scheme, curve):
    phone = phone_of(person, SoftDevice(scheme=scheme, curve=curve), "Ada's phone")
    begun = phone.begun
    assert begun["codeSent"] is True
    content = json.loads(begun["content"])
    assert canonical(content).decode() == begun["content"], "canonical JSON, as text"
    assert content["device"] == begun["device"] == phone.id
    assert content["challenge"] == begun["enrolment"]
    assert content["programme"] == begun["programme"]
    assert begun["user"] == {"id": person.user_id} == {"id": content["user"]}
    assert begun["webauthn"]["rpId"] == "localhost"
    assert begun["webauthn"]["rpName"] == begun["programme"]["name"]
    assert len(base64.urlsafe_b64decode(begun["webauthn"]["userHandle"] + "=")) == 32
    assert stepped_up(person), "the code in the ceremony stepped the session up"
    fresh = person.elsewhere()
    challenge = asked(fresh)
    assert phone.pending() == [challenge]
    assert phone.answer(challenge).json == {"state": "approved"}
    assert stepped_up(fresh)


def test_the_handle_of_a_person_is_theirs_and_says_nothing(person: Person):
    first = phone_of(person).begun["webauthn"]["userHandle"]
    assert phone_of(person).begun["webauthn"]["userHandle"] == first
    other = phone_of(enrolled_person(person.server)).begun["webauthn"]["userHandle"]
    assert other != first
    assert person.user_id not in first


def test_who_is_stepped_up_needs_no_code(person: Person):
    phone, token = Phone(person.server, SoftDevice()), link_of(person.stepped_up())
    assert phone.begin(token).json["codeSent"] is False
    assert phone.finish(token).status == 200


def test_a_person_without_a_proved_phone_proves_it_here(server: Server):
    person = new_person(biometric(server))
    phone_of(person)
    assert stepped_up(person)


def test_without_the_code_there_is_no_device(person: Person):
    phone, token = Phone(person.server, SoftDevice()), link_of(person)
    assert phone.begin(token).status == 200
    assert code_of(phone.finish(token)) == (403, "step_up_required")
    answers = [phone.finish(token, code=WRONG) for _ in range(4)]
    assert {code_of(answer) for answer in answers[:3]} == {(409, "code_wrong")}
    assert [answer.json.get("left") for answer in answers] == [
        *("more_left", "one_left", "used_up", None)
    ]
    assert phone.finish(token, code=CODE).status in (409, 429), "the right one comes too late"
    assert code_of(phone.call("GET", "/device")) == (401, "device_unknown")


def test_a_link_is_opened_once(person: Person):
    token = link_of(person)
    first, second = (Phone(person.server, SoftDevice()) for _ in range(2))
    assert first.begin(token).status == 200
    assert code_of(second.begin(token)) == (404, "link_unknown")
    assert first.finish(token, code=CODE).status == 200
    assert code_of(first.finish(token, code=CODE))[0] in (404, 409)


def test_links_that_are_none(person: Person):
    phone = Phone(person.server, SoftDevice())
    for token in ("x", "enrol_" + "0" * 39, link_of(person)[:-1] + "x"):
        assert code_of(phone.begin(token)) == (404, "link_unknown")
    for odd in ("", "a b", "a" * 101, 7, None, "\x00"):
        assert phone.server.call("POST", f"{API}/enrolments", {"token": odd}).status == 400
    token = link_of(person)
    unopened = phone.server.call(
        "POST",
        f"{API}/enrolments/finish",
        {"token": token, "name": "x", "jws": "a.b.c"},
        {"dpop": phone.proof("POST", f"{API}/enrolments/finish")},
    )
    assert code_of(unopened) == (404, "link_unknown")


def test_another_persons_name_or_key_in_place_of_what_was_signed(person: Person):
    """Name and proof key stand in what is signed: neither can be put in on the way."""
    phone, token = Phone(person.server, SoftDevice()), link_of(person.stepped_up())
    assert phone.begin(token).status == 200
    assert code_of(_renamed(phone, token)) == (422, "factor_unfit")
    path = f"{API}/enrolments/finish"
    body = {"token": token, **phone.soft.enrol(phone.begun["content"])}
    signer = SoftDevice()
    stolen = signer.proof("POST", f"{phone.base_url}{path}")
    answer = person.server.call("POST", path, body, {"dpop": stolen})
    assert code_of(answer) == (422, "factor_unfit")


def _renamed(phone: Phone, token: str):
    path = f"{API}/enrolments/finish"
    body = {"token": token, **phone.soft.enrol(phone.begun["content"], "Ada's"), "name": "Eve's"}
    return phone.server.call("POST", path, body, {"dpop": phone.proof("POST", path)})


def test_proofs_of_a_new_device(person: Person):
    phone, token = Phone(person.server, SoftDevice()), link_of(person.stepped_up())
    assert phone.begin(token).status == 200
    path = f"{API}/enrolments/finish"
    body = {"token": token, **phone.soft.enrol(phone.begun["content"])}

    def sent(**headers: str):
        return code_of(person.server.call("POST", path, body, headers))

    assert sent() == (401, "proof_wrong")
    url = f"{phone.base_url}{path}"
    claims = {"htm": "POST", "htu": url, "iat": person_wall(person), "jti": "a" * 16}
    octets = json.dumps(claims).encode()
    without_key = compact(phone.soft.proof_key, octets, {"typ": "dpop+jwt"})
    assert sent(dpop=without_key) == (401, "proof_wrong")
    anothers = {"typ": "dpop+jwt", "jwk": jwk(private_key())}
    assert sent(dpop=compact(phone.soft.proof_key, octets, anothers)) == (401, "proof_wrong")
    once = phone.proof("POST", path)
    assert person.server.call("POST", path, body, {"dpop": once}).status == 200
    assert sent(dpop=once) == (401, "proof_wrong"), "replayed"


def person_wall(person: Person) -> int:
    """Seconds, by the clock that nobody moves."""
    told = person.server.sandbox("GET", "/clock").json
    return int(told["now"] // 1_000 - told["offset_seconds"])


def test_one_key_is_one_device(person: Person):
    phone = phone_of(person)
    twin, token = Phone(person.server, phone.soft.clone()), link_of(person)
    assert twin.begin(token).status == 200
    assert code_of(twin.finish(token)) == (409, "factor_already_enrolled")


def test_five_devices_a_person(person: Person):
    phones = [phone_of(person) for _ in range(5)]
    answer = person.server.call("POST", f"{API}/links", None, person_headers(person))
    assert code_of(answer) == (409, "factors_used_up")
    gone = f"{API}/devices/{phones[0].id}"
    assert person.server.call("DELETE", gone, None, person_headers(person)).status == 204
    phone_of(person)


def test_the_new_device_is_told_of_by_mail(person: Person):
    phone_of(person)

    def told() -> bool:
        mails = person.server.mails(person.email)
        return any("new device" in json.dumps(mail) for mail in mails)

    until("the mail is there", told)


def test_an_enrolment_that_is_too_late(person: Person):
    phone, token = Phone(person.server, SoftDevice()), link_of(person)
    assert phone.begin(token).status == 200
    person.server.advance(301)
    assert code_of(phone.finish(token, code=CODE)) in {
        (404, "link_unknown"),
        (401, "session_gone"),
        (409, "challenge_expired"),
    }


def test_what_it_is_woken_with_must_be_of_its_transport(person: Person):
    phone, token = Phone(person.server, SoftDevice()), link_of(person.stepped_up())
    assert phone.begin(token).status == 200
    for push in (
        {"transport": "fcm", "address": "no"},
        {"transport": "apns", "address": "not hex"},
        {"transport": "web_push", "address": '{"endpoint": "http://10.0.0.1/"}'},
        {"transport": "web_push", "address": "[]"},
        {"transport": "sms", "address": "+35679000001"},
        {"transport": "fcm"},
        "fcm",
    ):
        answer = phone.finish(token, push=push)
        assert code_of(answer) == (400, "malformed"), push
        assert answer.json["errors"][0]["field"].startswith("push")
    assert phone.finish(token, push={"transport": "apns", "address": "ab" * 32}).status == 200
    assert phone.call("GET", "/device").json["push"] == "apns"


def test_the_challenge_of_a_browser_is_the_hash_of_what_is_signed(person: Person):
    """An attestation over anything else is none, however well it is made."""
    soft = SoftDevice(scheme="webauthn", origin=person.server.base_url)
    phone, token = Phone(person.server, soft), link_of(person.stepped_up())
    assert phone.begin(token).status == 200
    octets = soft.enrolment_octets(phone.begun["content"], "Phone")
    assert len(hashlib.sha256(octets).digest()) == 32
    answer = phone.finish(token, attestation=soft.attestation(octets + b" "))
    assert code_of(answer) == (422, "factor_unfit")


def test_both_ways_of_signing_or_none(person: Person):
    soft = SoftDevice(scheme="webauthn", origin=person.server.base_url)
    phone, token = Phone(person.server, soft), link_of(person.stepped_up())
    assert phone.begin(token).status == 200
    assert code_of(phone.finish(token, jws="a.b.c")) == (400, "malformed")


def test_the_device_of_one_is_nothing_to_another(server: Server):
    ada, phone = owner(server)
    eve = enrolled_person(server).stepped_up()
    answer = server.call("DELETE", f"{API}/devices/{phone.id}", None, person_headers(eve))
    assert code_of(answer) == (404, "factor_not_enrolled")
    listed = server.call("GET", f"{API}/devices", None, person_headers(eve)).json
    assert listed == {"devices": []}
    mine = server.call("GET", f"{API}/devices", None, person_headers(ada)).json["devices"]
    assert [one["id"] for one in mine] == [phone.id]
