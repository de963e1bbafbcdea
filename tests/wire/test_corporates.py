"""Corporates: creation, look and change, and how they differ from consumers."""

from typing import Any

import pytest

from tests.support.business import (
    corporate_body,
    enrol,
    enrolled_corporate,
    make_corporate,
    mobile,
    new_corporate,
    new_user,
    person_of,
    with_password,
)
from tests.support.client import Answer, Server
from tests.support.weavr import Person, consumer_body, new_person


def create(server: Server, body: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.call("POST", "/multi/corporates", body, {**server.api, **named})


def invalid(answer: Answer) -> dict[str, str]:
    assert answer.status == 400, answer.body
    fields = answer.json["syntaxErrors"]["invalidFields"]
    return {field["fieldName"]: field["error"] for field in fields}


def refused(answer: Answer, status: int, name: str) -> bool:
    return (answer.status, answer.error) == (status, name)


def verified(server: Server, person: Person, type: str = "corporates") -> None:
    assert server.simulate(f"/{type}/{person.identity_id}/verify").status == 204


# creation


def test_what_is_given_is_given_back(server: Server) -> None:
    body = corporate_body(server)
    body |= {"tag": "t", "industry": "MACHINES", "feeGroup": "DEFAULT", "acceptedTerms": True}
    body |= {"sourceOfFunds": "SALES"}
    body["company"]["businessAddress"] = {"country": "GB", "city": "London"}
    body["rootUser"] |= {"dateOfBirth": {"year": 1991, "month": 12, "day": 26}, "tag": "r"}
    made = create(server, body)
    assert made.status == 200, made.body
    root = made.json["rootUser"]
    identity = {"type": "corporates", "id": made.json["id"]["id"]}
    assert made.json == {
        **body,
        "id": identity,
        "creationTimestamp": made.json["creationTimestamp"],
        "rootUser": {
            **body["rootUser"],
            "id": {"type": "corporates", "id": root["id"]["id"]},
            "active": True,
            "emailVerified": False,
            "mobileNumberVerified": False,
            "passwordAlreadySet": False,
        },
    }
    person = with_password(person_of(server, made.json))
    got = person.call("GET", "/corporates")
    del made.json["rootUser"]["passwordAlreadySet"]
    assert "passwordAlreadySet" not in got.json["rootUser"]
    assert got.json["company"] == body["company"]
    assert got.json["rootUser"]["companyPosition"] == "DIRECTOR"


def test_every_missing_field_is_named(server: Server) -> None:
    assert invalid(create(server, {"rootUser": {}, "company": {}})) == dict.fromkeys(
        (
            "profileId",
            "ipAddress",
            "baseCurrency",
            *(f"rootUser.{name}" for name in ("name", "surname", "email", "mobile")),
            "rootUser.companyPosition",
            *(f"company.{name}" for name in ("type", "name", "registrationCountry")),
        ),
        "REQUIRED",
    )


@pytest.mark.parametrize(
    ("where", "name", "value", "error"),
    [
        ("rootUser", "companyPosition", "OWNER", "IN"),
        ("company", "type", "GMBH", "IN"),
        ("company", "name", "x" * 101, "SIZE"),
        ("company", "registrationNumber", "1" * 21, "SIZE"),
        ("company", "registrationCountry", "MLT", "SIZE"),
        ("rootUser", "email", "charles@-x.com", "REGEX"),
        ("rootUser", "dateOfBirth", {"year": 2001, "month": 2, "day": 29}, "RANGE"),
    ],
)
def test_fields_out_of_form(server: Server, where: str, name: str, value: Any, error: str) -> None:
    body = corporate_body(server)
    body[where][name] = value
    assert invalid(create(server, body)) == {f"{where}.{name}": error}


def test_the_registers_country_and_the_business_address_are_countries(server: Server) -> None:
    body = corporate_body(server)
    body["company"]["registrationCountry"] = "XX"
    assert refused(create(server, body), 409, "COUNTRY_INVALID")
    body = corporate_body(server)
    body["company"]["businessAddress"] = {"country": "XX"}
    assert refused(create(server, body), 409, "COUNTRY_INVALID")


def test_a_consumers_profile_makes_no_corporate(server: Server) -> None:
    body = corporate_body(server)
    body["profileId"] = server.credentials["profiles"]["consumers"]
    assert refused(create(server, body), 409, "PROFILE_NOT_FOUND")


def test_an_address_belongs_to_one_person(server: Server) -> None:
    person = new_person(server)
    answer = make_corporate(server, email=person.email.upper())
    assert refused(answer, 409, "ROOT_EMAIL_NOT_UNIQUE")
    assert refused(
        make_corporate(server, mobile=mobile("1")), 409, "MOBILE_OR_COUNTRY_CODE_INVALID"
    )


def test_one_reference_makes_one_corporate(server: Server) -> None:
    body = corporate_body(server)
    first = create(server, body, idempotency_ref="one")
    again = create(server, body, idempotency_ref="one")
    assert (first.status, again.json) == (200, first.json)


# the same person again


def test_nobody_becomes_root_by_an_address_they_did_not_verify(server: Server) -> None:
    """Whoever signs up with somebody else's address, and a password of their own, would be handed
    the company that its owner opens later."""
    server.settings(multi_identity=True)
    squatter = new_person(server, "victim@example.com")
    answer = make_corporate(server, email="victim@example.com")
    assert refused(answer, 409, "ROOT_EMAIL_NOT_VERIFIED")
    body = consumer_body(server, "victim@example.com", "79000009")
    answer = server.call("POST", "/multi/consumers", body, server.api)
    assert refused(answer, 409, "ROOT_EMAIL_NOT_UNIQUE")
    verified(server, squatter, "consumers")
    made = make_corporate(server, email="victim@example.com")
    assert made.status == 200
    assert made.json["rootUser"]["passwordAlreadySet"] is True
    assert made.json["rootUser"]["id"] == {"type": "corporates", "id": squatter.user_id}
    assert made.json["rootUser"]["companyPosition"] == "DIRECTOR"
    assert made.json["rootUser"]["name"] == "Ada"


def test_nor_while_they_are_shut_out(server: Server) -> None:
    server.settings(multi_identity=True)
    manager = enrolled_corporate(server)
    user = new_user(manager)
    assert manager.call("POST", f"/users/{user.user_id}/deactivate").status == 204
    assert refused(make_corporate(server, email=user.email), 409, "ROOT_USER_INACTIVE")
    body = consumer_body(server, user.email, "79000009")
    answer = server.call("POST", "/multi/consumers", body, server.api)
    assert refused(answer, 409, "ROOT_EMAIL_NOT_UNIQUE")


def test_a_company_is_listed_by_its_name(server: Server) -> None:
    person = new_corporate(server)
    (listed,) = person.call("GET", "/identities").json["identities"]
    assert listed == {
        "id": {"type": "CORPORATE", "id": person.identity_id},
        "name": "Analytical Engines Ltd",
    }
    chosen = person.call(
        "POST", "/access_token", {"identity": {"type": "corporates", "id": person.identity_id}}
    )
    assert chosen.json["identity"] == {"type": "CORPORATE", "id": person.identity_id}
    assert chosen.json["credentials"] == {"type": "ROOT", "id": person.user_id}


# change


def test_a_change_leaves_the_rest(server: Server) -> None:
    person = new_corporate(server)
    before = person.call("GET", "/corporates").json
    address = {"country": "GB", "city": "London"}
    changed = person.call(
        "PATCH",
        "/corporates",
        {"surname": "Babbage FRS", "industry": "MACHINES", "companyBusinessAddress": address},
    )
    before["rootUser"]["surname"] = "Babbage FRS"
    before["industry"] = "MACHINES"
    before["company"]["businessAddress"] = address
    assert (changed.status, changed.json) == (200, before)
    assert person.call("GET", "/corporates").json == before
    bad = person.call("PATCH", "/corporates", {"companyBusinessAddress": {"country": "XX"}})
    assert refused(bad, 409, "COUNTRY_INVALID")


def test_another_type_is_not_there(server: Server) -> None:
    corporate, consumer = new_corporate(server), new_person(server)
    for method in ("GET", "PATCH"):
        assert corporate.call(method, "/consumers", {"tag": "x"}).status == 404
        assert consumer.call(method, "/corporates", {"tag": "x"}).status == 404
    for path in ("/consumers/kyc", "/corporates/kyb"):
        other = corporate if "consumers" in path else consumer
        assert other.call("GET", path).status == 404
        assert other.call("POST", path).status == 404


@pytest.mark.parametrize("type", ["corporates", "consumers"])
def test_what_was_verified_stays(server: Server, type: str) -> None:
    person = new_corporate(server) if type == "corporates" else new_person(server)
    born = {"year": 1991, "month": 12, "day": 26}
    assert person.call("PATCH", f"/{type}", {"name": "Ch", "dateOfBirth": born}).status == 200
    verified(server, person, type)
    name = {"corporates": "ROOT_USER_ALREADY_VERIFIED", "consumers": "CONSUMER_VERIFIED"}[type]
    for body in ({"name": "X"}, {"surname": "X"}, {"dateOfBirth": {**born, "day": 25}}):
        assert refused(person.call("PATCH", f"/{type}", body), 409, name)
    same = person.call("PATCH", f"/{type}", {"name": "Ch", "dateOfBirth": born, "tag": "new"})
    assert same.status == 200


def test_what_was_verified_stays_by_way_of_another_identity(server: Server) -> None:
    server.settings(multi_identity=True)
    person = new_person(server)
    verified(server, person, "consumers")
    made = make_corporate(server, email=person.email)
    assert made.status == 200
    assert person.log_in().status == 200
    body = {"identity": {"type": "CORPORATE", "id": made.json["id"]["id"]}}
    person.token = person.call("POST", "/access_token", body).json["token"]
    answer = person.call("PATCH", "/corporates", {"name": "Mary"})
    assert refused(answer, 409, "ROOT_USER_ALREADY_VERIFIED")
    assert person.call("PATCH", "/corporates", {"name": "Ada", "tag": "same"}).status == 200


@pytest.mark.parametrize("type", ["corporates", "consumers"])
def test_addresses_change_five_times_a_day(server: Server, type: str) -> None:
    person = new_corporate(server) if type == "corporates" else new_person(server)
    server.advance(86_400 - server.now // 1_000 % 86_400)  # a day begins
    assert person.log_in().status == 200
    for number in range(5):
        moved = person.call("PATCH", f"/{type}", {"email": f"{number}.{person.email}"})
        assert moved.status == 200
        moved = person.call("PATCH", f"/{type}", {"mobile": mobile(f"9970000{number}")})
        assert moved.status == 200
    answer = person.call("PATCH", f"/{type}", {"email": f"5.{person.email}"})
    assert refused(answer, 409, "TOO_FREQUENT_EMAIL_CHANGES")
    answer = person.call("PATCH", f"/{type}", {"mobile": mobile("99700009")})
    assert refused(answer, 409, "MOBILE_NO_CHANGE_LIMIT_EXCEEDED")
    assert person.call("PATCH", f"/{type}", {"tag": "still"}).status == 200
    held = person.call("GET", f"/{type}").json["rootUser"]
    assert held["email"] == f"4.{person.email}"
    server.advance(86_400)
    person.email = held["email"]
    assert person.log_in().status == 200
    assert person.call("PATCH", f"/{type}", {"email": f"5.{person.email}"}).status == 200


def test_the_old_addresses_are_told(server: Server) -> None:
    person = enrolled_corporate(server)
    changed = person.call(
        "PATCH", "/corporates", {"email": "new.charles@example.com", "mobile": mobile("99555555")}
    )
    assert changed.status == 200
    assert changed.json["rootUser"]["mobileNumberVerified"] is False
    assert person.factors().json == {"factors": []}
    for told in (server.mails(person.email), server.messages(person.phone)):
        assert any("no longer" in one["body"] for one in told)


# the simulator, and due diligence


def test_the_simulator_verifies_what_it_is_told(server: Server) -> None:
    corporate, consumer = new_corporate(server), new_person(server)
    assert server.simulate(f"/consumers/{corporate.identity_id}/verify").status == 404
    assert server.simulate(f"/corporates/{consumer.identity_id}/verify").status == 404
    status = corporate.call("GET", "/corporates/kyb").json
    assert status == {"kybStatus": "NOT_STARTED", "ongoingKybStatus": "NOT_STARTED"}
    verified(server, corporate)
    status = corporate.call("GET", "/corporates/kyb").json
    assert status == {"kybStatus": "APPROVED", "ongoingKybStatus": "APPROVED"}
    root = corporate.call("GET", "/corporates").json["rootUser"]
    assert (root["emailVerified"], root["mobileNumberVerified"]) == (True, True)


@pytest.mark.parametrize(("type", "what"), [("corporates", "kyb"), ("consumers", "kyc")])
def test_due_diligence_begins_with_a_verified_address(server: Server, type: str, what: str) -> None:
    person = new_corporate(server) if type == "corporates" else new_person(server)
    path = f"/{type}/{what}"
    assert refused(person.call("POST", path), 409, "EMAIL_UNVERIFIED")
    code = {"email": person.email}
    assert (
        server.call("POST", f"/multi/{type}/verification/email/send", code, server.api).status
        == 204
    )
    code["verificationCode"] = "123456"
    assert (
        server.call("POST", f"/multi/{type}/verification/email/verify", code, server.api).status
        == 204
    )
    begun = person.call("POST", path)
    assert begun.status == 200
    assert len(begun.json["reference"]) == 36
    assert begun.json.get("kycLevel") == (None if what == "kyb" else "KYC_LEVEL_2")
    assert person.call("POST", path).json == begun.json, "the same case"
    status = person.call("GET", path).json
    assert "INITIATED" in status.values()
    verified(server, person, type)
    name = {"kyb": "KYB_ALREADY_APPROVED", "kyc": "KYC_ALREADY_APPROVED"}[what]
    assert refused(person.call("POST", path), 409, name)


def test_a_users_due_diligence(server: Server) -> None:
    root = enrolled_corporate(server)
    user = new_user(root)
    body = {"userId": user.user_id}

    def start() -> Answer:
        return server.call("POST", "/multi/users/kyc", body, server.api)

    assert refused(start(), 409, "EMAIL_NOT_VERIFIED")
    address = {"email": user.email}
    path = "/multi/users/verification/email"
    assert server.call("POST", f"{path}/send", address, server.api).status == 204
    address["verificationCode"] = "123456"
    assert server.call("POST", f"{path}/verify", address, server.api).status == 204
    assert refused(start(), 409, "MOBILE_NOT_VERIFIED")
    enrol(user)
    assert refused(start(), 409, "KYB_IDENTITY_NOT_APPROVED")
    verified(server, root)
    begun = start()
    assert begun.status == 200
    assert user.call("POST", "/users/kyc").json == begun.json, "the bearer says whose it is"
    assert root.call("POST", "/users/kyc").status == 404, "a root is no user"
    nobody = server.call("POST", "/multi/users/kyc", {}, server.api)
    assert invalid(nobody) == {"userId": "REQUIRED"}
    strange = {"userId": root.user_id}
    assert server.call("POST", "/multi/users/kyc", strange, server.api).status == 404
    assert "diligence" not in user.call("GET", f"/users/{user.user_id}").json
