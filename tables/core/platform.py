"""Live settings, feature flags, telemetry and the health of the services."""

from datetime import datetime

from reptidex.tables.row import Row, stored


@stored("settings", key="config_key", indexes=(("scope", "config_key"),))
class Setting(Row, frozen=True, kw_only=True):
    """A live setting; the value is JSON as text. Single writer: its key."""

    config_key: str
    scope: str
    value: str | None
    revision: int
    updated_at: datetime
    updated_by: str


@stored("features", key="feature_key")
class Feature(Row, frozen=True, kw_only=True):
    """A feature flag. Single writer: its key."""

    feature_key: str
    scope: str
    enabled: bool
    rollout: float = 1.0
    plans: tuple[str, ...] = ()
    description: str = ""
    updated_at: datetime
    updated_by: str


@stored("event_counts", key="count_id", indexes=(("minute", "name"), ("name", "minute")))
class EventCount(Row, frozen=True, kw_only=True):
    """How many events of one name had their time in one minute. The key is `<minute>/<name>`."""

    count_id: str
    minute: datetime
    name: str
    service: str
    count: int


@stored("samples", key="sample_id", indexes=(("service", "name", "sampled_at"),))
class Sample(Row, frozen=True, kw_only=True):
    """A metric or behaviour sample that a service reported."""

    sample_id: str
    service: str
    kind: str
    name: str
    value: float
    unit: str
    labels: dict[str, str]
    sampled_at: datetime


@stored("service_health", key="service")
class ServiceHealth(Row, frozen=True, kw_only=True):
    """How a service does, as monitoring last said. Single writer: the service's name."""

    service: str
    status: str
    since: datetime
    dependencies: dict[str, str]
    seen_version: int
