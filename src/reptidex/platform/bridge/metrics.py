"""The bridge's figures as Prometheus metrics. Labels are names of events, queues and outcomes, never an id."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from reptidex.connectors.bridge.ports import Direction


class BridgeMetrics:
    """Counts what crosses (`Meter` of `reptidex.connectors.bridge.ports`)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._published = Counter(
            "reptidex_bridge_published_total",
            "Events by what became of them",
            ("direction", "topic", "outcome"),
            registry=registry,
        )
        self._batch = Histogram(
            "reptidex_bridge_batch_size",
            "Messages in one call",
            ("direction",),
            buckets=tuple(range(1, 11)),
            registry=registry,
        )
        self._heartbeats = Counter(
            "reptidex_bridge_heartbeats_total",
            "Extensions of a message's invisibility",
            ("outcome",),
            registry=registry,
        )
        self._loops = Counter(
            "reptidex_bridge_loops_dropped_total", "Events that a lock dropped", ("lock",), registry=registry
        )
        self._dead = Counter(
            "reptidex_deadletter_total", "Messages put away as dead letters", ("source", "reason"), registry=registry
        )
        self._inflight = Gauge(
            "reptidex_bridge_inflight", "Messages taken and not settled", ("direction",), registry=registry
        )
        self._age = Gauge(
            "reptidex_bridge_watermark_age_seconds",
            "Age of the message that holds the mark",
            ("direction",),
            registry=registry,
        )
        self._trouble = Gauge(
            "reptidex_bridge_trouble",
            "Topics, queues and parts that do not answer or are missing",
            ("direction",),
            registry=registry,
        )
        self._lag = Gauge(
            "reptidex_bridge_lag_records", "Records of the log that are not settled yet", registry=registry
        )
        self._lanes = Gauge("reptidex_bridge_lanes_waiting", "Keys that wait behind a dead letter", registry=registry)
        self._known: dict[tuple[str, str, str], Counter] = {}
        self.totals: dict[tuple[str, str], int] = {}
        """By direction and outcome, for the status."""

    def watch(
        self,
        direction: Direction,
        inflight: Callable[[], float],
        oldest_s: Callable[[], float],
        trouble: Callable[[], float],
    ) -> None:
        """Have the gauges of a direction read when they are asked for."""
        self._inflight.labels(direction).set_function(inflight)
        self._age.labels(direction).set_function(oldest_s)
        self._trouble.labels(direction).set_function(trouble)

    def watch_lag(self, records: Callable[[], float]) -> None:
        """Have the records of the log that wait counted when they are asked for."""
        self._lag.set_function(records)

    def watch_lanes(self, lanes: Callable[[], float]) -> None:
        """Have the keys that wait behind a letter counted when they are asked for."""
        self._lanes.set_function(lanes)

    def crossed(self, direction: Direction, topic: str, outcome: str, count: int = 1) -> None:
        """Count events by what became of them."""
        known = self._known.get((direction, topic, outcome))
        if known is None:
            known = self._known[direction, topic, outcome] = self._published.labels(direction, topic, outcome)
        known.inc(count)
        self.totals[direction, outcome] = self.totals.get((direction, outcome), 0) + count

    def batch(self, direction: Direction, size: int) -> None:
        """Note the entries of one call."""
        self._batch.labels(direction).observe(size)

    def heartbeat(self, outcome: str, count: int = 1) -> None:
        """Count extensions."""
        self._heartbeats.labels(outcome).inc(count)

    def loop(self, lock: str) -> None:
        """Count an event that a lock dropped."""
        self._loops.labels(lock).inc()

    def dead(self, direction: Direction, reason: str) -> None:
        """Count a dead letter."""
        self._dead.labels(f"bridge-{direction}", reason).inc()
