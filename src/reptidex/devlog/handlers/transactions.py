"""Producer ids and transactions: InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn.

A transaction's end (markers, offsets, new state) is one journal frame, so it happens whole or not at all (KIP-98).
"""

import asyncio
from typing import Any

from msgspec.structs import replace

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.reader import Reader
from reptidex.devlog.protocol.schema import Answer
from reptidex.devlog.storage.batches import control_batch, peek_batch
from reptidex.devlog.storage.entries import OffsetsCommitted, PendingOffsets, Transaction

LONGEST_TIMEOUT_MS = 900_000
LARGEST_EPOCH = 32_000
_FLEXIBLE_SINCE, _EPOCH_SINCE, _FENCED_SINCE = 2, 3, 4


class Transactions:
    """Carry out transaction requests, one at a time per transactional id; `tick` aborts those that ran out of time."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._locks: dict[str, asyncio.Lock] = {}

    async def init_producer_id(self, broker: Broker, request: Request) -> Answer:
        """Give a producer its id and epoch; an older producer of the same transactional id is fenced."""
        reader = Reader(request.data, request.position)
        flexible = request.version >= _FLEXIBLE_SINCE
        transactional_id = reader.compact_nullable_string() if flexible else reader.nullable_string()
        timeout = reader.int32()
        known = (reader.int64(), reader.int16()) if request.version >= _EPOCH_SINCE else (-1, -1)
        try:
            if transactional_id is None:
                producer_id, epoch = await self._broker.store.new_producer_id(), 0
            elif not transactional_id or not 0 < timeout <= LONGEST_TIMEOUT_MS:
                wrong_id = ErrorCode.invalid_request
                raise Refused(ErrorCode.invalid_transaction_timeout if transactional_id else wrong_id)
            else:
                fenced = (
                    ErrorCode.producer_fenced if request.version >= _FENCED_SINCE else ErrorCode.invalid_producer_epoch
                )
                producer_id, epoch = await self._begin_epoch(transactional_id, timeout, known, fenced)
        except Refused as refused:
            return {"error_code": refused.code, "producer_id": -1, "producer_epoch": -1}
        except StorageFailed:
            return {"error_code": ErrorCode.coordinator_not_available, "producer_id": -1, "producer_epoch": -1}
        return {"producer_id": producer_id, "producer_epoch": epoch}

    async def add_partitions(self, broker: Broker, request: Request) -> Answer:
        """Take partitions into the transaction, beginning it if need be."""
        body = request.decode()
        topics = body.v3_and_below_topics
        added = [(topic.name, index) for topic in topics for index in topic.partitions]
        unknown = {row for row in added if broker.store.state.partition(*row) is None}
        ids = (body.v3_and_below_transactional_id, body.v3_and_below_producer_id, body.v3_and_below_producer_epoch)

        def step(known: Transaction) -> Transaction:
            return replace(known, partitions=list(dict.fromkeys([*known.partitions, *added])))

        spoiled = ErrorCode.operation_not_attempted if unknown else await self._in_transaction(ids, step)
        return {
            "results_by_topic_v3_and_below": [
                {
                    "name": topic.name,
                    "results_by_partition": [
                        {
                            "partition_index": index,
                            "partition_error_code": ErrorCode.unknown_topic_or_partition
                            if (topic.name, index) in unknown
                            else spoiled,
                        }
                        for index in topic.partitions
                    ],
                }
                for topic in topics
            ]
        }

    async def add_offsets(self, broker: Broker, request: Request) -> Answer:
        """Take a group's positions into the transaction."""
        body = request.decode()

        def step(known: Transaction) -> Transaction:
            return replace(known, groups=list(dict.fromkeys([*known.groups, body.group_id])))

        ids = (body.transactional_id, body.producer_id, body.producer_epoch)
        return {"error_code": await self._in_transaction(ids, step)}

    async def commit_offsets(self, broker: Broker, request: Request) -> Answer:
        """Keep positions that become visible with the commit."""
        body = request.decode()
        positions = [
            (topic.name, row.partition_index, row.committed_offset, row.committed_metadata or "")
            for topic in body.topics
            for row in topic.partitions
        ]

        def step(known: Transaction) -> Transaction:
            if body.group_id not in known.groups:
                raise Refused(ErrorCode.invalid_txn_state)
            return replace(known, offsets=[*known.offsets, PendingOffsets(body.group_id, positions)])

        error = await self._in_transaction((body.transactional_id, body.producer_id, body.producer_epoch), step)
        topics = [
            {
                "name": topic.name,
                "partitions": [
                    {"partition_index": row.partition_index, "error_code": error} for row in topic.partitions
                ],
            }
            for topic in body.topics
        ]
        return {"topics": topics}

    async def end(self, broker: Broker, request: Request) -> Answer:
        """Commit or abort; doing the same again is no error."""
        body = request.decode()
        wanted = "CompleteCommit" if body.committed else "CompleteAbort"
        try:
            async with self._lock(body.transactional_id):
                known = self._require(body.transactional_id, body.producer_id, body.producer_epoch)
                if known.state == "Ongoing":
                    await self._finish(known, body.committed, known.epoch)
                elif known.state not in (wanted, "Empty"):
                    raise Refused(ErrorCode.invalid_txn_state)
        except Refused as refused:
            return {"error_code": refused.code}
        except StorageFailed:
            return {"error_code": ErrorCode.coordinator_not_available}
        return {}

    async def abort_expired(self) -> None:
        """Abort transactions that are older than their timeout, and fence their producers."""
        now = self._broker.clock.now_ms()
        for known in list(self._broker.store.state.transactions.values()):
            if known.state == "Ongoing" and now - known.started_ms > known.timeout_ms:
                async with self._lock(known.transactional_id):
                    current = self._broker.store.state.transactions[known.transactional_id]
                    if current.state == "Ongoing" and now - current.started_ms > current.timeout_ms:
                        await self._finish(current, False, current.epoch + 1)

    def _lock(self, transactional_id: str) -> asyncio.Lock:
        return self._locks.setdefault(transactional_id, asyncio.Lock())

    async def _begin_epoch(
        self, transactional_id: str, timeout: int, claimed: tuple[int, int], fenced: ErrorCode
    ) -> tuple[int, int]:
        store = self._broker.store
        async with self._lock(transactional_id):
            known = store.state.transactions.get(transactional_id)
            if known is None:
                known = Transaction(transactional_id, await self._broker.store.new_producer_id(), -1, "Empty", timeout)
            elif claimed[0] >= 0 and claimed != (known.producer_id, known.epoch):
                raise Refused(fenced)
            if known.state == "Ongoing":
                await self._finish(known, False, known.epoch + 1)
                known = store.state.transactions[transactional_id]
            producer_id, epoch = known.producer_id, known.epoch + 1
            if epoch > LARGEST_EPOCH:
                producer_id, epoch = await self._broker.store.new_producer_id(), 0
            store.submit(Transaction(transactional_id, producer_id, epoch, "Empty", timeout))
            await store.durable()
            return producer_id, epoch

    async def _in_transaction(self, ids: tuple[str, int, int], step: Any) -> ErrorCode:
        store = self._broker.store
        try:
            async with self._lock(ids[0]):
                known = self._require(*ids)
                if known.state != "Ongoing":
                    known = Transaction(
                        known.transactional_id,
                        known.producer_id,
                        known.epoch,
                        "Ongoing",
                        known.timeout_ms,
                        self._broker.clock.now_ms(),
                    )
                after = step(known)
                if after != store.state.transactions[ids[0]]:
                    store.submit(after)
                    await store.durable()
        except Refused as refused:
            code: ErrorCode = refused.code
            return code
        except StorageFailed:
            return ErrorCode.coordinator_not_available
        return ErrorCode.none

    def _require(self, transactional_id: str, producer_id: int, epoch: int) -> Transaction:
        known = self._broker.store.state.transactions.get(transactional_id)
        if known is None or known.producer_id != producer_id:
            raise Refused(ErrorCode.invalid_producer_id_mapping)
        if known.epoch != epoch:
            raise Refused(ErrorCode.invalid_producer_epoch)
        return known

    async def _finish(self, known: Transaction, commit: bool, epoch: int) -> None:
        store = self._broker.store
        store.ending_producers.add(known.producer_id)  # nothing of it may follow its marker
        try:
            for name, index in known.partitions:
                topic, partition = store.state.topics.get(name), store.state.partition(name, index)
                if topic is not None and partition is not None and partition.offline is None:
                    marker = control_batch(0, known.producer_id, epoch, commit, self._broker.clock.now_ms())
                    store.append(topic, partition, peek_batch(marker), marker)
            for pending in known.offsets if commit else ():
                store.submit(OffsetsCommitted(pending.group, pending.positions))
            state = "CompleteCommit" if commit else "CompleteAbort"
            store.submit(Transaction(known.transactional_id, known.producer_id, epoch, state, known.timeout_ms))
            await store.durable()
        finally:
            store.ending_producers.discard(known.producer_id)
