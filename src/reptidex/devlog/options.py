"""Everything that can be set on the embedded log, with the defaults of `reptidex log`."""

from dataclasses import dataclass, field
from pathlib import Path

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep one client from taking the process down (bytes, counts)."""

    connections: int = 512
    request_bytes: int = 64 * MEBIBYTE
    inflight_bytes: int = 128 * MEBIBYTE
    requests_per_connection: int = 64
    partitions: int = 8192
    partitions_per_topic: int = 1024
    group_members: int = 500


@dataclass(frozen=True, slots=True)
class Security:
    """TLS certificate and SASL/PLAIN users; both are needed to listen on more than loopback."""

    certificate: Path | None = None
    private_key: Path | None = None
    users: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """Configure one embedded log.

    Times are seconds, sizes bytes. `free_floor` is the free disk space below which records are refused;
    `checkpoint_bytes` the journal size that triggers a snapshot; `group_delay` how long the first join of an
    empty group waits for more members. `sparse_fetch` leaves out of a fetch's answer the partitions of which nothing
    changed since the answer before: with hundreds of partitions aiokafka takes 5 ms to read a full one. aiokafka and
    librdkafka do not mind; a client that insists on every partition needs it off (one that asks for a fetch session,
    as the Java client does, always gets full answers).
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    advertised_host: str | None = None
    auto_create: bool = True
    default_partitions: int = 4
    group_delay: float = 0.1
    sparse_fetch: bool = True
    free_floor: int = 64 * MEBIBYTE
    checkpoint_bytes: int = 32 * MEBIBYTE
    checkpoint_interval: float = 300.0
    maintenance_interval: float = 2.0
    limits: Limits = field(default_factory=Limits)
    security: Security = field(default_factory=Security)
