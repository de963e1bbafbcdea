"""The SCA API's client for the journeys: what is to be done is to fund a transfer."""

from tests.support.client import Answer, Server
from tests.support.jose_client import JoseClient
from tests.support.wise import Partner, ott_of

_QUARTER = 900


class WiseClient:
    """`tests.journeys.client.Client`."""

    blocked_seconds = _QUARTER

    def __init__(self, server: Server, jose: JoseClient) -> None:
        self._server = server
        self._bank = Partner(server, jose)
        self._transfer = 0
        self._ott = ""

    def register(self) -> None:
        self.someone = self._bank.sign_up()
        assert self.someone.set_pin().status == 204
        self.someone.new_balance("1000.00")
        self._transfer = self.someone.new_transfer("1.00")

    def phones(self) -> list[str]:
        path = f"/v1/application/users/{self.someone.id}/phone-numbers"
        answer = self._bank.call("GET", path)
        assert answer.status == 200
        return ["active" if phone["verified"] else "pending" for phone in answer.json]

    def enrol_phone(self) -> None:
        assert self.someone.set_phone().status == 200

    def act(self) -> bool:
        """Once; the next time it is another transfer, with the token of before."""
        done = _done(self.someone.fund(self._transfer, approval=self._ott), 200, (403, 429))
        if done:
            self._transfer = self.someone.new_transfer("1.00")
        return done

    def begin(self) -> None:
        before, self._ott = self._ott, ott_of(self.someone.fund(self._transfer))
        if self._ott != before:
            assert self.someone.verify_pin(self._ott).status == 200
        assert self.someone.trigger(self._ott).status == 200

    def answer(self, code: str) -> bool:
        return _done(self.someone.verify_code(self._ott, code), 200, (400, 404))

    def newest_code(self) -> str:
        return self.someone.newest_code()

    def stay(self, seconds: int) -> None:
        self._server.advance(seconds)

    def come_back(self, seconds: int) -> None:
        self._server.advance(seconds)

    def enrolled_person(self) -> None:
        self.register()
        self.enrol_phone()


def _done(answer: Answer, status: int, refused: tuple[int, ...]) -> bool:
    assert answer.status in (status, *refused), answer
    return answer.status == status
