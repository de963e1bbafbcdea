"""The Device API: what a device is asked, and what it answers."""

import json
from typing import Any

import pytest

from tests.support.authenticator import SoftDevice, canonical
from tests.support.client import Server
from tests.support.device_client import (
    API,
    Phone,
    asked,
    code_of,
    owner,
    person_headers,
    phone_of,
    stepped_up,
)
from tests.support.weavr import Person


@pytest.fixture
def pair(server: Server) -> tuple[Person, Phone]:
    return owner(server)


def test_what_is_shown_is_what_was_issued(pair: tuple[Person, Phone]):
    person, phone = pair
    challenge = asked(person)
    answer = phone.call("GET", "/challenges")
    (one,) = answer.json["challenges"]
    assert set(answer.json) == {"challenges", "now"}
    assert set(one) == {"id", "createdAt", "expiresAt"}
    assert one["id"] == challenge
    assert one["createdAt"] <= answer.json["now"] < one["expiresAt"]
    shown = phone.call("GET", f"/challenges/{challenge}").json
    assert set(shown) == {"id", "content"}
    content = json.loads(shown["content"])
    assert canonical(content).decode() == shown["content"]
    assert content["challenge"] == challenge
    assert content["display"]["text"].startswith("confirm that it is you")
    assert phone.content(challenge) == shown["content"], "the same each time"


def test_approved_once(pair: tuple[Person, Phone]):
    person, phone = pair
    challenge = asked(person)
    body = phone.said(challenge)
    path = f"/challenges/{challenge}/answer"
    assert phone.call("POST", path, body).json == {"state": "approved"}
    assert stepped_up(person)
    assert code_of(phone.call("POST", path, body)) == (409, "challenge_not_open")
    assert phone.pending() == []
    assert code_of(phone.call("GET", f"/challenges/{challenge}")) == (409, "challenge_not_open")


def test_declined(pair: tuple[Person, Phone]):
    person, phone = pair
    challenge = asked(person)
    answer = phone.answer(challenge, "decline", reason="changed_mind")
    assert (answer.status, answer.json) == (200, {"state": "declined"})
    assert not stepped_up(person)
    assert code_of(phone.call("POST", f"/challenges/{challenge}/answer", said(phone))) == (
        409,
        "challenge_not_open",
    )


def said(phone: Phone) -> dict[str, Any]:
    """Of the right form."""
    return {"decision": "approve", "time": 0, "counter": 1, "jws": "a.b.c"}


def test_not_me_ends_every_session_and_leaves_the_device(pair: tuple[Person, Phone]):
    person, phone = pair
    thief = person.elsewhere()
    challenge = asked(thief)
    assert phone.answer(challenge, "decline", reason="not_me").json == {"state": "declined"}
    for one in (thief, person):
        answer = one.server.call("GET", f"{API}/devices", None, person_headers(one))
        assert code_of(answer) == (401, "session_gone")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert phone.call("GET", "/device").status == 200


def test_what_is_not_signed_is_counted(pair: tuple[Person, Phone]):
    person, phone = pair
    challenge = asked(person)
    path = f"/challenges/{challenge}/answer"
    body = phone.said(challenge)
    left = []
    for wrong in (
        {**body, "decision": "decline"},
        {**body, "time": body["time"] + 1},
        {**body, "counter": body["counter"] + 1},
    ):
        answer = phone.call("POST", path, wrong)
        assert code_of(answer) == (409, "answer_wrong")
        left.append(answer.json["left"])
    assert left == ["more_left", "one_left", "used_up"]
    status, code = code_of(phone.call("POST", path, body))
    assert (status, code) in {(409, "challenge_used_up"), (409, "challenge_not_open")}
    assert not stepped_up(person)


def test_another_persons_challenge_is_not_there(server: Server):
    (ada, _), (_, eves) = owner(server), owner(server)
    challenge = asked(ada)
    assert code_of(eves.call("GET", f"/challenges/{challenge}")) == (404, "not_found")
    answer = eves.call("POST", f"/challenges/{challenge}/answer", said(eves))
    assert code_of(answer) == (404, "not_found")
    assert eves.pending() == []


def test_a_rotation_is_no_challenge_to_show_or_answer(pair: tuple[Person, Phone]):
    _, phone = pair
    rotation = phone.call("POST", "/device/rotations").json["rotation"]
    assert phone.pending() == []
    assert code_of(phone.call("GET", f"/challenges/{rotation}")) == (404, "not_found")
    answer = phone.call("POST", f"/challenges/{rotation}/answer", said(phone))
    assert code_of(answer) == (404, "not_found")


@pytest.mark.parametrize("number", ["x", "1" * 19, "-1", "1.0", "%00", "0x1", "\u0661"])
def test_ids_that_are_none(pair: tuple[Person, Phone], number: str):
    _, phone = pair
    from urllib.parse import quote, unquote  # noqa: PLC0415

    quoted = number if "%" in number else quote(number)
    path = f"/challenges/{quoted}"
    proof = phone.proof("GET", f"{API}/challenges/{unquote(quoted)}")
    headers = {"device": phone.id, "dpop": proof}
    answer = phone.server.call("GET", f"{API}{path}", None, headers)
    assert code_of(answer) == (400, "malformed")
    assert answer.json["errors"][0]["field"] == "id"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("decision", "maybe"),
        ("decision", None),
        ("decision", ["approve"]),
        ("time", -1),
        ("time", 2**53),
        ("time", "1"),
        ("time", 1.5),
        ("time", True),
        ("reason", "not_me"),
        ("reason", "because"),
        ("number", "12345"),
        ("number", "\u0661\u0662"),
        ("number", 42),
        ("counter", 0),
        ("counter", -1),
        ("counter", 2**32),
        ("counter", "1"),
        ("jws", "a.b"),
        ("jws", "a.b.c.d"),
        ("jws", "a.b.c\n"),
        ("jws", "a" * 16_384 + ".b.c"),
        ("jws", {}),
        ("assertion", {}),
    ],
    ids=str,
)
def test_answers_of_another_form(pair: tuple[Person, Phone], field: str, value: Any):
    person, phone = pair
    challenge = asked(person)
    answer = phone.call("POST", f"/challenges/{challenge}/answer", {**said(phone), field: value})
    assert code_of(answer) == (400, "malformed")
    named = {one["field"].partition(".")[0] for one in answer.json["errors"]}
    assert field in named | ({"assertion"} if "jws" in named else set())
    assert phone.answer(challenge).status == 200, "nothing of it was counted"


def test_assertions_of_another_form(pair: tuple[Person, Phone]):
    person, phone = pair
    path = f"/challenges/{asked(person)}/answer"
    good = {"id": "YQ", "clientDataJSON": "YQ", "authenticatorData": "YQ", "signature": "YQ"}
    base = {"decision": "approve", "time": 0}
    for field, value in (
        ("id", "a" * 1_365),
        ("id", "a+b"),
        ("clientDataJSON", "YQ=="),
        ("clientDataJSON", "a" * 16_385),
        ("authenticatorData", "a" * 2_049),
        ("signature", ""),
        ("signature", 7),
    ):
        answer = phone.call("POST", path, {**base, "assertion": {**good, field: value}})
        assert code_of(answer) == (400, "malformed")
        assert [one["field"] for one in answer.json["errors"]] == [f"assertion.{field}"]
    answer = phone.call("POST", path, {**base, "assertion": good})
    assert code_of(answer) == (409, "answer_wrong"), "of the right form, and no assertion"


def test_bodies_that_are_no_json_object(pair: tuple[Person, Phone]):
    person, phone = pair
    path = f"/challenges/{asked(person)}/answer"
    for raw in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 30_000):
        headers = phone.headers("POST", path)
        answer = phone.server.call("POST", f"{API}{path}", None, headers, raw)
        assert code_of(answer) == (400, "malformed"), raw[:10]
    headers = phone.headers("POST", path)
    answer = phone.server.call("POST", f"{API}{path}", None, headers, b"x" * 65_537)
    assert code_of(answer) == (413, "too_large")


def test_number_matching(server: Server):
    person, phone = owner(server)
    server.settings(number_matching=True)
    fresh = person.elsewhere()
    path = "/multi/stepup/challenges/push/BIOMETRIC"
    told = server.call("POST", path, None, server.bearer(fresh.token)).json
    challenge, number = told["id"], told["number"]
    assert json.loads(phone.content(challenge))["number"] is True
    assert number not in json.loads(phone.content(challenge))["display"]["text"]
    wrong = str(10 + (int(number) - 9) % 90)
    assert code_of(phone.answer(challenge)) == (409, "answer_wrong"), "a yes is not enough"
    assert code_of(phone.answer(challenge, number=wrong)) == (409, "answer_wrong")
    assert phone.answer(challenge, number=number).json == {"state": "approved"}


def test_several_devices_are_asked_and_one_answers(server: Server):
    person, first = owner(server)
    second = phone_of(person.elsewhere(), SoftDevice(scheme="webauthn"))
    fresh = person.elsewhere()
    challenge = asked(fresh)
    assert first.pending() == second.pending() == [challenge]
    assert second.answer(challenge).json == {"state": "approved"}
    assert first.pending() == []
    assert stepped_up(fresh)


def test_what_has_expired_takes_no_answer(pair: tuple[Person, Phone]):
    person, phone = pair
    challenge = asked(person)
    body = phone.said(challenge)
    person.server.advance(301)
    assert phone.pending() == []
    answer = phone.call("POST", f"/challenges/{challenge}/answer", body)
    assert code_of(answer) == (409, "challenge_expired")


def test_queries_of_another_form(pair: tuple[Person, Phone]):
    _, phone = pair
    for query in (
        "wait=31",
        "wait=-1",
        "wait=x",
        "wait=1.5",
        "wait=",
        "wait=1&wait=2",
        "wait=%31x",
    ):
        assert code_of(phone.call("GET", f"/challenges?{query}")) == (400, "malformed"), query
    for query in ("seen=x", "seen=1,", "seen=,1", "seen=1;2", "seen=" + ",".join(["1"] * 21)):
        assert code_of(phone.call("GET", f"/challenges?{query}")) == (400, "malformed"), query
    assert phone.call("GET", "/challenges?seen=").status == 200
    assert phone.call("GET", "/challenges?wait=00&other=x").status == 200


def test_polling_keeps_no_session_alive(server: Server):
    """RTS Article 4(3)(d): five minutes without activity of the payer. A device that looks by
    itself is none, nor is what it listens for."""
    person, phone = owner(server)
    server.early_in_a_second()
    assert person.factors().status == 200
    server.advance(200)
    assert phone.pending() == []
    assert phone.call("GET", "/device").status == 200
    assert phone.call("DELETE", "/device/push").status == 204
    server.advance(101)
    assert person.factors().status == 401
