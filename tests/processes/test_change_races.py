"""Changes of one person that meet: two servers, one database."""

from tests.processes.conftest import Pair
from tests.support.volley import Shot, volley
from tests.support.weavr import new_person

ROUNDS = 25


def test_two_halves_of_an_address_are_both_kept(pair: Pair) -> None:
    """Each change names one of them only, and neither may undo the other."""
    person = new_person(pair.left.server)
    headers = person.server.bearer(person.token)
    for number in range(ROUNDS):
        city, code = {"city": f"City {number}"}, {"postCode": f"VLT {number}"}
        shots = [
            Shot(pair.turn(turn), "PATCH", "/multi/consumers", {"address": half}, headers)
            for turn, half in enumerate((city, code))
        ]
        assert {answer.status for answer in volley(shots)} == {200}
        root = person.call("GET", "/consumers").json["rootUser"]
        assert root["address"] == {"country": "MT", **city, **code}
