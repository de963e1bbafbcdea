"""Log-in on a device: who is asked, who gets the token, and what the token is good for."""

import json
from typing import Any

import pytest

from tests.support.business import make_corporate
from tests.support.client import Answer, Server
from tests.support.devices import LogIn, enrol_device, with_device
from tests.support.processes import Sandbox
from tests.support.push_conflicts import decree
from tests.support.sandboxes import box_users
from tests.support.weavr import NEW_PASSWORD, Person, enrolled_person, new_person


def access(person: Person, token: str, bearer: str = "", **identity: Any) -> Answer:
    """The exchange, for the person's own identity unless it is another."""
    whose = {"type": "CONSUMER", "id": person.identity_id, **identity}
    headers = person.server.bearer(bearer) if bearer else person.server.api
    body = {"identity": whose, "token": token}
    return person.server.call("POST", "/multi/access_token", body, headers)


def refused(answer: Answer) -> bool:
    return (answer.status, answer.body) == (403, b"")


def test_from_the_question_to_the_session(server: Server):
    person, device = with_device(server)
    answer = person.ask_log_in()
    assert answer.status == 200
    assert set(answer.json) == {"challengeId"}
    challenge = answer.json["challengeId"]
    assert device.asked() == [challenge]
    shown = json.loads(device.content(challenge))
    name = server.credentials["programme"]["name"]
    assert shown["display"] == {"text": f"log in to {name}", "fields": []}
    assert shown["action"]["name"] == "log_in"
    token = device.approve(challenge)
    opened = person.redeem(token)
    assert opened.status == 200
    assert opened.json == {
        "token": opened.json["token"],
        "identity": {"type": "CONSUMER", "id": person.identity_id},
        "credentials": {"type": "ROOT", "id": person.user_id},
        "status": "STEPPED_UP",
    }
    person.token = opened.json["token"]
    assert person.change_password().status == 200, "it needs no step-up"


def test_the_token_is_good_once(server: Server):
    token = (log_in := LogIn(*with_device(server))).token()
    assert log_in.person.redeem(token).status == 200
    assert refused(log_in.person.redeem(token))


@pytest.mark.parametrize("bent", ["", "x", "login_", "cap_0Myeni26fK66sNACKBb3D3kUiPPoWRXlM2aiVW5"])
def test_what_is_no_token(server: Server, bent: str):
    log_in = LogIn(*with_device(server))
    token = log_in.token()
    assert refused(log_in.person.redeem(bent))
    for other in (token[:-1], token + "0", token.swapcase(), token[:-1] + "!"):
        assert refused(log_in.person.redeem(other)), other
    assert log_in.person.redeem(token).status == 200, "none of that used it up"


def test_there_is_no_session_without_an_approval(server: Server):
    log_in = LogIn(*with_device(server))
    assert refused(log_in.person.redeem(log_in.challenge))
    log_in.device.decline(log_in.challenge)
    assert refused(log_in.person.redeem(log_in.challenge))


def test_a_token_expires(server: Server):
    log_in = LogIn(*with_device(server))
    token = log_in.token()
    server.advance(601)
    assert refused(log_in.person.redeem(token))


def test_a_question_expires(server: Server):
    log_in = LogIn(*with_device(server))
    content = log_in.device.content(log_in.challenge)
    server.advance(300)
    body = log_in.device.soft.answer(content, log_in.device.id)
    late = log_in.device.call("POST", f"/challenges/{log_in.challenge}/answer", body)
    assert (late.status, late.json["code"]) == (409, "challenge_expired")


def test_the_identity_must_be_the_persons(server: Server):
    log_in = LogIn(*with_device(server))
    person, token = log_in.person, log_in.token()
    other = new_person(server)
    assert refused(access(person, token, id=other.identity_id))
    assert refused(access(person, token, id="1"))
    assert refused(access(person, token, type="CORPORATE"))
    assert access(person, token, type="consumers").status == 200, "in either spelling"


def test_an_identity_that_was_named_is_the_one(server: Server):
    person, device = with_device(server)
    company = _company(person)
    mine = {"type": "CONSUMER", "id": person.identity_id}
    assert person.ask_log_in(**mine).status == 200
    token = device.approve(device.asked()[0])
    assert refused(access(person, token, type="CORPORATE", id=company))
    assert access(person, token).status == 200
    server.advance(16)
    assert person.ask_log_in().status == 200, "none named: any of them"
    token = device.approve(device.asked()[0])
    assert access(person, token, type="CORPORATE", id=company).status == 200


def _company(person: Person) -> str:
    """A second identity of theirs."""
    server = person.server
    body = {"email": person.email}
    path = "/multi/consumers/verification/email"
    assert server.call("POST", f"{path}/send", body, server.api).status == 204
    code = {**body, "verificationCode": "123456"}
    assert server.call("POST", f"{path}/verify", code, server.api).status == 204
    server.settings(multi_identity=True)
    made = make_corporate(server, email=person.email)
    assert made.status == 200, made.body
    return str(made.json["id"]["id"])


def test_whoever_cannot_be_asked_is_answered_alike(box: Sandbox, server: Server):
    person, device = with_device(server)
    shut_out, _ = with_device(server)
    box_users(box, server, "deactivate", shut_out)
    theirs = {"type": "CONSUMER", "id": new_person(server).identity_id}
    bodies: list[dict[str, Any]] = [
        {"email": "nobody@example.com"},
        {"email": enrolled_person(server).email},
        {"email": shut_out.email},
        {"email": person.email, "identity": theirs},
        {"email": person.email, "identity": {"type": "CORPORATE", "id": person.identity_id}},
    ]
    for body in bodies:
        answer = server.call("POST", "/multi/login_via_biometrics", body, server.api)
        told = (answer.status, answer.json)
        assert told == (409, {"errorCode": "CHANNEL_NOT_REGISTERED"}), body
    assert device.asked() == []


def test_the_form_of_the_call(server: Server):
    def asked(body: Any) -> list[tuple[str, str]]:
        answer = server.call("POST", "/multi/login_via_biometrics", body, server.api)
        assert answer.status == 400
        fields = answer.json["syntaxErrors"]["invalidFields"]
        return [(field["fieldName"], field["error"]) for field in fields]

    assert asked({}) == [("email", "REQUIRED")]
    assert asked({"email": "x"}) == [("email", "REGEX")]
    assert asked({"email": "a@example.com", "identity": {"type": "BANK"}}) == [
        ("identity.type", "REGEX"),
        ("identity.id", "REQUIRED"),
    ]
    assert server.call("POST", "/multi/login_via_biometrics", {"email": "x"}).status == 401


def test_one_is_asked_once_in_fifteen_seconds(server: Server):
    person, device = with_device(server)
    assert person.ask_log_in().status == 200
    soon = person.ask_log_in()
    assert (soon.status, soon.body) == (429, b"")
    assert 0 < int(soon.headers["x-ratelimit-reset"]) <= 15
    other, _ = with_device(server)
    assert other.ask_log_in().status == 200, "each person by themselves"
    server.advance(15)
    assert person.ask_log_in().status == 200
    assert len(device.asked()) == 2
    server.advance(15)
    full = person.ask_log_in()
    assert full.status == 429, "two are open, and the third place is the person's own"
    assert 0 < int(full.headers["x-ratelimit-reset"]) <= 300, "until one of them is over"
    assert person.ask_push().status == 200


def test_three_refusals_block_log_in_for_a_while(server: Server):
    person, device = with_device(server)
    for _ in range(3):
        assert person.ask_log_in().status == 200
        device.decline(device.asked()[0])
        server.advance(15)
    blocked = person.ask_log_in()
    assert (blocked.status, blocked.body) == (423, b"")
    assert person.log_in().status == 200, "a password is no question"
    server.advance(900)
    assert person.ask_log_in().status == 200


def test_not_me_locks_what_was_asked(server: Server):
    log_in = LogIn(*with_device(server))
    log_in.device.decline(log_in.challenge, "not_me")
    assert decree(log_in.person, "success", log_in.challenge).json == {"code": "DENIED"}
    assert log_in.person.factors().status == 200, "nobody came in: the person's own session goes on"
    subjects = [mail["subject"] for mail in server.mails(log_in.person.email)]
    assert "A log-in that was not yours was stopped" in subjects


def test_wrong_passwords_do_not_block_it(server: Server):
    person, device = with_device(server)
    assert [person.log_in("Wrong-word9").status for _ in range(6)][-1] == 423
    log_in = LogIn(person, device)
    assert person.redeem(log_in.token()).status == 200


def test_the_simulator_passes_a_log_in_and_names_the_token(server: Server):
    log_in = LogIn(*with_device(server))
    answer = decree(log_in.person, "success", log_in.challenge)
    assert set(answer.json) == {"code", "token"}
    assert log_in.person.redeem(answer.json["token"]).json["status"] == "STEPPED_UP"
    server.advance(15)
    log_in = LogIn(log_in.person, log_in.device)
    assert decree(log_in.person, "invalid", log_in.challenge).json == {"code": "COMPLETED"}
    assert decree(log_in.person, "expired", log_in.challenge).json == {"code": "COMPLETED"}
    assert decree(log_in.person, "success", log_in.challenge).json == {"code": "DENIED"}


def test_a_number_must_be_matched_where_the_programme_says_so(server: Server):
    server.settings(number_matching=True)
    person, device = with_device(server)
    answer = person.ask_log_in()
    assert set(answer.json) == {"challengeId", "number"}
    challenge, number = answer.json["challengeId"], answer.json["number"]
    assert device.answer(challenge).json["code"] == "answer_wrong"
    token = device.approve(challenge, number=number)
    assert person.redeem(token).status == 200


def test_any_of_several_devices(server: Server):
    person, first = with_device(server)
    second = enrol_device(person.stepped_up(), name="Tablet")
    log_in = LogIn(person, second)
    assert first.asked() == second.asked() == [log_in.challenge]
    token = log_in.token()
    assert first.asked() == []
    assert person.redeem(token).status == 200


@pytest.mark.parametrize("how", ["unlink", "password", "device"])
def test_what_voids_a_token(server: Server, how: str):
    log_in = LogIn(*with_device(server))
    person, token = log_in.person.stepped_up(), log_in.token()
    if how == "unlink":
        assert person.unlink().status == 204
    elif how == "device":
        assert log_in.device.call("DELETE", "/device").status == 204
    else:
        assert person.change_password(new=NEW_PASSWORD).status == 200
    assert refused(person.redeem(token))


def test_a_bearer_beside_the_token(server: Server):
    log_in = LogIn(*with_device(server))
    person, token = log_in.person, log_in.token()
    assert refused(access(person, token, bearer=new_person(server).token)), "another person's"
    assert access(person, token, bearer=person.token).json["status"] == "STEPPED_UP"
    server.advance(301)
    log_in = LogIn(person, log_in.device)
    dead = person.token
    assert access(person, log_in.token(), bearer=dead).status == 200, "as good as none"


def test_without_a_bearer_and_without_a_token_nobody_is_there(server: Server):
    person = new_person(server)
    identity = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    bodies: list[Any] = [identity, {}, {"token": None}, [], {"clientAssertion": "x", **identity}]
    for body in bodies:
        answer = server.call("POST", "/multi/access_token", body, server.api)
        assert (answer.status, answer.body) == (401, b""), body
    answer = server.call("POST", "/multi/access_token", {"token": "x"}, server.api)
    assert answer.status == 400, "who brings one is told what else is missing"
    assert person.call("POST", "/access_token", {}).status == 400
    assert person.call("POST", "/access_token", identity).json["status"] == "STANDARD"


def test_it_is_switched_off(server: Server):
    person, device = with_device(server)
    server.settings(channels=["SMS"])
    for body in ({"email": person.email}, {"email": "nobody@example.com"}):
        answer = server.call("POST", "/multi/login_via_biometrics", body, server.api)
        assert (answer.status, answer.error) == (409, "CHANNEL_NOT_SUPPORTED")
    assert device.asked() == []
