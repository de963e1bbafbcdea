"""Somebody who is there to be logged in, enrolled and stepped up by the Multi API."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from assent.domain.contact import mobile_of
from assent.testing.calls import Answer

if TYPE_CHECKING:
    from assent.testing.programme import Message, Programme

PASSWORD: Final = "Pass-word1"


@dataclass
class Person:
    """A consumer, or the root of a corporate. `token` is that of their newest session; what proves
    more goes on in it."""

    programme: "Programme"
    id: str
    """The user's, which passwords and sandbox calls name."""
    identity_id: str
    """The consumer's or corporate's."""
    email: str
    mobile: str
    """E.164."""
    password: str = field(repr=False)
    token: str = field(default="", repr=False)

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """A call of theirs, such as GET /multi/consumers. Every status is an answer."""
        return self.programme.multi(method, path, body, self.token)

    def messages(self) -> "list[Message]":
        """What came to their phone, newest first."""
        return self.programme.messages(self.mobile)

    def last_code(self) -> str:
        """The newest code that came to their phone; NoCode where none did."""
        return self.programme.last_code(self.mobile)

    def log_in(self) -> "Person":
        """A new session, which has proved the password and nothing else. Older ones stay."""
        body = {"email": self.email, "password": {"value": self.password}}
        answer = self.programme.multi("POST", "/multi/login_with_password", body)
        self.token = answer.wanted("Was the password changed? Then set person.password.").json[
            "token"
        ]
        return self

    def enrol_sms(self) -> "Person":
        """Enrols their phone with the code that comes to it; that also steps the session up."""
        return self._by_code("/multi/authentication_factors/otp/SMS", "Is the phone enrolled yet?")

    def step_up(self) -> "Person":
        """Steps the session up with the code that comes to their phone."""
        return self._by_code("/multi/stepup/challenges/otp/SMS", "Enrol first: person.enrol_sms().")

    def _by_code(self, path: str, then_do: str) -> "Person":
        self.call("POST", path).wanted(then_do)
        self.call("POST", f"{path}/verify", {"verificationCode": self.last_code()}).wanted()
        return self


def create(
    programme: "Programme", email: str, mobile: str, password: str, verified: bool
) -> Person:
    """See `Programme.new_person`. ValueError where the number is not E.164."""
    body = {
        "profileId": programme.consumers_profile,
        "ipAddress": "203.0.113.7",
        "rootUser": {
            "name": "Ada",
            "surname": "Lovelace",
            "email": email,
            "mobile": _number(mobile),
            "dateOfBirth": {"year": 1990, "month": 12, "day": 10},
            "address": {"country": "MT"},
        },
    }
    return _created(programme, "consumers", body, mobile, password, verified)


def create_root(
    programme: "Programme", email: str, mobile: str, password: str, verified: bool
) -> Person:
    """See `Programme.new_corporate`. ValueError where the number is not E.164."""
    body = {
        "profileId": programme.corporates_profile,
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
            "email": email,
            "mobile": _number(mobile),
            "companyPosition": "DIRECTOR",
        },
    }
    return _created(programme, "corporates", body, mobile, password, verified)


def _number(mobile: str) -> dict[str, str]:
    number = mobile_of(mobile)
    if number is None:
        raise ValueError(f"{mobile!r} is no mobile in E.164, such as +35679000001")
    return {"countryCode": number.country_code, "number": number.number}


def _created(
    programme: "Programme",
    room: str,
    body: dict[str, Any],
    mobile: str,
    password: str,
    verified: bool,
) -> Person:
    made = programme.multi("POST", f"/multi/{room}", body).wanted("Is the address taken?").json
    user_id, identity_id = made["rootUser"]["id"]["id"], made["id"]["id"]
    answer = programme.multi(
        "POST", f"/multi/passwords/{user_id}/create", {"password": {"value": password}}
    )
    token = answer.wanted("The programme must take passwords as plain text: docs/sandbox.md.").json
    if verified:
        programme.simulate(f"/{room}/{identity_id}/verify")
    email = body["rootUser"]["email"]
    return Person(programme, user_id, identity_id, email, mobile, password, token["token"])
