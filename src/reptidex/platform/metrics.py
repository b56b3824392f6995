"""The engine's figures as Prometheus metrics: read when asked for, kept nowhere."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reptidex.agents.engine.figures import Figures

GAUGES: dict[str, tuple[str, Callable[[Figures], float]]] = {
    "reptidex_consumer_lag_records": ("Records on the log not yet handled", lambda f: f.lag),
    "reptidex_assigned_partitions": ("Partition numbers that this worker owns", lambda f: len(f.partitions)),
    "reptidex_unit_busy_seconds": ("How long the unit at work has run", lambda f: f.busy_s),
    "reptidex_unit_stalled_seconds": ("How long no unit has ended while records wait", lambda f: f.stalled_s),
    "reptidex_outbox_pending": ("Events committed and not yet acknowledged by the log", lambda f: f.unsent),
    "reptidex_outbox_oldest_age_seconds": ("Age of the oldest of them", lambda f: f.oldest_unsent_s),
    "reptidex_effects_waiting": ("Effects not yet carried out", lambda f: f.effects_waiting),
    "reptidex_deadletter_blocking": (
        "Letters that keep later messages of their key waiting",
        lambda f: f.letters_blocking,
    ),
    "reptidex_cached_rows": ("Rows kept in memory between units", lambda f: f.cached_rows),
}
COUNTERS: dict[str, tuple[str, Callable[[Figures], float]]] = {
    "reptidex_units": ("Units of work committed", lambda f: f.units),
    "reptidex_agent_events": ("Messages handled", lambda f: f.messages),
    "reptidex_outbox_send_failures": ("Attempts to send that the log did not take", lambda f: f.send_failures),
    "reptidex_effects_carried": ("Effects carried out", lambda f: f.effects_carried),
    "reptidex_effects_failed": ("Attempts at effects that failed", lambda f: f.effects_failed),
}


class EngineMetrics(Collector):
    """Turns a worker's figures into metrics with the service as their only label."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics as they are now."""
        now = self._figures()
        label = f"repti-{now.service}"
        for name, (text, read) in GAUGES.items():
            gauge = GaugeMetricFamily(name, text, labels=["service"])
            gauge.add_metric([label], read(now))
            yield gauge
        for name, (text, read) in COUNTERS.items():
            counter = CounterMetricFamily(name, text, labels=["service"])
            counter.add_metric([label], read(now))
            yield counter

    def describe(self) -> Iterator[Metric]:
        """Name nothing before the worker runs: there are no figures yet."""
        return iter(())
