"""What Prometheus is told of requests; names and labels are those of the platform's telemetry library, never an id.

A request adds to plain numbers; metric objects are made of them when Prometheus asks.
"""

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SLOW_S = 0.5
"""The platform's objective for p99: a slower request is a violation."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


def category_of(method: str, endpoint: str) -> str:
    """Return the performance category of a request: health, read, write or complex."""
    if endpoint.startswith("/health"):
        return "health"
    if method not in ("GET", "HEAD"):
        return "write"
    return "complex" if "search" in endpoint or "export" in endpoint else "read"


class Tally:
    """The requests of one method, endpoint and status."""

    __slots__ = ("buckets", "seconds", "slow")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds, self.slow = 0.0, 0


class HttpMetrics(Collector):
    """The HTTP metrics of one service."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        """Register the metrics. Raises `ValueError` where the registry has them already."""
        self._service, self.in_progress = service, 0
        self._tallies: dict[tuple[str, str, int], Tally] = {}
        self._faults: dict[tuple[str, str], int] = {}
        registry.register(self)

    def observe(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        place = (method if method in METHODS else "OTHER", endpoint, status)
        tally = self._tallies.get(place)
        if tally is None:
            tally = self._tallies[place] = Tally()
        tally.buckets[bisect_left(BUCKETS, seconds)] += 1
        tally.seconds += seconds
        if seconds > SLOW_S:
            tally.slow += 1

    def failed(self, error: BaseException, endpoint: str) -> None:
        """Count a fault of ours by its class."""
        place = (type(error).__name__, endpoint)
        self._faults[place] = self._faults.get(place, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """Return the metrics as they stand."""
        labels = ["service", "method", "endpoint"]
        requests = CounterMetricFamily("reptidex_http_requests", "Requests answered", labels=[*labels, "status"])
        duration = HistogramMetricFamily(
            "reptidex_http_request_duration_seconds", "Time to the answer", labels=[*labels, "status", "category"]
        )
        slow = CounterMetricFamily(
            "reptidex_endpoint_sla_violations",
            f"Requests that took longer than {SLOW_S:g} s",
            labels=[*labels, "status"],
        )
        for (method, endpoint, status), tally in list(self._tallies.items()):
            place = [self._service, method, endpoint, str(status)]
            buckets, count = [], 0
            for bound, found in zip((*BUCKETS, "+Inf"), tally.buckets, strict=True):
                count += found
                buckets.append((str(bound), count))
            requests.add_metric(place, count)
            duration.add_metric([*place, category_of(method, endpoint)], buckets, tally.seconds)
            if tally.slow:
                slow.add_metric(place, tally.slow)
        faults = CounterMetricFamily(
            "reptidex_errors", "Requests answered with a fault of ours", labels=["service", "error_type", "endpoint"]
        )
        for (kind, endpoint), count in list(self._faults.items()):
            faults.add_metric([self._service, kind, endpoint], count)
        running = GaugeMetricFamily(
            "reptidex_http_requests_in_progress", "Requests being worked on", labels=["service"]
        )
        running.add_metric([self._service], self.in_progress)
        yield from (requests, duration, slow, faults, running)
