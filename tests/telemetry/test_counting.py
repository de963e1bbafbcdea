"""What is counted of commits, without a server."""

import pytest

from assent.adapters.prometheus.metrics import Metrics, Readings
from assent.domain.facts import Fact
from assent.kernel.clock import HOUR
from assent.ports.changes import Add, ClearAttempts, Committed, SpendAttempt
from assent.testing.frozen import NOON, FrozenClock


@pytest.fixture
def metrics(clock: FrozenClock) -> Metrics:
    return Metrics(clock, "1.0", "3.11", "0004")


def _page(metrics: Metrics) -> str:
    return metrics.page(Readings(database_up=True)).decode()


def _wrong(holder: str) -> SpendAttempt:
    return SpendAttempt(1, holder, "password", 5, 3, HOUR, NOON * 2, NOON)


BLOCKED = Committed(returned=((5, 1, NOON + HOUR),))
COUNTED = Committed(returned=((4, 0, 0),))
PERSON = 'assent_blocks_total{holder="person",proof="password"} 1.0'


def test_a_block_counts_once_no_right_answer_took_it_back(
    metrics: Metrics, clock: FrozenClock
) -> None:
    metrics.committed([_wrong("subject:1")], BLOCKED)
    assert PERSON not in _page(metrics)
    clock.advance(11_000)
    assert PERSON in _page(metrics)
    assert PERSON in _page(metrics)


def test_the_fifth_answer_may_be_right(metrics: Metrics, clock: FrozenClock) -> None:
    metrics.committed([_wrong("subject:1")], BLOCKED)
    metrics.committed([ClearAttempts(1, "subject:1", "password")], Committed(returned=((),)))
    clock.advance(11_000)
    assert "assent_blocks_total{" not in _page(metrics)


def test_wrong_answers_below_the_limit_begin_no_block(metrics: Metrics, clock: FrozenClock) -> None:
    metrics.committed([_wrong("subject:1")], COUNTED)
    clock.advance(11_000)
    assert "assent_blocks_total{" not in _page(metrics)


def test_addresses_that_are_nobodys_are_told_apart(metrics: Metrics, clock: FrozenClock) -> None:
    """Somebody who tries a list of addresses blocks nobody."""
    metrics.committed([_wrong("email:00ff")], BLOCKED)
    clock.advance(11_000)
    page = _page(metrics)
    assert 'assent_blocks_total{holder="nobody",proof="password"} 1.0' in page
    assert "00ff" not in page


def test_a_label_that_somehow_grows_is_cut_off(metrics: Metrics) -> None:
    for number in range(1_000):
        row = Fact(id=number, programme_id=1, subject_id=None, name=f"n{number}", at=NOON)
        metrics.committed([Add(row)], Committed(returned=((number,),)))
    page = _page(metrics)
    assert page.count("assent_recorded_total{") == 201
    assert 'assent_recorded_total{what="other"} 800.0' in page


def test_what_is_not_known_is_no_number(metrics: Metrics) -> None:
    page = metrics.page(Readings(database_up=False)).decode()
    assert "assent_database_up 0.0" in page
    assert "assent_clock_skew_seconds NaN" in page
    assert 'assent_outbox_waiting{channel="sms"} NaN' in page
    assert "assent_record_unchained NaN" in page
    assert "assent_record_unchained_oldest_seconds NaN" in page


def test_what_stands_in_no_block(metrics: Metrics) -> None:
    page = metrics.page(Readings(database_up=True, unchained=7, unchained_ms=61_000)).decode()
    assert "assent_record_unchained 7.0" in page
    assert "assent_record_unchained_oldest_seconds 61.0" in page
