"""The channel AUTHY: an app on a virtual phone, which is asked and answers there."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.client import Answer, Server
from tests.support.processes import until
from tests.support.weavr import Person, enrolled_person, new_person
from tests.support.webhook_receiver import receiver

PUSH = "/authentication_factors/push/AUTHY"


def stepped_up_person(server: Server) -> Person:
    """With a phone that was just proved, which stepped the session up."""
    person = new_person(server)
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    return person


def with_app(server: Server) -> Person:
    """The app enrolled; logged in anew."""
    person = stepped_up_person(server)
    assert person.call("POST", PUSH).status == 204
    assert answered(person, "approve").status == 200
    assert person.log_in().status == 200
    return person


def pushed(person: Person) -> dict[str, Any]:
    """What stands in the app."""
    held = person.server.messages(person.phone)
    return next(one for one in held if one["channel"] == "authy")


def answered(person: Person, how: str, challenge: str = "", phone: str = "", **body: Any) -> Answer:
    number = challenge or pushed(person)["challenge"]
    path = f"/phones/{phone or person.phone}/challenges/{number}/{how}"
    return person.server.sandbox("POST", path, body)


def step_up(person: Person) -> str:
    answer = person.call("POST", "/stepup/challenges/push/AUTHY")
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


def stepped_up(person: Person) -> bool:
    return person.change_password().status == 200


def status(person: Person) -> str | None:
    """Of the app, as the list of factors has it."""
    listed = {one["channel"]: one for one in person.factors().json["factors"]}
    return listed["AUTHY"]["status"] if "AUTHY" in listed else None


def test_enrolment_is_pending_until_it_is_approved(server: Server):
    person = stepped_up_person(server)
    assert person.call("POST", PUSH).status == 204
    assert status(person) == "PENDING_VERIFICATION"
    assert answered(person, "approve").json == {"state": "approved"}
    assert status(person) == "ACTIVE"
    again = person.call("POST", PUSH)
    assert (again.status, again.json) == (409, {"errorCode": "CHANNEL_ALREADY_REGISTERED"})
    assert any("Authy" in mail["body"] for mail in server.mails(person.email))


def test_a_rejected_enrolment_is_inactive_and_can_be_begun_anew(server: Server):
    person = stepped_up_person(server)
    assert person.call("POST", PUSH).status == 204
    assert answered(person, "decline", reason="changed_mind").json == {"state": "declined"}
    assert status(person) == "INACTIVE"
    refused = person.call("POST", "/stepup/challenges/push/AUTHY")
    assert refused.json == {"errorCode": "CHANNEL_NOT_REGISTERED"}
    server.advance(15)
    assert person.call("POST", PUSH).status == 204
    assert status(person) == "PENDING_VERIFICATION"
    assert answered(person, "approve").status == 200
    assert status(person) == "ACTIVE"


def test_an_enrolment_that_was_not_theirs_ends_the_session(server: Server):
    person = stepped_up_person(server)
    other = person.elsewhere()
    assert person.call("POST", PUSH).status == 204
    assert answered(person, "decline", reason="not_me").status == 200
    assert (person.factors().status, other.factors().status) == (401, 401)
    assert any("know your password" in mail["subject"] for mail in server.mails(person.email))


def test_what_is_pushed_names_the_question_and_the_app_shows_the_text(server: Server):
    person = with_app(server)
    challenge = step_up(person)
    message = pushed(person)
    assert json.loads(message["body"]) == {"challenge": challenge}
    assert message["challenge"] == challenge
    assert message["subject"] == "confirm that it is you at Test"
    (held,) = server.sandbox("GET", f"/users/{person.user_id}/challenges").json["challenges"]
    assert (held["text"], held["kind"]) == (message["subject"], "authy")


def test_step_up(server: Server):
    person = with_app(server)
    assert not stepped_up(person)
    challenge = step_up(person)
    assert not stepped_up(person)
    assert answered(person, "approve").json == {"state": "approved"}
    late = answered(person, "decline", challenge)
    assert (late.status, late.json["code"]) == (409, "challenge_not_open")
    assert "ask anew" in late.json["message"]
    assert stepped_up(person)


def test_a_declined_step_up(server: Server):
    person = with_app(server)
    challenge = step_up(person)
    assert answered(person, "decline").json == {"state": "declined"}
    assert answered(person, "approve", challenge).status == 409
    assert not stepped_up(person)


def test_refusals_in_a_row_keep_more_away_for_a_while(server: Server):
    person = with_app(server)
    for _ in range(3):
        assert person.log_in().status == 200
        step_up(person)
        assert answered(person, "decline").status == 200
        server.advance(15)
    assert person.log_in().status == 200
    refused = person.call("POST", "/stepup/challenges/push/AUTHY")
    assert (refused.status, refused.json) == (409, {"errorCode": "CHALLENGE_LIMIT_EXCEEDED"})
    assert any("declined several times" in mail["subject"] for mail in server.mails(person.email))
    server.advance(15 * 60)
    assert person.log_in().status == 200
    step_up(person)


def test_an_answer_after_the_end(server: Server):
    person = with_app(server)
    challenge = step_up(person)
    server.advance(299)
    server.advance(2)
    late = answered(person, "approve", challenge)
    assert (late.status, late.json["code"]) == (409, "challenge_expired")
    assert "five minutes" in late.json["message"]


def test_an_answer_after_unlinking(server: Server):
    person = with_app(server).stepped_up()
    other = person.elsewhere()
    challenge = step_up(other)
    assert person.call("DELETE", PUSH).status == 204
    assert answered(other, "approve", challenge).status == 409
    assert status(person) is None
    assert not stepped_up(other)


def test_three_questions_are_open_at_a_time(server: Server):
    person = with_app(server)
    asked = []
    for _ in range(3):
        session = person.elsewhere()
        asked.append((session, step_up(session)))
    refused = person.elsewhere().call("POST", "/stepup/challenges/push/AUTHY")
    assert refused.json == {"errorCode": "CHALLENGE_LIMIT_EXCEEDED"}
    session, challenge = asked[0]
    assert answered(session, "approve", challenge).status == 200
    assert stepped_up(session)
    assert not stepped_up(asked[1][0])


def test_one_answer_counts_of_many_at_once(server: Server):
    person = with_app(server)
    challenge = step_up(person)
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda turn: answered(person, ("approve", "decline")[turn % 2], challenge),
                range(32),
            )
        )
    assert sorted(one.status for one in answers) == [200] + [409] * 31


def test_the_firms_server_is_told(server: Server):
    with receiver() as firm:
        server.settings(webhook_url=firm.url)
        person = with_app(server)
        step_up(person)
        assert answered(person, "decline").status == 200
        assert person.log_in().status == 200
        step_up(person)
        assert answered(person, "approve").status == 200
        said = until("five events", lambda: firm.taken if len(firm.taken) >= 5 else [])
    kinds = [(one.path.removeprefix("/hooks"), one.body["status"]) for one in said]
    assert kinds == [
        ("/authentication_factors/watch", "ACTIVE"),
        ("/stepup/watch", "VERIFIED"),
        ("/authentication_factors/watch", "ACTIVE"),
        ("/stepup/watch", "DECLINED"),
        ("/stepup/watch", "VERIFIED"),
    ], "the phone, whose proof steps up; the app; and what was asked in it"
    api_key = server.credentials["programme"]["api_key"]
    assert all(one.signed_with(api_key) for one in said)
    assert [one.body["type"] for one in said[2:]] == ["PUSH"] * 3


def test_another_phone_has_nothing_to_answer(server: Server):
    person, other = with_app(server), with_app(server)
    challenge = step_up(person)
    assert answered(person, "approve", challenge, phone=other.phone).status == 404
    assert (
        server.isolated()
        .sandbox("POST", f"/phones/{person.phone}/challenges/{challenge}/approve")
        .status
        == 404
    )
    assert not stepped_up(person)


def test_a_new_number_is_another_phone(server: Server):
    person = with_app(server).stepped_up()
    challenge = step_up(person.elsewhere())
    old = person.phone
    number = f"78{person.number[2:]}"
    changed = person.change(mobile={"countryCode": "+356", "number": number})
    assert changed.status == 200, changed.body
    assert answered(person, "approve", challenge, phone=old).status == 409
    refused = person.call("POST", "/stepup/challenges/push/AUTHY")
    assert refused.json == {"errorCode": "CHANNEL_NOT_REGISTERED"}


def test_enrolment_needs_a_step_up_and_a_verified_phone(server: Server):
    person = enrolled_person(server)
    refused = person.call("POST", PUSH)
    assert (refused.status, refused.json["errorCode"]) == (403, "STEP_UP_REQUIRED")
    person.stepped_up()
    server.settings(channels=["SMS", "BIOMETRIC"])
    refused = person.call("POST", PUSH)
    assert refused.json == {"errorCode": "CHANNEL_NOT_SUPPORTED"}
    server.settings(channels=["SMS", "AUTHY"], number_matching=True)
    refused = person.call("POST", PUSH)  # a yes or no is not enough there
    assert refused.json == {"errorCode": "CHANNEL_NOT_SUPPORTED"}


@pytest.mark.parametrize("body", [{"reason": "bored"}, {"number": "12"}, []])
def test_bad_bodies(server: Server, body: Any):
    path = "/phones/+35679000001/challenges/1/decline"
    assert server.sandbox("POST", path, body).status == 400
