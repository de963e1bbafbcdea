"""A manager ends somebody's access to the manager's own identity, and gives it back: whatever else
that person has, and never without telling them."""

import pytest

from tests.support.business import enrolled_corporate, looking, make_corporate, new_user
from tests.support.client import Answer, Server
from tests.support.mailed import send_code, verify_code
from tests.support.processes import Sandbox
from tests.support.sandboxes import box_users
from tests.support.weavr import Person, log_in


@pytest.fixture
def root(server: Server) -> Person:
    server.settings(multi_identity=True)
    return chosen(enrolled_corporate(server)).stepped_up()


@pytest.fixture
def user(root: Person) -> Person:
    """Whose address is verified: they may open a company of their own."""
    user = new_user(root)
    assert send_code(user.server, user.email, "users").status == 204
    assert verify_code(user.server, user.email, path="users").status == 204
    return user


def chosen(person: Person, identity_id: str = "") -> Person:
    """The same person, for one of their corporates."""
    answer = choose(person, identity_id or person.identity_id)
    assert answer.status == 200, answer.body
    person.token = answer.json["token"]
    return person


def choose(person: Person, identity_id: str) -> Answer:
    body = {"identity": {"type": "CORPORATE", "id": identity_id}}
    return person.call("POST", "/access_token", body)


def company_of(user: Person) -> str:
    made = make_corporate(user.server, email=user.email)
    assert made.status == 200, made.body
    return str(made.json["id"]["id"])


def put(manager: Person, user: Person, verb: str) -> tuple[int, str]:
    answer = manager.call("POST", f"/users/{user.user_id}/{verb}")
    return answer.status, answer.error if answer.status != 204 else ""


def listed(root: Person, query: str = "") -> list[bool]:
    answer = root.call("GET", f"/users{query}")
    assert answer.status == 200, answer.body
    shown = answer.json["users"]
    assert answer.json["count"] == len(shown)
    return [one["active"] for one in shown]


def identities(person: Person) -> list[str]:
    shown = person.call("GET", "/identities").json["identities"]
    return [one["id"]["id"] for one in shown]


def test_a_company_of_ones_own_keeps_nobody_in(root: Person, user: Person) -> None:
    """Whoever verified their address and signed up a company was out of their managers' reach."""
    own = company_of(user)
    here = chosen(user.elsewhere(), root.identity_id)
    there = chosen(user.elsewhere(), own)
    choosing = user.elsewhere()
    office = looking(user, as_user=True)
    assert put(root, user, "deactivate") == (204, "")
    assert put(root, user, "deactivate") == (204, ""), "a second time is no harm"
    assert here.factors().status == 401
    assert office.call("GET", f"/users/{user.user_id}").status == 401
    assert there.call("GET", "/corporates").status == 200, "their own is theirs"
    assert root.call("GET", f"/users/{user.user_id}").json["active"] is False
    assert listed(root) == listed(root, "?active=false") == [False]
    assert listed(root, "?active=true") == []
    for person in (choosing, there):
        assert choose(person, root.identity_id).status in (401, 403)
    again = user.elsewhere()
    assert identities(again) == [own]
    assert choose(again, root.identity_id).status == 403
    assert chosen(again, own).call("GET", "/corporates").json["rootUser"]["active"] is True


def test_and_they_may_be_let_in_again(root: Person, user: Person) -> None:
    own = company_of(user)
    here = chosen(user.elsewhere(), root.identity_id)
    assert put(root, user, "deactivate") == (204, "")
    assert put(root, user, "activate") == (204, "")
    assert put(root, user, "activate") == (204, "")
    assert listed(root) == listed(root, "?active=true") == [True]
    assert here.factors().status == 401, "what was ended stays ended"
    again = user.elsewhere()
    assert identities(again) == [root.identity_id, own]
    assert chosen(again, root.identity_id).factors().status == 200


def test_whom_an_operator_shut_out_no_manager_of_one_identity_lets_in(
    root: Person, user: Person, box: Sandbox
) -> None:
    company_of(user)
    assert put(root, user, "deactivate") == (204, "")
    box_users(box, user.server, "deactivate", user)
    assert put(root, user, "activate") == (403, "INSUFFICIENT_PERMISSIONS")
    assert put(root, user, "deactivate") == (204, "")
    assert log_in(user.server, user.email).status == 403
    box_users(box, user.server, "activate", user)
    assert listed(root) == [False], "the manager's word still stands"


def test_whoever_is_shut_out_is_not_invited(root: Person, user: Person) -> None:
    company_of(user)
    assert put(root, user, "deactivate") == (204, "")
    answer = root.call("POST", f"/users/{user.user_id}/invite")
    assert (answer.status, answer.error) == (403, "INSUFFICIENT_PERMISSIONS")


@pytest.mark.parametrize("shared", [False, True])
def test_a_managers_stolen_password_lets_nobody_in_again(
    root: Person, user: Person, shared: bool
) -> None:
    """RTS Article 24(2)(b): a leaver's account, brought back to life, is a new one."""
    if shared:
        company_of(user)
    one_factor = chosen(root.elsewhere())
    assert put(one_factor, user, "deactivate") == (204, ""), "shutting out takes no second factor"
    assert put(one_factor, user, "activate") == (403, "STEP_UP_REQUIRED")
    assert listed(root) == [False]
    assert put(root, user, "activate") == (204, "")


@pytest.mark.parametrize("shared", [False, True])
def test_they_are_told_of_both(root: Person, user: Person, shared: bool) -> None:
    if shared:
        company_of(user)
    told = []
    for verb in ("deactivate", "deactivate", "activate", "activate"):
        before = len(user.server.mails(user.email))
        assert put(root, user, verb) == (204, "")
        mails = user.server.mails(user.email)
        told.append([mail["body"] for mail in mails[: len(mails) - before]])
    (shut_out,), nothing, (let_in,), still_nothing = told
    assert nothing == still_nothing == []
    assert "deactivated" in shut_out
    assert "activated again" in let_in
