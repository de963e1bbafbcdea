"""Push: by whoever has a password, an address, or a token that is not theirs."""

from typing import Any

from tests.support.business import look_at
from tests.support.client import Answer, Server
from tests.support.devices import PREFIX, LogIn, enrol_device, with_device
from tests.support.push_conflicts import decree, with_app
from tests.support.weavr import Person, enrolled_person, new_person

LIMIT = "CHALLENGE_LIMIT_EXCEEDED"


def _stepped_up(person: Person) -> bool:
    return person.enrol_push().status != 403


def _ask_for(server: Server, email: str, **more: Any) -> Answer:
    body = {"email": email, **more}
    return server.call("POST", "/multi/login_via_biometrics", body, server.api)


def test_a_stolen_password_adds_no_app_and_no_device(server: Server) -> None:
    """CVE-2023-3597 (Keycloak): a session of one factor registered a second one of its own, and
    stepped up with it (RTS Article 24(2)(b))."""
    owner = enrolled_person(server)
    server.settings(codes="random")
    thief = owner.elsewhere()
    assert thief.enrol_push().error == "STEP_UP_REQUIRED"
    link = server.call("POST", f"{PREFIX}/links", None, server.bearer(thief.token)).json
    begun = server.call("POST", f"{PREFIX}/enrolments", {"token": link["token"]})
    assert begun.json["codeSent"], "to the owner's phone"
    assert thief.ask_push().error == "CHANNEL_NOT_REGISTERED"
    channels = [one["channel"] for one in thief.factors().json["factors"]]
    assert "AUTHY" not in channels


def test_one_factor_unlinks_nothing(server: Server) -> None:
    """CVE-2026-3429 (Keycloak): a session of a low level deleted the owner's second factor by
    REST, and then enrolled its own."""
    owner = with_app(server)
    device = enrol_device(owner)
    thief = owner.elsewhere()
    for channel in ("AUTHY", "BIOMETRIC"):
        refused = thief.unlink(channel)
        assert (refused.status, refused.error) == (403, "STEP_UP_REQUIRED")
    office = owner.elsewhere()
    office.token = look_at(server, owner, "consumers").json["token"]["token"]
    for channel in ("AUTHY", "BIOMETRIC"):
        assert office.unlink(channel).error == "INSUFFICIENT_PERMISSIONS"
    assert device.asked() == []
    states = {one["channel"]: one["status"] for one in owner.factors().json["factors"]}
    assert states == {"SMS": "ACTIVE", "AUTHY": "ACTIVE", "BIOMETRIC": "ACTIVE"}


def test_a_bearer_unlinks_its_own_person_alone(server: Server) -> None:
    """CVE-2026-28787 (OneUptime) and its like: what decides was taken from what the caller sent."""
    owner, device = with_device(server)
    stranger = enrolled_person(server).stepped_up()
    path = "/multi/authentication_factors/push/BIOMETRIC"
    for body in (
        {"userId": owner.user_id},
        {"credentials": {"type": "ROOT", "id": owner.user_id}},
        {"device": device.id},
    ):
        headers = {**server.bearer(stranger.token), "device": device.id}
        refused = server.call("DELETE", f"{path}?user_id={owner.user_id}", body, headers)
        assert refused.error == "CHANNEL_NOT_REGISTERED"
    assert device.asked() == []


def test_pushes_do_not_rain_until_somebody_taps(server: Server) -> None:
    """Uber, Cisco (2022): whoever has the password asks, again and again, at night."""
    owner, device = with_device(server)
    mails = len(server.mails(owner.email))
    for _ in range(12):
        thief = owner.elsewhere()
        thief.ask_push()
        _ask_for(server, owner.email)
        server.advance(5)
        assert len(device.asked()) <= 3
    for _ in range(3):
        for asked in device.asked():
            device.decline(asked)
        owner.elsewhere().ask_push()
        _ask_for(server, owner.email)
        server.advance(15)
    for _ in range(5):
        thief = owner.elsewhere()
        assert thief.ask_push().error == LIMIT
        assert _ask_for(server, owner.email).status == 423
        server.advance(15)
    assert device.asked() == []
    assert len(server.mails(owner.email)) > mails, "and the owner is told"


def test_who_knows_an_address_keeps_nobody_from_their_own_step_up(server: Server) -> None:
    """Log-ins that are declined, or left, would else switch the owner's own questions off."""
    owner, device = with_device(server)
    for _ in range(3):
        assert _ask_for(server, owner.email).status == 200
        device.decline(device.asked()[0])
        server.advance(15)
    assert _ask_for(server, owner.email).status == 423
    assert owner.ask_push().status == 200
    assert owner.log_in().status == 200


def test_another_channel_is_no_way_round_the_refusals(server: Server) -> None:
    """CVE-2026-9798 (Keycloak): another flow asked the same person, and knew of no lock."""
    owner = with_app(server)
    device = enrol_device(owner)
    for _ in range(3):
        assert owner.elsewhere().ask_push().status == 200
        device.decline(device.asked()[0])
    thief = owner.elsewhere()
    assert thief.ask_push().error == LIMIT
    assert thief.ask_push("AUTHY").error == LIMIT
    assert _ask_for(server, owner.email).status == 423


def test_a_list_of_addresses_pushes_each_person_once(server: Server) -> None:
    """Spraying: not one person often, but everybody of a leaked list."""
    people = [with_device(server) for _ in range(4)]
    strangers = [f"nobody{n}@example.com" for n in range(4)]
    for _ in range(3):
        for person, _device in people:
            _ask_for(server, person.email)
        for email in strangers:
            assert _ask_for(server, email).error == "CHANNEL_NOT_REGISTERED"
    for person, device in people:
        assert len(device.asked()) == 1
        assert person.ask_push().status == 200, "what they do themselves still arrives"


def test_spellings_of_an_address_are_one_person(server: Server) -> None:
    """CVE-2026-47203 (Authelia): each case of a name had a budget of its own."""
    person, device = with_device(server)
    assert _ask_for(server, person.email).status == 200
    for email in (person.email.upper(), person.email.title()):
        assert _ask_for(server, email).status == 429
    assert len(device.asked()) == 1


def test_strangers_leave_a_place_for_what_the_person_does(server: Server) -> None:
    """Whoever knows an address filled all places, and nobody could approve anything."""
    person, device = with_device(server)
    for _ in range(6):
        _ask_for(server, person.email)
        server.advance(15)
    assert len(device.asked()) == 2
    assert person.ask_push().status == 200


def test_whoever_asks_for_a_log_in_gets_nothing(server: Server) -> None:
    """One thoughtless tap must not be a takeover: what was approved is worth something to the
    device that approved it, and to nobody else."""
    log_in = LogIn(*with_device(server))
    owner = log_in.person
    token = log_in.token()
    for guess in (log_in.challenge, f"login_{log_in.challenge}", owner.user_id, ""):
        assert owner.redeem(guess).status == 403
    again = _ask_for(server, owner.email, token=token, approved=True, challengeId=log_in.challenge)
    assert again.status == 429
    open_ones = server.sandbox("GET", f"/users/{owner.user_id}/challenges").json["challenges"]
    assert open_ones == []
    assert owner.redeem(token).status == 200


def test_an_approval_is_for_what_was_asked(server: Server) -> None:
    """A log-in that the owner approves steps up no session of the thief's, and the other way
    round."""
    owner, device = with_device(server)
    thief = owner.elsewhere()
    log_in = LogIn(owner, device)
    log_in.token()
    assert not _stepped_up(thief)
    mine = owner.elsewhere()
    challenge = mine.ask_push().json["id"]
    assert device.approve(challenge) == "", "no token for a session"
    assert not _stepped_up(thief)
    assert _stepped_up(mine)


def test_a_token_is_its_programmes_alone(server: Server) -> None:
    """Casdoor (VU#780781): a token of one application was taken by another."""
    log_in = LogIn(*with_device(server))
    owner, token = log_in.person, log_in.token()
    other = server.isolated()
    theirs = new_person(other)
    body = {"identity": {"type": "CONSUMER", "id": theirs.identity_id}, "token": token}
    for identity_id in (theirs.identity_id, owner.identity_id):
        body["identity"]["id"] = identity_id  # type: ignore[index]
        refused = other.call("POST", "/multi/access_token", body, other.api)
        assert (refused.status, refused.body) == (403, b"")
    assert owner.redeem(token).status == 200


def test_a_token_that_was_planted_gives_no_session(server: Server) -> None:
    """Log-in CSRF: the thief's own token, sent by the owner's app, would put the owner's
    next payment into the thief's account."""
    owner = enrolled_person(server)
    log_in = LogIn(*with_device(server))
    identity = {"type": "CONSUMER", "id": log_in.person.identity_id}
    planted = {"identity": identity, "token": log_in.token()}
    refused = owner.call("POST", "/access_token", planted)
    assert (refused.status, refused.body) == (403, b"")


def test_every_exchange_is_a_new_session(server: Server) -> None:
    """CVE-2024-7341 (Keycloak adapters): the session's id was the same before and after the
    log-in."""
    person, device = with_device(server)
    tokens = {person.token}
    for _ in range(3):
        server.advance(15)
        log_in = LogIn(person, device)
        body = {
            "identity": {"type": "CONSUMER", "id": person.identity_id},
            "token": log_in.token(),
        }
        headers = {**server.bearer(person.token), "cookie": f"session={person.token}"}
        answer = server.call("POST", "/multi/access_token", body, headers)
        assert answer.status == 200
        assert "set-cookie" not in answer.headers
        tokens.add(answer.json["token"])
        person.token = answer.json["token"]
    assert len(tokens) == 4


def test_tokens_of_other_purposes_open_nothing(server: Server) -> None:
    """Casdoor once more: whatever else is signed or handed out here is no log-in."""
    person, _ = with_device(server)
    link = server.call("POST", f"{PREFIX}/links", None, server.bearer(person.token)).json["token"]
    for other in (link, person.token, server.api["api-key"], f"login_{link.partition('_')[2]}"):
        assert person.redeem(other).status == 403


def test_who_is_known_is_told_no_further_than_documented(server: Server) -> None:
    """ASVS 6.3.8: an address that is nobody's and a person without a device look alike, and as
    often as one likes. That somebody has a device is told, as published, to the firm's server."""
    known = enrolled_person(server)
    answers = [
        _ask_for(server, email) for email in (known.email, "nobody@example.com") for _ in range(3)
    ]
    assert {(answer.status, answer.body) for answer in answers} == {
        (409, b'{"errorCode":"CHANNEL_NOT_REGISTERED"}')
    }
    assert server.mails(known.email)[0]["subject"] != "", "the enrolment's mail"
    assert server.messages("+35600000000") == []


def test_a_decree_of_another_programme_ends_nothing(server: Server) -> None:
    """The simulator's key of one programme and the challenge of another."""
    person, device = with_device(server)
    challenge = person.ask_push().json["id"]
    other = server.isolated()
    path = f"/factors/{person.user_id}/challenges/{challenge}/verify_success"
    assert other.simulate(path).status == 404
    stranger, _ = with_device(server)
    path = f"/factors/{stranger.user_id}/challenges/{challenge}/verify_success"
    assert server.simulate(path).status == 404
    assert device.asked() == [challenge]
    assert decree(person, "success", challenge).json == {"code": "COMPLETED"}
