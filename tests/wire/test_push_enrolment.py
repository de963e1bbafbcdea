"""The vendor's app: enrolled by push; and the unlinking of apps and devices."""

import pytest

from tests.support.client import Server
from tests.support.devices import enrol_device, with_device
from tests.support.push_conflicts import decree, newest, with_app
from tests.support.weavr import Person, enrolled_person

STEP_UP = {"errorCode": "STEP_UP_REQUIRED", "message": "STEP_UP_REQUIRED"}


def listed(person: Person) -> dict[str, str]:
    """By channel."""
    return {one["channel"]: one["status"] for one in person.factors().json["factors"]}


def waiting(person: Person) -> list[str]:
    """What the person is being asked."""
    answer = person.server.sandbox("GET", f"/users/{person.user_id}/challenges")
    return [one["id"] for one in answer.json["challenges"]]


def on_phone(person: Person, challenge: str, how: str) -> None:
    path = f"/phones/{person.phone}/challenges/{challenge}/{how}"
    assert person.server.sandbox("POST", path, {}).status == 200


def test_an_app_is_enrolled_when_the_person_approves(server: Server):
    person = enrolled_person(server).stepped_up()
    assert listed(person) == {"SMS": "ACTIVE"}
    answer = person.enrol_push()
    assert (answer.status, answer.body) == (204, b"")
    assert listed(person) == {"SMS": "ACTIVE", "AUTHY": "PENDING_VERIFICATION"}
    assert person.ask_push("AUTHY").error == "CHANNEL_NOT_REGISTERED", "not before"
    mails = len(server.mails(person.email))
    on_phone(person, newest(person), "approve")
    assert listed(person) == {"SMS": "ACTIVE", "AUTHY": "ACTIVE"}
    told, *earlier = server.mails(person.email)
    assert len(earlier) == mails
    assert "Authy app" in told["body"]
    assert {"type": "PUSH", "channel": "AUTHY", "status": "ACTIVE"} in (
        person.factors().json["factors"]
    )


def test_an_app_that_is_declined_is_inactive_and_can_be_begun_anew(server: Server):
    person = enrolled_person(server).stepped_up()
    assert person.enrol_push().status == 204
    on_phone(person, newest(person), "decline")
    assert listed(person)["AUTHY"] == "INACTIVE"
    server.advance(15)
    assert person.enrol_push().status == 204
    on_phone(person, newest(person), "approve")
    assert listed(person)["AUTHY"] == "ACTIVE"


def test_nobody_answers_an_enrolment(server: Server):
    person = enrolled_person(server).stepped_up()
    assert person.enrol_push().status == 204
    assert decree(person, "expired").json == {"code": "COMPLETED"}
    assert listed(person)["AUTHY"] == "PENDING_VERIFICATION"
    assert person.ask_push("AUTHY").error == "CHANNEL_NOT_REGISTERED"


def test_enrolment_and_unlinking_need_a_session_that_is_stepped_up(server: Server):
    person = with_app(server).elsewhere()
    for answer in (person.enrol_push(), person.unlink("AUTHY"), person.unlink("BIOMETRIC")):
        assert (answer.status, answer.json) == (403, STEP_UP)
    server.settings(channels=["SMS"])
    assert person.enrol_push().json == STEP_UP, "before anything is told of the programme"
    assert listed(person)["AUTHY"] == "ACTIVE"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/authentication_factors/push", ["AUTHY"]),
        ("DELETE", "/authentication_factors/push", ["AUTHY", "BIOMETRIC"]),
        ("POST", "/stepup/challenges/push", ["AUTHY", "BIOMETRIC"]),
    ],
)
def test_channels_of_the_paths(server: Server, method: str, path: str, allowed: list[str]):
    person = enrolled_person(server)
    for channel in {"SMS", "authy", "WHATSAPP", "BIOMETRIC"} - set(allowed):
        answer = person.call(method, f"{path}/{channel}")
        assert answer.status == 400
        (field,) = answer.json["syntaxErrors"]["invalidFields"]
        assert field == {"fieldName": "channel", "error": "IN", "params": allowed}


def test_one_reference_is_one_enrolment(server: Server):
    person = enrolled_person(server).stepped_up()
    path = "/authentication_factors/push/AUTHY"
    first = person.call("POST", path, idempotency_ref="one")
    challenge = newest(person)
    again = person.call("POST", path, idempotency_ref="one")
    assert (first.status, again.status) == (204, 204)
    assert newest(person) == challenge
    assert person.call("POST", path, idempotency_ref="two").status == 429, "15 seconds"


def test_unlinking_takes_every_device_and_what_they_were_asked(server: Server):
    person, device = with_device(server)
    other = enrol_device(person.stepped_up(), name="Tablet")
    assert listed(person) == {"SMS": "ACTIVE", "BIOMETRIC": "ACTIVE"}, "one line for both"
    asking = person.elsewhere()
    challenge = asking.ask_push().json["id"]
    content = device.content(challenge)
    answer = person.unlink()
    assert (answer.status, answer.body) == (204, b"")
    assert listed(person) == {"SMS": "ACTIVE"}
    assert waiting(person) == []
    late = device.soft.answer(content, device.id)
    assert device.call("POST", f"/challenges/{challenge}/answer", late).status == 401
    assert other.call("GET", "/challenges").status == 401
    assert decree(person, "success", challenge).json == {"code": "DENIED"}
    assert asking.change_password().error == "STEP_UP_REQUIRED"
    assert asking.ask_push().error == "CHANNEL_NOT_REGISTERED"
    assert person.unlink().error == "CHANNEL_NOT_REGISTERED", "the second time"
    assert "removed" in server.mails(person.email)[0]["body"]


def test_unlinking_leaves_the_other_channel_and_other_people(server: Server):
    person = with_app(server)
    device = enrol_device(person)
    stranger, theirs = with_device(server)
    assert person.unlink("AUTHY").status == 204
    assert listed(person) == {"SMS": "ACTIVE", "BIOMETRIC": "ACTIVE"}
    assert device.asked() == theirs.asked() == []
    assert listed(stranger)["BIOMETRIC"] == "ACTIVE"


def test_unlinking_ends_an_enrolment_that_was_begun(server: Server):
    person = enrolled_person(server).stepped_up()
    assert person.enrol_push().status == 204
    challenge = newest(person)
    assert person.unlink("AUTHY").status == 204
    assert waiting(person) == []
    assert decree(person, "success", challenge).json == {"code": "DENIED"}
    assert listed(person) == {"SMS": "ACTIVE"}


def test_the_line_of_several_devices_has_the_best_status_among_them(server: Server):
    person, _ = with_device(server)
    link = server.call("POST", "/device/v1/links", None, server.bearer(person.token)).json
    begun = server.call("POST", "/device/v1/enrolments", {"token": link["token"]})
    assert begun.status == 200, "and it is not finished"
    assert [one["channel"] for one in person.factors().json["factors"]] == ["SMS", "BIOMETRIC"]
    assert listed(person)["BIOMETRIC"] == "ACTIVE"


def test_one_reference_is_one_unlinking(server: Server):
    person = with_app(server)
    path = "/authentication_factors/push/AUTHY"
    first = person.call("DELETE", path, idempotency_ref="one")
    again = person.call("DELETE", path, idempotency_ref="one")
    assert (first.status, again.status) == (204, 204)
    assert person.call("DELETE", path, idempotency_ref="two").error == "CHANNEL_NOT_REGISTERED"


def test_what_is_switched_off_can_still_be_unlinked(server: Server):
    person = with_app(server)
    server.settings(channels=["SMS"])
    assert listed(person)["AUTHY"] == "ACTIVE"
    assert person.unlink("AUTHY").status == 204
