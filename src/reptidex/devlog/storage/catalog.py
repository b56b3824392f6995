"""Topics: their partitions and their settings."""

import re
from pathlib import Path

from reptidex.devlog.storage.partition import Partition, Pulse, Shared

DEFAULTS = {
    "cleanup.policy": "delete",
    "compression.type": "producer",
    "delete.retention.ms": "86400000",
    "file.delete.delay.ms": "0",
    "max.compaction.lag.ms": "9223372036854775807",
    "max.message.bytes": "1048588",
    "message.timestamp.type": "CreateTime",
    "min.cleanable.dirty.ratio": "0.5",
    "min.compaction.lag.ms": "0",
    "min.insync.replicas": "1",
    "retention.bytes": "-1",
    "retention.ms": "604800000",
    "segment.bytes": "16777216",
    "segment.ms": "604800000",
}
LARGEST_SEGMENT = 64 << 20
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
_WHOLE = frozenset(key for key, value in DEFAULTS.items() if re.fullmatch(r"-?\d+", value))


def legal_name(name: str) -> bool:
    """Tell whether Kafka allows the topic name."""
    return _NAME.fullmatch(name) is not None and name not in (".", "..")


def wrong_setting(key: str, value: str | None) -> str | None:
    """Return why a topic setting is refused, or None."""
    if value is None:
        return f"{key} needs a value"
    if key in _WHOLE and not re.fullmatch(r"-?\d{1,19}", value):
        return f"{key} must be a whole number"
    if key == "cleanup.policy" and not set(value.split(",")) <= {"delete", "compact"}:
        return "cleanup.policy must be delete, compact or both"
    if key == "message.timestamp.type" and value not in ("CreateTime", "LogAppendTime"):
        return "message.timestamp.type must be CreateTime or LogAppendTime"
    if key == "min.cleanable.dirty.ratio" and not re.fullmatch(r"0(\.\d+)?|1(\.0+)?", value):
        return "min.cleanable.dirty.ratio must lie between 0 and 1"
    return None


class Topic:
    """A topic's partitions and settings, the often used ones parsed."""

    def __init__(
        self, topic_id: int, name: str, count: int, configs: dict[str, str], root: Path, shared: Shared
    ) -> None:
        self.topic_id = topic_id
        self.name = name
        self.directory = root / f"{topic_id}-{name[:200]}"
        self.pulse = Pulse()
        self._shared = shared
        self.partitions: list[Partition] = []
        self.metadata_answer: dict[int, bytes] = {}
        self.grow(count)
        self.configure(configs)

    def grow(self, count: int) -> None:
        """Add partitions up to `count`; their files are made on first use."""
        for index in range(len(self.partitions), count):
            self.partitions.append(Partition(self.topic_id, self.name, index, self.directory, self._shared, self.pulse))
        self.metadata_answer.clear()

    def configure(self, configs: dict[str, str]) -> None:
        """Set the topic's own settings; everything else keeps its default."""
        self.configs = configs
        self.max_message_bytes = int(self.setting("max.message.bytes"))
        self.segment_bytes = min(int(self.setting("segment.bytes")), LARGEST_SEGMENT)
        self.segment_ms = int(self.setting("segment.ms"))
        self.stamps_time = self.setting("message.timestamp.type") == "LogAppendTime"
        self.compacts = "compact" in self.setting("cleanup.policy")
        self.deletes = "delete" in self.setting("cleanup.policy")

    def setting(self, key: str) -> str:
        """Return the topic's value of a setting, or the default."""
        return self.configs.get(key, DEFAULTS[key])
