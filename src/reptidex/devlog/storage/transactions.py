"""What a partition knows of transactions: which are open, and where aborted ones lie."""

from collections import deque


class TransactionIndex:
    """Follow transactional batches and markers in offset order; gives the last stable offset (KIP-98)."""

    def __init__(self, open_: dict[int, int] | None = None, aborted: list[tuple[int, int, int]] | None = None) -> None:
        self._open = open_ or {}
        self._aborted = deque(aborted or [])

    def began(self, producer_id: int, offset: int) -> None:
        """Note a transactional batch at `offset`."""
        self._open.setdefault(producer_id, offset)

    def ended(self, producer_id: int, marker_offset: int, commit: bool) -> None:
        """Note a marker; data of an aborted transaction will be named in fetches."""
        first = self._open.pop(producer_id, None)
        if first is not None and not commit:
            self._aborted.append((producer_id, first, marker_offset))

    def last_stable(self, high_watermark: int) -> int:
        """Return the offset below which every transaction is decided."""
        return min(self._open.values(), default=high_watermark) if self._open else high_watermark

    def aborted_between(self, first: int, end: int) -> list[tuple[int, int]]:
        """Return (producer id, first offset) of the aborted transactions that touch [first, end)."""
        return [(producer, begin) for producer, begin, last in self._aborted if last >= first and begin < end]

    def forget_below(self, start: int) -> None:
        """Drop aborted transactions that lie wholly below `start`."""
        while self._aborted and self._aborted[0][2] < start:
            self._aborted.popleft()

    def snapshot(self) -> tuple[dict[int, int], list[tuple[int, int, int]]]:
        """Return (open, aborted) for the constructor."""
        return dict(self._open), list(self._aborted)
