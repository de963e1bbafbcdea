"""Invitations of authorised users: sent, looked at, and answered with a first secret."""

from typing import Any

import pytest

from assent.kernel.clock import DAY
from tests.support.business import (
    enrolled_corporate,
    looking,
    make_user,
    mobile,
    new_corporate,
    new_user,
)
from tests.support.client import Answer, Server
from tests.support.mailed import (
    FULL_WIDTH,
    GAP,
    INVALID_CODE,
    INVALID_INVITE,
    consume_invite,
    invite,
    links,
    post,
    send_code,
    start,
    validate_invite,
    verify_code,
)
from tests.support.processes import Sandbox
from tests.support.sandboxes import captured
from tests.support.weavr import (
    CODE,
    NEW_PASSWORD,
    PASSWORD,
    WRONG,
    Person,
    log_in,
    new_person,
    set_password,
)

NOBODY = "1234567890123456"


def refused(answer: Answer, error: str = INVALID_INVITE) -> None:
    assert (answer.status, answer.error) == (409, error)


@pytest.fixture
def root(server: Server) -> Person:
    return enrolled_corporate(server)


def made(root: Person, **fields: Any) -> dict[str, Any]:
    answer = make_user(root, **fields)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def invited(root: Person, **fields: Any) -> dict[str, Any]:
    """A user to whom a code is on its way."""
    user = made(root, **fields)
    answer = invite(root, user["id"])
    assert (answer.status, answer.body) == (204, b"")
    return user


def test_from_the_invitation_to_the_first_session(root: Person) -> None:
    server = root.server
    user = invited(root)
    (mail,) = server.mails(user["email"])
    assert mail["code"] == CODE
    assert "Analytical Engines Ltd" in mail["body"]
    assert "30 days" in mail["body"]
    for _ in range(8):  # looking does not use it up, however often
        assert validate_invite(server, user["id"]).status == 204
    done = consume_invite(server, user["id"])
    assert done.status == 200
    assert set(done.json) == {"token"}
    person = Person(server, user["email"], "", user["id"], root.identity_id, done.json["token"])
    shown = person.call("GET", f"/users/{user['id']}").json
    assert shown["emailVerified"]
    assert shown["mobile"] == user["mobile"]
    assert person.log_in(NEW_PASSWORD).status == 200
    for again in (consume_invite(server, user["id"]), validate_invite(server, user["id"])):
        refused(again)
    refused(invite(root, user["id"]), "INVITE_ALREADY_CONSUMED")


def test_with_a_mobile_of_their_own(root: Person) -> None:
    user = invited(root)
    done = consume_invite(root.server, user["id"], mobile=mobile("79123456"))
    person = Person(root.server, user["email"], "", user["id"], "", done.json["token"])
    shown = person.call("GET", f"/users/{user['id']}").json
    assert shown["mobile"] == mobile("79123456")
    assert not shown["mobileNumberVerified"]
    assert person.enrol().status == 204
    assert len(root.server.messages("+35679123456")) == 1


def test_a_mobile_that_none_can_be_costs_nothing(root: Person) -> None:
    user = invited(root)
    for _ in range(6):
        answer = consume_invite(root.server, user["id"], mobile=mobile("1"))
        assert answer.status == 400
        (field,) = answer.json["syntaxErrors"]["invalidFields"]
        assert field["fieldName"] == "mobile.number"
    assert consume_invite(root.server, user["id"]).status == 200


def test_whoever_manages_users_invites(root: Person) -> None:
    manager = new_user(root, "ACCESS_MANAGEMENT_ROLE")
    for email in ("one@example.com", "two@example.com"):
        user = made(root, email=email)
        assert invite(manager, user["id"]).status == 204
        assert "Analytical Engines Ltd" in root.server.mails(email)[0]["body"]


def test_and_nobody_else(root: Person) -> None:
    user = made(root)
    for other in (new_user(root, "CARD_ASSIGNEE"), looking(root)):
        for user_id in (user["id"], NOBODY):  # or it would tell whose ids there are
            answer = invite(other, user_id)
            assert (answer.status, answer.error) == (403, "INSUFFICIENT_PERMISSIONS")
    admin = made(root, roles=["ADMIN"])
    manager = new_user(root, "ACCESS_MANAGEMENT_ROLE")
    assert invite(manager, admin["id"]).status == 403
    assert root.server.mails(user["email"]) == root.server.mails(admin["email"]) == []


def test_only_users_of_the_same_identity(root: Person) -> None:
    user = made(root)
    stranger = enrolled_corporate(root.server)
    consumer = new_person(root.server)
    for caller, user_id in (
        (stranger, user["id"]),
        (root, root.user_id),
        (root, consumer.user_id),
        (root, NOBODY),
        (consumer, user["id"]),
    ):
        assert invite(caller, user_id).status == 404
    assert root.server.mails(user["email"]) == []
    assert post(root.server, f"/users/{user['id']}/invite", None).status == 401


def test_who_has_a_password_needs_no_invitation(root: Person) -> None:
    user = invited(root)
    assert set_password(root.server, user["id"], PASSWORD).status == 200
    refused(invite(root, user["id"]), "INVITE_ALREADY_CONSUMED")
    refused(validate_invite(root.server, user["id"]))
    refused(consume_invite(root.server, user["id"], WRONG))
    refused(consume_invite(root.server, user["id"]), "PASSWORD_ALREADY_CREATED")
    assert log_in(root.server, user["email"], PASSWORD).status == 200


def test_the_next_mail_comes_after_fifteen_seconds(root: Person) -> None:
    user = invited(root)
    assert invite(root, user["id"]).status == 429
    root.server.advance(GAP)
    assert invite(root, user["id"]).status == 204
    assert len(root.server.mails(user["email"])) == 2


def test_one_reference_is_one_mail(root: Person) -> None:
    user = made(root)
    path = f"/users/{user['id']}/invite"
    answers = [root.call("POST", path, idempotency_ref="i1") for _ in range(3)]
    assert [answer.status for answer in answers] == [204] * 3
    assert len(root.server.mails(user["email"])) == 1


def test_one_reference_is_one_answer(root: Person) -> None:
    user = invited(root)
    path = f"/users/{user['id']}/invite/consume"
    for code, status in ((WRONG, 409), (CODE, 200)):
        body = {"inviteCode": code, "password": {"value": NEW_PASSWORD}}
        headers = {"idempotency-ref": f"c{code}"}
        answers = [post(root.server, path, body, headers) for _ in range(7)]
        assert {answer.status for answer in answers} == {status}
        assert len({answer.body for answer in answers}) == 1


def test_a_reference_of_an_answer_that_was_not_counted_is_free_again(root: Person) -> None:
    server = root.server
    user = invited(root)
    path = f"/users/{user['id']}/invite/consume"
    body = {"inviteCode": CODE, "password": {"value": NEW_PASSWORD}}
    headers = {"idempotency-ref": "blocked"}
    for _ in range(5):
        refused(validate_invite(server, user["id"], WRONG))
    wrong = consume_invite(server, user["id"], WRONG)
    for _ in range(3):
        blocked = post(server, path, body, headers)
        refused(blocked)
        assert blocked.body == wrong.body
        assert blocked.headers.keys() == wrong.headers.keys()
    server.advance(31 * 60)
    assert root.log_in().status == 200
    assert invite(root, user["id"]).status == 204
    assert post(server, path, body, headers).status == 200


def test_a_month_and_not_longer(root: Person) -> None:
    server = root.server
    user, late = invited(root), invited(root)
    began = server.now
    server.advance(30 * 86_400 - 60)
    assert server.now - began < 30 * DAY
    assert validate_invite(server, user["id"]).status == 204
    assert consume_invite(server, user["id"]).status == 200
    server.advance(90)
    refused(validate_invite(server, late["id"]))
    refused(consume_invite(server, late["id"]))
    assert root.log_in().status == 200
    assert invite(root, late["id"]).status == 204
    assert consume_invite(server, late["id"]).status == 200


def test_looking_counts_as_answering(root: Person) -> None:
    user = invited(root)
    for _ in range(5):
        refused(validate_invite(root.server, user["id"], WRONG))
    refused(validate_invite(root.server, user["id"]))
    refused(consume_invite(root.server, user["id"]))
    root.server.advance(31 * 60)
    refused(consume_invite(root.server, user["id"]))  # void, though not blocked any more
    assert root.log_in().status == 200
    assert invite(root, user["id"]).status == 204
    assert consume_invite(root.server, user["id"]).status == 200


def test_an_id_that_is_nobodys_looks_like_a_wrong_code(root: Person) -> None:
    server = root.server
    user = invited(root)
    stories = []
    for user_id in (user["id"], NOBODY, new_person(server).user_id):
        answers = [validate_invite(server, user_id, WRONG) for _ in range(3)]
        answers += [consume_invite(server, user_id, WRONG) for _ in range(3)]
        answers += [consume_invite(server, user_id, CODE), validate_invite(server, user_id, CODE)]
        stories.append([(answer.status, answer.body) for answer in answers])
    assert stories[0] == stories[1] == stories[2]
    refused(consume_invite(server.isolated(), user["id"]))


def test_the_policy_first_and_the_rest_to_the_right_code_only(root: Person) -> None:
    server = root.server
    user = invited(root)
    for password, error in (
        ("Ab1-", "PASSWORD_TOO_SHORT"),
        ("Ab1-" * 8, "PASSWORD_TOO_LONG"),
        ("abcdefgh1", "PASSWORD_TOO_SIMPLE"),
        ("8305", "PASSWORD_TOO_SHORT"),
    ):
        for user_id, code in ((user["id"], WRONG), (user["id"], CODE), (NOBODY, CODE)):
            refused(consume_invite(server, user_id, code, password), error)
    server.settings(password_profile="modern")
    own = f"{user['email']}-99"
    refused(consume_invite(server, user["id"], WRONG, own))
    for _ in range(6):
        refused(consume_invite(server, user["id"], CODE, own), "PASSWORD_TOO_SIMPLE")
    new = "violet kettle under seven bridges"
    assert consume_invite(server, user["id"], CODE, new).status == 200
    assert log_in(server, user["email"], new).status == 200


def test_passcodes_too(root: Person) -> None:
    user = invited(root)
    root.server.settings(credentials=["passcode"])
    name = "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE"
    refused(consume_invite(root.server, user["id"]), name)
    assert consume_invite(root.server, user["id"], CODE, "8305").status == 200
    assert log_in(root.server, user["email"], "8305").status == 200


async def test_a_token_of_the_frames_is_used_up_by_success_alone(
    root: Person, box: Sandbox
) -> None:
    server = root.server
    user, other = invited(root), invited(root)
    token = await captured(box, server, NEW_PASSWORD)
    refused(consume_invite(server, user["id"], WRONG, token))
    assert consume_invite(server, user["id"], CODE, token).status == 200
    again = consume_invite(server, other["id"], CODE, token)
    assert (again.status, again.error) == (410, "TOKEN_EXPIRED")


def test_a_deactivated_user(root: Person) -> None:
    user = invited(root)
    assert root.call("POST", f"/users/{user['id']}/deactivate").status == 204
    refused(consume_invite(root.server, user["id"]))
    root.server.advance(GAP)
    answer = invite(root, user["id"])
    assert (answer.status, answer.error) == (403, "INSUFFICIENT_PERMISSIONS")
    subjects = [one["subject"] for one in root.server.mails(user["email"])]
    assert subjects.count("You are invited") == 1


def test_the_link_is_the_programmes_own(root: Person) -> None:
    root.server.settings(invite_url="https://bank.example/invited?u={user_id}&c={code}#top")
    user = invited(root)
    (mail,) = root.server.mails(user["email"])
    assert links(mail) == [f"https://bank.example/invited?u={user['id']}&c={CODE}#top"]


def test_a_users_address_is_verified_by_its_own_calls(root: Person) -> None:
    server = root.server
    user = made(root)
    for path in ("consumers", "corporates"):
        refused(send_code(server, user["email"], path), "EMAIL_NOT_FOUND")
    assert send_code(server, user["email"], "users").status == 204
    refused(verify_code(server, user["email"], WRONG, "users"), INVALID_CODE)
    assert verify_code(server, user["email"], CODE, "users").status == 204
    headers = {"idempotency-ref": "again"}
    for _ in range(2):  # there is no name for it in this table
        again = post(server, "/users/verification/email/send", {"email": user["email"]}, headers)
        assert (again.status, again.body) == (204, b"")
    assert len(server.mails(user["email"])) == 1


def test_a_corporates_address_is_verified_by_its_own_calls(server: Server) -> None:
    root = new_corporate(server)
    for path in ("consumers", "users"):
        refused(send_code(server, root.email, path), "EMAIL_NOT_FOUND")
    answers = [
        post(
            server,
            "/corporates/verification/email/send",
            {"email": root.email},
            {"idempotency-ref": "v1"},
        )
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [204, 204]
    assert len(server.mails(root.email)) == 1
    assert verify_code(server, root.email, path="corporates").status == 204
    assert root.call("GET", "/corporates").json["rootUser"]["emailVerified"]
    refused(send_code(server, root.email, "corporates"), "ALREADY_VERIFIED")


def test_a_lost_password_is_no_way_round_an_invitation(root: Person) -> None:
    user = made(root)
    assert start(root.server, user["email"]).status == 204
    body = {"nonce": CODE, "email": user["email"], "newPassword": {"value": NEW_PASSWORD}}
    refused(post(root.server, "/passwords/lost_password/resume", body), "PASSWORD_NOT_SET")


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", FULL_WIDTH, "", None, 123456])
def test_a_code_has_six_ascii_digits(server: Server, code: object) -> None:
    for verb, more in (("validate", {}), ("consume", {"password": {"value": NEW_PASSWORD}})):
        path = f"/users/{NOBODY}/invite/{verb}"
        answer = post(server, path, {"inviteCode": code, **more})
        assert answer.status == 400
        (field,) = answer.json["syntaxErrors"]["invalidFields"]
        assert field["fieldName"] == "inviteCode"
    answer = post(server, "/users/x/invite/validate", {"inviteCode": code})
    fields = {one["fieldName"] for one in answer.json["syntaxErrors"]["invalidFields"]}
    assert fields == {"user_id", "inviteCode"}
