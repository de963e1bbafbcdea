"""`ports.telemetry.Telemetry` that counts, and the page that Prometheus reads.

Every metric with what to make of it: docs/operations/monitoring.md. The registry is this object's
own. Labels are names out of this program; what a name could be is bounded where it is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prometheus_client import metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from assent.adapters.prometheus.happened import Happened
from assent.domain.message import Channel
from assent.kernel.clock import Clock
from assent.ports.changes import Change, Committed

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4.encode()

_CALLS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
"""Seconds: a session check takes a millisecond, a log-in the time of a hash, a slow database the
last of them."""
_STORE = (0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 12)
"""A look-up in SQLite takes four microseconds; twelve seconds are the longest wait there is."""
_GATEWAY = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)
_UNKNOWN = float("nan")

# One more series for each, the time of its birth, which nothing here needs.
metrics.disable_created_metrics()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Readings:
    """What is looked up when somebody asks, and not counted as it happens. `None`: not known."""

    database_up: bool
    skew_ms: int | None = None
    waiting: dict[str, int] | None = None
    """Messages that wait, by channel; a channel that is missing has none."""
    oldest_ms: int | None = None
    """How long the oldest of them to a person has waited; 0 where none waits."""
    event_ms: int | None = None
    """How long the oldest event has waited that a firm's server was not told of; 0: none waits."""
    unchained: int | None = None
    """Lines of the record that stand in no audit block."""
    unchained_ms: int | None = None
    """How long the oldest of them has stood in none; 0 where there is none."""
    slow_running: int = 0
    slow_waiting: int = 0
    slow_places: int = 0
    free_octets: dict[str, int] = field(default_factory=dict)


class _Call:
    __slots__ = ("_began", "_metrics", "_operation")

    def __init__(self, owner: "Metrics", operation: str, began: float) -> None:
        self._metrics, self._operation, self._began = owner, operation, began

    def end(self, status: int, why: str = "") -> None:
        self._metrics.ended(self._operation, self._began, status, why)


class _Timed:
    __slots__ = ("_began", "_clock", "_failures", "_seconds")

    def __init__(self, clock: Clock, seconds: metrics.Histogram, failures: metrics.Counter) -> None:
        self._clock, self._seconds, self._failures = clock, seconds, failures
        self._began = clock.monotonic()

    def end(self, outcome: str = "") -> None:
        self._seconds.observe(self._clock.monotonic() - self._began)
        if outcome:
            self._failures.inc()


class _Sending:
    __slots__ = ("_began", "_channel", "_metrics")

    def __init__(self, owner: "Metrics", channel: str, began: float) -> None:
        self._metrics, self._channel, self._began = owner, channel, began

    def end(self, outcome: str = "") -> None:
        self._metrics.tried(self._channel, self._began, outcome)


class Metrics:
    """One a process. `schema` is the database's revision that this version speaks."""

    def __init__(self, clock: Clock, version: str, python: str, schema: str) -> None:
        self._clock = clock
        self._registry = CollectorRegistry()
        self._under_way = 0
        self._of_calls: dict[str, tuple[metrics.Histogram, dict[int, metrics.Counter]]] = {}
        self._declare()
        self._happened = Happened(clock, self._registry)
        self._build.labels(version, python, schema).set(1)
        self._calls_under_way.set_function(lambda: self._under_way)
        stores = ("read", "commit", "touch", "time")
        self._of_store = {
            what: (self._store_seconds.labels(what), self._store_failures.labels(what))
            for what in stores
        }
        for direction in ("backward", "forward"):  # there from the beginning, as 0
            self._jumps.labels(direction)
        ProcessCollector(registry=self._registry)

    def _declare(self) -> None:
        self._build = self._gauge(
            "assent_build_info", "What runs here.", "version", "python", "schema"
        )
        self._calls = self._counter(
            "assent_calls", "Calls that were answered.", "operation", "status"
        )
        self._call_seconds = self._seconds(
            "assent_call_seconds", "From a call's headers to its answer.", _CALLS, "operation"
        )
        self._calls_under_way = self._gauge("assent_calls_under_way", "Calls begun, not answered.")
        self._refusals = self._counter("assent_refusals", "Calls that were refused.", "code")
        self._tries = self._counter(
            "assent_message_tries", "Times a gateway was handed a message.", "channel", "outcome"
        )
        self._message_seconds = self._seconds(
            "assent_message_seconds", "Time a gateway took.", _GATEWAY, "channel"
        )
        self._store_seconds = self._seconds(
            "assent_store_seconds", "Time the database took, queueing included.", _STORE, "work"
        )
        self._store_failures = self._counter(
            "assent_store_failures", "Times the database could not do it.", "work"
        )
        self._jumps = self._counter(
            "assent_clock_jumps", "Times this machine's clock was set.", "direction"
        )
        self._broken = self._counter(
            "assent_worker_broken", "Times a part of the worker ended and was begun again.", "part"
        )
        self._up = self._gauge("assent_database_up", "Whether the database answers.")
        self._skew = self._gauge(
            "assent_clock_skew_seconds", "The database's clock minus this machine's."
        )
        self._waiting = self._gauge(
            "assent_outbox_waiting", "Messages that wait, 10000 at most.", "channel"
        )
        self._oldest = self._gauge(
            "assent_outbox_oldest_seconds", "How long the oldest of them to a person has waited."
        )
        self._event_oldest = self._gauge(
            "assent_webhooks_oldest_seconds", "How long the oldest event for a firm has waited."
        )
        self._unchained = self._gauge(
            "assent_record_unchained", "Lines of the record in no block yet, 10000 at most."
        )
        self._unchained_oldest = self._gauge(
            "assent_record_unchained_oldest_seconds", "How old the oldest of them is."
        )
        self._slow_running = self._gauge("assent_slow_work_running", "Hashes under way.")
        self._slow_waiting = self._gauge("assent_slow_work_waiting", "Hashes that wait.")
        self._slow_places = self._gauge(
            "assent_slow_work_places", "How many may run and wait; who comes after is refused."
        )
        self._free = self._gauge("assent_disk_free_bytes", "Room left on the disk.", "of")

    def _counter(self, name: str, told: str, *labels: str) -> metrics.Counter:
        return metrics.Counter(name, told, labels, registry=self._registry)

    def _gauge(self, name: str, told: str, *labels: str) -> metrics.Gauge:
        return metrics.Gauge(name, told, labels, registry=self._registry)

    def _seconds(
        self, name: str, told: str, buckets: Sequence[float], *labels: str
    ) -> metrics.Histogram:
        return metrics.Histogram(name, told, labels, registry=self._registry, buckets=buckets)

    def call(self, operation: str, ref: str, parent: str | None) -> _Call:
        """Counted when it ends."""
        self._under_way += 1
        return _Call(self, operation, self._clock.monotonic())

    def ended(self, operation: str, began: float, status: int, why: str) -> None:
        """What a call's end adds."""
        self._under_way -= 1
        held = self._of_calls.get(operation)
        if held is None:
            held = self._of_calls[operation] = (self._call_seconds.labels(operation), {})
        seconds, by_status = held
        counter = by_status.get(status)
        if counter is None:
            counter = by_status[status] = self._calls.labels(operation, str(status))
        seconds.observe(self._clock.monotonic() - began)
        counter.inc()
        if why:
            self._refusals.labels(why).inc()

    def store(self, what: str, text: str = "") -> _Timed:
        """The text is for those who follow single calls."""
        seconds, failures = self._of_store[what]
        return _Timed(self._clock, seconds, failures)

    def message(self, channel: str, tries: int) -> _Sending:
        """Counted when it ends."""
        return _Sending(self, channel, self._clock.monotonic())

    def tried(self, channel: str, began: float, outcome: str) -> None:
        """What the end of a try adds."""
        self._message_seconds.labels(channel).observe(self._clock.monotonic() - began)
        self._tries.labels(channel, outcome).inc()

    def committed(self, changes: Sequence[Change], done: Committed) -> None:
        """What came about."""
        self._happened.committed(changes, done)

    def clock_jumped(self, by_ms: int) -> None:
        """Either way."""
        self._jumps.labels("backward" if by_ms < 0 else "forward").inc()

    def worker_broken(self, part: str) -> None:
        """By what it was."""
        self._broken.labels(part).inc()

    async def close(self) -> None:
        """Nothing is held."""

    def page(self, now: Readings) -> bytes:
        """Everything, in Prometheus's text format 0.0.4. What is not known is NaN: an alert on it
        is silent, and `assent_database_up` says why."""
        self._up.set(int(now.database_up))
        self._skew.set(_UNKNOWN if now.skew_ms is None else now.skew_ms / 1_000)
        self._oldest.set(_UNKNOWN if now.oldest_ms is None else now.oldest_ms / 1_000)
        self._event_oldest.set(_UNKNOWN if now.event_ms is None else now.event_ms / 1_000)
        self._unchained.set(_UNKNOWN if now.unchained is None else now.unchained)
        unchained_ms = now.unchained_ms
        self._unchained_oldest.set(_UNKNOWN if unchained_ms is None else unchained_ms / 1_000)
        for channel in Channel:
            count = now.waiting.get(channel, 0) if now.waiting is not None else _UNKNOWN
            self._waiting.labels(channel).set(count)
        self._slow_running.set(now.slow_running)
        self._slow_waiting.set(now.slow_waiting)
        self._slow_places.set(now.slow_places)
        for of, octets in now.free_octets.items():
            self._free.labels(of).set(octets)
        self._happened.settle()
        return generate_latest(self._registry)
