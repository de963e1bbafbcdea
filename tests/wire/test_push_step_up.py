"""Step-up on the person's devices, through the API and the device's own."""

import json
from dataclasses import replace

import pytest

from tests.support.authenticator import SoftDevice
from tests.support.business import make_corporate
from tests.support.client import Server
from tests.support.devices import Device, enrol_device, with_device
from tests.support.push_conflicts import decree, newest, with_app
from tests.support.weavr import Person, enrolled_person

LIMIT = "CHALLENGE_LIMIT_EXCEEDED"


def stepped_up(person: Person) -> bool:
    """Without changing anything: a channel that is not there asks for step-up first."""
    answer = person.unlink("AUTHY")
    assert answer.error in ("STEP_UP_REQUIRED", "CHANNEL_NOT_REGISTERED")
    return answer.error == "CHANNEL_NOT_REGISTERED"


def asked(person: Person) -> str:
    answer = person.ask_push()
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


@pytest.mark.parametrize("scheme", ["jws", "webauthn"])
def test_an_approval_steps_up_this_session_alone(server: Server, scheme: str):
    person = enrolled_person(server)
    device = enrol_device(person, _soft(scheme, server))
    person = person.elsewhere()
    other = person.elsewhere()
    answer = person.ask_push()
    assert (answer.status, set(answer.json)) == (200, {"id"}), "no number: pages know of none"
    assert device.asked() == [answer.json["id"]]
    assert not stepped_up(person)
    device.approve(answer.json["id"])
    assert stepped_up(person)
    assert not stepped_up(other)
    assert device.asked() == []


def _soft(scheme: str, server: Server) -> SoftDevice:
    return SoftDevice() if scheme == "jws" else SoftDevice("webauthn", origin=server.base_url)


def test_what_the_device_shows_is_what_the_session_asked(server: Server):
    person, device = with_device(server)
    challenge = asked(person)
    shown = json.loads(device.content(challenge))
    name = server.credentials["programme"]["name"]
    assert shown["display"] == {"text": f"confirm that it is you at {name}", "fields": []}
    assert shown["challenge"] == challenge
    assert shown["programme"] == {"id": server.credentials["programme"]["id"], "name": name}
    assert shown["action"]["name"] == "session"
    assert shown["number"] is False


def test_a_decline_leaves_the_session_as_it_was(server: Server):
    person, device = with_device(server)
    device.decline(asked(person), "changed_mind")
    assert not stepped_up(person)
    assert person.ask_step_up().error == "RETRY_IN_15SEC", "one count for all that is asked"
    server.advance(15)
    assert person.ask_step_up().status == 204, "and another way is open"
    assert person.step_up().status == 204


def test_a_code_takes_the_place_of_a_question_and_a_question_that_of_a_code(server: Server):
    person, device = with_device(server)
    asked(person)
    server.advance(15)
    assert person.ask_step_up().status == 204
    assert device.asked() == []
    server.advance(15)
    challenge = asked(person)
    assert person.step_up().error == "STATE_INVALID"
    device.approve(challenge)
    assert stepped_up(person)


def test_not_me_ends_every_session(server: Server):
    """Whoever has the password logs in twice, and loses both; so does the person, who comes in
    again with the device that is theirs."""
    owner, device = with_device(server)
    thief, again = owner.elsewhere(), owner.elsewhere()
    waiting = asked(again)
    yes = device.soft.answer(device.content(waiting), device.id)
    device.decline(asked(thief), "not_me")
    for person in (thief, again, owner):
        for answer in (person.ask_push(), person.ask_step_up(), person.step_up(), person.factors()):
            assert answer.status == 401
    assert device.asked() == []
    late = device.call("POST", f"/challenges/{waiting}/answer", yes)
    assert (late.status, late.json["code"]) == (409, "challenge_not_open")
    fresh = owner.elsewhere()
    device.approve(asked(fresh))
    assert stepped_up(fresh)


def test_not_me_ends_sessions_for_other_identities_too(server: Server):
    owner, device = with_device(server)
    body = {"email": owner.email}
    path = "/multi/consumers/verification/email"
    assert server.call("POST", f"{path}/send", body, server.api).status == 204
    code = {**body, "verificationCode": "123456"}
    assert server.call("POST", f"{path}/verify", code, server.api).status == 204
    server.settings(multi_identity=True)
    company = make_corporate(server, email=owner.email).json["id"]["id"]
    thief, bare = owner.elsewhere(), owner.elsewhere()
    for_company = exchanged(bare, "CORPORATE", company)
    for_herself = exchanged(thief, "CONSUMER", owner.identity_id)
    assert for_company.factors().status == 200
    device.decline(asked(for_herself), "not_me")
    for person in (for_herself, for_company, thief, bare, owner):
        assert person.factors().status == 401
        assert person.call("GET", "/identities").status == 401
    late = {"identity": {"type": "CONSUMER", "id": owner.identity_id}}
    assert bare.call("POST", "/access_token", late).status == 401


def exchanged(person: Person, type: str, number: str) -> Person:
    """The session for one identity, from that of the log-in."""
    answer = person.call("POST", "/access_token", {"identity": {"type": type, "id": number}})
    assert answer.status == 200, answer.body
    return replace(person, token=answer.json["token"])


def test_a_number_must_be_matched_where_the_programme_says_so(server: Server):
    server.settings(number_matching=True)
    person, device = with_device(server)
    answer = person.ask_push()
    assert set(answer.json) == {"id", "number"}
    number = answer.json["number"]
    assert len(number) == 2
    shown = json.loads(device.content(answer.json["id"]))
    assert shown["number"] is True, "that there is one, and not which"
    assert shown["display"]["fields"] == []
    assert number not in shown["display"]["text"]
    wrong = str(10 + (int(number) - 9) % 90)
    for said in ({"number": wrong}, {}):
        refused = device.answer(answer.json["id"], **said)
        assert (refused.status, refused.json["code"]) == (409, "answer_wrong")
    assert not stepped_up(person)
    device.approve(answer.json["id"], number=number)
    assert stepped_up(person)


def test_the_simulator_ends_a_question(server: Server):
    person, device = with_device(server)
    challenge = asked(person)
    for _ in range(2):
        assert decree(person, "invalid", challenge).json == {"code": "COMPLETED"}
    assert decree(person, "success", challenge).json == {"code": "COMPLETED"}
    assert stepped_up(person)
    assert device.asked() == []
    assert decree(person, "success", challenge).json == {"code": "DENIED"}
    other = person.elsewhere()
    challenge = asked(other)
    assert decree(other, "expired", challenge).json == {"code": "COMPLETED"}
    assert decree(other, "success", challenge).json == {"code": "DENIED"}
    assert not stepped_up(other)
    assert device.call("GET", f"/challenges/{challenge}").status == 409


def test_the_third_wrong_answer_by_decree_ends_the_question(server: Server):
    person, device = with_device(server)
    challenge = asked(person)
    for _ in range(3):
        assert device.asked() == [challenge]
        assert decree(person, "invalid", challenge).json == {"code": "COMPLETED"}
    assert device.asked() == []
    assert decree(person, "invalid", challenge).json == {"code": "DENIED"}


def test_wrong_answers_by_decree_count_with_the_devices_own(server: Server):
    person, device = with_device(server)
    challenge = asked(person)
    for _ in range(2):
        assert decree(person, "invalid", challenge).json == {"code": "COMPLETED"}
    mistaken = SoftDevice()
    body = mistaken.answer(device.content(challenge), device.id)
    refused = device.call("POST", f"/challenges/{challenge}/answer", body)
    assert (refused.status, refused.json["left"]) == (409, "used_up")
    assert decree(person, "success", challenge).json == {"code": "DENIED"}
    server.advance(15)
    challenge = asked(person)
    for _ in range(2):
        assert decree(person, "invalid", challenge).json == {"code": "COMPLETED"}
    assert decree(person, "success", challenge).json == {"code": "DENIED"}, "five are a block"
    server.advance(15)
    assert person.ask_push().error == LIMIT
    assert person.ask_step_up().status == 204, "codes have a count of their own"


def test_an_enrolment_of_a_device_is_passed_by_nothing_but_its_key(server: Server):
    person = enrolled_person(server).stepped_up()
    link = server.call("POST", "/device/v1/links", None, server.bearer(person.token)).json
    begun = server.call("POST", "/device/v1/enrolments", {"token": link["token"]})
    assert begun.status == 200
    for verb in ("success", "invalid", "expired"):
        assert decree(person, verb, newest(person)).json == {"code": "DENIED"}, verb
    assert {"type": "BIOMETRIC", "channel": "BIOMETRIC", "status": "PENDING_VERIFICATION"} in (
        person.factors().json["factors"]
    )
    assert person.ask_push().error == "CHANNEL_NOT_REGISTERED"


def test_all_devices_are_asked_and_one_answers(server: Server):
    person, first = with_device(server)
    second = enrol_device(person.stepped_up(), name="Tablet")
    person = person.elsewhere()
    challenge = asked(person)
    assert first.asked() == second.asked() == [challenge]
    content = first.content(challenge)
    second.approve(challenge)
    assert stepped_up(person)
    late = first.soft.answer(content, first.id, "decline", reason="not_me")
    refused = first.call("POST", f"/challenges/{challenge}/answer", late)
    assert refused.status in (404, 409)
    assert stepped_up(person)


def test_a_newer_question_replaces_the_older_of_its_session(server: Server):
    person, device = with_device(server)
    older = asked(person)
    soon = person.ask_push()
    assert (soon.status, soon.body) == (429, b"")
    assert 0 < int(soon.headers["x-ratelimit-reset"]) <= 15
    server.advance(15)
    newer = asked(person)
    assert device.asked() == [newer]
    assert device.call("GET", f"/challenges/{older}").status == 409
    server.advance(15)
    assert asked(person)
    server.advance(15)
    assert person.ask_push().error == LIMIT, "three a session"


def test_three_questions_are_open_at_a_time(server: Server):
    person, device = with_device(server)
    sessions = [person.elsewhere() for _ in range(4)]
    open_ones = [asked(one) for one in sessions[:3]]
    refused = sessions[3].ask_push()
    assert (refused.status, refused.error) == (409, LIMIT)
    assert sorted(device.asked()) == sorted(open_ones)
    device.decline(open_ones[0])
    assert asked(sessions[3])
    app = with_app_too(person)
    assert app.ask_push("AUTHY").error == LIMIT, "a second channel is no second budget"


def with_app_too(person: Person) -> Person:
    """The same person, with the vendor's app besides; one factor."""
    server = person.server
    stepped = person.elsewhere().stepped_up()
    held = server.sandbox("GET", f"/users/{person.user_id}/challenges").json["challenges"]
    device_free = [one["id"] for one in held if one["kind"] == "device_key"]
    assert decree(person, "expired", device_free[0]).json == {"code": "COMPLETED"}
    assert stepped.enrol_push().status == 204
    assert decree(person, "success").json == {"code": "COMPLETED"}
    assert asked(person.elsewhere())
    return person.elsewhere()


def test_three_refusals_keep_questions_away_for_a_while(server: Server):
    person, device = with_device(server)
    for _ in range(3):
        device.decline(asked(person.elsewhere()))
    assert person.ask_push().error == LIMIT
    assert person.ask_step_up().status == 204, "codes are not blocked"
    assert "declined in a row" in server.mails(person.email)[0]["body"]
    for _ in range(4):
        server.advance(225)
        assert person.factors().status == 200
    assert person.ask_push().status == 200


def test_one_reference_is_one_question_of_a_session(server: Server):
    person, device = with_device(server)
    first = person.ask_push(idempotency_ref="one")
    again = person.ask_push(idempotency_ref="one")
    assert (again.status, again.body) == (200, first.body)
    other = person.elsewhere()
    assert other.ask_push(idempotency_ref="one").json["id"] != first.json["id"]
    assert len(device.asked()) == 2


def test_a_device_that_was_removed_meanwhile(server: Server):
    person, device = with_device(server)
    kept = enrol_device(person.stepped_up(), name="Tablet")
    other = person.elsewhere()
    challenge = asked(other)
    assert device.call("DELETE", "/device").status == 204
    assert kept.asked() == [], "whoever has it may have read what the others were asked"
    assert kept.call("GET", f"/challenges/{challenge}").status == 409
    server.advance(15)
    kept.approve(asked(other))
    assert stepped_up(other)


def test_a_question_after_log_out_is_answered_to_nobody(server: Server):
    person, device = with_device(server)
    challenge = asked(person)
    content = device.content(challenge)
    assert person.call("POST", "/logout").status == 204
    body = device.soft.answer(content, device.id)
    assert device.call("POST", f"/challenges/{challenge}/answer", body).status in (401, 404, 409)


def test_the_app_and_the_devices_are_asked_apart(server: Server):
    person = with_app(server)
    device: Device = enrol_device(person)
    other = person.elsewhere()
    answer = other.ask_push("AUTHY")
    assert (answer.status, set(answer.json)) == (200, {"id"})
    assert device.asked() == []
    path = f"/phones/{person.phone}/challenges/{answer.json['id']}/approve"
    assert server.sandbox("POST", path, {}).status == 200
    assert other.change_password().status == 200, "stepped up"
