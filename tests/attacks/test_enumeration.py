"""Nobody learns from a log-in who has an account."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Answer, Server
from tests.support.processes import Installation, Sandbox, sandbox
from tests.support.weavr import log_in, new_person

PEOPLE = 15
TRIES = 4
"""Of each, so that nobody is blocked: sixty samples of each sort."""
FURTHEST = 0.2
"""How far from even the rank test may be. Sixty samples of each of two equal sorts come 0.2 away
once in 6,000 runs; two milliseconds of difference come further every time."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A server with argon2 at its real cost."""
    with sandbox(tmp_path_factory.mktemp("real"), settings={}) as running:
        yield running


@pytest.fixture(scope="module")
def programme(real: Sandbox) -> Server:
    return real.server.isolated()


def _same(answers: Sequence[Answer]) -> None:
    """But for the reference that every answer has for itself."""
    seen = {
        (
            answer.status,
            answer.body,
            tuple(sorted((n, v) for n, v in answer.headers.items() if n != "request-ref")),
            len(answer.headers["request-ref"]),
        )
        for answer in answers
    }
    assert len(seen) == 1, seen


def _timed(call: Callable[..., Answer], *arguments: Any) -> tuple[float, Answer]:
    begun = time.perf_counter()
    answer = call(*arguments)
    return time.perf_counter() - begun, answer


def _evenness(ones: Sequence[float], others: Sequence[float]) -> float:
    """Mann and Whitney's U over its range: how likely one of these takes longer than one of those;
    0.5 where they cannot be told apart."""
    wins = sum((one > other) + 0.5 * (one == other) for one in ones for other in others)
    return wins / (len(ones) * len(others))


def _interleaved(
    server: Server, ones: Sequence[str], others: Sequence[str], rounds: int, password: str
) -> tuple[list[float], list[float], list[Answer]]:
    """Neighbours in time share whatever else the machine was doing; each sort goes first as
    often as the other."""
    times: tuple[list[float], list[float]] = ([], [])
    answers = []
    order = cycle([(0, 1), (1, 0)])
    for _ in range(rounds):
        for pair in zip(ones, others, strict=True):
            for sort in next(order):
                taken, answer = _timed(log_in, server, pair[sort], password)
                times[sort].append(taken)
                answers.append(answer)
    return *times, answers


Samples = Callable[[], tuple[list[float], list[float], list[Answer]]]


def _alike(samples: Samples, status: int) -> None:
    """In every octet, always; in time, by the rank test. A machine whose load changes may fail
    that once, a server that tells people apart fails it every time."""
    distances = []
    for _ in range(2):
        mine, theirs, answers = samples()
        assert {answer.status for answer in answers} == {status}
        _same(answers)
        distances.append(abs(_evenness(mine, theirs) - 0.5))
        if distances[-1] < FURTHEST:
            return
    raise AssertionError(f"told apart by their time: {distances}")


def test_a_wrong_password_and_an_unknown_address_look_and_take_alike(programme: Server) -> None:
    """ASVS 6.3.8; CVE-2026-9090 and its kin (Casdoor): the answer, or the time it took, told who
    was known there."""

    def samples() -> tuple[list[float], list[float], list[Answer]]:
        known = [new_person(programme).email for _ in range(PEOPLE)]
        unknown = [f"nobody.{email}" for email in known]
        return _interleaved(programme, known, unknown, TRIES, "Wrong-word1")

    _alike(samples, 403)


def test_an_account_without_a_password_looks_and_takes_alike(programme: Server) -> None:
    """A person who was registered and has not chosen a password yet is known all the same."""

    def samples() -> tuple[list[float], list[float], list[Answer]]:
        known = [new_person(programme, password="").email for _ in range(PEOPLE)]
        unknown = [f"nobody.{email}" for email in known]
        return _interleaved(programme, known, unknown, TRIES, "Wrong-word1")

    _alike(samples, 403)


def test_an_account_without_a_passcode_looks_and_takes_alike(programme: Server) -> None:
    """What sort of secret somebody has is nobody's business either: known with a passcode, known
    with a password alone, unknown."""
    programme.settings(credentials=["password", "passcode"])

    def samples(secret: str) -> Samples:
        def taken() -> tuple[list[float], list[float], list[Answer]]:
            known = [new_person(programme, password=secret).email for _ in range(PEOPLE)]
            unknown = [f"nobody.{email}" for email in known]
            return _interleaved(programme, known, unknown, TRIES, "2749")

        return taken

    _alike(samples("8305"), 403)
    _alike(samples("Pass-word1"), 403)


def test_a_blocked_account_and_a_blocked_nobody_look_and_take_alike(programme: Server) -> None:
    """The same after the fifth; and the right password looks like a wrong one then."""
    person = new_person(programme).email
    nobody = f"nobody.{person}"
    for email in (person, nobody):
        for _ in range(5):
            assert log_in(programme, email, "Wrong-word1").status == 403

    def samples() -> tuple[list[float], list[float], list[Answer]]:
        *times, answers = _interleaved(programme, [person], [nobody], 150, "Wrong-word1")
        return times[0], times[1], [*answers, log_in(programme, person)]  # the right one

    _alike(samples, 423)


def test_a_log_in_costs_what_argon2_costs(programme: Server) -> None:
    """Or the times above would be alike because nothing was compared at all."""
    email = new_person(programme).email
    slow = [_timed(log_in, programme, email, "Wrong-word1")[0] for _ in range(4)]
    quick = [
        _timed(programme.call, "POST", "/multi/login_with_password", {}, programme.api)[0]
        for _ in range(4)
    ]
    assert min(slow) > 2 * min(quick) + 0.005


def test_the_rank_test_sees_two_milliseconds() -> None:
    """The test of the test: samples as noisy as a machine under load, one sort a little later."""
    noise = [((n * 7_919) % 101) / 101 * 0.006 for n in range(PEOPLE * TRIES)]
    even = [0.020 + one for one in noise]
    late = [0.022 + one for one in reversed(noise)]
    assert abs(_evenness(even, even[::-1]) - 0.5) < 0.01
    assert _evenness(late, even) - 0.5 > FURTHEST


def test_a_deactivated_person_looks_like_nobody(tmp_path: Path) -> None:
    """Whoever was shut out is refused in the words for a wrong password."""
    with sandbox(tmp_path / "box") as running:
        server = running.server
        person = new_person(server)
        other = log_in(server, "nobody.78@example.com")
        assert person.factors().status == 200
        from_shell = _deactivate(running, person.email)
        assert "Deactivated" in from_shell
        assert person.factors().status == 401
        _same([log_in(server, person.email), other])


def _deactivate(running: Sandbox, email: str) -> str:
    place = Installation(
        running.data,
        {
            "ASSENT_DATABASE_URL": f"sqlite:///{running.data / 'assent.sqlite3'}",
            "ASSENT_VAULT_FILE": str(running.data / "vault.json"),
            "ASSENT_SERVER_ENVIRONMENT": "sandbox",
        },
    )
    return place.done("users", "deactivate", email, "--operator", "op", "--reason", "test")
