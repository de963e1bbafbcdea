"""What fifty requests at once may not do to factors and tokens of the SCA API, with two servers
and one database."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from assent import foundation
from assent.domain.one_time_code import PHONE
from assent.domain.session import Caller
from assent.kernel.secret import Secret
from assent.settings import DatabaseSettings, Settings, VaultSettings
from assent.usecases.grant_access import authorise
from tests.processes.conftest import Pair
from tests.support.client import Server
from tests.support.jose_client import JoseClient
from tests.support.volley import Shot, volley
from tests.support.wise import REGISTRATION_CODE, Partner, WiseUser
from tests.support.wise_volley import form, plain, sealed, told

MANY = 50
REDIRECT = "https://bank.example/back"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bank(pair: Pair, partner: JoseClient) -> Partner:
    return Partner(pair.left.server, partner)


@pytest.fixture
def user(bank: Partner) -> WiseUser:
    return bank.sign_up()


def number() -> str:
    return f"+6586{next(_numbers):06d}"


def phone(server: Server, user: WiseUser, number: str, name: str = "phone-numbers") -> Shot:
    path = f"/v1/application/users/{user.id}/{name}"
    return Shot(server, "POST", path, {"phoneNumber": number}, user.partner.bearer)


def held(pair: Pair, user: WiseUser, kind: str) -> int:
    text = "SELECT count(*) FROM factors WHERE subject_id = $1 AND kind = $2"
    return int(pair.rows(text, user.id, kind)[0][0])


@asynccontextmanager
async def opened(pair: Pair) -> AsyncIterator[foundation.Foundation]:
    """The servers' own database, as a command of the operator would open it."""
    settings = replace(
        Settings(),
        server=replace(Settings().server, environment="sandbox"),
        database=DatabaseSettings(Secret(pair.url)),
        vault=VaultSettings(pair.place.settings["ASSENT_VAULT_FILE"]),
    )
    base = await foundation.found(settings)
    try:
        yield base
    finally:
        await base.close()


async def agreed(pair: Pair, user: WiseUser) -> str:
    """An authorisation code, as if the person had said yes on the page."""
    bank = user.partner
    async with opened(pair) as base:
        client = await base.stores.client_by_key(f"{bank.client_id}:{bank.secret}")
        assert client is not None
        caller = Caller(programme=client.programme)
        return await authorise(base.world, caller, user.id, bank.client_id, REDIRECT)


def good(pair: Pair, tokens: list[str]) -> list[str]:
    """Those that let somebody in, on either server."""
    let_in = []
    for token in tokens:
        head = {"authorization": f"Bearer {token}"}
        statuses = {server.call("GET", "/v1/me", None, head).status for server in pair.servers}
        assert statuses in ({200}, {401}), "the servers disagree"
        if statuses == {200}:
            let_in.append(token)
    return let_in


def test_one_person_of_fifty_sign_ups(pair: Pair, bank: Partner) -> None:
    email = f"one.of.fifty.{next(_numbers)}@example.com"
    shots = [
        Shot(
            pair.turn(n),
            "POST",
            "/v1/user/signup/registration_code",
            {"email": email.upper() if n % 3 else email, "registrationCode": f"{n:032d}"},
            bank.bearer,
        )
        for n in range(MANY)
    ]
    answers = volley(shots)
    assert told(answers) == {"200": 1, "409 NOT_UNIQUE": MANY - 1}
    (winner,) = [n for n, answer in enumerate(answers) if answer.status == 200]
    grant = {"grant_type": "registration_code", "email": email}
    codes = [form(pair.turn(n), bank, registration_code=f"{n:032d}", **grant) for n in range(MANY)]
    let_in = [n for n, answer in enumerate(volley(codes)) if answer.status == 200]
    assert let_in == [winner]


def test_fifty_pins_at_once_set_one(pair: Pair, user: WiseUser) -> None:
    paths = ("/v1/user/pin", f"/v2/profiles/{user.profile_id}/pin")
    shots = [
        sealed(pair.turn(n), user, paths[n // 2 % 2], {"pin": f"{n:04d}"}) for n in range(MANY)
    ]
    counts = told(volley(shots))
    assert counts.pop("204", 0) + counts.pop("200", 0) == 1
    assert set(counts) <= {"409 pin.already.setup", "503 unavailable"}
    assert held(pair, user, "pin") == 1


def test_fifty_fingerprints_at_once_are_three(pair: Pair, user: WiseUser) -> None:
    paths = (
        "/v1/user/partner-device-fingerprints",
        f"/2026Q3/profiles/{user.profile_id}/device-fingerprints",
    )
    shots = [
        sealed(pair.turn(n), user, paths[n // 2 % 2], {"deviceFingerprint": f"device {n}"})
        for n in range(MANY)
    ]
    answers = volley(shots)
    counts = told(answers)
    assert counts.pop("200") == 3
    assert set(counts) <= {
        "400 device.fingerprint.maximum.reached",
        "409 conflict",
        "503 unavailable",
    }
    assert held(pair, user, "device_fingerprint") == 3
    path = f"/v1/users/{user.id}/partner-device-fingerprints"
    assert len({one["deviceFingerprintId"] for one in user.partner.call("GET", path).json}) == 3


def test_one_fingerprint_fifty_times_is_one(pair: Pair, user: WiseUser) -> None:
    path = "/v1/user/partner-device-fingerprints"
    body = {"deviceFingerprint": "the same device"}
    counts = told(volley([sealed(pair.turn(n), user, path, body) for n in range(MANY)]))
    assert counts.pop("200") == 1
    assert set(counts) <= {"409 device.fingerprint.already.exists", "503 unavailable"}
    assert held(pair, user, "device_fingerprint") == 1


def test_one_number_of_fifty_people_has_one(pair: Pair, bank: Partner) -> None:
    people, wanted = [bank.sign_up() for _ in range(MANY)], number()
    shots = [
        phone(pair.turn(n), one, wanted, ("phone-numbers", "phone_numbers")[n // 2 % 2])
        for n, one in enumerate(people)
    ]
    counts = told(volley(shots))
    assert counts == {"200": 1, "422 phone.number.repeated": MANY - 1}
    assert sum(held(pair, one, PHONE) for one in people) == 1


def test_fifty_people_who_change_to_one_number(pair: Pair, bank: Partner) -> None:
    people, wanted = [bank.sign_up() for _ in range(20)], number()
    shots = []
    for n, one in enumerate(people):
        made = one.set_phone(number())
        assert made.status == 200, made.body
        path = f"/v1/application/users/{one.id}/phone-numbers/{made.json['id']}"
        body = {"phoneNumber": wanted}
        shots.append(Shot(pair.turn(n), "PUT", path, body, bank.bearer))
    counts = told(volley(shots))
    assert counts.pop("200") == 1
    assert set(counts) <= {"422 phone.number.repeated", "409 conflict"}


def test_one_number_given_fifty_times_is_one_phone(pair: Pair, user: WiseUser) -> None:
    """One call sent again has one effect, and the same answer."""
    wanted = number()
    answers = volley([phone(pair.turn(n), user, wanted) for n in range(MANY)])
    assert told(answers) == {"200": MANY}
    assert len({answer.body for answer in answers}) == 1
    assert held(pair, user, PHONE) == 1


def test_two_numbers_at_once_are_one_phone(pair: Pair, user: WiseUser) -> None:
    wanted = number(), number()
    answers = volley([phone(pair.turn(n), user, wanted[n // 2 % 2]) for n in range(48)])
    counts = told(answers)
    assert counts.pop("200") == 24
    assert set(counts) == {"409 phone.number.already.exists"}
    assert held(pair, user, PHONE) == 1


def test_deleting_at_once_deletes_once(pair: Pair, user: WiseUser) -> None:
    assert user.set_pin().status == 204
    path = f"/v1/users/{user.id}/pin"
    shots = [Shot(pair.turn(n), "DELETE", path, headers=user.partner.bearer) for n in range(MANY)]
    assert told(volley(shots)) == {"204": 1, "404 pin.not.setup": MANY - 1}


def test_fifty_refreshes_leave_one_good_token(pair: Pair, user: WiseUser) -> None:
    """Each takes the token before it away; whoever was last has the one that lives."""
    bank, first = user.partner, user.token
    grant = {"grant_type": "refresh_token", "refresh_token": user.refresh_token}
    answers = volley([form(pair.turn(n), bank, **grant) for n in range(MANY)])
    counts = told(answers)
    assert counts.pop("200") >= 1
    assert set(counts) <= {"503 temporarily_unavailable"}, (
        "none of them broke, and none was told it is wrong"
    )
    given = [answer.json["access_token"] for answer in answers if answer.status == 200]
    assert len(set(given)) == len(given)
    alive = good(pair, [first, *given])
    assert len(alive) == 1
    assert alive != [first]
    again = bank.oauth(**grant)
    assert again.status == 200, "the refresh token lives on"
    assert good(pair, [*alive, again.json["access_token"]]) == [again.json["access_token"]]


def test_fifty_log_ins_leave_one_good_pair_of_tokens(pair: Pair, user: WiseUser) -> None:
    """The grant run again kills the refresh token, too."""
    bank, before = user.partner, user.refresh_token
    grant = {"email": user.email, "registration_code": REGISTRATION_CODE}
    shots = [form(pair.turn(n), bank, grant_type="registration_code", **grant) for n in range(20)]
    answers = volley(shots)
    counts = told(answers)
    assert counts.pop("200") >= 1
    assert set(counts) <= {"503 temporarily_unavailable"}
    given = [answer.json for answer in answers if answer.status == 200]
    assert len(good(pair, [user.token, *(one["access_token"] for one in given)])) == 1
    refreshes = [before, *(one["refresh_token"] for one in given)]
    renewed = [
        bank.oauth(grant_type="refresh_token", refresh_token=one).status for one in refreshes
    ]
    assert sorted(renewed) == [200, *[401] * len(given)]


async def test_fifty_uses_of_one_authorisation_code_are_one(pair: Pair, user: WiseUser) -> None:
    code, bank = await agreed(pair, user), user.partner
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    answers = volley([form(pair.turn(n), bank, **grant) for n in range(MANY)])
    assert told(answers) == {"200": 1, "401 invalid_grant": MANY - 1}
    (given,) = [answer.json["access_token"] for answer in answers if answer.status == 200]
    assert good(pair, [user.token, given]) == [given]


def test_one_number_while_its_phone_is_deleted(pair: Pair, bank: Partner) -> None:
    """It goes from one to the other, or it stays; it is never two people's, nor lost for good."""
    one, other, wanted = bank.sign_up(), bank.sign_up(), number()
    for turn in range(6):
        made = one.set_phone(wanted)
        assert made.status == 200, made.body
        path = f"/v1/application/users/{one.id}/phone-numbers/{made.json['id']}"
        delete = Shot(pair.turn(turn), "DELETE", path, headers=bank.bearer)
        gone, taken = volley([delete, phone(pair.turn(turn + 1), other, wanted)])
        assert gone.status == 204
        assert taken.status in (200, 422)
        assert (one.set_phone(wanted).status == 200) == (taken.status == 422)
        if taken.status == 422:
            one, other = other, one
            listed = bank.call("GET", f"/v1/application/users/{other.id}/phone-numbers")
            (entry,) = listed.json
            path = f"/v1/application/users/{other.id}/phone-numbers/{entry['id']}"
            assert bank.call("DELETE", path).status == 204
        else:
            one, other = other, one


def test_a_phone_that_is_changed_while_it_is_deleted_is_deleted(
    pair: Pair, bank: Partner, user: WiseUser
) -> None:
    """Nobody is told that it was not there, and finds it there with another number."""
    for turn in range(10):
        made = user.set_phone(number())
        assert made.status == 200, made.body
        path = f"/v1/application/users/{user.id}/phone-numbers/{made.json['id']}"
        body = {"phoneNumber": number()}
        shots = [
            Shot(pair.turn(turn), "PUT", path, body, bank.bearer),
            Shot(pair.turn(turn + 1), "DELETE", path, headers=bank.bearer),
        ]
        changed, gone = volley(shots)
        assert gone.status == 204, gone.body
        assert changed.status in (200, 404, 409)
        assert bank.call("GET", path.rpartition("/")[0]).json == []


def test_me_is_answered_whatever_else_happens(pair: Pair, user: WiseUser) -> None:
    """Reads of a token that is renewed meanwhile are let in or not, and nothing else."""
    grant = {"grant_type": "refresh_token", "refresh_token": user.refresh_token}
    shots = [plain(pair.turn(n), user, "/v1/me", method="GET") for n in range(40)]
    shots[20:20] = [form(pair.turn(1), user.partner, **grant)]
    answers = volley(shots)
    assert answers.pop(20).status == 200
    assert {answer.status for answer in answers} <= {200, 401}
    assert good(pair, [user.token]) == []
