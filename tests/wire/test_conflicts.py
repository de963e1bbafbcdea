"""Every 409 of the published tables: produced here, or named with the reason why it cannot be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assent.catalogue.dialects import Weavr
from assent.dialects.weavr.errors import TABLE
from assent.kernel.refusals import Code
from tests.support import identity_conflicts, mailed_conflicts, push_conflicts
from tests.support.business import enrolled_corporate, without_mobile
from tests.support.client import Answer, Server
from tests.support.weavr import (
    NEW_PASSWORD,
    PASSWORD,
    WRONG,
    consumer_body,
    enrolled_person,
    new_person,
    set_password,
    validate,
)

ROOT = Path(__file__).parents[2]
LIMIT = "CHALLENGE_LIMIT_EXCEEDED"
CREATE = "POST /passwords/{user_id}/create"
UPDATE = "POST /passwords/update"
VALIDATE = "POST /passwords/validate"
ENROL = "POST /authentication_factors/otp/{channel}"
VERIFY = f"{ENROL}/verify"
ASK = "POST /stepup/challenges/otp/{channel}"
STEP_UP = f"{ASK}/verify"
NEW = "POST /consumers"
CHANGE = "PATCH /consumers"
IDENTITIES = "GET /identities"

FIXED_LINE = {"countryCode": "+356", "number": "21234567"}
NO_SUCH = {"countryCode": "+356", "number": "1"}
TOO_SHORT, TOO_LONG, TOO_SIMPLE = "Ab1-", "Ab1-" * 8, "abcdefgh1"

_WITHOUT_FEES = "there are no fees and no fee groups yet: any name is kept and given back"
_ALL_PLACES = "no country, currency or domain is closed to identities; `countries` closes messages"
_NOT_YET = "belongs to instruments or due diligence, which a later issue brings"
_NO_PROFILES = "both of a programme's profiles are there from the start and stay active"
_EVERY_KIND = "every credential may enrol"

NOT_PRODUCED = {
    (IDENTITIES, "IDENTITY_TYPE_NOT_SUPPORTED"): "every person's identities can be listed",
    (CREATE, "PASSWORD_KEY_ALREADY_IN_USE"): "a password is known by its user, not by a key",
    (VALIDATE, "UNRESOLVED_IDENTITY"): "the call names no identity",
    (ENROL, "CREDENTIALS_INACTIVE"): "deactivation ends every session: 401 comes first",
    (ENROL, "TYPE_DOES_NOT_SUPPORT_ENROLMENT"): _EVERY_KIND,
    (VERIFY, "CREDENTIALS_INACTIVE"): "deactivation ends every session: 401 comes first",
    (VERIFY, "TYPE_DOES_NOT_SUPPORT_ENROLMENT"): _EVERY_KIND,
    (ASK, "MOBILE_NUMBER_INVALID"): "the number got a code once; another number is not enrolled",
    (STEP_UP, "CHANNEL_NOT_REGISTERED"): "without a factor there is no challenge: STATE_INVALID",
    (NEW, "PAYMENT_MODEL_CONSTRAINTS_VIOLATED"): _NOT_YET,
    (NEW, "PROFILE_INACTIVE"): _NO_PROFILES,
    (NEW, "CURRENCY_UNSUPPORTED"): _ALL_PLACES,
    (NEW, "FEE_GROUP_INVALID"): _WITHOUT_FEES,
    (NEW, "COUNTRY_UNSUPPORTED"): _ALL_PLACES,
    (NEW, "EMAIL_DOMAIN_NOT_ALLOWED"): _ALL_PLACES,
    (NEW, "CONSUMER_ALREADY_EXISTS"): "a consumer is told from another by its root's e-mail alone",
    (CHANGE, "FEE_GROUP_INVALID"): _WITHOUT_FEES,
    (CHANGE, "COUNTRY_UNSUPPORTED"): _ALL_PLACES,
    (CHANGE, "EMAIL_DOMAIN_NOT_ALLOWED"): _ALL_PLACES,
    (CHANGE, "MOBILE_CHANGE_NOT_ALLOWED"): "refused with 403 STEP_UP_REQUIRED, or allowed",
    (CHANGE, "TERMINATION_DATE_IN_PAST"): "identities have no termination date",
    **mailed_conflicts.NOT_PRODUCED,
    **identity_conflicts.NOT_PRODUCED,
    **push_conflicts.NOT_PRODUCED,
}
"""Here for the reader of a failing test; docs/dialects/weavr.md says it to users."""

Scene = Callable[[Server], Answer]
PRODUCED: dict[tuple[str, str], Scene] = {
    **mailed_conflicts.PRODUCED,
    **identity_conflicts.PRODUCED,
    **push_conflicts.PRODUCED,
}


def scene(operation: str, name: str) -> Callable[[Scene], Scene]:
    def put(made: Scene) -> Scene:
        assert (operation, name) not in PRODUCED
        PRODUCED[operation, name] = made
        return made

    return put


def _policy(operation: str, name: str, password: str) -> None:
    @scene(operation, name)
    def refused(server: Server) -> Answer:
        if operation == CREATE:
            return set_password(server, new_person(server, password="").user_id, password)
        if operation == VALIDATE:
            return validate(server, password)
        return enrolled_person(server).stepped_up().change_password(new=password)


for _operation in (CREATE, UPDATE, VALIDATE):
    _policy(_operation, "PASSWORD_TOO_SHORT", TOO_SHORT)
    _policy(_operation, "PASSWORD_TOO_LONG", TOO_LONG)
    _policy(_operation, "PASSWORD_TOO_SIMPLE", TOO_SIMPLE)
_policy(UPDATE, "PASSWORD_ALREADY_USED", PASSWORD)


@scene(CREATE, "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE")
def _(server: Server) -> Answer:
    person = new_person(server, password="")
    server.settings(credentials=["passcode"])
    return set_password(server, person.user_id, PASSWORD)


@scene(VALIDATE, "PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE")
def _(server: Server) -> Answer:
    server.settings(credentials=["passcode"])
    return validate(server, PASSWORD)


@scene(UPDATE, "PASSWORD_INCORRECT")
def _(server: Server) -> Answer:
    return enrolled_person(server).stepped_up().change_password("Wrong-word1", NEW_PASSWORD)


@scene(CREATE, "UNRESOLVED_IDENTITY")
def _(server: Server) -> Answer:
    return set_password(server, "1", PASSWORD)


@scene(CREATE, "PASSWORD_ALREADY_CREATED")
def _(server: Server) -> Answer:
    return set_password(server, new_person(server).user_id, NEW_PASSWORD)


def _switched_off(operation: str, verb: str) -> None:
    @scene(operation, "CHANNEL_NOT_SUPPORTED")
    def refused(server: Server) -> Answer:
        person = new_person(server)
        server.settings(channels=[])
        answer: Answer = getattr(person, verb)()
        return answer


for _operation, _verb in (
    (ENROL, "enrol"),
    (VERIFY, "verify_enrolment"),
    (ASK, "ask_step_up"),
    (STEP_UP, "step_up"),
):
    _switched_off(_operation, _verb)


@scene(ENROL, "MOBILE_NUMBER_NOT_AVAILABLE")
def _(server: Server) -> Answer:
    """A root always has a mobile; an authorised user need not."""
    return without_mobile(enrolled_corporate(server)).enrol()


@scene(ENROL, "CHANNEL_ALREADY_REGISTERED")
def _(server: Server) -> Answer:
    return enrolled_person(server).enrol()


@scene(ENROL, "MOBILE_NUMBER_INVALID")
def _(server: Server) -> Answer:
    person = new_person(server)
    assert person.change(mobile=FIXED_LINE).status == 200
    return person.enrol()


@scene(ENROL, "MOBILE_COUNTRY_NOT_SUPPORTED")
def _(server: Server) -> Answer:
    server.settings(countries=["SE"])
    return new_person(server).enrol()


@scene(VERIFY, "CHANNEL_ALREADY_REGISTERED")
def _(server: Server) -> Answer:
    person = new_person(server)
    other = person.elsewhere()
    assert other.enrol().status == 204
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    return other.verify_enrolment()


@scene(VERIFY, "STATE_INVALID")
def _(server: Server) -> Answer:
    return new_person(server).verify_enrolment()


@scene(STEP_UP, "STATE_INVALID")
def _(server: Server) -> Answer:
    return enrolled_person(server).step_up()


@scene(STEP_UP, "ALREADY_VERIFIED")
def _(server: Server) -> Answer:
    return enrolled_person(server).stepped_up().step_up()


def _expired(server: Server, ask: Callable[[], Answer], alive: Callable[[], Answer]) -> None:
    assert ask().status == 204
    for _ in range(2):  # five minutes, with a sign of life in between
        server.advance(151)
        assert alive().status == 200


@scene(VERIFY, "VERIFICATION_CODE_EXPIRED")
def _(server: Server) -> Answer:
    person = new_person(server)
    _expired(server, person.enrol, person.factors)
    return person.verify_enrolment()


@scene(STEP_UP, "VERIFICATION_CODE_EXPIRED")
def _(server: Server) -> Answer:
    person = enrolled_person(server)
    _expired(server, person.ask_step_up, person.factors)
    return person.step_up()


def _wrong(name: str, times: int) -> None:
    @scene(VERIFY, name)
    def enrolling(server: Server) -> Answer:
        person = new_person(server)
        assert person.enrol().status == 204
        return [person.verify_enrolment(WRONG) for _ in range(times)][-1]

    @scene(STEP_UP, name)
    def stepping_up(server: Server) -> Answer:
        person = enrolled_person(server)
        assert person.ask_step_up().status == 204
        return [person.step_up(WRONG) for _ in range(times)][-1]


_wrong("VERIFICATION_CODE_INVALID", 1)
_wrong("ONE_CHALLENGE_LIMIT_REMAINING", 2)
_wrong(LIMIT, 3)


@scene(ASK, "CHANNEL_NOT_REGISTERED")
def _(server: Server) -> Answer:
    return new_person(server).ask_step_up()


@scene(ASK, "MOBILE_COUNTRY_NOT_SUPPORTED")
def _(server: Server) -> Answer:
    person = enrolled_person(server)
    server.settings(countries=["SE"])
    return person.ask_step_up()


@scene(ASK, "RETRY_IN_15SEC")
def _(server: Server) -> Answer:
    person = enrolled_person(server)
    assert person.ask_step_up().status == 204
    return person.ask_step_up()


@scene(ASK, LIMIT)
def _(server: Server) -> Answer:
    person = enrolled_person(server)
    for _ in range(3):
        assert person.ask_step_up().status == 204
        server.advance(15)
    return person.ask_step_up()


def _new(server: Server, **root: object) -> Answer:
    body = consumer_body(server, "mary@example.com", "79000001")
    body["rootUser"] |= root
    return server.call("POST", "/multi/consumers", body, server.api)


@scene(NEW, "PROFILE_NOT_FOUND")
def _(server: Server) -> Answer:
    body = consumer_body(server, "mary@example.com", "79000001")
    body["profileId"] = server.credentials["profiles"]["corporates"]
    return server.call("POST", "/multi/consumers", body, server.api)


@scene(NEW, "ROOT_EMAIL_NOT_UNIQUE")
def _(server: Server) -> Answer:
    assert _new(server).status == 200
    return _new(server, email="MARY@EXAMPLE.com")


@scene(NEW, "COUNTRY_INVALID")
def _(server: Server) -> Answer:
    return _new(server, address={"country": "XX"})


@scene(NEW, "MOBILE_OR_COUNTRY_CODE_INVALID")
def _(server: Server) -> Answer:
    return _new(server, mobile=NO_SUCH)


@scene(CHANGE, "COUNTRY_INVALID")
def _(server: Server) -> Answer:
    return new_person(server).change(address={"country": "XX"})


@scene(CHANGE, "EMAIL_NOT_UNIQUE")
def _(server: Server) -> Answer:
    return new_person(server).change(email=new_person(server).email.upper())


@scene(CHANGE, "MOBILE_OR_COUNTRY_CODE_INVALID")
def _(server: Server) -> Answer:
    return new_person(server).change(mobile=NO_SUCH)


@pytest.mark.parametrize(("operation", "name"), PRODUCED, ids=lambda part: part)
def test_conflict(server: Server, operation: str, name: str):
    answer = PRODUCED[operation, name](server)
    body = {"errorCode": name}
    if name in {
        "PASSWORD_TOO_SHORT",
        "PASSWORD_TOO_LONG",
        "PASSWORD_TOO_SIMPLE",
        "PASSWORD_ALREADY_USED",
    }:
        body |= {"code": "AUTH_009", "message": "PASSWORD_POLICY_VIOLATION"}
    assert (answer.status, answer.json) == (409, body)
    assert answer.headers["request-ref"]


def test_no_conflict_of_the_tables_is_forgotten():
    declared = {
        (f"{route.method} {route.path}", name)
        for route in Weavr().routes
        for name in route.conflicts
    }
    by_an_operator = set(identity_conflicts.BY_AN_OPERATOR)  # tests/cli has these
    assert set(PRODUCED) | set(NOT_PRODUCED) | by_an_operator == declared
    assert not set(PRODUCED) & set(NOT_PRODUCED)
    assert all(NOT_PRODUCED.values())


LABELS = {
    "`GET /identities`": IDENTITIES,
    "`passwords/create`": CREATE,
    "`passwords/validate`": VALIDATE,
    "`validate`": VALIDATE,
    "OTP enrol": ENROL,
    "OTP verify": VERIFY,
    "step-up issue": ASK,
    "step-up verify": STEP_UP,
    "`POST`": NEW,
    "`POST /consumers`": NEW,
    "`PATCH /consumers`": CHANGE,
    **mailed_conflicts.LABELS,
    **identity_conflicts.LABELS,
    **push_conflicts.LABELS,
}


def test_what_cannot_occur_is_documented():
    page = (ROOT / "docs/dialects/weavr.md").read_text()
    table = page.partition("## 409 codes that cannot occur")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    documented = {
        (LABELS[label], name)
        for labels, names, reason in rows[1:]
        for label in labels.split(", ")
        for name in names.split(", ")
        if reason
    }
    assert documented == set(NOT_PRODUCED)


def test_every_refusal_has_a_row():
    assert set(TABLE) == set(Code)


@pytest.mark.parametrize(
    ("password", "name"),
    [
        (" ", "PASSWORD_TOO_SHORT"),  # short and simple: the first rule speaks
        ("a" * 31, "PASSWORD_TOO_LONG"),
        ("a" * 30, "PASSWORD_TOO_SIMPLE"),
        ("Abcdefgh1", "PASSWORD_TOO_SIMPLE"),
        ("ABCDEFG-1", "PASSWORD_TOO_SIMPLE"),
        ("Abcdefg-", "PASSWORD_TOO_SIMPLE"),
    ],
)
def test_the_first_rule_that_is_broken_speaks(server: Server, password: str, name: str):
    answer = validate(server, password)
    assert (answer.status, answer.error) == (409, name)


def test_a_short_password_that_was_used_before_is_too_short(server: Server):
    """Order of the four: too short, too long, too simple, already used."""
    server.settings(password_profile="modern")
    person = new_person(server, password="correct horse staple")
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    server.settings(password_profile="weavr")
    answer = person.change_password("correct horse staple", "correct horse staple")
    assert (answer.status, answer.error) == (409, "PASSWORD_TOO_SIMPLE")
