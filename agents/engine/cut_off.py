"""A log whose end was cut off, and that may have grown again: from where a service goes on that has handled more than is left.

What was written since stands at offsets that were handled once, with other records there. So a service goes on at the first
record that its database does not know: one with a higher number than its outbox had reached, or, where no outbox numbers it, one
that is later than the last one handled. Repeats behind it are dropped as always, since the marks stay; on an empty log too, which
gets what the outboxes hold of the old one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reptidex.agents.engine.inputs import mark_of
from reptidex.agents.engine.replay.source import Source
from reptidex.agents.engine.starting import awaited, contradicts
from reptidex.tables.positions import Position, TopicPartition

AT_ONCE = 5000


async def resumptions(
    source: Source, positions: Mapping[TopicPartition, Position], told: Callable[[int, int], None]
) -> dict[TopicPartition, int]:
    """Return, for each position on a log whose end was cut off, the offset from which to go on.

    `told` hears how many records are read, and of how many. Raises `UnavailableError`.
    """
    earliest, ends = await source.beginnings(), await source.ends()
    known = {at: position for at, position in positions.items() if at in ends}
    others = await _others(source, known, earliest, ends)
    source.begin({at: earliest[at] for at in others})
    source.until(wanted := {at: ends[at] for at in others})
    whole, found = source.left, dict[TopicPartition, int]()
    while source.left:
        for at, records in (await source.read(AT_ONCE)).items():
            if (first := next((one for one in records if _is_unknown(known[at], one)), None)) is not None:
                found[at] = first.offset
                del wanted[at]
        source.until(wanted)
        told(whole - source.left, whole)
    return found | wanted


async def _others(
    source: Source,
    positions: Mapping[TopicPartition, Position],
    earliest: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> set[TopicPartition]:
    """Return the partitions that end before their position, or have another record where the last one handled was."""
    others = {at for at, position in positions.items() if position.next_offset > ends[at]}
    asked = {at: found for at, each in positions.items() if (found := awaited(each, earliest[at], ends[at]))}
    source.begin({at: witness.offset for at, witness in asked.items()})
    source.until({at: witness.offset + 1 for at, witness in asked.items()})
    while source.left:
        for at, records in (await source.read(AT_ONCE)).items():
            if contradicts(asked[at], records[0]):
                others.add(at)
    return others


def _is_unknown(position: Position, record: Any) -> bool:
    outbox, number, _ = mark_of(record.headers)
    if outbox:
        return number > position.marks.get(outbox, 0)
    return position.witness is None or bool(record.timestamp > position.witness.time)
