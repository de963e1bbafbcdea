"""Devices on two servers and one database, over HTTP: what meets there is one order or the other.

Where a test names a row, each call has read what it goes by, at its own server, and stops there
until all have come; without a row they are sent at once, and come as they come.
"""

from dataclasses import dataclass, replace

import pytest

from assent.domain.device import DEVICE_KEY, NOT_ME
from tests.processes.conftest import Pair
from tests.support.authenticator import SoftDevice
from tests.support.client import Answer, Server
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
from tests.support.device_rows import answer_path, failures, question, recorded
from tests.support.gate import in_turn
from tests.support.twins import counts, on, told
from tests.support.volley import Shot, counted, shot, volley
from tests.support.weavr import CODE, Person

ASK = "/stepup/challenges/push/BIOMETRIC"
ACCESS = "/multi/access_token"
MANY = 50
TWENTY = 20
ENROLLED = ("device_enrolled", "step_up_passed", "device_enrolment_begun")
REFUSED = {"401 device_unknown", "409 challenge_not_open"}
LATER = 4
"""How often what comes as it comes is tried."""


@dataclass(frozen=True)
class Meeting:
    """Two calls, by name, in the order in which they come to a row of this table."""

    table: str
    calls: tuple[str, str]
    wins: str | None = None
    """Who must; none: PostgreSQL finds that each waits for the other, and chooses."""

    def __str__(self) -> str:
        return f"{' then '.join(self.calls)} at {self.table or 'no row'}"


def met(twins: Pair, meeting: Meeting, row: str, calls: dict[str, Shot]) -> dict[str, Answer]:
    """What each was answered."""
    shots = [calls[name] for name in meeting.calls]
    answers = in_turn(twins.url, meeting.table, row, *shots) if row else volley(shots)
    return dict(zip(meeting.calls, answers, strict=True))


def at_once(*calls: str) -> list[Meeting]:
    return [Meeting("", (calls[n % 2], calls[1 - n % 2])) for n in range(LATER)]


def look(twins: Pair, person: Person) -> list[int]:
    """What their session is answered at both servers, by both APIs."""
    bearer = person.server.bearer(person.token)
    paths = "/multi/authentication_factors", f"{API}/devices"
    return [one.call("GET", path, None, bearer).status for one in twins.servers for path in paths]


def stepped_up_at(twins: Pair, person: Person) -> list[bool]:
    """What either server thinks."""
    return [
        stepped_up(replace(person, server=on(server, person.server))) for server in twins.servers
    ]


# ---- questions


def test_fifty_asks_of_one_persons_sessions_put_three_questions(
    twins: Pair, both: tuple[Person, Phone]
):
    person, phone = both
    sessions = [person.elsewhere() for _ in range(MANY // 2)]
    before = twins.facts(person, "challenge_started")
    answers = volley([shot(twins.turn(n), sessions[n // 2], ASK) for n in range(MANY)])
    found = counted(answers)
    assert found.pop("200") == 3
    assert set(found) <= {"CHALLENGE_LIMIT_EXCEEDED", "429"}, found
    assert sum(found.values()) == MANY - 3
    assert all("x-ratelimit-reset" in one.headers for one in answers if one.status == 429)
    # whatever state they are in: there were no more than these at any time
    text = "SELECT id, state, slot FROM challenges WHERE subject_id = $1 AND slot IS NOT NULL"
    rows = twins.rows(text, int(person.user_id))
    assert sorted((state, slot) for _, state, slot in rows) == [("pending", n) for n in range(3)]
    ids = {str(number) for number, _, _ in rows}
    assert {one.json["id"] for one in answers if one.status == 200} == ids == set(phone.pending())
    assert twins.facts(person, "challenge_started") - before == 3


# ---- removal

REMOVALS = [
    Meeting("factors", ("answer", "removal"), wins="answer"),
    Meeting("factors", ("removal", "answer")),
    Meeting("challenges", ("answer", "removal"), wins="removal"),
    Meeting("challenges", ("removal", "answer"), wins="removal"),
    *at_once("answer", "removal"),
]


def removal_of(phone: Phone, owner_: Person, server: Server, number: int) -> Shot:
    """One of the three ways."""
    if number % 3 == 0:
        path = f"{API}/devices/{phone.id}"
        return Shot(server, "DELETE", path, None, person_headers(owner_))
    if number % 3 == 1:
        path = "/multi/authentication_factors/push/BIOMETRIC"
        return Shot(server, "DELETE", path, None, owner_.server.bearer(owner_.token))
    return phone.shot(server, "DELETE", "/device")


def test_a_device_that_is_removed_at_one_server_while_its_answer_is_at_the_other(
    twins: Pair, both: tuple[Person, Phone]
):
    person, phone = both
    remover = person.elsewhere().stepped_up()
    for number, meeting in enumerate(REMOVALS):
        fresh, owner_ = person.elsewhere(), remover
        challenge = asked(fresh)
        body, late = phone.said(challenge), phone.said(challenge)
        path = answer_path(challenge)
        calls = {
            "answer": phone.shot(twins.turn(number), "POST", path, body),
            "removal": removal_of(phone, owner_, twins.turn(number + 1), number),
        }
        row = {"factors": phone.id, "challenges": challenge}.get(meeting.table, "")
        answers = met(twins, meeting, row, calls)
        assert answers["removal"].status == 204, (str(meeting), answers["removal"].body)
        approved = answers["answer"].status == 200
        assert approved or told(answers["answer"]) in REFUSED, (str(meeting), answers["answer"])
        assert meeting.wins in (None, "answer" if approved else "removal"), str(meeting)
        # nothing passes any more, at either
        for server in twins.servers:
            after = volley([phone.shot(server, "POST", path, late)])
            assert counts(after) == {"401 device_unknown": 1}
        state, granted, _, up, _ = question(twins.url, challenge)
        assert (state, granted, up) == (
            ("passed", "granted", True) if approved else ("withdrawn", "open", False)
        )
        assert stepped_up_at(twins, fresh) == [approved] * 2
        passed = recorded(twins.url, "step_up_passed", challenge)
        assert len(passed) == approved
        ((gone_at,),) = twins.rows(
            "SELECT max(at) FROM facts WHERE subject_id = $1 AND name = 'factor_removed'",
            int(person.user_id),
        )
        assert all(at <= gone_at for at in passed), "the record has it in the order it was"
        rows = twins.rows("SELECT state, claim FROM factors WHERE id = $1", int(phone.id))
        assert rows == [("removed", None)]
        phone = phone_of(remover)


# ---- log-out

LOG_OUTS = [
    Meeting("sessions", ("answer", "log_out"), wins="answer"),
    Meeting("sessions", ("log_out", "answer")),
    Meeting("factors", ("answer", "log_out")),
    Meeting("challenges", ("answer", "log_out"), wins="log_out"),
    Meeting("challenges", ("log_out", "answer"), wins="log_out"),
    *at_once("answer", "log_out"),
]


def test_log_out_at_one_server_against_an_approval_at_the_other(
    twins: Pair, both: tuple[Person, Phone]
):
    person, phone = both
    for number, meeting in enumerate(LOG_OUTS):
        fresh = person.elsewhere()
        challenge = asked(fresh)
        body = phone.said(challenge)
        ((session,),) = twins.rows(
            "SELECT session_id FROM challenges WHERE id = $1", int(challenge)
        )
        calls = {
            "answer": phone.shot(twins.turn(number), "POST", answer_path(challenge), body),
            "log_out": shot(twins.turn(number + 1), fresh, "/logout"),
        }
        rows = {"factors": phone.id, "challenges": challenge, "sessions": session}
        answers = met(twins, meeting, str(rows.get(meeting.table, "")), calls)
        assert answers["log_out"].status == 204, (str(meeting), answers["log_out"].body)
        assert look(twins, fresh) == [401] * 4, str(meeting)
        found = told(answers["answer"])
        assert found in {"200", "401 session_gone", "409 challenge_not_open"}, str(meeting)
        approved = found == "200"
        assert meeting.wins in (None, "answer" if approved else "log_out"), str(meeting)
        state, granted, _, up, ended = question(twins.url, challenge)
        assert ended
        assert (state, granted, up) == (
            ("passed", "granted", True) if approved else ("withdrawn", "open", False)
        )
        assert len(recorded(twins.url, "step_up_passed", challenge)) == approved
    assert failures(twins.url, person) == 0, "right answers cost nothing"


# ---- "this was not me"

ALARMS = [
    Meeting("factors of no", ("no", "yes"), wins="no"),
    Meeting("factors of yes", ("yes", "no"), wins="yes"),
    Meeting("challenges", ("no", "yes")),
    Meeting("challenges", ("yes", "no")),
    *at_once("no", "yes"),
]


def test_not_me_at_one_server_against_an_approval_by_the_other_device(twins: Pair):
    server = twins.left.server.isolated()
    for number, meeting in enumerate(ALARMS):
        person, phone = owner(server)
        second, thief = phone_of(person.elsewhere()), person.elsewhere()
        challenge = asked(thief)
        path, not_me = answer_path(challenge), second.said(challenge, "decline", reason="not_me")
        late = phone.said(challenge)
        calls = {
            "yes": phone.shot(twins.turn(number), "POST", path, phone.said(challenge)),
            "no": second.shot(twins.turn(number + 1), "POST", path, not_me),
        }
        rows = {"factors of no": second.id, "factors of yes": phone.id, "challenges": challenge}
        meeting_ = replace(meeting, table=meeting.table.partition(" ")[0])
        answers = met(twins, meeting_, rows.get(meeting.table, ""), calls)
        (won,) = (name for name, one in answers.items() if one.status == 200)
        assert meeting.wins in (None, won), str(meeting)
        lost = told(answers["no" if won == "yes" else "yes"])
        assert lost in {"409 challenge_not_open", "409 approval_locked", "401 session_gone"}
        state, granted, _, up, _ = question(twins.url, challenge)
        passed = len(recorded(twins.url, "step_up_passed", challenge))
        declined = len(recorded(twins.url, "step_up_declined", challenge))
        if won == "yes":
            assert (state, granted, up, passed, declined) == ("passed", "granted", True, 1, 0)
            assert stepped_up_at(twins, thief) == [True] * 2
            assert look(twins, person) == [200] * 4
        else:
            assert (state, granted, up, passed, declined) == ("declined", "withdrawn", False, 0, 1)
            # every session, as whoever asked may have others; not the devices
            assert look(twins, thief) + look(twins, person) == [401] * 8
            assert phone.call("GET", "/device").status == 200
            for at in twins.servers:
                after = volley([phone.shot(at, "POST", path, late), shot(at, thief, ASK)])
                assert [told(after[0]), after[1].status] == ["409 challenge_not_open", 401]
        assert failures(twins.url, person, NOT_ME) == (won == "no")


# ---- enrolment


@pytest.mark.parametrize("coded", [False, True], ids=["stepped-up", "by code"])
def test_twenty_ceremonies_by_one_link_are_one_device(
    twins: Pair, both: tuple[Person, Phone], coded: bool
):
    """Also with a code in it, which is sent once and good once."""
    person, first = both
    session = person.elsewhere()
    token = link_of(session if coded else session.stepped_up())
    before = {name: twins.facts(person, name) for name in ENROLLED}
    texts = twins.texts(person)
    opens = [
        Shot(twins.turn(n), "POST", f"{API}/enrolments", {"token": token}) for n in range(TWENTY)
    ]
    answers = volley(opens)
    found = counts(answers)
    assert found.pop("200") == 1
    assert set(found) <= {"404 link_unknown", "429 resend_too_soon"}, found
    assert twins.texts(person) == texts + coded
    (begun,) = (one.json for one in answers if one.status == 200)
    path = f"{API}/enrolments/finish"
    shots = []
    for number in range(TWENTY):
        phone = Phone(person.server, SoftDevice())
        code = {"code": CODE} if coded else {}
        body = {"token": token, **code, **phone.soft.enrol(begun["content"])}
        headers = {"dpop": phone.proof("POST", path)}
        shots.append(Shot(twins.turn(number), "POST", path, body, headers))
    answers = volley(shots)
    found = counts(answers)
    assert found.pop("200") == 1, found
    assert not any(name.startswith("5") for name in found), found
    active = twins.rows(
        "SELECT id FROM factors WHERE subject_id = $1 AND kind = $2 AND state <> 'removed'",
        int(person.user_id),
        DEVICE_KEY,
    )
    assert {str(one) for (one,) in active} == {first.id, begun["device"]}
    after = {name: twins.facts(person, name) - before[name] for name in ENROLLED}
    assert after == {**dict.fromkeys(ENROLLED, 1), "step_up_passed": coded}
    assert [told(volley(opens[n : n + 1])[0]) for n in (0, 1)] == ["404 link_unknown"] * 2


# ---- the token of a log-in


def log_in_token(person: Person, phone: Phone) -> str:
    answer = person.ask_log_in()
    assert answer.status == 200, answer.body
    return str(phone.answer(answer.json["challengeId"]).json["token"])


def redemption(server: Server, person: Person, token: str) -> Shot:
    identity = {"type": "CONSUMER", "id": person.identity_id}
    return Shot(server, "POST", ACCESS, {"identity": identity, "token": token}, person.server.api)


def sessions_of(twins: Pair, person: Person) -> int:
    text = "SELECT count(*) FROM sessions WHERE subject_id = $1"
    return int(twins.rows(text, int(person.user_id))[0][0])


def test_a_token_used_by_twenty_at_once_is_one_session(twins: Pair, both: tuple[Person, Phone]):
    person, phone = both
    token, before = log_in_token(person, phone), sessions_of(twins, person)
    answers = volley([redemption(twins.turn(n), person, token) for n in range(TWENTY)])
    assert counted(answers) == {"200": 1, "403": TWENTY - 1}
    assert sessions_of(twins, person) - before == 1
    assert twins.facts(person, "logged_in_on_device") == 1
    (opened,) = (one.json["token"] for one in answers if one.status == 200)
    assert look(twins, replace(person, token=opened)) == [200] * 4


TOKENS = [
    Meeting("approvals", ("removal", "token"), wins="removal"),
    Meeting("approvals", ("token", "removal"), wins="token"),
    *at_once("token", "removal"),
]


def test_a_token_used_at_one_server_while_its_device_is_removed_at_the_other(twins: Pair):
    server = twins.left.server.isolated()
    for number, meeting in enumerate(TOKENS):
        person, phone = owner(server)
        remover, token = person.elsewhere().stepped_up(), log_in_token(person, phone)
        text = "SELECT id, state FROM approvals WHERE subject_id = $1 AND action = 'log_in'"
        ((approval, _),) = twins.rows(text, int(person.user_id))
        before = sessions_of(twins, person)
        calls = {
            "token": redemption(twins.turn(number), person, token),
            "removal": removal_of(phone, remover, twins.turn(number + 1), number),
        }
        answers = met(twins, meeting, str(approval) if meeting.table else "", calls)
        assert answers["removal"].status == 204
        came = answers["token"].status == 200
        assert came or answers["token"].status == 403
        assert meeting.wins in (None, "token" if came else "removal"), str(meeting)
        assert sessions_of(twins, person) - before == came
        late = [redemption(one, person, token) for one in twins.servers]
        assert counted(volley(late)) == {"403": 2}
        assert twins.rows(text, int(person.user_id)) == [(approval, "withdrawn")]


# ---- another key

ROTATIONS = [
    Meeting("factors", ("rotation", "answer"), wins="rotation"),
    Meeting("factors", ("answer", "rotation"), wins="answer"),
    *at_once("rotation", "answer"),
]


def test_another_key_at_one_server_while_the_old_one_answers_at_the_other(
    twins: Pair, both: tuple[Person, Phone]
):
    person, phone = both
    for number, meeting in enumerate(ROTATIONS):
        old, fresh = phone.soft, SoftDevice()
        challenge = asked(person.elsewhere())
        begun = phone.call("POST", "/device/rotations").json
        finish = f"/device/rotations/{begun['rotation']}/finish"
        body = fresh.rotate(begun["content"], old)
        calls = {
            "answer": phone.shot(
                twins.turn(number), "POST", answer_path(challenge), phone.said(challenge)
            ),
            "rotation": phone.shot(twins.turn(number + 1), "POST", finish, body),
        }
        answers = met(twins, meeting, phone.id if meeting.table else "", calls)
        first = "answer" if answers["answer"].status == 200 else "rotation"
        assert meeting.wins in (None, first), str(meeting)
        if first == "rotation":
            assert told(answers["answer"]) == "409 answer_wrong", "by a key that is none any more"
            assert answers["rotation"].status == 200
        else:
            assert told(answers["rotation"]) in {"200", "503 changed_meanwhile"}
            assert failures(twins.url, person) == 0, "both were right, and cost nothing"
        rotated = answers["rotation"].status == 200
        passed = len(recorded(twins.url, "step_up_passed", challenge))
        assert passed == (first == "answer")
        assert len(recorded(twins.url, "device_key_rotated", begun["rotation"])) == rotated
        # one of the two keys, at whichever server
        again, here = asked(person.elsewhere()), twins.turn(number)
        for is_good, at in ((False, twins.turn(number + 1)), (True, here)):
            one = Phone(on(at, phone.server), fresh if rotated is is_good else old, phone.id)
            assert told(one.answer(again)) == ("200" if is_good else "409 answer_wrong")
        if first == "rotation":  # what the old one answered wrongly waits still
            assert Phone(on(here, phone.server), fresh, phone.id).answer(challenge).status == 200
        if not rotated:
            assert told(phone.call("POST", finish, body)) == "200"
        phone.soft = fresh
