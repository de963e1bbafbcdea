"""Devices that the sandbox holds the keys of: enrolled, asked and answering as real ones are."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Answer, Server
from tests.support.device_client import phone_of
from tests.support.processes import sandbox
from tests.support.weavr import Person, enrolled_person, new_person


def with_device(server: Server, **body: Any) -> tuple[Person, str]:
    """A person with a phone, logged in anew, and the id of their device."""
    person = enrolled_person(server)
    made = server.sandbox("POST", f"/users/{person.user_id}/devices", body)
    assert made.status == 200, made.body
    return person, made.json["id"]


def asked(person: Person) -> dict[str, Any]:
    """A step-up by push: what came back, with what the person would read."""
    answer = person.call("POST", "/stepup/challenges/push/BIOMETRIC")
    assert answer.status == 200, answer.body
    held = person.server.sandbox("GET", f"/users/{person.user_id}/challenges").json["challenges"]
    read = next(one for one in held if one["id"] == answer.json["id"])
    return {**read, "shown": answer.json.get("number")}


def answered(person: Person, challenge: str, how: str, **body: Any) -> Answer:
    path = f"/users/{person.user_id}/challenges/{challenge}/{how}"
    return person.server.sandbox("POST", path, body)


def refusal(answer: Answer) -> tuple[int, str]:
    """Status and code, of what also says in a sentence what to do."""
    assert answer.json["message"].endswith("."), answer.body
    assert " " in answer.json["message"]
    return answer.status, answer.json["code"]


def stepped_up(person: Person) -> bool:
    """As a call sees it that needs two elements."""
    answer = person.change_password()
    assert answer.status in (200, 403)
    return answer.status == 200


def test_a_device_is_enrolled_listed_and_told_of(server: Server):
    person, device = with_device(server, name="Pixel")
    path = f"/users/{person.user_id}/devices"
    (listed,) = server.sandbox("GET", path).json["devices"]
    assert listed["id"] == device
    assert (listed["name"], listed["scheme"], listed["virtual"]) == ("Pixel", "jws", True)
    assert listed["last_used_at"] == 0
    assert {"type": "BIOMETRIC", "channel": "BIOMETRIC", "status": "ACTIVE"} in (
        person.factors().json["factors"]
    )
    assert "new device" in server.mails(person.email)[0]["subject"].lower()


def test_an_approval_steps_the_session_up_and_once(server: Server):
    person, device = with_device(server)
    question = asked(person)
    assert question["text"].startswith("confirm that it is you at ")
    assert (question["fields"], question["number"]) == ([], False)
    assert answered(person, question["id"], "approve").json == {"state": "approved"}
    again = answered(person, question["id"], "approve")
    assert refusal(again) == (409, "challenge_not_open")
    (listed,) = server.sandbox("GET", f"/users/{person.user_id}/devices").json["devices"]
    assert (listed["id"], listed["last_used_at"] > 0) == (device, True)
    assert stepped_up(person)


def test_a_decline_leaves_the_session_as_it_is(server: Server):
    person, _ = with_device(server)
    question = asked(person)
    told = answered(person, question["id"], "decline", reason="changed_mind")
    assert told.json == {"state": "declined"}
    assert not stepped_up(person)


def test_not_me_ends_the_session(server: Server):
    person, _ = with_device(server)
    question = asked(person)
    assert answered(person, question["id"], "decline", reason="not_me").status == 200
    assert person.factors().status == 401


def test_the_number_of_the_other_screen_is_compared(server: Server):
    server.settings(number_matching=True, channels=["SMS", "BIOMETRIC"])
    person, _ = with_device(server)
    question = asked(person)
    assert question["number"] is True  # which one it is, the device does not say
    shown = question["shown"]
    other = str(int(shown) % 90 + 10)
    for left, given in (("more_left", {}), ("one_left", {"number": other})):
        wrong = answered(person, question["id"], "approve", **given)
        assert refusal(wrong) == (409, "answer_wrong")
        assert "other screen" in wrong.json["message"]
        assert wrong.json["left"] == left
    told = answered(person, question["id"], "approve", number=shown)
    assert told.json == {"state": "approved"}
    assert stepped_up(person)


@pytest.mark.parametrize("how", ["approve", "decline"])
def test_a_number_that_nothing_asks_for_is_told(server: Server, how: str):
    person, _ = with_device(server)
    question = asked(person)
    told = answered(person, question["id"], how, number="42")
    assert refusal(told) == (400, "number_not_asked")
    assert "leave it out" in told.json["message"]
    assert answered(person, question["id"], how).status == 200  # it is still to be answered
    late = answered(person, question["id"], how, number="42")
    assert refusal(late) == (409, "challenge_not_open")


def test_what_is_not_there_is_told_by_what_it_is(server: Server):
    person, _ = with_device(server)
    for path, word in (
        ("/users/1/devices", "no such person"),
        (f"/users/{person.user_id}/challenges/1/approve", "/users/{user_id}/challenges"),
        (f"/phones/{person.phone}/challenges/1/approve", "/phones/{number}/messages"),
    ):
        answer = server.sandbox("POST", path, {})
        assert refusal(answer) == (404, "not_found")
        assert word in answer.json["message"]


def test_a_programme_of_attested_devices_takes_no_virtual_one(server: Server):
    server.settings(attested_devices=True, channels=["SMS", "BIOMETRIC"])
    person = new_person(server)
    refused = server.sandbox("POST", f"/users/{person.user_id}/devices", {})
    assert refusal(refused) == (409, "factor_unfit")
    assert '{"attested_devices": false}' in refused.json["message"]


def test_two_devices_and_one_removed(server: Server):
    person, first = with_device(server, name="first")
    path = f"/users/{person.user_id}/devices"
    second = server.sandbox("POST", path, {"name": "second"}).json["id"]
    question = asked(person)
    assert server.sandbox("DELETE", f"{path}/{second}").status == 204
    late = answered(person, question["id"], "approve", device=first)
    assert late.status == 409  # whoever had the other may have seen it
    gone = answered(person, question["id"], "approve", device=second)
    assert refusal(gone) == (409, "device_unknown")
    assert "/sandbox/users/{user_id}/devices" in gone.json["message"]
    assert [one["id"] for one in server.sandbox("GET", path).json["devices"]] == [first]


def test_a_log_in_yields_a_token_that_opens_a_session(server: Server):
    person, _ = with_device(server)
    started = server.call(
        "POST", "/multi/login_via_biometrics", {"email": person.email}, server.api
    )
    assert started.status == 200, started.body
    told = answered(person, started.json["challengeId"], "approve").json
    assert told["state"] == "approved"
    body = {
        "identity": {"type": "CONSUMER", "id": person.identity_id},
        "token": told["token"],
    }
    opened = server.call("POST", "/multi/access_token", body, server.api)
    assert (opened.status, opened.json["status"]) == (200, "STEPPED_UP")
    person.token = opened.json["token"]
    assert stepped_up(person)
    assert server.call("POST", "/multi/access_token", body, server.api).status == 403


def test_a_device_survives_a_restart(tmp_path: Path):
    with sandbox(tmp_path) as first:
        person, device = with_device(first.server)
        assert answered(person, asked(person)["id"], "approve").status == 200
    with sandbox(tmp_path / "again", first.data) as second:
        person.server = second.server
        assert person.log_in().status == 200
        told = answered(person, asked(person)["id"], "approve", device=device)
        assert told.json == {"state": "approved"}
        assert stepped_up(person)


def test_nobody_elses(server: Server):
    isolated = server.isolated()
    person, device = with_device(server)
    question = asked(person)
    other = new_person(server)
    path = f"/challenges/{question['id']}/approve"
    for where, user in ((server, other.user_id), (isolated, person.user_id), (server, "1")):
        assert where.sandbox("POST", f"/users/{user}{path}").status == 404
        devices = where.sandbox("GET", f"/users/{user}/devices")
        assert devices.status == 404 or devices.json == {"devices": []}
        removed = where.sandbox("DELETE", f"/users/{user}/devices/{device}")
        assert removed.status in (404, 409)
    assert answered(person, question["id"], "approve").status == 200


def test_a_real_device_answers_for_itself(server: Server):
    person, virtual = with_device(server)
    real = phone_of(person.stepped_up())
    path = f"/users/{person.user_id}/devices"
    held = {one["id"]: one["virtual"] for one in server.sandbox("GET", path).json["devices"]}
    assert held == {virtual: True, real.id: False}
    server.advance(15)
    question = asked(person)
    refused = answered(person, question["id"], "approve", device=real.id)
    assert refusal(refused) == (409, "device_unknown")
    assert "answers for itself" in refused.json["message"]
    assert answered(person, question["id"], "approve").json == {"state": "approved"}


def test_a_new_number_leaves_devices_alone(server: Server):
    person, device = with_device(server)
    person.stepped_up()
    number = f"78{person.number[2:]}"
    assert person.change(mobile={"countryCode": "+356", "number": number}).status == 200
    assert {one["channel"] for one in person.factors().json["factors"]} == {"BIOMETRIC"}
    assert person.log_in().status == 200
    assert answered(person, asked(person)["id"], "approve", device=device).status == 200


def test_a_person_without_one(server: Server):
    person, device = with_device(server)
    assert server.sandbox("DELETE", f"/users/{person.user_id}/devices/{device}").status == 204
    refused = person.call("POST", "/stepup/challenges/push/BIOMETRIC")
    assert (refused.status, refused.json) == (409, {"errorCode": "CHANNEL_NOT_REGISTERED"})


@pytest.mark.parametrize(
    "body", [{"device": 1}, {"reason": "bored"}, {"numbr": "10"}, {"number": 10}, []]
)
def test_bad_bodies(server: Server, body: Any):
    person = new_person(server)
    path = f"/users/{person.user_id}/challenges/1/decline"
    assert server.sandbox("POST", path, body).status == 400
