"""Somebody for whom a client of the SCA API acts."""

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from assent.testing.calls import Answer

if TYPE_CHECKING:
    from assent.testing.programme import Message, Programme

_REGISTRATION_CODE: Final = "registered-by-a-test-of-somebodys"
"""Chosen by the client; 32 characters or more."""


@dataclass
class ScaPerson:
    """A person with one profile. `token` is the client's for this person."""

    programme: "Programme"
    id: str
    profile_id: str
    email: str
    mobile: str
    """E.164."""
    token: str = field(repr=False)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        one_time_token: str = "",
        approval: str = "",
    ) -> Answer:
        """A call for them, such as GET /v2/profiles. `one_time_token` goes to the calls that clear
        it, `approval` along with the call that it was asked for. Every status is an answer."""
        sent = {"authorization": f"Bearer {self.token}"}
        if one_time_token:
            sent["one-time-token"] = one_time_token
        if approval:
            sent["x-2fa-approval"] = approval
        return self.programme.call(method, path, body, sent)

    def messages(self) -> "list[Message]":
        """What came to their phone, newest first."""
        return self.programme.messages(self.mobile)

    def last_code(self) -> str:
        """The newest code that came to their phone; NoCode where none did."""
        return self.programme.last_code(self.mobile)

    def set_face(self, face: bytes = b"a face") -> "ScaPerson":
        """Enrols a face: a sandbox takes any octets."""
        body = {"faceMap": base64.b64encode(face).decode()}
        self.call("POST", "/v1/user/facemap/enrol", body).wanted()
        return self

    def show_face(self, one_time_token: str, face: bytes = b"a face") -> Answer:
        """Clears inherence; the answer says what is left to prove."""
        body = {"faceMap": base64.b64encode(face).decode()}
        path = "/v1/one-time-token/facemap/verify"
        return self.call("POST", path, body, one_time_token=one_time_token).wanted()

    def answer_sms(self, one_time_token: str) -> Answer:
        """Clears possession with the code that comes; the answer says what is left to prove."""
        path = "/v1/one-time-token/sms"
        self.call("POST", f"{path}/trigger", one_time_token=one_time_token).wanted()
        body = {"otpCode": self.last_code()}
        return self.call("POST", f"{path}/verify", body, one_time_token=one_time_token).wanted()


def client_token(programme: "Programme") -> str:
    """See `Programme.client_token`."""
    return _token(programme, grant_type="client_credentials")


def sign_up(programme: "Programme", email: str, mobile: str) -> ScaPerson:
    """See `Programme.new_sca_person`."""
    client = {"authorization": f"Bearer {client_token(programme)}"}
    body = {"email": email, "registrationCode": _REGISTRATION_CODE}
    made = programme.call("POST", "/v1/user/signup/registration_code", body, client)
    user_id = str(made.wanted("Is the address taken?").json["id"])
    token = _token(
        programme,
        grant_type="registration_code",
        client_id=programme.wise_client_id,
        email=email,
        registration_code=_REGISTRATION_CODE,
    )
    phones = f"/v1/application/users/{user_id}/phone-numbers"
    programme.call("POST", phones, {"phoneNumber": mobile}, client).wanted("Is it E.164?")
    person = ScaPerson(programme, user_id, "", email, mobile, token)
    person.profile_id = str(person.call("GET", "/v2/profiles").wanted().json[0]["id"])
    return person


def _token(programme: "Programme", **form: str) -> str:
    pair = f"{programme.wise_client_id}:{programme.wise_client_secret}".encode()
    headers = {
        "authorization": f"Basic {base64.b64encode(pair).decode()}",
        "content-type": "application/x-www-form-urlencoded",
    }
    answer = programme.call("POST", "/oauth/token", urlencode(form).encode(), headers)
    return str(answer.wanted().json["access_token"])
