"""The Device API on two servers and one database, reached by one address: what many calls at once
may not do, and what one server hears of the other."""

import http.client
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

from tests.processes.conftest import Pair
from tests.support.authenticator import SoftDevice
from tests.support.device_client import (
    API,
    Phone,
    asked,
    link_of,
    owner,
    person_headers,
    phone_of,
    stepped_up,
)
from tests.support.twins import counts, known_as, on
from tests.support.volley import Shot, volley
from tests.support.weavr import Person

MANY = 50
LONG = 25
SOON = 12.0
"""Seconds within which a busy machine does what takes one; much less than `LONG`."""


def test_fifty_answers_at_once_are_one(twins: Pair, both: tuple[Person, Phone]):
    person, phone = both
    challenge = asked(person)
    body = phone.said(challenge)
    path = f"/challenges/{challenge}/answer"
    before = twins.facts(person, "step_up_passed")  # the code of the enrolment
    shots = [phone.shot(twins.turn(number), "POST", path, body) for number in range(MANY)]
    found = counts(volley(shots))
    assert found.pop("200") == 1
    assert sum(found.values()) == MANY - 1
    assert set(found) <= {
        *("409 challenge_not_open", "409 challenge_used_up", "429 attempts_blocked"),
        "503 changed_meanwhile",
    }
    assert twins.facts(person, "step_up_passed") - before == 1
    assert stepped_up(person)


def test_approval_and_refusal_at_once_are_one_of_them(twins: Pair, both: tuple[Person, Phone]):
    person, phone = both
    second, declined = phone_of(person.elsewhere()), 0
    for number in range(4):
        fresh = person.elsewhere()
        challenge = asked(fresh)
        path = f"/challenges/{challenge}/answer"
        yes = phone.shot(twins.turn(number), "POST", path, phone.said(challenge))
        no = second.shot(twins.turn(number + 1), "POST", path, second.said(challenge, "decline"))
        answers = volley([yes, no])
        told = [one.json.get("state") for one in answers if one.status == 200]
        assert len(told) == 1, counts(answers)
        assert stepped_up(fresh) is (told == ["approved"])
        declined += told == ["declined"]
        if declined == 2:
            break  # after a third nobody is asked for a while


def test_a_proof_sent_to_both_servers_at_once_is_good_once(twins: Pair, both: tuple[Person, Phone]):
    _, phone = both
    headers = phone.headers("DELETE", "/device/push")
    shots = [
        Shot(twins.turn(number), "DELETE", f"{API}/device/push", None, headers)
        for number in range(20)
    ]
    assert counts(volley(shots)) == {"204": 1, "401 proof_wrong": 19}
    again = on(twins.right.server, phone.server).call("DELETE", f"{API}/device/push", None, headers)
    assert again.status == 401


def test_a_link_opened_by_twenty_at_once_is_opened_by_one(twins: Pair, both: tuple[Person, Phone]):
    person, _ = both
    token = link_of(person.elsewhere().stepped_up())
    shots = [
        Shot(twins.turn(number), "POST", f"{API}/enrolments", {"token": token})
        for number in range(20)
    ]
    answers = volley(shots)
    assert counts(answers) == {"200": 1, "404 link_unknown": 19}
    (begun,) = [one.json for one in answers if one.status == 200]
    phone = Phone(on(twins.right.server, person.server), SoftDevice(), begun["device"], begun)
    assert phone.finish(token).status == 200
    assert phone.call("GET", "/device").status == 200


def test_an_enrolment_finished_by_twenty_keys_at_once_is_one_device(
    twins: Pair, both: tuple[Person, Phone]
):
    person, first = both
    session = person.elsewhere().stepped_up()
    token = link_of(session)
    joining = Phone(person.server, SoftDevice())
    assert joining.begin(token).status == 200
    keys = [SoftDevice() for _ in range(20)]
    path = f"{API}/enrolments/finish"
    shots = []
    for number, soft in enumerate(keys):
        phone = Phone(person.server, soft)
        body = {"token": token, **soft.enrol(joining.begun["content"])}
        shots.append(
            Shot(twins.turn(number), "POST", path, body, {"dpop": phone.proof("POST", path)})
        )
    found = counts(volley(shots))
    assert found.pop("200") == 1, found
    assert not any(name.startswith("500") for name in found), found
    listed = person.server.call("GET", f"{API}/devices", None, person_headers(session))
    assert sorted(one["id"] for one in listed.json["devices"]) == sorted([first.id, joining.id])


def test_an_answer_by_way_of_the_other_server(twins: Pair, both: tuple[Person, Phone]):
    person, phone = both
    other = Phone(on(twins.right.server, phone.server), phone.soft, phone.id)
    challenge = asked(person)
    assert other.pending() == [challenge]
    assert other.answer(challenge).json == {"state": "approved"}
    assert phone.pending() == []
    assert stepped_up(person)


def test_a_device_hears_what_the_other_server_asks_and_settles(
    twins: Pair, both: tuple[Person, Phone]
):
    person, phone = both
    other = Phone(on(twins.right.server, phone.server), phone.soft, phone.id)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(other.pending, f"?wait={LONG}")
        challenge = asked(person)
        put = time.monotonic()
        assert waiting.result() == [challenge]
        assert time.monotonic() - put < SOON
        waiting = pool.submit(other.pending, f"?wait={LONG}&seen={challenge}")
        assert phone.answer(challenge).status == 200
        settled = time.monotonic()
        assert waiting.result() == []
        assert time.monotonic() - settled < SOON


def test_a_device_that_is_removed_while_its_answers_are_on_their_way(twins: Pair):
    """Whichever comes first: one approval at most, and none by a device that is gone."""
    server = twins.left.server.isolated()
    for number in range(6):
        person, phone = owner(server)
        remover, fresh = person.elsewhere().stepped_up(), person.elsewhere()
        challenge = asked(fresh)
        body = phone.said(challenge)
        path = f"/challenges/{challenge}/answer"
        shots = [phone.shot(twins.turn(n), "POST", path, body) for n in range(6)]
        gone = Shot(
            twins.turn(number),
            "DELETE",
            f"{API}/devices/{phone.id}",
            None,
            person_headers(remover),
        )
        shots.insert(number, gone)
        answers = volley(shots)
        assert answers.pop(number).status == 204
        found = counts(answers)
        approved = found.pop("200", 0)
        assert approved <= 1
        assert not any(name.startswith("500") for name in found), found
        assert stepped_up(fresh) is bool(approved)
        for server in twins.servers:
            late = Phone(on(server, phone.server), phone.soft, phone.id)
            after = late.call("POST", path, body)
            assert (after.status, after.json["code"]) == (401, "device_unknown")


def test_who_waits_is_answered_before_the_server_ends(twins: Pair, both: tuple[Person, Phone]):
    _, phone = both
    with (
        known_as(twins.place, "third", phone.base_url) as third,
        ExitStack() as links,
        ThreadPoolExecutor() as pool,
    ):
        port = urlsplit(third.server.base_url).port or 80
        path = f"/challenges?wait={LONG}"
        answers = []
        for _ in range(2):
            link = links.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            link.sendall(phone.shot(third.server, "GET", path).octets())
            answers.append(pool.submit(_status, link))
        # a call that is answered shows that those before it have been taken
        assert on(third.server, phone.server).call("GET", "/health/live").status == 200
        third.process.send_signal(signal.SIGTERM)
        # whoever is cut off, after five seconds, gets none; and the log says so
        assert [one.result() for one in answers] == [200, 200]
        third.process.wait(timeout=30)
        assert "graceful shutdown exceeded" not in third.log()


def _status(link: socket.socket) -> int:
    with closing(http.client.HTTPResponse(link)) as answer:
        answer.begin()
        answer.read()
        return answer.status
