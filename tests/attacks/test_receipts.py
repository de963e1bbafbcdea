"""Somebody who is not the gateway says that messages arrived, or that they did not."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.client import Answer, Server
from tests.support.processes import Running, installation, until
from tests.support.sms_gateway import SmsGateway, sms_gateway
from tests.support.weavr import PASSWORD, Person, consumer_body, set_password

BODY = '{"to": {to}, "text": {text}, "tell": {receipt_url}}'


@dataclass
class Bank:
    """A production server with two gateways, and what stands in its outbox."""

    running: Running
    gateway: SmsGateway
    server: Server
    database: Path
    people: int = 0

    def person(self) -> Person:
        self.people += 1
        number = f"7960{self.people:04d}"
        email = f"ada.{number}@example.com"
        body = consumer_body(self.server, email, number)
        made = self.server.call("POST", "/multi/consumers", body, self.server.api)
        user = made.json["rootUser"]["id"]["id"]
        token = set_password(self.server, user, PASSWORD).json["token"]
        return Person(self.server, email, number, user, made.json["id"]["id"], token)

    def told(self) -> str:
        """A code is sent; the path at which its gateway may say what became of it."""
        person = self.person()
        assert person.enrol().status == 204
        until("sent", lambda: self.states(person) == ["sent"])
        (request,) = self.gateway.to(person.phone)
        self.last = person
        return urlsplit(request.body["tell"]).path

    def states(self, person: Person | None = None) -> list[str]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "SELECT state FROM outbox WHERE subject_id = ? AND channel <> 'email' "
                "ORDER BY created_at, id",
                (int((person or self.last).user_id),),
            )
            return [state for (state,) in rows]

    def says(self, path: str, what: str = "DELIVRD", method: str = "POST") -> Answer:
        return self.server.call(method, f"{path}?status={what}")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("receipts")
    with sms_gateway() as gateway:
        place = installation(
            folder,
            f"sqlite:///{folder / 'assent.sqlite3'}",
            ASSENT_SMS_URL=gateway.url,
            ASSENT_SMS_BODY=BODY,
            ASSENT_SMS_RECEIPT_STATUS="status",
            ASSENT_SMS_RECEIPT_DELIVERED="DELIVRD",
            ASSENT_SMS_RECEIPT_FAILED="UNDELIV",
            ASSENT_WHATSAPP_URL=gateway.url.replace("messages", "whatsapp"),
        )
        made = json.loads(place.done("programme", "create", "Bank"))
        chosen = ("plaintext_passwords=true", "password_profile=weavr", "channels=SMS,WHATSAPP")
        place.done("programme", "set", made["id"], *chosen)
        with place.serve("bank") as running:
            credentials = {"programme": {"api_key": made["api_key"]}, "profiles": made["profiles"]}
            server = Server(credentials, running.server.base_url)
            yield Bank(running, gateway, server, folder / "assent.sqlite3")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_gateway_says_is_believed(bank: Bank, method: str) -> None:
    path = bank.told()
    assert bank.says(path, "ACCEPTD", method).status == 200
    assert bank.states() == ["sent"]
    assert bank.says(path, "DELIVRD", method).status == 200
    assert bank.states() == ["delivered"]


def test_one_that_was_lost_goes_on_once_however_often_it_is_said(bank: Bank) -> None:
    path = bank.told()
    for _ in range(5):
        assert bank.says(path, "UNDELIV").status == 200
    assert bank.says(path, "DELIVRD").status == 200
    until("the next channel", lambda: bank.states() == ["undelivered", "sent"])
    first, second = bank.gateway.to(bank.last.phone)
    assert (first.path, second.path) == ("/messages", "/whatsapp")
    assert first.body["text"] == second.body["text"]
    code = second.body["text"][:6]
    assert bank.last.verify_enrolment(code).status == 204


def test_nobody_can_make_a_url_and_all_that_are_wrong_look_alike(bank: Bank) -> None:
    path = bank.told()
    _, _, channel, number, mac = path.split("/")
    other = "0" * 32 if mac != "0" * 32 else "1" * 32
    wrong = [
        f"/receipts/{channel}/{number}/{other}",
        f"/receipts/{channel}/{number}/{mac[:-1]}",
        f"/receipts/{channel}/{number}/{mac}0",
        f"/receipts/{channel}/{number}/{mac.upper()}" if mac.upper() != mac else "/receipts/a/b/c",
        f"/receipts/{channel}/{int(number) + 1}/{mac}",
        f"/receipts/{channel}/0{number}/{other}",
        f"/receipts/whatsapp/{number}/{mac}",
        f"/receipts/email/{number}/{mac}",
        f"/receipts/nothing/{number}/{mac}",
        f"/receipts/{channel}/{'9' * 19}/{mac}",
        f"/receipts/{channel}/{'9' * 40}/{mac}",
        f"/receipts/{channel}/-1/{mac}",
        f"/receipts/{channel}/%00/{mac}",
        f"/receipts/{channel}/{number}/%ff%fe",
        f"/receipts/{channel}/{number}",
        "/receipts/",
    ]
    answers = [bank.says(one, "UNDELIV") for one in wrong]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert bank.states() == ["sent"]


def test_a_url_of_one_message_says_nothing_of_another(bank: Bank) -> None:
    first = bank.told()
    person = bank.last
    second = bank.told()
    mixed = "/".join([*second.split("/")[:4], first.split("/")[4]])
    assert bank.says(mixed, "UNDELIV").status == 404
    assert bank.states(person) == bank.states() == ["sent"]


def test_what_is_no_receipt_does_no_harm(bank: Bank) -> None:
    path = bank.told()
    server = bank.server
    assert server.call("PUT", path).status == 405
    assert server.call("DELETE", path).status == 405
    assert server.call("POST", path, raw=b"x" * 20_000).status == 413
    assert server.call("GET", f"{path}?{'&'.join('a=1' for _ in range(60))}").status == 400
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 9_999, b'{"status": {"status": 1}}', b"status"):
        assert server.call("POST", path, raw=raw).status == 200
    for query in ("status", "status=", "status=%00", "status=%ff", "status=delivrd", "%73tatus=x"):
        assert server.call("GET", f"{path}?{query}").status == 200
    assert bank.states() == ["sent"]


def test_the_log_holds_neither_number_nor_url(bank: Bank) -> None:
    path = bank.told()
    assert bank.says(path).status == 200
    mac, phone = path.rpartition("/")[2], bank.last.phone
    assert bank.says(path.replace(mac, "f" * 32)).status == 404
    log = until("it is told", lambda: bank.running.log())
    assert "receipt_forged" in log
    for secret in (mac, phone, phone[1:], "DELIVRD"):
        assert secret not in log
