"""Corporates and authorised users, as a client of Weavr's API would make them."""

import itertools
from typing import Any

from tests.support.client import Answer, Server
from tests.support.weavr import Person, set_password

USER_ROLES = (
    "CARD_ASSIGNEE",
    "CARDS_MANAGEMENT_ROLE",
    "FUNDS_MANAGEMENT_ROLE",
    "ACCESS_MANAGEMENT_ROLE",
    "ADMIN",
)
_numbers = itertools.count(99_000_000)


def fresh_number() -> str:
    return str(next(_numbers))


def mobile(number: str) -> dict[str, str]:
    return {"countryCode": "+356", "number": number}


def corporate_body(server: Server, email: str = "", number: str = "") -> dict[str, Any]:
    number = number or fresh_number()
    return {
        "profileId": server.credentials["profiles"]["corporates"],
        "ipAddress": "203.0.113.7",
        "baseCurrency": "EUR",
        "company": {
            "type": "LLC",
            "name": "Analytical Engines Ltd",
            "registrationCountry": "MT",
            "registrationNumber": "C 1833",
        },
        "rootUser": {
            "name": "Charles",
            "surname": "Babbage",
            "email": email or f"charles.{number}@example.com",
            "mobile": mobile(number),
            "companyPosition": "DIRECTOR",
        },
    }


def make_corporate(server: Server, **root: Any) -> Answer:
    """`POST /corporates`, with these fields of the root user."""
    body = corporate_body(server)
    body["rootUser"] |= root
    return server.call("POST", "/multi/corporates", body, server.api)


def person_of(server: Server, made: Any) -> Person:
    """Whoever an answer about a consumer or corporate tells of."""
    root = made["rootUser"]
    number = root["mobile"]["number"]
    return Person(server, root["email"], number, root["id"]["id"], made["id"]["id"])


def with_password(person: Person) -> Person:
    made = set_password(person.server, person.user_id, "Pass-word1")
    assert made.status == 200, made.body
    person.token = made.json["token"]
    return person


def new_corporate(server: Server, **root: Any) -> Person:
    """Its root, logged in with a password."""
    made = make_corporate(server, **root)
    assert made.status == 200, made.body
    return with_password(person_of(server, made.json))


def enrolled_corporate(server: Server) -> Person:
    """Its root with a phone; the enrolment has stepped the session up."""
    return enrol(new_corporate(server))


def enrol(person: Person) -> Person:
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    return person


def user_body(**fields: Any) -> dict[str, Any]:
    number = fresh_number()
    body = {
        "name": "Grace",
        "surname": "Hopper",
        "email": f"grace.{number}@example.com",
        "mobile": mobile(number),
    }
    return {**body, **fields}


def make_user(manager: Person, **fields: Any) -> Answer:
    return manager.call("POST", "/users", user_body(**fields))


def new_user(manager: Person, *roles: str, **fields: Any) -> Person:
    """Made by a stepped-up manager; logged in with a password."""
    made = make_user(manager, roles=list(roles), **fields)
    assert made.status == 200, made.body
    user = made.json
    number = user.get("mobile", {}).get("number", "")
    person = Person(manager.server, user["email"], number, user["id"], manager.identity_id)
    return with_password(person)


def without_mobile(manager: Person) -> Person:
    """A user who was given none; logged in with a password."""
    body = {name: value for name, value in user_body().items() if name != "mobile"}
    made = manager.call("POST", "/users", body)
    assert made.status == 200, made.body
    user = made.json
    identity_id = manager.identity_id
    return with_password(Person(manager.server, user["email"], "", user["id"], identity_id))


def look_at(server: Server, person: Person, type: str = "corporates", **fields: Any) -> Answer:
    """The back office, as the root of somebody's identity or as one of its users."""
    body = {"identity": {"type": type, "id": person.identity_id}, **fields}
    return server.call("POST", "/multi/backoffice/access_token", body, server.api)


def looking(person: Person, type: str = "corporates", as_user: bool = False) -> Person:
    """The back office with a token of its own, in the person's place."""
    fields = {"credentials": {"type": "USER", "id": person.user_id}} if as_user else {}
    opened = look_at(person.server, person, type, **fields)
    assert opened.status == 200, opened.body
    return Person(
        person.server,
        person.email,
        person.number,
        person.user_id,
        person.identity_id,
        opened.json["token"]["token"],
    )
