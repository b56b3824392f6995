"""Who waits for records: told once per commit, so that a fetch over hundreds of partitions registers only once."""

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Waiter(Protocol[T]):
    """Somebody who waits for some of the partitions."""

    def watches(self, partition: T) -> bool:
        """Tell whether it waits for this partition."""
        ...

    def arrived(self, partitions: list[T]) -> None:
        """Learn that something changed in these of the watched partitions."""
        ...


class Arrivals(Generic[T]):
    """The waiting fetches of a log."""

    def __init__(self) -> None:
        self._waiting: set[Waiter[T]] = set()

    def wait(self, waiter: Waiter[T]) -> None:
        """Tell the waiter from now on."""
        self._waiting.add(waiter)

    def forget(self, waiter: Waiter[T]) -> None:
        """Tell the waiter no more."""
        self._waiting.discard(waiter)

    def announce(self, partitions: Iterable[T]) -> None:
        """Tell everybody who watches one of these partitions."""
        changed = list(partitions)
        for waiter in tuple(self._waiting):
            mine = [partition for partition in changed if waiter.watches(partition)]
            if mine:
                waiter.arrived(mine)
