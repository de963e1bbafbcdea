"""Authorised users: who may do what to whom."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.business import (
    USER_ROLES,
    enrol,
    enrolled_corporate,
    fresh_number,
    looking,
    make_corporate,
    make_user,
    mobile,
    new_corporate,
    new_user,
    user_body,
)
from tests.support.client import Answer, Server
from tests.support.weavr import PASSWORD, Person, enrolled_person, log_in, set_password

MISSING, STEP_UP = "INSUFFICIENT_PERMISSIONS", "STEP_UP_REQUIRED"


def refused(answer: Answer, status: int, name: str) -> bool:
    return (answer.status, answer.error) == (status, name)


def invalid(answer: Answer) -> dict[str, str]:
    assert answer.status == 400, answer.body
    fields = answer.json["syntaxErrors"]["invalidFields"]
    return {field["fieldName"]: field["error"] for field in fields}


def patch(manager: Person, user: Person, **fields: Any) -> Answer:
    return manager.call("PATCH", f"/users/{user.user_id}", fields)


def set_active(manager: Person, user: Person, verb: str) -> Answer:
    return manager.call("POST", f"/users/{user.user_id}/{verb}")


def get(person: Person, user: Person) -> Answer:
    return person.call("GET", f"/users/{user.user_id}")


def plain(person: Person) -> Person:
    """The same person, logged in with one factor."""
    assert person.log_in().status == 200
    return person


@pytest.fixture
def root(server: Server) -> Person:
    return enrolled_corporate(server)


# creation


def test_what_is_given_is_given_back(root: Person) -> None:
    body = user_body(
        dateOfBirth={"year": 1996, "month": 12, "day": 9},
        tag="t",
        locale="en",
        brand="b",
        countryOfResidence="MT",
        roles=["ADMIN", "CARD_ASSIGNEE", "ADMIN"],
    )
    made = root.call("POST", "/users", body)
    assert made.status == 200, made.body
    assert made.json == {
        **body,
        "roles": ["CARD_ASSIGNEE", "ADMIN"],
        "id": made.json["id"],
        "identity": {"type": "corporates", "id": root.identity_id},
        "active": True,
        "emailVerified": False,
        "mobileNumberVerified": False,
        "creationTimestamp": made.json["creationTimestamp"],
    }
    assert root.call("GET", f"/users/{made.json['id']}").json == made.json
    least = {"name": "G", "surname": "H", "email": f"{fresh_number()}@example.com"}
    made = root.call("POST", "/users", least)
    assert (made.status, made.json["roles"]) == (200, [])
    assert "mobile" not in made.json


def test_a_consumer_has_users_too(server: Server) -> None:
    person = enrolled_person(server).stepped_up()
    user = new_user(person)
    answer = log_in(server, user.email)
    assert answer.json["identity"] == {"type": "CONSUMER", "id": person.identity_id}
    assert answer.json["credentials"] == {"type": "USER", "id": user.user_id}


def test_one_factor_makes_nobody(root: Person) -> None:
    assert refused(make_user(plain(root)), 403, STEP_UP)
    assert make_user(root.stepped_up()).status == 200


def test_fields_out_of_form(root: Person) -> None:
    assert invalid(root.call("POST", "/users", {})) == dict.fromkeys(
        ("name", "surname", "email"), "REQUIRED"
    )
    bad = root.call("POST", "/users", user_body(email="x@-y.com", roles="ADMIN"))
    assert invalid(bad) == {"email": "REGEX", "roles": "REQUIRES"}
    user = new_user(root)
    assert invalid(patch(root, user, countryOfResidence="XX")) == {"countryOfResidence": "REGEX"}
    strange = root.call("PATCH", "/users/x", {"name": ""})
    assert invalid(strange) == {"user_id": "REGEX", "name": "SIZE"}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"roles": ["OWNER"]}, "ROLE_NOT_FOUND"),
        ({"roles": ["admin"]}, "ROLE_NOT_FOUND"),
        ({"countryOfResidence": "XX"}, "COUNTRY_OF_RESIDENCE_INVALID"),
        ({"mobile": mobile("1")}, "MOBILE_OR_COUNTRY_CODE_INVALID"),
    ],
)
def test_what_cannot_be_given(root: Person, fields: dict[str, Any], name: str) -> None:
    assert refused(make_user(root, **fields), 409, name)
    if name != "COUNTRY_OF_RESIDENCE_INVALID":
        assert refused(patch(root, new_user(root), **fields), 409, name)


def test_an_address_belongs_to_one_person(server: Server, root: Person) -> None:
    taken = new_corporate(server).email
    assert refused(make_user(root, email=taken.upper()), 409, "EMAIL_NOT_UNIQUE")
    user = new_user(root)
    assert refused(patch(root, user, email=taken), 409, "EMAIL_NOT_UNIQUE")
    server.settings(multi_identity=True)
    assert refused(make_user(root, email=taken), 409, "EMAIL_NOT_UNIQUE")


def test_one_reference_makes_one_user(root: Person) -> None:
    body = user_body()
    first = root.call("POST", "/users", body, idempotency_ref="one")
    again = root.call("POST", "/users", body, idempotency_ref="one")
    assert (first.status, again.json) == (200, first.json)
    user = new_user(root)
    path = f"/users/{user.user_id}"
    first = root.call("PATCH", path, {"tag": "a"}, idempotency_ref="two")
    assert root.call("PATCH", path, {"tag": "b"}).status == 200
    again = root.call("PATCH", path, {"tag": "a"}, idempotency_ref="two")
    assert again.json == first.json
    assert get(root, user).json["tag"] == "b"


# lists


def test_a_list_has_pages_and_a_filter(root: Person) -> None:
    made = [new_user(root).user_id for _ in range(4)]
    assert root.call("POST", f"/users/{made[1]}/deactivate").status == 204

    def shown(query: str) -> tuple[list[str], int, int]:
        answer = root.call("GET", f"/users{query}")
        assert answer.status == 200, answer.body
        got = answer.json
        return [one["id"] for one in got["users"]], got["count"], got["responseCount"]

    assert shown("") == (made, 4, 4)
    assert shown("?offset=1&limit=2") == (made[1:3], 4, 2)
    assert shown("?offset=9") == ([], 4, 0)
    assert shown("?active=true") == ([made[0], *made[2:]], 3, 3)
    assert shown("?active=false") == ([made[1]], 1, 1)
    assert invalid(root.call("GET", "/users?active=yes")) == {"active": "IN"}
    assert invalid(root.call("GET", "/users?limit=101")) == {"limit": "RANGE"}


# permissions


@dataclass
class Cast:
    """One identity's people, all of them stepped up, and somebody else's root."""

    root: Person
    admin: Person
    manager: Person
    plain: Person
    stranger: Person
    office: Person
    office_as_user: Person
    target: Person
    admin_target: Person


@pytest.fixture
def cast(server: Server, root: Person) -> Cast:
    admin = enrol(new_user(root, "ADMIN"))
    manager = enrol(new_user(root, "ACCESS_MANAGEMENT_ROLE"))
    user = enrol(new_user(root, "CARD_ASSIGNEE", "FUNDS_MANAGEMENT_ROLE", "CARDS_MANAGEMENT_ROLE"))
    return Cast(
        root,
        admin,
        manager,
        user,
        enrolled_corporate(server),
        looking(root),
        looking(user, as_user=True),
        new_user(root),
        new_user(root, "ADMIN"),
    )


Try = Callable[[Person, Cast], Answer]
OPERATIONS: dict[str, Try] = {
    "create": lambda who, cast: make_user(who),
    "create an admin": lambda who, cast: make_user(who, roles=["ADMIN"]),
    "list": lambda who, cast: who.call("GET", "/users"),
    "get": lambda who, cast: get(who, cast.target),
    "get oneself": lambda who, cast: get(who, who),
    "change a name": lambda who, cast: patch(who, cast.target, name="X"),
    "change an address": lambda who, cast: patch(
        who, cast.target, email=f"{fresh_number()}@example.com"
    ),
    "change roles": lambda who, cast: patch(who, cast.target, roles=["CARD_ASSIGNEE"]),
    "make an admin": lambda who, cast: patch(who, cast.target, roles=["ADMIN"]),
    "change an admin": lambda who, cast: patch(
        who, cast.admin_target, email=f"{fresh_number()}@example.com"
    ),
    "unmake an admin": lambda who, cast: patch(who, cast.admin_target, roles=[]),
    "change oneself": lambda who, cast: patch(who, who, name="Me"),
    "deactivate": lambda who, cast: set_active(who, cast.target, "deactivate"),
    "activate": lambda who, cast: set_active(who, cast.target, "activate"),
    "deactivate an admin": lambda who, cast: set_active(who, cast.admin_target, "deactivate"),
    "deactivate oneself": lambda who, cast: set_active(who, who, "deactivate"),
    "deactivate the root": lambda who, cast: set_active(who, cast.root, "deactivate"),
    "change the root": lambda who, cast: patch(who, cast.root, name="X"),
    "read the corporate": lambda who, cast: who.call("GET", "/corporates"),
    "change the corporate": lambda who, cast: who.call("PATCH", "/corporates", {"tag": "x"}),
    "see its kyb": lambda who, cast: who.call("GET", "/corporates/kyb"),
    "start its kyb": lambda who, cast: who.call("POST", "/corporates/kyb"),
}
# root, admin, manager, plain, stranger, office as root, office as a plain user
TABLE: dict[str, tuple[int, ...]] = {
    "create": (200, 200, 200, 403, 200, 403, 403),
    "create an admin": (200, 200, 403, 403, 200, 403, 403),
    "list": (200, 200, 200, 403, 200, 200, 403),
    "get": (200, 200, 200, 403, 404, 200, 403),
    "get oneself": (404, 200, 200, 200, 404, 404, 200),
    "change a name": (200, 200, 200, 403, 404, 403, 403),
    "change an address": (200, 200, 200, 403, 404, 403, 403),
    "change roles": (200, 200, 200, 403, 404, 403, 403),
    "make an admin": (200, 200, 403, 403, 404, 403, 403),
    "change an admin": (200, 200, 403, 403, 404, 403, 403),
    "unmake an admin": (200, 409, 403, 403, 404, 403, 403),
    "change oneself": (404, 200, 200, 200, 404, 403, 403),
    "deactivate": (204, 204, 204, 403, 404, 403, 403),
    "activate": (204, 204, 204, 403, 404, 403, 403),
    "deactivate an admin": (204, 204, 403, 403, 404, 403, 403),
    "deactivate oneself": (404, 403, 403, 403, 404, 403, 403),
    "deactivate the root": (404, 404, 404, 403, 404, 403, 403),
    "change the root": (404, 404, 404, 403, 404, 403, 403),
    "read the corporate": (200, 200, 200, 403, 200, 200, 403),
    "change the corporate": (200, 403, 403, 403, 200, 403, 403),
    "see its kyb": (200, 200, 200, 403, 200, 200, 403),
    "start its kyb": (409, 403, 403, 403, 409, 403, 403),
}
WHO = ("root", "admin", "manager", "plain", "stranger", "office", "office_as_user")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_may(cast: Cast, operation: str) -> None:
    # the least first: what they are not allowed must not have happened when the root comes
    answers = {who: OPERATIONS[operation](getattr(cast, who), cast) for who in reversed(WHO)}
    assert tuple(answers[who].status for who in WHO) == TABLE[operation]
    for answer in answers.values():
        if answer.status == 403:
            assert answer.error == MISSING


def test_every_operation_is_in_the_table() -> None:
    assert set(OPERATIONS) == set(TABLE)


def test_only_two_roles_manage_users(root: Person) -> None:
    for role in USER_ROLES:
        status = 200 if role in ("ADMIN", "ACCESS_MANAGEMENT_ROLE") else 403
        assert new_user(root, role).call("GET", "/users").status == status, role


def test_roles_are_looked_at_anew_with_every_call(root: Person) -> None:
    manager = new_user(root, "ACCESS_MANAGEMENT_ROLE")
    assert manager.call("GET", "/users").status == 200
    assert patch(root, manager, roles=[]).status == 200
    assert refused(manager.call("GET", "/users"), 403, MISSING)


def test_nobody_changes_their_own_roles(root: Person) -> None:
    for roles in (["ADMIN"], ["ACCESS_MANAGEMENT_ROLE"], []):
        manager = enrol(new_user(root, *roles))
        wanted = ["CARD_ASSIGNEE", *roles]
        assert refused(patch(manager, manager, roles=wanted), 409, "CANNOT_MODIFY_OWN_ROLES")
        assert patch(manager, manager, roles=roles, tag="same").status == 200


def test_the_root_alone_takes_admin_away(root: Person) -> None:
    one, other = enrol(new_user(root, "ADMIN")), new_user(root, "ADMIN")
    assert refused(patch(one, other, roles=[]), 409, "ADMIN_ROLE_REMOVAL_NOT_ALLOWED")
    assert patch(one, other, roles=["ADMIN", "CARD_ASSIGNEE"]).status == 200
    assert patch(root, other, roles=[]).json["roles"] == []


# what a change brings about


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "thief@example.com"},
        {"mobile": mobile("99666666")},
        {"roles": ["FUNDS_MANAGEMENT_ROLE"]},
    ],
)
def test_a_managers_stolen_password_takes_nobody_over(root: Person, fields: Any) -> None:
    """RTS Article 24(2)(b): whoever moves a user's e-mail has their password reset there, whoever
    moves their mobile enrols the phone. Never with one factor, even where the user has none."""
    user = new_user(root)
    manager = new_user(root, "ADMIN")  # has proved nothing but a password, and never did
    before = get(root, user).json
    assert refused(patch(manager, user, **fields), 403, STEP_UP)
    assert refused(patch(plain(root), user, **fields), 403, STEP_UP)
    assert get(root, user).json == before
    assert patch(manager, user, name="Grace B").status == 200
    assert patch(root.stepped_up(), user, **fields).status == 200


def test_a_new_mobile_is_enrolled_anew_and_the_old_one_told(server: Server, root: Person) -> None:
    user = enrol(new_user(root))
    moved = patch(root, user, mobile=mobile("99777777"))
    assert (moved.status, moved.json["mobileNumberVerified"]) == (200, False)
    assert user.factors().json == {"factors": []}
    assert "no longer" in server.messages(user.phone)[0]["body"]
    assert user.log_in().status == 200
    assert refused(patch(user, user, mobile=mobile(user.number)), 403, STEP_UP)


def test_a_new_address_is_unverified_and_the_old_one_told(server: Server, root: Person) -> None:
    user = new_user(root)
    email = f"new.{user.email}"
    moved = patch(root, user, email=email)
    assert (moved.status, moved.json["emailVerified"]) == (200, False)
    assert "no longer" in server.mails(user.email)[0]["body"]
    assert log_in(server, user.email).status == 403
    assert log_in(server, email).status == 200


def test_addresses_change_five_times_a_day(server: Server, root: Person) -> None:
    user = new_user(root)
    server.advance(86_400 - server.now // 1_000 % 86_400)  # a day begins
    plain(root).stepped_up()
    for number in range(5):
        assert patch(root, user, email=f"{number}.{user.email}").status == 200
        assert patch(root, user, mobile=mobile(f"9971000{number}")).status == 200
    answer = patch(root, user, email=f"6.{user.email}")
    assert refused(answer, 409, "TOO_FREQUENT_EMAIL_CHANGES")
    answer = patch(root, user, mobile=mobile("99710009"))
    assert refused(answer, 409, "MOBILE_NO_CHANGE_LIMIT_EXCEEDED")


def test_deactivation_ends_everything_at_once(server: Server, root: Person) -> None:
    user = enrol(new_user(root))
    assert set_active(root, user, "deactivate").status == 204
    assert set_active(root, user, "deactivate").status == 204
    assert user.factors().status == 401
    assert log_in(server, user.email).status == 403
    assert get(root, user).json["active"] is False
    assert set_active(root, user, "activate").status == 204
    assert user.factors().status == 401, "what was ended stays ended"
    assert user.log_in().status == 200
    assert user.ask_step_up().status == 204, "their phone is still theirs"


def test_deactivation_does_not_open_the_door_to_a_new_password(root: Person) -> None:
    user = new_user(root)
    assert set_active(root, user, "deactivate").status == 204
    answer = set_password(root.server, user.user_id, PASSWORD)
    assert refused(answer, 409, "UNRESOLVED_IDENTITY")


# people who act for more than one identity


def test_a_manager_does_not_reach_into_another_identity(server: Server, root: Person) -> None:
    """Who was a user first and opened a company of their own later is the root there: whoever
    moved their address would have that company, too."""
    server.settings(multi_identity=True)
    user = new_user(root)
    address = {"email": user.email}
    path = "/multi/users/verification/email"
    assert server.call("POST", f"{path}/send", address, server.api).status == 204
    code = {**address, "verificationCode": "123456"}
    assert server.call("POST", f"{path}/verify", code, server.api).status == 204
    made = make_corporate(server, email=user.email)
    assert made.json["rootUser"]["id"]["id"] == user.user_id
    for fields in ({"email": "x@example.com"}, {"mobile": mobile("99888888")}, {"name": "X"}):
        assert refused(patch(root, user, **fields), 403, MISSING)
    assert patch(root, user, roles=["CARD_ASSIGNEE"]).status == 200, "what they may do here"
    body = {"identity": {"type": "CORPORATE", "id": made.json["id"]["id"]}}
    chosen = user.call("POST", "/access_token", body).json
    assert chosen["credentials"]["type"] == "ROOT"
    user.token = chosen["token"]
    assert user.call("GET", "/users").json["users"] == []
    assert user.call("GET", "/corporates").json["id"]["id"] == made.json["id"]["id"]
