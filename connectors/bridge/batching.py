"""Messages cut into calls that SNS and SQS take."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from reptidex.connectors.bridge.limits import BATCH_ENTRIES

T = TypeVar("T")


def batches(
    messages: Iterable[T], size_of: Callable[[T], int], most_bytes: int, *, group_of: Callable[[T], str] | None = None
) -> Iterator[list[T]]:
    """Yield messages in their order, in calls of ten and of `most_bytes` at the most; one that is larger is a call by itself.

    With `group_of` (the message group of FIFO) a call has one message of a group at the most: of two the first may be refused
    and the second not, which would then overtake it.
    """
    batch: list[T] = []
    size, groups = 0, set[str]()
    for each in messages:
        added, group = size_of(each), group_of(each) if group_of is not None else None
        if batch and (len(batch) == BATCH_ENTRIES or size + added > most_bytes or group in groups):
            yield batch
            batch, size, groups = [], 0, set()
        batch.append(each)
        size += added
        if group is not None:
            groups.add(group)
    if batch:
        yield batch
