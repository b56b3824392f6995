"""Which partitions this worker owns, and which partition a key belongs to."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from aiokafka.partitioner import murmur2

from reptidex.errors import ReptidexError
from reptidex.tables.positions import Fence

KEYS_REMEMBERED = 1 << 14


class LetGoError(ReptidexError):
    """Partitions were given up while a unit of theirs was being handled: what it had in memory is gone."""


def partitioner(partitions: int) -> Callable[[str], int]:
    """Return Kafka's default partitioner for text keys (murmur2, the sign bit cleared), with a memory for hot keys."""

    @lru_cache(maxsize=KEYS_REMEMBERED)
    def partition_of(key: str) -> int:
        hashed: int = murmur2(key.encode())
        return (hashed & 0x7FFF_FFFF) % partitions

    return partition_of


class Ownership:
    """The partitions that this worker holds, with their fences.

    `sole` means that nobody else can write to this database: it is not shared, or every partition is ours.
    """

    def __init__(self, partitions: int, *, shared: bool) -> None:
        self.partitions, self.shared = partitions, shared
        self.partition_of = partitioner(partitions)
        self.fences: dict[int, Fence] = {}
        self.sole = not shared

    def take(self, fences: dict[int, Fence]) -> None:
        """Hold these partitions from now on, and no others."""
        self.fences = fences
        self.sole = not self.shared or len(fences) == self.partitions

    def owns_key(self, key: str) -> bool:
        """Say whether only this worker writes rows with this key unlocked."""
        return self.sole or self.partition_of(key) in self.fences

    def guarded(self, involved: Sequence[int] | set[int]) -> list[Fence]:
        """Return the fences that a commit has to pass; all of ours where others may write too: cached rows count on them."""
        if self.shared and not self.sole:
            return list(self.fences.values())
        return [self.fences[partition] for partition in involved]
