"""What needs a stepped-up session, and what does not."""

import pytest

from tests.support.client import Answer, Server
from tests.support.weavr import NEW_PASSWORD, Person, enrolled_person, new_person

NEW_MOBILE = {"countryCode": "+356", "number": "79999999"}
NEW_EMAIL = "somebody.else@example.com"


def needs_step_up(answer: Answer) -> None:
    assert answer.status == 403
    assert answer.json == {"errorCode": "STEP_UP_REQUIRED", "message": "STEP_UP_REQUIRED"}


def renewing(server: Server) -> Person:
    """Somebody with a phone whose password has expired, with the token that log-in then gives."""
    person = enrolled_person(server)
    server.settings(password_days=30)
    server.advance(30 * 86_400)
    answer = person.log_in()
    assert answer.status == 409
    assert list(answer.json) == ["token"]
    person.token = answer.json["token"]
    return person


def test_password_update(server: Server):
    person = enrolled_person(server)
    needs_step_up(person.change_password())
    assert person.stepped_up().change_password().status == 200


def test_password_update_of_somebody_without_a_phone(server: Server):
    needs_step_up(new_person(server).change_password())


@pytest.mark.parametrize("change", [{"email": NEW_EMAIL}, {"mobile": NEW_MOBILE}])
def test_change_of_an_address_with_a_phone(server: Server, change: dict):
    person = enrolled_person(server)
    before = person.call("GET", "/consumers").json
    needs_step_up(person.change(**change))
    needs_step_up(person.change(**change, name="Augusta"))
    assert person.call("GET", "/consumers").json == before, "nothing is half changed"
    changed = person.stepped_up().change(**change)
    assert changed.status == 200
    assert changed.json["rootUser"] | change == changed.json["rootUser"]


def test_the_first_phone_and_address_need_none(server: Server):
    person = new_person(server)
    assert person.change(mobile=NEW_MOBILE).status == 200
    assert person.change(email=NEW_EMAIL).status == 200
    assert person.enrol().status == 204
    assert person.change(mobile={"countryCode": "+356", "number": "79999998"}).status == 200, (
        "a phone that was never verified asks for nothing"
    )
    assert person.verify_enrolment().error == "STATE_INVALID", "its code is void"


def test_changes_without_an_address_need_none(server: Server):
    person = enrolled_person(server)
    same = person.call("GET", "/consumers").json["rootUser"]
    for change in (
        {"name": "Augusta"},
        {"dateOfBirth": {"year": 1991, "month": 1, "day": 1}},
        {"email": person.email},
        {"email": person.email.upper()},
        {"mobile": same["mobile"]},
        {"mobile": {"countryCode": "+35", "number": f"6{person.number}"}},
    ):
        assert person.change(**change).status == 200, change
    assert [factor["status"] for factor in person.factors().json["factors"]] == ["ACTIVE"]


def test_the_old_email_address_is_told(server: Server):
    person = enrolled_person(server).stepped_up()
    assert person.change(email=NEW_EMAIL).status == 200
    mail, *_ = server.mails(person.email)
    assert mail["channel"] == "email"
    assert "is no longer" in mail["body"]
    assert mail["code"] is None
    assert server.mails(NEW_EMAIL) == []
    assert person.log_in().status == 403
    person.email = NEW_EMAIL
    assert person.log_in().status == 200


def test_the_old_phone_is_told_and_the_new_one_must_be_enrolled(server: Server):
    person = enrolled_person(server).stepped_up()
    other = person.elsewhere()
    assert other.ask_step_up().status == 204
    before = len(server.messages(person.phone))
    assert person.change(mobile=NEW_MOBILE).status == 200
    told, *earlier = server.messages(person.phone)
    assert len(earlier) == before
    assert "is no longer this one" in told["body"]
    assert person.factors().json == {"factors": []}
    assert other.step_up().error == "STATE_INVALID", "codes to the old phone are void"
    assert other.ask_step_up().error == "CHANNEL_NOT_REGISTERED"
    needs_step_up(other.change(email=NEW_EMAIL))
    assert person.enrol().status == 204
    assert [message["code"] for message in server.messages("+35679999999")] == ["123456"]
    assert person.verify_enrolment().status == 204


def test_a_thief_with_the_password_gets_no_further(server: Server):
    """Change the mobile, enrol one's own phone, step up: each door is shut."""
    thief = enrolled_person(server).elsewhere()
    needs_step_up(thief.change(mobile=NEW_MOBILE))
    assert thief.enrol().error == "CHANNEL_ALREADY_REGISTERED"
    needs_step_up(thief.change_password())


def test_step_up_is_this_sessions_alone(server: Server):
    person = enrolled_person(server)
    other = person.elsewhere()
    person.stepped_up()
    needs_step_up(other.change_password())
    needs_step_up(person.elsewhere().change_password())
    identity = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    answer = person.call("POST", "/access_token", identity)
    assert answer.json["status"] == "STANDARD"
    person.token = answer.json["token"]
    needs_step_up(person.change_password())


def test_enrolling_steps_the_session_up(server: Server):
    person = new_person(server)
    other = person.elsewhere()
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    needs_step_up(other.change_password())
    assert person.change_password().status == 200


def test_update_gives_a_token_of_the_level_it_replaces(server: Server):
    person = enrolled_person(server).stepped_up()
    other = person.elsewhere()
    answer = person.change_password()
    assert person.factors().status == 401, "the token that asked is dead"
    assert other.factors().status == 401, "and so are all others"
    person.token = answer.json["token"]
    assert person.change(email=NEW_EMAIL).status == 200, "the new one is stepped up"


def test_the_temporary_token_only_renews_the_password(server: Server):
    person = renewing(server)
    for answer in (
        person.factors(),
        person.enrol(),
        person.ask_step_up(),
        person.step_up(),
        person.verify_enrolment(),
        person.call("GET", "/consumers"),
        person.change(email=NEW_EMAIL),
        person.call("GET", "/identities"),
    ):
        assert (answer.status, answer.json) == (403, {"errorCode": "ACCESS_TOKEN_REQUIRED"})
    identity = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    assert person.call("POST", "/access_token", identity).status == 403
    renewed = person.change_password()
    assert renewed.status == 200, "without step-up"
    assert person.factors().status == 401
    person.token = renewed.json["token"]
    assert person.factors().status == 200
    needs_step_up(person.change_password(NEW_PASSWORD, "Third-word3"))
    assert person.log_in(NEW_PASSWORD).status == 200
