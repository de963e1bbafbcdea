"""Somebody who is there to be logged in, enrolled and stepped up by the Multi API."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from assent.domain.contact import mobile_of
from assent.testing.calls import Answer

if TYPE_CHECKING:
    from assent.testing.programme import Message, Programme

PASSWORD: Final = "Pass-word1"


class NoQuestion(Exception):
    """Their devices and their app ask them nothing."""


@dataclass(frozen=True)
class Question:
    """As the person reads it on a device; `fields` are what is shown below the text, such as
    amount and payee."""

    id: str
    purpose: str
    kind: str
    text: str
    fields: dict[str, str]


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
    identity_type: str = "CONSUMER"
    """Or CORPORATE."""

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

    def enrol_device(self, name: str = "") -> "Person":
        """Gives them a virtual device, whose keys the sandbox holds: what is pushed to BIOMETRIC
        is put to it. No session is needed, and none is stepped up."""
        self.programme.sandbox("POST", f"/users/{self.id}/devices", {"name": name})
        return self

    def enrol_authy(self) -> "Person":
        """Enrols the app on their phone, for AUTHY; it takes a stepped-up session."""
        path = "/multi/authentication_factors/push/AUTHY"
        self.call("POST", path).wanted("Step up first: person.enrol_sms() or person.step_up().")
        self.approve()
        return self

    def questions(self) -> list[Question]:
        """What their devices and their app ask them now, newest first."""
        held = self.programme.sandbox("GET", f"/users/{self.id}/challenges").json["challenges"]
        return [
            Question(
                id=one["id"],
                purpose=one["purpose"],
                kind=one["kind"],
                text=one["text"],
                fields={field["label"]: field["value"] for field in one["fields"]},
            )
            for one in held
            if "text" in one
        ]

    def approve(self, challenge: str = "", *, number: str = "", device: str = "") -> str:
        """Approves, with a real signature, what they are asked: the newest question unless one is
        named. `number` is the one on the other screen, where the programme has numbers matched;
        `device` the id of one of several. What a log-in yields is the one-time token for
        /multi/access_token; anything else, an empty text."""
        named = {"number": number, "device": device}
        told = self._answer("approve", challenge, {name: one for name, one in named.items() if one})
        return str(told.get("token", ""))

    def decline(self, challenge: str = "", *, reason: str = "", device: str = "") -> "Person":
        """Declines it. `reason` may be `not_me`, which ends all their sessions, or
        `changed_mind`."""
        named = {"reason": reason, "device": device}
        self._answer("decline", challenge, {name: one for name, one in named.items() if one})
        return self

    def log_in_on_device(self) -> "Person":
        """A new session that the device approved, stepped up from the start."""
        body: dict[str, object] = {"email": self.email}
        started = self.programme.multi("POST", "/multi/login_via_biometrics", body)
        asked = started.wanted("Enrol first: person.enrol_device().").json
        token = self.approve(asked["challengeId"], number=asked.get("number", ""))
        body = {
            "identity": {"type": self.identity_type, "id": self.identity_id},
            "token": token,
        }
        answer = self.programme.multi("POST", "/multi/access_token", body)
        self.token = answer.wanted().json["token"]
        return self

    def _answer(self, how: str, challenge: str, body: dict[str, str]) -> dict[str, Any]:
        if not challenge:
            asked = self.questions()
            if not asked:
                raise NoQuestion(
                    f"Nothing is asked of {self.email} on a device. Was the call that asks "
                    "answered with 2xx, and less than five minutes of the sandbox's clock ago?"
                )
            challenge = asked[0].id
        path = f"/users/{self.id}/challenges/{challenge}/{how}"
        told: dict[str, Any] = self.programme.sandbox("POST", path, body).json
        return told

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
    return _created(programme, "consumers", "CONSUMER", body, mobile, password, verified)


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
    return _created(programme, "corporates", "CORPORATE", body, mobile, password, verified)


def _number(mobile: str) -> dict[str, str]:
    number = mobile_of(mobile)
    if number is None:
        raise ValueError(f"{mobile!r} is no mobile in E.164, such as +35679000001")
    return {"countryCode": number.country_code, "number": number.number}


def _created(
    programme: "Programme",
    room: str,
    identity_type: str,
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
    return Person(
        programme, user_id, identity_id, email, mobile, password, token["token"], identity_type
    )
