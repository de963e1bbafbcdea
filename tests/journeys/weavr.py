"""The Multi API's client for the journeys: what is to be done is to change the password."""

import itertools

from tests.support.client import Answer, Server
from tests.support.weavr import PASSWORD, Person, new_person, set_password

_STATES = {"PENDING_VERIFICATION": "pending", "ACTIVE": "active"}
_HALF_AN_HOUR = 1_800
_IDLE = 290


class WeavrClient:
    """`tests.journeys.client.Client`, and what only this dialect has."""

    blocked_seconds = _HALF_AN_HOUR

    def __init__(self, server: Server) -> None:
        self._server = server
        self._passwords = (f"Other-word{number}" for number in itertools.count())
        self.password = PASSWORD
        self.someone = Person(server, "", "", "", "")

    # what every journey needs

    def register(self) -> None:
        self.create()
        self.set_password(self.password)
        assert self.log_in(self.password)

    def phones(self) -> list[str]:
        answer = self.someone.factors()
        assert answer.status == 200
        return [_STATES[factor["status"]] for factor in answer.json["factors"]]

    def enrol_phone(self) -> None:
        self.begin_enrolment()
        assert self.enrol(self.newest_code())
        assert self.log_in(self.password)

    def act(self) -> bool:
        new = next(self._passwords)
        done = self.change_password(self.password, new)
        self.password = new if done else self.password
        return done

    def begin(self) -> None:
        assert self.someone.ask_step_up().status == 204

    def answer(self, code: str) -> bool:
        return _done(self.someone.step_up(code), 204, (409,))

    def newest_code(self) -> str:
        return str(self._server.messages(self.someone.phone)[0]["code"])

    def stay(self, seconds: int) -> None:
        while seconds > 0:
            self._server.advance(min(seconds, _IDLE))
            assert self.alive()
            seconds -= _IDLE

    def come_back(self, seconds: int) -> None:
        self._server.advance(seconds)
        assert self.log_in(self.password)

    def enrolled_person(self) -> None:
        self.register()
        self.enrol_phone()

    # sessions and passwords

    def create(self) -> None:
        """A person without a password."""
        self.someone = new_person(self._server, password="")

    def set_password(self, password: str) -> None:
        """The first one."""
        answer = set_password(self._server, self.someone.user_id, password)
        assert answer.status == 200
        self.someone.token = answer.json["token"]

    def log_in(self, password: str) -> bool:
        """A session with one element."""
        return _done(self.someone.log_in(password), 200, (403, 423))

    def alive(self) -> bool:
        """Whether the session still is; to ask is activity."""
        return _done(self.someone.factors(), 200, (401,))

    def begin_enrolment(self) -> None:
        """Of the phone."""
        assert self.someone.enrol().status == 204

    def enrol(self, code: str) -> bool:
        """Ends it."""
        return _done(self.someone.verify_enrolment(code), 204, (409,))

    def change_password(self, old: str, new: str) -> bool:
        """With what the session has proved so far."""
        answer = self.someone.change_password(old, new)
        if answer.status == 200:
            self.someone.token = answer.json["token"]
        return _done(answer, 200, (403,))

    def idle(self, seconds: int) -> None:
        """A last call, and then so long nothing, to the second."""
        self._server.early_in_a_second()
        assert self.alive()
        self._server.advance(seconds)


def _done(answer: Answer, status: int, refused: tuple[int, ...]) -> bool:
    assert answer.status in (status, *refused), answer
    return answer.status == status
