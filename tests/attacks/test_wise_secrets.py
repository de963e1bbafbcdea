"""Canaries of the SCA API: PINs, faces, devices, codes and tokens, in logs and in databases."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from assent.testing.postgres import Cluster
from tests.processes.conftest import ask
from tests.support.approval_page import FORM, PATH
from tests.support.frames import loaded
from tests.support.jose_client import JoseClient
from tests.support.leaks import Canaries, found, refuse_in_log
from tests.support.processes import installation, sandbox
from tests.support.wise import Partner, WiseUser, ott_of

EMAIL = "canary.kestrel@zanzibar-canary.example"
CONTACT = "canary.contact@zanzibar-canary.example"
REGISTRATION = "Canary-registration-code-0123456789"
WRONG_CODE_OF_REGISTRATION = "Canary-registration-code-wrong-9876543210"
PIN, NEW_PIN, WRONG_PIN = "7391", "8264", "5937"
FACE, WRONG_FACE = b"Canary-face-of-a-kestrel", b"Canary-face-of-an-osprey"
DEVICE, WRONG_DEVICE = "Canary-device-4711", "Canary-device-0815"
NUMBER, OTHER_NUMBER = "+6584123498", "+6584876512"
PAYEE = "Canary-payee-Lovelace"
NOBODYS_TOKEN = "CanaryBearerOfNobody"
DEBUG = {"ASSENT_SERVER_LOG_LEVEL": "debug"}


class _Leaks:
    """What is collected on the way: all that was handed out."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.codes: list[str] = []

    def rejected(self, user: WiseUser, transfer: int) -> str:
        ott = ott_of(user.fund(transfer))
        self.tokens.append(ott)
        return ott

    def given(self, user: WiseUser) -> None:
        self.tokens += [user.token, user.refresh_token]

    def code(self, user: WiseUser) -> str:
        self.codes.append(user.newest_code())
        return self.codes[-1]


def _signed_up(bank: Partner, leaks: _Leaks) -> WiseUser:
    body = {"email": EMAIL, "registrationCode": REGISTRATION}
    made = bank.call("POST", "/v1/user/signup/registration_code", body)
    assert made.status == 200, made.body
    user = WiseUser(bank, EMAIL, made.json["id"])
    grant = {"grant_type": "registration_code", "email": EMAIL}
    wrong = bank.oauth(**grant, registration_code=WRONG_CODE_OF_REGISTRATION)
    assert wrong.status == 401
    answer = bank.oauth(**grant, registration_code=REGISTRATION)
    assert answer.status == 200
    user.token = answer.json["access_token"]
    user.refresh_token = answer.json["refresh_token"]
    leaks.given(user)
    renewed = bank.oauth(grant_type="refresh_token", refresh_token=user.refresh_token)
    user.token = renewed.json["access_token"]
    leaks.given(user)
    user.profile_id = user.call("GET", "/v2/profiles").json[0]["id"]
    return user


def _journey(bank: Partner) -> Canaries:
    """Everything a person and their client may do, done rightly and wrongly."""
    bank.server.settings(codes="random", fingerprint_is_possession=True)
    leaks = _Leaks()
    user = _signed_up(bank, leaks)
    assert user.set_pin(PIN).status == 204
    assert user.set_face(FACE).status == 204
    assert user.set_fingerprint(DEVICE).status == 200
    assert user.set_phone(NUMBER).status == 200
    contact = f"/v1/users/{user.id}/contact-email"
    assert user.call("PUT", contact, {"email": CONTACT}).status == 200
    user.new_balance()
    for channel in ("sms", "voice"):
        transfer = user.new_transfer(payee=PAYEE)
        ott = leaks.rejected(user, transfer)
        assert user.trigger(ott, channel).status == 200
        code = leaks.code(user)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        leaks.codes.append(wrong)
        assert user.verify_code(ott, wrong, channel).status == 400
        assert user.verify_pin(ott, WRONG_PIN).status == 400
        assert user.verify_face(ott, WRONG_FACE).status == 400
        assert user.verify_fingerprint(ott, WRONG_DEVICE).status == 400
        assert user.verify_code(ott, code, channel).status == 200
        assert user.verify_pin(ott, PIN).status == 200
        assert user.verify_face(ott, FACE).status == 200
        assert user.verify_fingerprint(ott, DEVICE).status == 200
        assert user.fund(transfer, ott).status == 200
    _on_the_page(user, leaks)
    _wrongly(user)
    assert user.delete_pin().status == 204
    assert user.set_pin(NEW_PIN).status == 204
    phone = bank.call("GET", f"/v1/application/users/{user.id}/phone-numbers").json[0]["id"]
    path = f"/v1/application/users/{user.id}/phone-numbers/{phone}"
    assert bank.call("PUT", path, {"phoneNumber": OTHER_NUMBER}).status == 200
    faces = [base64.b64encode(face).decode() for face in (FACE, WRONG_FACE)]
    numbers = [number.removeprefix("+") for number in (NUMBER, OTHER_NUMBER)]
    return Canaries(
        everywhere=[
            *(EMAIL, CONTACT, REGISTRATION, WRONG_CODE_OF_REGISTRATION, PAYEE, NOBODYS_TOKEN),
            *(FACE.decode(), WRONG_FACE.decode(), *faces, DEVICE, WRONG_DEVICE, *numbers),
            bank.secret,
        ],
        codes=[*leaks.codes, PIN, NEW_PIN, WRONG_PIN],
        tokens=[*leaks.tokens, bank.token],
    )


def _on_the_page(user: WiseUser, leaks: _Leaks) -> None:
    """The same with the hosted page in between."""
    server, ott = user.server, leaks.rejected(user, user.new_transfer(payee=PAYEE))
    form = {"ott": ott, "parentHostname": "localhost", "flow": "iframe", "libVersion": "0.9.5"}
    head = {**FORM, "origin": "http://localhost:3000"}
    page = server.call("POST", PATH, None, head, raw=urlencode(form).encode())
    assert page.status == 200
    for pin, status in ((WRONG_PIN, 400), (PIN, 200)):
        typed = loaded(server).token(pin, "pin")
        leaks.tokens.append(typed)
        own = {"origin": server.base_url, "one-time-token": ott}
        body = {"type": "PIN", "answer": typed}
        assert server.call("POST", f"{PATH}verify", body, own).status == status


def _wrongly(user: WiseUser) -> None:
    """In every way that a log might tell of."""
    bank, server = user.partner, user.server
    for answer, status in (
        (server.call("GET", "/v1/me", None, {"authorization": f"Bearer {NOBODYS_TOKEN}"}), 401),
        (server.call("POST", "/oauth/token", None, {"authorization": f"Basic {PAYEE}"}), 401),
        (bank.oauth(grant_type=EMAIL), 400),
        (bank.oauth(grant_type="refresh_token", refresh_token=NOBODYS_TOKEN), 401),
        (user.call("POST", "/v1/user/pin", {"pin": PIN}), 400),  # not encrypted
        (user.encrypted("/v1/user/pin", {"pin": [PIN]}), 400),
        (user.encrypted("/v1/user/pin", {"pin": DEVICE}), 400),
        (user.call("POST", "/v1/user/facemap/enrol", {"faceMap": [FACE.decode()]}), 400),
        (user.call("POST", "/v1/user/facemap/enrol", {"faceMap": FACE.decode() + "!"}), 400),
        (user.call("GET", f"/v1/users/{EMAIL}"), 400),
        (user.call("GET", f"/v1/{EMAIL}/{REGISTRATION}?pin={PIN}"), 404),
        (user.status(NOBODYS_TOKEN), 404),
        (bank.call("POST", "/v1/users/exists", {"email": [EMAIL]}), 400),
    ):
        assert answer.status == status, answer.body


def test_nothing_leaks_on_sqlite(tmp_path: Path, partner: JoseClient) -> None:
    """MTN's codes in responses, Okta's keys in support files: what is written down gets out. The
    log is at its most talkative; the file is looked through octet by octet, its journal too."""
    with sandbox(tmp_path, settings=DEBUG) as running:
        canaries = _journey(Partner(running.server, partner))
        files = list(running.data.glob("assent.sqlite3*"))
        assert any(file.name.endswith("-wal") for file in files)
        assert found(canaries, files) == []
    refuse_in_log(canaries, running.log())
    with closing(sqlite3.connect(running.data / "assent.sqlite3")) as db:
        for table in ("approvals", "challenges", "factors", "grants", "payments", "deliveries"):
            held = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            assert held > 0, table  # or nothing was found because nothing was kept
    assert found(canaries, [running.data / "assent.sqlite3"]) == []  # and after the last write


def test_nothing_leaks_on_postgres(cluster: Cluster, tmp_path: Path, partner: JoseClient) -> None:
    """The same, with tables, write-ahead log and the database's own log of what it was asked."""
    url = cluster.database("wise_canaries")
    place = installation(tmp_path, url, ASSENT_SERVER_ENVIRONMENT="sandbox", **DEBUG)
    with place.serve("one") as running:
        canaries = _journey(Partner(running.server, partner))
        ask(url, "CHECKPOINT")
        home = Path(str(ask(url, "SHOW data_directory")[0][0])).parent
        files = [file for file in home.rglob("*") if file.is_file()]
        assert any("pg_wal" in str(file) for file in files)
        assert found(canaries, files) == []
    refuse_in_log(canaries, running.log())
