"""A server that is killed while devices answer: each question is decided once, or open and taken
by the other server; and what was counted stays counted."""

from contextlib import ExitStack
from dataclasses import dataclass
from select import select
from typing import Any

from tests.processes.conftest import Pair
from tests.support.authenticator import SoftDevice
from tests.support.client import Server
from tests.support.device_client import Phone, asked, owner, phone_of
from tests.support.device_rows import answer_path, failures, question, recorded
from tests.support.gate import gate
from tests.support.processes import until
from tests.support.twins import known_as, told
from tests.support.volley import Shot, sent, volley
from tests.support.weavr import enrolled_person


@dataclass(frozen=True)
class Answered:
    """A question, and what its device says to it, wherever it may send that."""

    phone: Phone
    challenge: str
    body: Any

    def at(self, server: Server) -> Shot:
        return self.phone.shot(server, "POST", answer_path(self.challenge), self.body)


def answered(phone: Phone, challenge: str, decision: str = "approve") -> Answered:
    return Answered(phone, challenge, phone.said(challenge, decision))


def said(shot: Shot) -> str:
    return told(volley([shot])[0])


def assert_approved_once(twins: Pair, one: Answered) -> None:
    state, granted, _, up, _ = question(twins.url, one.challenge)
    assert (state, granted, up) == ("passed", "granted", True)
    assert len(recorded(twins.url, "step_up_passed", one.challenge)) == 1


def of_browser(server: Server) -> list[Answered]:
    """Three of somebody's, whose authenticator counts nothing."""
    person = enrolled_person(server)
    phone = phone_of(person.elsewhere(), SoftDevice(scheme="webauthn", counts=False))
    return [answered(phone, asked(person.elsewhere())) for _ in range(3)]


def test_a_server_is_killed_with_answers_on_their_way(twins: Pair):
    server, other = twins.left.server.isolated(), twins.right.server
    (sure, sures), (lost, losts), (bad, bads) = (owner(server) for _ in range(3))
    kept, gone = answered(sures, asked(sure), "decline"), answered(losts, asked(lost))
    crowd = [one for _ in range(3) for one in of_browser(server)]
    stranger, guessed = SoftDevice(), asked(bad)
    content = bads.content(guessed)
    wrong = [Answered(bads, guessed, stranger.answer(content, bads.id)) for _ in range(3)]
    with (
        known_as(twins.place, "doomed", bads.base_url) as doomed,
        gate(twins.url, "factors", sures.id) as held,
        gate(twins.url, "factors", losts.id) as held_too,
        ExitStack() as links,
    ):
        assert [said(one.at(doomed.server)) for one in wrong[:2]] == ["409 answer_wrong"] * 2
        # two are as good as decided: a No, and a Yes
        for one, gate_ in ((kept, held), (gone, held_too)):
            links.enter_context(sent([one.at(doomed.server)]))
            gate_.wait_for(1)
        # and nine on their way, of which one at least is answered
        shots = [one.at(doomed.server) for one in crowd]
        some = links.enter_context(sent([*shots, *(one.at(other) for one in crowd[6:])]))
        until("one is answered", lambda: select(some[: len(shots)], [], [], 0)[0])
        doomed.kill()
        # of the Yes the database hears that its server is gone, of the No it does not
        held_too.cut_off()

    until("the No is kept", lambda: question(twins.url, kept.challenge)[0] == "declined")
    assert said(kept.at(other)) == "409 challenge_not_open"
    assert len(recorded(twins.url, "step_up_declined", kept.challenge)) == 1

    assert question(twins.url, gone.challenge)[:4] == ("pending", "open", 1, False)
    assert failures(twins.url, lost) == 1
    assert said(gone.at(other)) == "200"
    assert_approved_once(twins, gone)
    assert failures(twins.url, lost) == 0

    assert (question(twins.url, guessed)[2], failures(twins.url, bad)) == (2, 2)
    (last,) = volley([wrong[2].at(other)])
    assert (last.status, last.json["left"]) == (409, "used_up")
    assert question(twins.url, guessed)[:2] == ("failed", "open")

    for one in crowd:
        assert said(one.at(other)) in ("200", "409 challenge_not_open")
        assert_approved_once(twins, one)
