"""Weavr's calls as a client of that API would write them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.support.client import Answer, Server

PASSWORD = "Pass-word1"
NEW_PASSWORD = "Other-word2"
PASSCODE = "8305"
NEW_PASSCODE = "2749"
CODE = "123456"
WRONG = "000000"
_numbers = itertools.count(79_000_000)


@dataclass
class Person:
    """Somebody who has been created."""

    server: Server
    email: str
    number: str
    user_id: str
    identity_id: str
    token: str = ""

    @property
    def phone(self) -> str:
        return f"+356{self.number}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**self.server.bearer(self.token), **named}
        return self.server.call(method, f"/multi{path}", body, sent)

    def log_in(self, password: str = PASSWORD) -> Answer:
        answer = log_in(self.server, self.email, password)
        if answer.status == 200:
            self.token = answer.json["token"]
        return answer

    def enrol(self) -> Answer:
        return self.call("POST", "/authentication_factors/otp/SMS")

    def verify_enrolment(self, code: str = CODE) -> Answer:
        body = {"verificationCode": code}
        return self.call("POST", "/authentication_factors/otp/SMS/verify", body)

    def ask_step_up(self) -> Answer:
        return self.call("POST", "/stepup/challenges/otp/SMS")

    def step_up(self, code: str = CODE) -> Answer:
        body = {"verificationCode": code}
        return self.call("POST", "/stepup/challenges/otp/SMS/verify", body)

    def enrol_push(self, channel: str = "AUTHY") -> Answer:
        return self.call("POST", f"/authentication_factors/push/{channel}")

    def unlink(self, channel: str = "BIOMETRIC") -> Answer:
        return self.call("DELETE", f"/authentication_factors/push/{channel}")

    def ask_push(self, channel: str = "BIOMETRIC", **headers: str) -> Answer:
        return self.call("POST", f"/stepup/challenges/push/{channel}", **headers)

    def ask_log_in(self, **identity: Any) -> Answer:
        """On their devices; nobody need be logged in."""
        body = {"email": self.email, **({"identity": identity} if identity else {})}
        return self.server.call("POST", "/multi/login_via_biometrics", body, self.server.api)

    def redeem(self, token: str) -> Answer:
        """The token of a log-in on a device, by the api-key alone."""
        identity = {"type": "CONSUMER", "id": self.identity_id}
        body = {"identity": identity, "token": token}
        return self.server.call("POST", "/multi/access_token", body, self.server.api)

    def factors(self) -> Answer:
        return self.call("GET", "/authentication_factors")

    def change(self, **fields: Any) -> Answer:
        return self.call("PATCH", "/consumers", fields)

    def change_password(self, old: str = PASSWORD, new: str = NEW_PASSWORD) -> Answer:
        body = {"oldPassword": {"value": old}, "newPassword": {"value": new}}
        return self.call("POST", "/passwords/update", body)

    def stepped_up(self) -> "Person":
        """The same person; their session stepped up."""
        assert self.ask_step_up().status == 204
        assert self.step_up().status == 204
        return self

    def elsewhere(self) -> "Person":
        """The same person on another device: a session of its own."""
        other = replace(self)
        assert other.log_in().status == 200
        return other


def consumer_body(server: Server, email: str, number: str) -> dict[str, Any]:
    return {
        "profileId": server.credentials["profiles"]["consumers"],
        "ipAddress": "203.0.113.7",
        "rootUser": {
            "name": "Ada",
            "surname": "Lovelace",
            "email": email,
            "mobile": {"countryCode": "+356", "number": number},
            "dateOfBirth": {"year": 1990, "month": 12, "day": 10},
            "address": {"country": "MT"},
        },
    }


def new_person(server: Server, email: str = "", password: str = PASSWORD) -> Person:
    """A consumer; with a password unless it is empty, and then logged in."""
    number = str(next(_numbers))
    email = email or f"ada.{number}@example.com"
    answer = server.call(
        "POST", "/multi/consumers", consumer_body(server, email, number), server.api
    )
    assert answer.status == 200, answer.body
    root = answer.json["rootUser"]
    person = Person(server, email, number, root["id"]["id"], answer.json["id"]["id"])
    if password:
        made = set_password(server, person.user_id, password)
        assert made.status == 200, made.body
        person.token = made.json["token"]
    return person


def enrolled_person(server: Server, email: str = "") -> Person:
    """With a password and a phone, logged in anew: one factor, not stepped up."""
    person = new_person(server, email)
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    assert person.log_in().status == 200
    return person


def set_password(server: Server, user_id: str, password: str, bearer: str = "") -> Answer:
    body = {"password": {"value": password}}
    headers = server.bearer(bearer) if bearer else server.api
    return server.call("POST", f"/multi/passwords/{user_id}/create", body, headers)


def validate(server: Server, password: str) -> Answer:
    body = {"password": {"value": password}}
    return server.call("POST", "/multi/passwords/validate", body, server.api)


def log_in(server: Server, email: str, password: str = PASSWORD) -> Answer:
    body = {"email": email, "password": {"value": password}}
    return server.call("POST", "/multi/login_with_password", body, server.api)


def filled(path: str, person: Person) -> str:
    """A path of the tables, with a channel of its own and this person."""
    channel = "AUTHY" if "/push/" in path else "SMS"
    return path.replace("{channel}", channel).replace("{user_id}", person.user_id)


Body = Callable[[Person], Any]


def _no_body(person: Person) -> Any:
    return None


@dataclass(frozen=True)
class Operation:
    """One operation as its published table has it, with a body that its form allows."""

    method: str
    path: str
    by_person: bool = True
    body: Body = _no_body

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def takes_body(self) -> bool:
        return self.body is not _no_body

    def path_for(self, person: Person) -> str:
        return f"/multi{filled(self.path, person)}"

    def headers(self, person: Person) -> dict[str, str]:
        return person.server.bearer(person.token) if self.by_person else person.server.api

    def call(self, person: Person, raw: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return person.server.call(
            self.method,
            self.path_for(person),
            self.body(person),
            {**self.headers(person), **named},
            raw,
        )


def _code(person: Person) -> Any:
    return {"verificationCode": CODE}


def _password(person: Person) -> Any:
    return {"password": {"value": PASSWORD}}


def _corporate(person: Person) -> Any:
    root = consumer_body(person.server, f"ada.{next(_numbers)}@example.com", str(next(_numbers)))
    return {
        **root,
        "profileId": person.server.credentials["profiles"]["corporates"],
        "rootUser": {**root["rootUser"], "companyPosition": "DIRECTOR"},
        "company": {"type": "LLC", "name": "Engines Ltd", "registrationCountry": "MT"},
        "baseCurrency": "EUR",
    }


def _user(person: Person) -> Any:
    return {"name": "Ada", "surname": "L", "email": f"ada.{next(_numbers)}@example.com"}


def _email(person: Person) -> Any:
    return {"email": person.email}


def _email_code(person: Person) -> Any:
    return {"email": person.email, "verificationCode": CODE}


def _lost(person: Person) -> Any:
    return {"email": person.email, "nonce": CODE, "newPassword": {"value": NEW_PASSWORD}}


_INVITE = {"inviteCode": CODE}


def _look(person: Person) -> Any:
    return {"identity": {"type": "CONSUMER", "id": person.identity_id}}


OPERATIONS = (
    Operation(
        "POST",
        "/login_with_password",
        False,
        lambda person: {"email": person.email, "password": {"value": PASSWORD}},
    ),
    Operation("POST", "/login_via_biometrics", False, lambda person: {"email": person.email}),
    Operation("POST", "/logout"),
    Operation(
        "POST",
        "/access_token",
        True,
        lambda person: {"identity": {"type": "CONSUMER", "id": person.identity_id}},
    ),
    Operation("GET", "/identities"),
    Operation("POST", "/passwords/{user_id}/create", False, _password),
    Operation(
        "POST",
        "/passwords/update",
        True,
        lambda person: {
            "oldPassword": {"value": PASSWORD},
            "newPassword": {"value": NEW_PASSWORD},
        },
    ),
    Operation("POST", "/passwords/validate", False, _password),
    Operation("GET", "/authentication_factors"),
    Operation("POST", "/authentication_factors/otp/{channel}"),
    Operation("POST", "/authentication_factors/otp/{channel}/verify", True, _code),
    Operation("POST", "/stepup/challenges/otp/{channel}"),
    Operation("POST", "/stepup/challenges/otp/{channel}/verify", True, _code),
    Operation("POST", "/authentication_factors/push/{channel}"),
    Operation("DELETE", "/authentication_factors/push/{channel}"),
    Operation("POST", "/stepup/challenges/push/{channel}"),
    Operation(
        "POST",
        "/consumers",
        False,
        lambda person: consumer_body(
            person.server, f"ada.{next(_numbers)}@example.com", str(next(_numbers))
        ),
    ),
    Operation("GET", "/consumers"),
    Operation("PATCH", "/consumers", True, lambda person: {"name": "Augusta"}),
    Operation("POST", "/consumers/kyc"),
    Operation("GET", "/consumers/kyc"),
    Operation("POST", "/corporates", False, _corporate),
    Operation("GET", "/corporates"),
    Operation("PATCH", "/corporates", True, lambda person: {"name": "Augusta"}),
    Operation("POST", "/corporates/kyb"),
    Operation("GET", "/corporates/kyb"),
    Operation("POST", "/users", True, _user),
    Operation("GET", "/users"),
    Operation("GET", "/users/{user_id}"),
    Operation("PATCH", "/users/{user_id}", True, lambda person: {"name": "Augusta"}),
    Operation("POST", "/users/{user_id}/activate"),
    Operation("POST", "/users/{user_id}/deactivate"),
    Operation("POST", "/users/kyc", False, lambda person: {"userId": person.user_id}),
    Operation("POST", "/passwords/lost_password/start", False, _email),
    Operation("POST", "/passwords/lost_password/resume", False, _lost),
    *(
        Operation("POST", f"/{who}/verification/email/{verb}", False, body)
        for who in ("corporates", "consumers", "users")
        for verb, body in (("send", _email), ("verify", _email_code))
    ),
    Operation("POST", "/users/{user_id}/invite"),
    Operation("POST", "/users/{user_id}/invite/validate", False, lambda person: _INVITE),
    Operation(
        "POST",
        "/users/{user_id}/invite/consume",
        False,
        lambda person: {**_INVITE, "password": {"value": PASSWORD}},
    ),
    Operation("POST", "/backoffice/access_token", False, _look),
    Operation("POST", "/backoffice/impersonate_identity_login", False, _look),
)
BY_NAME = {operation.name: operation for operation in OPERATIONS}
