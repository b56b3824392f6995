"""What a partition remembers of idempotent producers: epoch and last five batches of each (KIP-98)."""

from collections.abc import Iterable

import msgspec

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused
from reptidex.devlog.storage.batches import SEQUENCE_MASK, Batch

REMEMBERED = 5


class SentBatch(msgspec.Struct, frozen=True, array_like=True):
    """The sequence numbers of one batch and the offset it got."""

    first: int
    last: int
    offset: int


class Producer(msgspec.Struct, frozen=True, array_like=True):
    """Epoch and latest batches of one producer id on one partition."""

    epoch: int
    seen_ms: int
    recent: tuple[SentBatch, ...] = ()


class ProducerTable:
    """Check sequence numbers when a batch comes in, remember it once it is durable."""

    def __init__(self, known: dict[int, Producer] | None = None) -> None:
        self._durable = known or {}
        self._pending: dict[int, tuple[Producer, int]] = {}

    def check(self, batch: Batch) -> int | None:
        """Return the offset the same batch already has, or None if it is new.

        Raises Refused: INVALID_PRODUCER_EPOCH for an old epoch, OUT_OF_ORDER_SEQUENCE_NUMBER for a gap.
        """
        known = self._current(batch.producer_id)
        if known is None:
            return None
        if batch.producer_epoch < known.epoch:
            raise Refused(ErrorCode.invalid_producer_epoch)
        if batch.producer_epoch > known.epoch or not known.recent:
            if batch.base_sequence != 0:
                raise Refused(ErrorCode.out_of_order_sequence_number)
            return None
        for sent in known.recent:
            if sent.first == batch.base_sequence and sent.last == batch.last_sequence:
                return sent.offset
        if batch.base_sequence != (known.recent[-1].last + 1) & SEQUENCE_MASK:
            raise Refused(ErrorCode.out_of_order_sequence_number)
        return None

    def reserve(self, batch: Batch, offset: int, now_ms: int) -> None:
        """Count a new batch that is on its way to the disk."""
        _, waiting = self._pending.get(batch.producer_id, (None, 0))
        after = _after(self._current(batch.producer_id), batch, offset, now_ms)
        self._pending[batch.producer_id] = (after, waiting + 1)

    def commit(self, batch: Batch, now_ms: int) -> None:
        """Remember a batch that is durable (after a reservation, or on replay)."""
        durable = self._durable.get(batch.producer_id)
        self._durable[batch.producer_id] = _after(durable, batch, batch.base_offset, now_ms)
        pending = self._pending.get(batch.producer_id)
        if pending is None:
            return
        if pending[1] <= 1:
            del self._pending[batch.producer_id]
        else:
            self._pending[batch.producer_id] = (pending[0], pending[1] - 1)

    def fence(self, producer_id: int, epoch: int, now_ms: int) -> None:
        """Refuse epochs below `epoch` from now on (a transaction marker was written)."""
        known = self._durable.get(producer_id)
        if known is None or known.epoch < epoch:
            self._durable[producer_id] = Producer(epoch, now_ms)

    def snapshot(self, oldest_ms: int) -> dict[int, Producer]:
        """Return what must survive a restart; forgets producers not seen since `oldest_ms`."""
        for producer_id in [key for key, known in self._durable.items() if known.seen_ms < oldest_ms]:
            del self._durable[producer_id]
        return dict(self._durable)

    def ids(self) -> Iterable[int]:
        """Return the producer ids remembered."""
        return self._durable.keys()

    def _current(self, producer_id: int) -> Producer | None:
        pending = self._pending.get(producer_id)
        return pending[0] if pending else self._durable.get(producer_id)


def _after(known: Producer | None, batch: Batch, offset: int, now_ms: int) -> Producer:
    sent = SentBatch(batch.base_sequence, batch.last_sequence, offset)
    if known is None or known.epoch != batch.producer_epoch:
        return Producer(batch.producer_epoch, now_ms, (sent,))
    return Producer(known.epoch, now_ms, (*known.recent, sent)[-REMEMBERED:])
