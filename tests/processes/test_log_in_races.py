"""Log-in on a device and unlinking, with two servers and one database."""

from tests.processes.conftest import Pair
from tests.support.devices import LogIn, with_device
from tests.support.push_conflicts import with_app
from tests.support.volley import Shot, counted, shot, volley

MANY = 20
ACCESS = "/multi/access_token"


def test_a_log_in_asked_for_by_twenty_at_once_is_asked_once(pair: Pair) -> None:
    person, device = with_device(pair.left.server)
    body = {"email": person.email}
    api = person.server.api
    path = "/multi/login_via_biometrics"
    shots = [Shot(pair.turn(n), "POST", path, body, api) for n in range(MANY)]
    assert counted(volley(shots)) == {"200": 1, "429": MANY - 1}
    assert len(device.asked()) == 1


def test_one_reference_sent_twenty_times_is_one_question(pair: Pair) -> None:
    person, device = with_device(pair.left.server)
    path = "/stepup/challenges/push/BIOMETRIC"
    shots = [shot(pair.turn(n), person, path, ref="one") for n in range(MANY)]
    answers = volley(shots)
    counts = counted(answers)
    assert set(counts) <= {"200", "IDEMPOTENT_REQUEST_IN_PROGRESS"}
    assert {answer.json["id"] for answer in answers if answer.status == 200} == set(device.asked())
    assert len(device.asked()) == 1


def test_an_app_is_unlinked_once_by_twenty_at_once(pair: Pair) -> None:
    person = with_app(pair.left.server)
    before = pair.facts(person, "factor_removed")
    headers = person.server.bearer(person.token)
    path = "/multi/authentication_factors/push/AUTHY"
    shots = [Shot(pair.turn(n), "DELETE", path, None, headers) for n in range(MANY)]
    counts = counted(volley(shots))
    assert counts["204"] == 1
    assert set(counts) <= {"204", "CHANNEL_NOT_REGISTERED", "503"}
    assert pair.facts(person, "factor_removed") - before == 1
    assert [one["channel"] for one in person.factors().json["factors"]] == ["SMS"]


def test_unlinking_voids_a_token_on_the_other_server(pair: Pair) -> None:
    log_in = LogIn(*with_device(pair.left.server))
    token = log_in.token()
    person = log_in.person.stepped_up()
    assert person.unlink().status == 204
    states = "SELECT state FROM approvals WHERE subject_id = $1 AND action = 'log_in'"
    assert pair.rows(states, int(person.user_id)) == [("withdrawn",)]
    body = {"identity": {"type": "CONSUMER", "id": person.identity_id}, "token": token}
    for server in pair.servers:
        assert server.call("POST", ACCESS, body, person.server.api).status == 403
