"""From a stolen password to somebody else's phone."""

import itertools

from tests.support.client import Server
from tests.support.mailed import GAP, resume, send_code, start, verify_code
from tests.support.weavr import (
    PASSCODE,
    PASSWORD,
    Person,
    enrolled_person,
    log_in,
    new_person,
    set_password,
)

_numbers = itertools.count(79_700_000)


def _thief(person: Person) -> Person:
    """Whoever has the password, and nothing else."""
    return person.elsewhere()


def _own_phone() -> dict[str, object]:
    return {"countryCode": "+356", "number": str(next(_numbers))}


def _change_number(person: Person) -> None:
    """The owner's own doing, with the old phone in hand."""
    person.stepped_up()
    mobile = _own_phone()
    assert person.change(mobile=mobile).status == 200
    person.number = str(mobile["number"])


def _gains_nothing(thief: Person) -> None:
    for fields in (
        {"mobile": _own_phone()},
        {"email": "thief@example.com"},
        {"mobile": _own_phone(), "email": "thief@example.com"},
        {"name": "Eve", "mobile": _own_phone()},
    ):
        refused = thief.change(**fields)
        assert (refused.status, refused.error) == (403, "STEP_UP_REQUIRED"), fields
    assert thief.change_password().error == "STEP_UP_REQUIRED"
    seen = thief.call("GET", "/consumers").json["rootUser"]
    assert seen["email"] == thief.email
    assert seen["name"] == "Ada"


def test_a_stolen_password_adds_no_passcode_of_the_thiefs_own(server: Server) -> None:
    """CVE-2023-3597 once more, by way of a second secret: it would outlive the change of the
    stolen one. Neither the programme's key nor one factor nor another person's two factors are
    enough (RTS Article 24(2)(b)), not even in the gap after a change of number."""
    server.settings(credentials=["password", "passcode"])
    person, other = enrolled_person(server), enrolled_person(server).stepped_up()
    _change_number(person)
    thief = _thief(person)
    for bearer in ("", thief.token, other.token):
        refused = set_password(server, person.user_id, PASSCODE, bearer)
        assert (refused.status, refused.error) == (403, "STEP_UP_REQUIRED"), bearer
    assert thief.change_password(PASSWORD, PASSCODE).error == "STEP_UP_REQUIRED"
    assert log_in(server, person.email, PASSCODE).status == 403


def test_an_expired_password_is_no_way_to_a_passcode(server: Server) -> None:
    """The one session that changes a secret without step-up must not add another beside it."""
    server.settings(credentials=["password", "passcode"], password_days=1)
    person = enrolled_person(server)
    server.advance(86_400)
    thief = Person(server, person.email, "", person.user_id, "")
    thief.token = log_in(server, person.email).json["token"]
    assert thief.change_password(PASSWORD, PASSCODE).error == "STEP_UP_REQUIRED"
    refused = set_password(server, person.user_id, PASSCODE, thief.token)
    assert (refused.status, refused.error) == (403, "STEP_UP_REQUIRED")
    assert log_in(server, person.email, PASSCODE).status == 403


def test_a_stolen_password_does_not_move_the_phone(server: Server) -> None:
    """CVE-2023-3597 (Keycloak): with one factor a second one was registered, and with that one
    the session stepped up. Here by way of the number: change it, enrol one's own, step up."""
    person = enrolled_person(server)
    thief = _thief(person)
    _gains_nothing(thief)
    assert thief.enrol().error == "CHANNEL_ALREADY_REGISTERED"
    assert thief.step_up().error == "STATE_INVALID"
    assert person.stepped_up().factors().json["factors"][0]["status"] == "ACTIVE"


def test_nor_in_the_gap_after_a_change_of_number(server: Server) -> None:
    """CVE-2026-9047 (Devolutions): after a reconfiguration the account counted as one without a
    second factor. Between a new number and its enrolment no factor is active."""
    person = enrolled_person(server)
    _change_number(person)
    thief = _thief(person)
    assert thief.factors().json["factors"] == []
    _gains_nothing(thief)
    # enrolling sends the code to the number on record: the owner's
    server.settings(codes="random")
    assert thief.enrol().status == 204
    assert server.messages(person.phone)[0]["code"]
    assert thief.call("GET", "/consumers").json["rootUser"]["mobile"]["number"] == person.number
    _gains_nothing(thief)


def test_nor_after_the_new_number_is_half_enrolled(server: Server) -> None:
    """The same gap, a step later: begun and not finished."""
    person = enrolled_person(server)
    _change_number(person)
    assert person.enrol().status == 204
    thief = _thief(person)
    _gains_nothing(thief)
    assert person.verify_enrolment().status == 204
    _gains_nothing(_thief(person))


def test_a_step_up_is_of_its_session_alone(server: Server) -> None:
    """GHSA-xg6x-h9c9-2m83 (better-auth): a session from before the second factor was as good as
    one from after it."""
    person = enrolled_person(server)
    thief = _thief(person)
    person.stepped_up()
    _gains_nothing(thief)
    _gains_nothing(_thief(person))


def test_the_step_up_dies_with_the_session(server: Server) -> None:
    """A log-out that leaves a door open."""
    person = enrolled_person(server).stepped_up()
    token = person.token
    assert person.call("POST", "/logout").status == 204
    assert person.call("POST", "/passwords/update", {}).status == 401
    person.token = token
    assert person.factors().status == 401
    assert person.log_in().status == 200
    assert person.change_password().error == "STEP_UP_REQUIRED"


def test_the_old_address_is_told_of_the_new_one(server: Server) -> None:
    """SIM swap (O2-Telefonica, 2017): the owner is told where the thief does not read."""
    person = enrolled_person(server)
    old_phone, old_email = person.phone, person.email
    before = len(server.messages(old_phone))
    _change_number(person)
    told = server.messages(old_phone)
    assert len(told) == before + 2  # the step-up's code, and the notice
    assert told[0]["code"] is None
    assert "no longer" in told[0]["body"]
    assert server.messages(person.phone) == []  # nothing of it where a thief would read it
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    assert person.change(email=f"new.{person.number}@example.com").status == 200
    mail, *_ = server.mails(old_email)
    assert "no longer" in mail["body"]


def test_a_stolen_bearer_is_no_way_to_a_new_password(server: Server) -> None:
    """Where no second factor was ever proved, the bearer alone moves the address. A code to the new
    one would make a lasting takeover of five minutes: not even once it is verified, which whoever
    gave it can do, for as long as the owner has to answer the notice."""
    person = new_person(server)
    assert send_code(server, person.email).status == 204
    assert verify_code(server, person.email).status == 204
    new = f"thief.{person.email}"
    assert person.change(email=new).status == 200
    answers = [start(server, new), start(server, f"nobody.{person.email}")]
    assert [(one.status, one.body) for one in answers] == [(204, b"")] * 2, "told from nobody's"
    assert server.mails(new) == []
    server.advance(GAP)
    assert send_code(server, new).status == 204
    assert verify_code(server, new).status == 204
    server.settings(tells_unknown_emails=True)
    assert start(server, new).status == 204, "it is somebody's"
    assert len(server.mails(new)) == 1, "that of the verification"
    assert resume(server, new).status == 409
    assert log_in(server, new).status == 200, "the password stays the owner's"
    assert "no longer" in server.mails(person.email)[0]["body"]


def test_an_address_that_is_verified_and_a_day_old_is_good_for_a_reset(server: Server) -> None:
    person = new_person(server)
    new = f"new.{person.email}"
    assert person.change(email=new).status == 200
    server.advance(86_390)
    assert start(server, new).status == 204
    assert server.mails(new) == []
    server.advance(GAP)
    assert start(server, new).status == 204
    assert server.mails(new) == [], "it was never verified"
    assert send_code(server, new).status == 204
    assert verify_code(server, new).status == 204
    server.advance(GAP)
    assert start(server, new).status == 204
    assert resume(server, new).status == 200


def test_a_changed_password_ends_the_thiefs_sessions(server: Server) -> None:
    """Whoever changes a stolen password wants the thief out, now."""
    person = enrolled_person(server)
    thief = _thief(person)
    person.stepped_up()
    assert person.change_password().status == 200
    assert thief.factors().status == 401
    assert log_in(server, person.email, PASSWORD).status == 403


def test_the_first_password_is_set_once(server: Server) -> None:
    """CVE-2023-26481 (authentik), CVE-2025-69614 (Telekom): the call that gives a new account its
    password gave one to any account."""
    person = new_person(server)
    for path in (person.user_id, f"{int(person.user_id)}", f"0{person.user_id}"):
        body = {"password": {"value": "Thiefs-word1"}}
        answer = server.call("POST", f"/multi/passwords/{path}/create", body, server.api)
        assert answer.status in (400, 409), path
    assert log_in(server, person.email, "Thiefs-word1").status == 403
    assert person.log_in().status == 200


def test_another_tenant_sees_nobody(server: Server) -> None:
    """Ids of another programme are as if they did not exist."""
    person = enrolled_person(server)
    other = Server(server.credentials, server.base_url)
    stranger = other.sandbox("POST", "/programmes", {"name": "Stranger"})
    thief = Server(stranger.json, server.base_url)
    thief.settings(plaintext_passwords=True, password_profile="weavr")
    assert log_in(thief, person.email).status == 403
    foreign = {**thief.api, "authorization": f"Bearer {person.token}"}
    assert thief.call("GET", "/multi/authentication_factors", None, foreign).status == 401
    body = {"password": {"value": "Thiefs-word1"}}
    refused = thief.call("POST", f"/multi/passwords/{person.user_id}/create", body, thief.api)
    unknown = thief.call("POST", "/multi/passwords/1234567890123456/create", body, thief.api)
    assert (refused.status, refused.body) == (unknown.status, unknown.body) == (409, refused.body)
    assert refused.error == "UNRESOLVED_IDENTITY"
    assert person.factors().status == 200


def test_another_spelling_of_the_address_is_another_address(server: Server) -> None:
    """For limits two spellings count as one; mail is delivered by the letter. A thief must not
    move the notices to a look-alike mailbox because we would not call it a change."""
    for number, (name, new) in enumerate(
        (("strasse", "straße"), ("kim", "\uff4bim"), ("fiona", "ﬁona"), ("a1", "a¹"))
    ):
        person = enrolled_person(server, f"{name}.{next(_numbers)}{number}@example.com")
        respelt = person.email.replace(name, new, 1)
        assert _thief(person).change(email=respelt).error == "STEP_UP_REQUIRED"
        changed = person.stepped_up().change(email=respelt)
        assert (changed.status, changed.json["rootUser"]["emailVerified"]) == (200, False)
        assert "no longer" in server.mails(person.email)[0]["body"]


def test_ascii_case_of_the_own_address_is_no_change(server: Server) -> None:
    person = enrolled_person(server)
    thief = _thief(person)
    assert thief.change(email=person.email.upper()).status == 200


def test_sessions_chained_to_one_another_end_with_the_first(server: Server) -> None:
    """The absolute limit counts from the log-in: a bearer that buys a fresh one in time would
    otherwise never have to log in again."""
    person = enrolled_person(server)
    for _ in range(12 * 15):
        server.advance(240)
        body = {"identity": {"type": "CONSUMER", "id": person.identity_id}}
        answer = person.call("POST", "/access_token", body)
        if answer.status != 200:
            break
        person.token = answer.json["token"]
    assert person.factors().status == 401
