"""The Multi API's client for the journeys."""

from tests.support.client import Answer, Server
from tests.support.weavr import Person, new_person, set_password

_STATES = {"PENDING_VERIFICATION": "pending", "ACTIVE": "active"}


class WeavrClient:
    """`tests.journeys.client.Client`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.someone = Person(server, "", "", "", "")

    def register(self) -> None:
        self.someone = new_person(self._server, password="")

    def set_password(self, password: str) -> None:
        answer = set_password(self._server, self.someone.user_id, password)
        assert answer.status == 200
        self.someone.token = answer.json["token"]

    def log_in(self, password: str) -> bool:
        return _done(self.someone.log_in(password), 200, (403, 423))

    def alive(self) -> bool:
        return _done(self.someone.factors(), 200, (401,))

    def factors(self) -> list[str]:
        answer = self.someone.factors()
        assert answer.status == 200
        return [_STATES[factor["status"]] for factor in answer.json["factors"]]

    def begin_enrolment(self) -> None:
        assert self.someone.enrol().status == 204

    def enrol(self, code: str) -> bool:
        return _done(self.someone.verify_enrolment(code), 204, (409,))

    def begin_step_up(self) -> None:
        assert self.someone.ask_step_up().status == 204

    def step_up(self, code: str) -> bool:
        return _done(self.someone.step_up(code), 204, (409,))

    def change_password(self, old: str, new: str) -> bool:
        answer = self.someone.change_password(old, new)
        if answer.status == 200:
            self.someone.token = answer.json["token"]
        return _done(answer, 200, (403,))

    def newest_code(self) -> str:
        return str(self._server.messages(self.someone.phone)[0]["code"])

    def advance(self, seconds: int) -> None:
        self._server.advance(seconds)

    def idle(self, seconds: int) -> None:
        self._server.early_in_a_second()
        assert self.alive()
        self._server.advance(seconds)

    def person(self, password: str) -> None:
        self.register()
        self.set_password(password)
        assert self.log_in(password)

    def enrolled_person(self, password: str) -> None:
        self.person(password)
        self.begin_enrolment()
        assert self.enrol(self.newest_code())
        assert self.log_in(password)


def _done(answer: Answer, status: int, refused: tuple[int, ...]) -> bool:
    assert answer.status in (status, *refused), answer
    return answer.status == status
