"""What schemathesis is told of our API: who calls, and which of its complaints are none.

Its command line loads this (`SCHEMATHESIS_HOOKS`). The sandbox's credentials stand in the file
that `ASSENT_FUZZED` names.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import schemathesis

from tests.support.business import (
    corporate_body,
    enrol,
    enrolled_corporate,
    fresh_number,
    make_user,
    new_corporate,
    new_user,
)
from tests.support.client import Server
from tests.support.devices import with_device
from tests.support.mailed import send_code, start, verify_code
from tests.support.weavr import (
    CODE,
    NEW_PASSWORD,
    PASSWORD,
    Person,
    consumer_body,
    enrolled_person,
    new_person,
)

AUTH = {"api-key", "authorization"}


@dataclass(frozen=True)
class Pass:
    """A complaint that is let pass: whose check, which one exactly, and why it is none."""

    check: str
    reason: str
    meant: Callable[[Any, Any], bool]
    """Given the case and the answer."""


def _invalid(answer: Any) -> list[dict[str, Any]]:
    """What a 400 names."""
    if answer.status_code != 400:
        return []
    return list(answer.json()["syntaxErrors"]["invalidFields"])


def _all_invalid(answer: Any, fits: Callable[[dict[str, Any]], bool]) -> bool:
    fields = _invalid(answer)
    return bool(fields) and all(map(fits, fields))


def _unsaid(invalid: dict[str, Any]) -> bool:
    """Control characters, no e-mail address, no country, no telephone number, no day, 12.0."""
    return (invalid["error"], invalid["params"]) in (
        ("REGEX", []),
        ("REGEX", ["email"]),
        ("REGEX", ["ISO 3166-1 alpha-2"]),
        ("REGEX", ["a number that can be"]),
        ("RANGE", []),
        ("REQUIRES", ["integer"]),
    )


def _only_keys_were_missing(case: Any, answer: Any) -> bool:
    """The case was made by leaving the keys out, and then the keys were put in."""
    wrong = case.meta.phase.data.mutations
    return bool(wrong) and all(
        {name.strip().lower() for name in str(one.parameter or "").split(",")} <= AUTH | {""}
        and set(case.headers) & AUTH
        for one in wrong
    )


EXCEPTIONS = (
    Pass(
        "negative_data_rejection",
        "an idempotency reference over its length is 413, which says more than 400",
        lambda case, answer: answer.status_code == 413,
    ),
    Pass(
        "negative_data_rejection",
        "what was wrong is that the keys were left out; but they are put in after that",
        _only_keys_were_missing,
    ),
    Pass(
        "negative_data_rejection",
        "a header that nobody knows is ignored (RFC 9110 5.1)",
        lambda case, answer: "x-schemathesis-unknown-property" in case.headers,
    ),
    Pass(
        "positive_data_acceptance",
        "what no schema can say, or not without being longer than all others: fields that nobody "
        "knows are ignored, but not the control characters in their names and values; an e-mail "
        "address of the right form may still be none (RFC 5321), two letters no country, digits no "
        "number of any plan, a date no day (30 February); 12.0 is no whole number here, as JSON "
        "Schema has it",
        lambda case, answer: _all_invalid(answer, _unsaid),
    ),
    Pass(
        "positive_data_acceptance",
        "an idempotency reference that was drawn before stands for another body",
        lambda case, answer: answer.status_code == 422,
    ),
    Pass(
        "positive_data_acceptance",
        "log-in is blocked after five wrong tries, and fuzzing is nothing but wrong tries",
        lambda case, answer: answer.status_code == 423,
    ),
)


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether it counts."""
    return not any(one.check in failure.checks and one.meant(case, response) for one in EXCEPTIONS)


@dataclass
class Scene:
    """Somebody for whom an operation's example goes well, and what the example must say then."""

    person: Person
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


def _value(text: str) -> dict[str, str]:
    return {"value": text}


def _asked(person: Person) -> Person:
    assert person.ask_step_up().status == 204
    return person


def _enrolling(person: Person) -> Person:
    assert person.enrol().status == 204
    return person


def _stepped_up(server: Server) -> Person:
    return enrolled_person(server).stepped_up()


def _with_password(server: Server) -> Scene:
    person = new_person(server)
    return Scene(person, body={"email": person.email, "password": _value(PASSWORD)})


def _with_device(server: Server) -> Scene:
    person, _ = with_device(server)
    return Scene(person, body={"email": person.email})


def _without_password(server: Server) -> Scene:
    person = new_person(server, password="")
    return Scene(person, {"user_id": person.user_id}, {"password": _value(PASSWORD)})


def _choosing(server: Server) -> Scene:
    person = new_person(server)
    return Scene(person, body={"identity": {"type": "CONSUMER", "id": person.identity_id}})


def _somebody(server: Server, *, kind: str) -> Scene:
    make = {"consumers": consumer_body, "corporates": corporate_body}[kind]
    number = fresh_number()
    return Scene(new_person(server), body=make(server, f"ada.{number}@example.com", number))


def _lost(server: Server) -> Scene:
    person = new_person(server)
    assert start(server, person.email).status == 204
    return Scene(person, body={"email": person.email, "newPassword": _value(NEW_PASSWORD)})


def _named(server: Server, *, path: str, sent: bool = False) -> Scene:
    """Somebody whose e-mail address the body says."""
    person = MAKERS[path](server)
    if sent:
        assert send_code(server, person.email, path).status == 204
    return Scene(person, body={"email": person.email})


def _company(server: Server) -> Scene:
    return Scene(enrolled_corporate(server))


def _user(server: Server) -> Person:
    return new_user(enrolled_corporate(server))


def _managed(server: Server, *, invited: bool = False, **body: Any) -> Scene:
    """A user without a password, of a manager."""
    root = enrolled_corporate(server)
    made = make_user(root).json
    if invited:
        assert root.call("POST", f"/users/{made['id']}/invite").status == 204
    return Scene(root, {"user_id": made["id"]}, body)


MAKERS: dict[str, Callable[[Server], Person]] = {
    "consumers": new_person,
    "corporates": new_corporate,
    "users": _user,
}


def _verified(server: Server, *, path: str) -> Person:
    person = new_person(server) if path == "consumers" else new_corporate(server)
    assert send_code(server, person.email, path).status == 204
    assert verify_code(server, person.email, CODE, path).status == 204
    return person


def _ready_user(server: Server) -> Scene:
    """Whose due diligence can begin."""
    root = enrolled_corporate(server)
    assert server.simulate(f"/corporates/{root.identity_id}/verify").status == 204
    user = new_user(root)
    assert send_code(server, user.email, "users").status == 204
    assert verify_code(server, user.email, CODE, "users").status == 204
    return Scene(enrol(user), body={"userId": user.user_id})


def _looked_at(server: Server) -> Scene:
    person = new_person(server)
    body: dict[str, Any] = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
    return Scene(person, body=body)


def _looked_at_as(server: Server) -> Scene:
    scene = _looked_at(server)
    credentials = {"type": "ROOT", "id": scene.person.user_id}
    return Scene(scene.person, body={**scene.body, "credentials": credentials})


SCENES: dict[str, Callable[[Server], Scene]] = {
    "POST /login_with_password": _with_password,
    "POST /access_token": _choosing,
    "POST /login_via_biometrics": _with_device,
    "DELETE /authentication_factors/push/{channel}": lambda server: Scene(
        with_device(server)[0].stepped_up()
    ),
    "POST /stepup/challenges/push/{channel}": lambda server: Scene(with_device(server)[0]),
    "POST /passwords/{user_id}/create": _without_password,
    "POST /passwords/update": lambda server: Scene(
        _stepped_up(server),
        body={"oldPassword": _value(PASSWORD), "newPassword": _value(NEW_PASSWORD)},
    ),
    "POST /passwords/validate": lambda server: Scene(
        new_person(server), body={"password": _value(PASSWORD)}
    ),
    "POST /authentication_factors/otp/{channel}": lambda server: Scene(new_person(server)),
    "POST /authentication_factors/otp/{channel}/verify": lambda server: Scene(
        _enrolling(new_person(server))
    ),
    "POST /stepup/challenges/otp/{channel}": lambda server: Scene(enrolled_person(server)),
    "POST /stepup/challenges/otp/{channel}/verify": lambda server: Scene(
        _asked(enrolled_person(server))
    ),
    "POST /passwords/lost_password/start": partial(_named, path="consumers"),
    "POST /passwords/lost_password/resume": _lost,
    "POST /backoffice/access_token": _looked_at_as,
    "POST /backoffice/impersonate_identity_login": _looked_at,
    "POST /consumers": partial(_somebody, kind="consumers"),
    "POST /consumers/kyc": lambda server: Scene(_verified(server, path="consumers")),
    "POST /corporates": partial(_somebody, kind="corporates"),
    "GET /corporates": _company,
    "PATCH /corporates": _company,
    "POST /corporates/kyb": lambda server: Scene(_verified(server, path="corporates")),
    "GET /corporates/kyb": _company,
    "POST /users": _company,
    "POST /users/kyc": _ready_user,
    "GET /users": _company,
    "GET /users/{user_id}": _managed,
    "PATCH /users/{user_id}": _managed,
    "POST /users/{user_id}/activate": _managed,
    "POST /users/{user_id}/deactivate": _managed,
    "POST /users/{user_id}/invite": _managed,
    "POST /users/{user_id}/invite/validate": partial(_managed, invited=True),
    "POST /users/{user_id}/invite/consume": partial(
        _managed, invited=True, password=_value(PASSWORD)
    ),
    **{
        f"POST /{path}/verification/email/{verb}": partial(_named, path=path, sent=sent)
        for path in ("consumers", "corporates", "users")
        for verb, sent in (("send", False), ("verify", True))
    },
}
"""Of operations whose example needs more than somebody who is stepped up."""


class Caller:
    """A stepped-up person, and another as soon as something ended that one's session; for
    examples, and for operations that nothing is sent to, somebody of the operation's own."""

    def __init__(self) -> None:
        self._server = Server(json.loads(Path(os.environ["ASSENT_FUZZED"]).read_text()))
        self._person: Person | None = None

    def get(self, case: Any, ctx: Any) -> Scene:
        """Called before each case."""
        sends = case.operation.definition.raw.keys() & {"parameters", "requestBody"}
        if not sends or (case.meta is not None and case.meta.phase.name.value == "examples"):
            return self._staged(case.operation.label)
        if self._person is None or self._person.ask_step_up().status == 401:
            self._person = _stepped_up(self._server)
        return Scene(self._person)

    def _staged(self, label: str) -> Scene:
        made = SCENES.get(label)
        return made(self._server) if made else Scene(_stepped_up(self._server))

    def set(self, case: Any, data: Scene, ctx: Any) -> None:
        """Puts the keys in, and makes the example one of this sandbox."""
        case.headers["api-key"] = data.person.server.api["api-key"]
        if any("bearer" in way for way in case.operation.definition.raw["security"]):
            case.headers["authorization"] = f"Bearer {data.person.token}"
        for name, value in data.params.items():
            case.path_parameters[name] = value
        if data.body:
            case.body = {**case.body, **data.body}


schemathesis.auth(refresh_interval=None)(Caller)
