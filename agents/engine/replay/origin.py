"""Where in the log a replay begins."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from reptidex.agents.engine.replay.source import Source
from reptidex.tables.positions import TopicPartition
from reptidex.tables.projection import ReplayError

EARLIEST = "earliest"


class Origin(msgspec.Struct, frozen=True):
    """`earliest`, a moment, or offsets by topic and partition."""

    text: str
    """As it was given; a resumed replay has to be asked for by the same."""
    time: datetime | None = None
    offsets: dict[str, dict[int, int]] = {}

    @classmethod
    def of(cls, text: str) -> "Origin":
        """Read `earliest`, an RFC 3339 time (UTC where it names no zone), or the name of a JSON file with offsets.

        The file holds `{topic: {partition: offset}}`; partitions that it does not name are read from their beginning.
        Raises `ReplayError`.
        """
        if text == EARLIEST:
            return cls(text)
        if Path(text).is_file():
            try:
                return cls(text, offsets=msgspec.json.decode(Path(text).read_bytes(), type=dict[str, dict[int, int]]))
            except msgspec.MsgspecError as problem:
                raise ReplayError(f"{text} holds no offsets ({{topic: {{partition: offset}}}}): {problem}") from problem
        try:
            time = datetime.fromisoformat(text)
        except ValueError as problem:
            raise ReplayError(
                f"--from {text}: that is neither `{EARLIEST}`, nor a time (2026-01-31T12:00:00Z), nor a file of offsets"
            ) from problem
        return cls(text, time=time if time.tzinfo else time.replace(tzinfo=UTC))

    async def starts(self, source: Source) -> tuple[dict[TopicPartition, int], bool]:
        """Return the offset to begin at in every partition, and whether something on or off the log lies before it."""
        first = await source.beginnings()
        wanted = first
        if self.time is not None:
            wanted = await source.offsets_at(self.time)
        elif self.offsets:
            wanted = {at: self.offsets.get(at[0], {}).get(at[1], offset) for at, offset in first.items()}
        starts = {at: max(wanted[at], offset) for at, offset in first.items()}
        return starts, any(starts.values())
