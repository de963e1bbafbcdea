"""The conflicts of push and of log-in on a device, for tests/wire/test_conflicts.py."""

from collections.abc import Callable

from tests.support.client import Answer, Server
from tests.support.weavr import Person, enrolled_person, new_person

ENROL = "POST /authentication_factors/push/{channel}"
UNLINK = "DELETE /authentication_factors/push/{channel}"
ASK = "POST /stepup/challenges/push/{channel}"
LOG_IN = "POST /login_via_biometrics"
LIMIT = "CHALLENGE_LIMIT_EXCEEDED"

FIXED_LINE = {"countryCode": "+356", "number": "21234567"}
UNPROVED = {"countryCode": "+356", "number": "79888888"}

NOT_PRODUCED = {
    (ENROL, "TYPE_DOES_NOT_SUPPORT_ENROLMENT"): "every credential may enrol",
    (UNLINK, "CREDENTIALS_INACTIVE"): "deactivation ends every session: 401 comes first",
    (ASK, "STATE_INVALID"): "who says that it was not them ends the session: see test_push_rules",
}
LABELS = {"push enrol": ENROL, "push unlink": UNLINK, "push step-up": ASK}

Scene = Callable[[Server], Answer]
PRODUCED: dict[tuple[str, str], Scene] = {}


def scene(operation: str, name: str) -> Callable[[Scene], Scene]:
    def put(made: Scene) -> Scene:
        assert (operation, name) not in PRODUCED
        PRODUCED[operation, name] = made
        return made

    return put


def newest(person: Person) -> str:
    """The id of what the person was asked last."""
    answer = person.server.sandbox("GET", f"/users/{person.user_id}/challenges")
    return str(answer.json["challenges"][0]["id"])


def decree(person: Person, verb: str, challenge_id: str = "") -> Answer:
    """`success`, `invalid` or `expired`: of the newest challenge, if none is named."""
    challenge_id = challenge_id or newest(person)
    path = f"/factors/{person.user_id}/challenges/{challenge_id}/verify_{verb}"
    return person.server.simulate(path)


def with_app(server: Server) -> Person:
    """Stepped up, and with the vendor's app enrolled."""
    person = enrolled_person(server).stepped_up()
    assert person.enrol_push().status == 204
    assert decree(person, "success").json == {"code": "COMPLETED"}
    return person


@scene(ENROL, "CHANNEL_NOT_SUPPORTED")
def _(server: Server) -> Answer:
    person = enrolled_person(server).stepped_up()
    server.settings(channels=["SMS", "BIOMETRIC"])
    return person.enrol_push()


@scene(ENROL, "CHANNEL_NOT_READY")
def _(server: Server) -> Answer:
    person = enrolled_person(server).stepped_up()
    assert person.change(mobile=UNPROVED).status == 200
    return person.enrol_push()


@scene(ENROL, "CHANNEL_ALREADY_REGISTERED")
def _(server: Server) -> Answer:
    return with_app(server).enrol_push()


@scene(ENROL, "MOBILE_NUMBER_NOT_AVAILABLE")
def _(server: Server) -> Answer:
    person = enrolled_person(server).stepped_up()
    assert person.change(mobile=FIXED_LINE).status == 200
    return person.enrol_push()


@scene(ENROL, "MOBILE_COUNTRY_NOT_SUPPORTED")
def _(server: Server) -> Answer:
    person = enrolled_person(server).stepped_up()
    server.settings(countries=["SE"])
    return person.enrol_push()


@scene(ENROL, "PASSCODE_NOT_SET")
def _(server: Server) -> Answer:
    """A password is none that a programme of passcodes takes."""
    person = enrolled_person(server).stepped_up()
    server.settings(credentials=["passcode"])
    return person.enrol_push()


@scene(ENROL, "ENROLMENT_LIMIT_EXCEEDED")
def _(server: Server) -> Answer:
    person = enrolled_person(server).stepped_up()
    for _ in range(3):
        assert person.enrol_push().status == 204
        server.advance(15)
    return person.enrol_push()


@scene(ENROL, LIMIT)
def _(server: Server) -> Answer:
    """Five wrong answers, three to one question and two to the next."""
    person = enrolled_person(server).stepped_up()
    for times in (3, 2):
        assert person.enrol_push().status == 204
        for _ in range(times):
            assert decree(person, "invalid").json == {"code": "COMPLETED"}
        server.advance(15)
    return person.enrol_push()


@scene(UNLINK, "CHANNEL_NOT_REGISTERED")
def _(server: Server) -> Answer:
    return enrolled_person(server).stepped_up().unlink()


@scene(ASK, "CHANNEL_NOT_SUPPORTED")
def _(server: Server) -> Answer:
    person = with_app(server)
    server.settings(channels=["SMS"])
    return person.ask_push("AUTHY")


@scene(ASK, "CHANNEL_NOT_REGISTERED")
def _(server: Server) -> Answer:
    return enrolled_person(server).ask_push()


@scene(ASK, LIMIT)
def _(server: Server) -> Answer:
    person = with_app(server).elsewhere()
    for _ in range(3):
        assert person.ask_push("AUTHY").status == 200
        server.advance(15)
    return person.ask_push("AUTHY")


@scene(LOG_IN, "CHANNEL_NOT_REGISTERED")
def _(server: Server) -> Answer:
    return new_person(server).ask_log_in()


@scene(LOG_IN, "CHANNEL_NOT_SUPPORTED")
def _(server: Server) -> Answer:
    server.settings(channels=["SMS", "AUTHY"])
    return new_person(server).ask_log_in()
