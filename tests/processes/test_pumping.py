"""SMS pumping: codes sent to numbers of a costly prefix, for a share of what the firm pays. Two
servers on one database send exactly the budget, whoever asks and however numbers are spelt."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from assent.testing.postgres import Cluster
from tests.processes.conftest import Pair
from tests.support.client import Answer, Server
from tests.support.jose_client import JoseClient
from tests.support.processes import installation, until
from tests.support.weavr import PASSWORD, Person, consumer_body, set_password
from tests.support.wise import Partner, ott_of

NUMBER, PREFIX, PROGRAMME = 3, 12, 30
HOUR = 3_600
JAMAICA, MALTA, SINGAPORE = "+1876", "+356", "+65"
_serial = itertools.count(1)


@pytest.fixture(scope="module")
def two(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    url = cluster.database("pumping")
    place = installation(
        tmp_path_factory.mktemp("pumping"),
        url,
        ASSENT_SERVER_ENVIRONMENT="sandbox",
        ASSENT_BUDGETS_NUMBER=f"{NUMBER}/{HOUR}",
        ASSENT_BUDGETS_PREFIX=f"{PREFIX}/{HOUR}",
        ASSENT_BUDGETS_PROGRAMME=f"{PROGRAMME}/{HOUR}",
        ASSENT_BUDGETS_USUAL="MT",
    )
    with place.serve("left") as left, place.serve("right") as right:
        yield Pair(place, left, right, url)


@pytest.fixture
def servers(two: Pair) -> tuple[Server, Server]:
    """Both, with a programme of the test's own; at the beginning of an hour."""
    now = two.left.server.now // 1_000
    two.advance(HOUR - now % HOUR + 1)
    isolated = two.left.server.isolated()
    return isolated, Server(isolated.credentials, two.right.server.base_url)


def sign_up(servers: tuple[Server, Server], country: str, number: str) -> Person:
    """Whoever pumps makes as many people as it takes."""
    server = servers[next(_serial) % 2]
    email = f"pump.{next(_serial)}@example.com"
    body = consumer_body(server, email, number)
    body["rootUser"]["mobile"] = {"countryCode": country, "number": number}
    made = server.call("POST", "/multi/consumers", body, server.api)
    assert made.status == 200, made.body
    user = made.json["rootUser"]["id"]["id"]
    token = set_password(server, user, PASSWORD).json["token"]
    return Person(server, email, number, user, made.json["id"]["id"], token)


def at_once(people: list[Person]) -> list[Answer]:
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(Person.enrol, people))


def sent(two: Pair, people: list[Person]) -> int:
    """Text messages that stand in the outbox for these people."""
    ids = [int(person.user_id) for person in people]
    text = "SELECT count(*) FROM outbox WHERE subject_id = ANY($1) AND channel = 'sms'"
    return int(two.rows(text, ids)[0][0])


def is_used_up(answer: Answer) -> bool:
    """As the Multi API says it where an operation has no name for it; the rest of an hour."""
    return answer.status == 429 and 300 < int(answer.headers["x-ratelimit-reset"]) <= HOUR


def test_many_people_of_one_prefix_get_exactly_its_budget(
    two: Pair, servers: tuple[Server, Server]
) -> None:
    people = [sign_up(servers, "+1", f"876555{number:04d}") for number in range(100, 140)]
    answers = at_once(people)
    assert [answer.status for answer in answers].count(204) == PREFIX
    assert sum(map(is_used_up, answers)) == len(people) - PREFIX
    assert sent(two, people) == PREFIX
    # neither the neighbours on +1 nor the people at home are any the worse
    assert sign_up(servers, "+1", "2025550123").enrol().status == 204
    assert sign_up(servers, MALTA, "79500001").enrol().status == 204
    two.advance(HOUR)
    assert sign_up(servers, "+1", "8765550999").enrol().status == 204


def test_many_spellings_of_one_number_are_one_number(
    two: Pair, servers: tuple[Server, Server]
) -> None:
    people = [
        sign_up(servers, "+44", number)
        for number in ("7911123456", "07911123456")  # with and without the trunk zero
        for _ in range(6)
    ]
    answers = at_once(people)
    assert [answer.status for answer in answers].count(204) == NUMBER
    assert sent(two, people) == NUMBER


def test_all_countries_together_get_the_programmes_and_home_has_its_own(
    two: Pair, servers: tuple[Server, Server]
) -> None:
    afar = [
        sign_up(servers, country, number)
        for index in range(12)
        for country, number in (
            ("+1", f"876555{200 + index:04d}"),
            ("+65", f"81{200 + index:06d}"),
            ("+44", f"7911{223400 + index}"),
            ("+49", f"1512{2234000 + index}"),
        )
    ]
    answers = at_once(afar)
    assert [answer.status for answer in answers].count(204) == PROGRAMME
    assert sent(two, afar) == PROGRAMME
    home = [sign_up(servers, MALTA, f"795{index:05d}") for index in range(100, 120)]
    assert [answer.status for answer in at_once(home)] == [204] * len(home)


def test_the_window_rolls_over_with_the_clock(two: Pair, servers: tuple[Server, Server]) -> None:
    person = sign_up(servers, MALTA, "79912345")
    assert person.enrol().status == 204
    assert person.verify_enrolment().status == 204
    for _ in range(NUMBER - 1):
        assert person.log_in().status == 200
        assert person.ask_step_up().status == 204
    assert person.log_in().status == 200
    answer = person.ask_step_up()
    assert (answer.status, answer.error) == (409, "CHALLENGE_LIMIT_EXCEEDED")
    two.advance(HOUR)
    assert person.log_in().status == 200
    assert person.ask_step_up().status == 204


def test_the_sca_api_counts_in_the_same_place(
    two: Pair, servers: tuple[Server, Server], partner: JoseClient
) -> None:
    user = Partner(servers[0], partner).sign_up()
    assert user.set_pin().status == 204
    assert user.set_phone("+35679954321").status == 200
    user.new_balance("100.00")
    for channel in ("sms", "whatsapp", "voice"):
        assert user.trigger(ott_of(user.fund(user.new_transfer())), channel).status == 200
    answer = user.trigger(ott_of(user.fund(user.new_transfer())))
    assert answer.status == 429, answer.body
    assert answer.json["errors"][0]["code"] == "otp.maximum.reached"
    assert 1 <= int(answer.headers["retry-after"]) <= HOUR
    other = sign_up(servers, MALTA, "79954321")  # somebody else, in the other dialect
    assert is_used_up(other.enrol())


def test_what_was_allowed_is_sent(two: Pair, servers: tuple[Server, Server]) -> None:
    person = sign_up(servers, MALTA, "79977777")
    assert person.enrol().status == 204
    (message,) = until("it arrives", lambda: servers[0].messages(person.phone))
    assert message["channel"] == "sms"
