"""Journeys of a person that every dialect's client can make, each run through all of them."""

import pytest

from tests.journeys.client import Client
from tests.journeys.weavr import WeavrClient
from tests.journeys.wise import WiseClient
from tests.support.client import Server
from tests.support.jose_client import JoseClient


@pytest.fixture(params=["weavr", "wise"])
def client(request: pytest.FixtureRequest, server: Server) -> Client:
    server.settings(codes="random")
    if request.param == "weavr":
        return WeavrClient(server)
    jose: JoseClient = request.getfixturevalue("partner")
    return WiseClient(server, jose)


def other_than(code: str) -> str:
    return "000000" if code != "000000" else "000001"


def test_from_the_first_call_to_the_last(client: Client):
    client.register()
    assert client.phones() == []
    client.enrol_phone()
    assert client.phones() == ["active"]
    assert not client.act(), "it needs a second factor"
    client.begin()
    assert not client.act(), "asked for, and not yet given"
    assert not client.answer(other_than(client.newest_code()))
    assert not client.act(), "a wrong code is none"
    assert client.answer(client.newest_code())
    assert client.act()


def test_wrong_then_expired_then_right(client: Client):
    client.enrolled_person()
    client.begin()
    code = client.newest_code()
    assert not client.answer(other_than(code))
    client.stay(290)
    client.stay(11)
    assert not client.answer(code), "it lived five minutes"
    assert not client.act()
    client.begin()
    assert client.answer(client.newest_code())
    assert client.act()


def test_wrong_until_blocked(client: Client):
    client.enrolled_person()
    for wrong_answers in (3, 2):
        client.begin()
        for _ in range(wrong_answers):
            assert not client.answer(other_than(client.newest_code()))
        client.stay(15)
    assert not client.answer(client.newest_code()), "the right code does not cure a block"
    assert not client.act()
    client.come_back(client.blocked_seconds)
    client.begin()
    assert client.answer(client.newest_code())
    assert client.act()


def test_a_new_code_makes_the_old_one_void(client: Client):
    client.enrolled_person()
    client.begin()
    old = new = client.newest_code()
    while new == old:  # one in a million: the same code twice
        client.stay(15)
        client.begin()
        new = client.newest_code()
    assert not client.answer(old)
    assert client.answer(new)
    assert client.act()


def test_a_code_is_good_once(client: Client):
    client.enrolled_person()
    client.begin()
    code = client.newest_code()
    assert client.answer(code)
    assert not client.answer(code)
    assert client.act()
    assert not client.answer(code)


def test_every_time_anew(client: Client):
    client.enrolled_person()
    for _ in range(3):
        client.begin()
        assert client.answer(client.newest_code())
        assert client.act()
        client.stay(15)
