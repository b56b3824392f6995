"""Which handler answers which request."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from reptidex.devlog.handlers import (
    cluster,
    configs,
    fetch,
    groups,
    list_offsets,
    membership,
    offsets,
    produce,
    sasl,
    topics,
)
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.handlers.transactions import Transactions
from reptidex.devlog.protocol.apis import Api

Result = bytes | None
Handler = Callable[[Broker, Request], Any]


class Dispatcher:
    """Hand requests to their handlers; answers are bytes, None (no answer), or an awaitable of either."""

    def __init__(self, broker: Broker, transactions: Transactions) -> None:
        self._broker = broker
        self._handlers: dict[Api, Handler] = {
            Api.PRODUCE: produce.produce,
            Api.FETCH: fetch.fetch,
            Api.LIST_OFFSETS: list_offsets.list_offsets,
            Api.METADATA: cluster.metadata,
            Api.OFFSET_COMMIT: offsets.offset_commit,
            Api.OFFSET_FETCH: offsets.offset_fetch,
            Api.FIND_COORDINATOR: cluster.find_coordinator,
            Api.JOIN_GROUP: membership.join_group,
            Api.HEARTBEAT: membership.heartbeat,
            Api.LEAVE_GROUP: membership.leave_group,
            Api.SYNC_GROUP: membership.sync_group,
            Api.DESCRIBE_GROUPS: groups.describe_groups,
            Api.LIST_GROUPS: groups.list_groups,
            Api.SASL_HANDSHAKE: sasl.handshake,
            Api.API_VERSIONS: cluster.api_versions,
            Api.CREATE_TOPICS: topics.create_topics,
            Api.DELETE_TOPICS: topics.delete_topics,
            Api.DELETE_RECORDS: topics.delete_records,
            Api.INIT_PRODUCER_ID: transactions.init_producer_id,
            Api.OFFSET_FOR_LEADER_EPOCH: list_offsets.offset_for_leader_epoch,
            Api.ADD_PARTITIONS_TO_TXN: transactions.add_partitions,
            Api.ADD_OFFSETS_TO_TXN: transactions.add_offsets,
            Api.END_TXN: transactions.end,
            Api.TXN_OFFSET_COMMIT: transactions.commit_offsets,
            Api.DESCRIBE_CONFIGS: configs.describe_configs,
            Api.ALTER_CONFIGS: configs.alter_configs,
            Api.SASL_AUTHENTICATE: sasl.authenticate,
            Api.CREATE_PARTITIONS: topics.create_partitions,
            Api.DELETE_GROUPS: groups.delete_groups,
            Api.INCREMENTAL_ALTER_CONFIGS: configs.incremental_alter_configs,
            Api.OFFSET_DELETE: offsets.offset_delete,
            Api.DESCRIBE_CLUSTER: cluster.describe_cluster,
        }

    def answer(self, request: Request) -> "Result | Awaitable[Result]":
        """Begin to answer; raises MalformedRequest."""
        result = self._handlers[request.api](self._broker, request)
        if inspect.iscoroutine(result):
            return self._later(request, result)
        return _bytes(request, result)

    async def _later(self, request: Request, result: Awaitable[Any]) -> Result:
        return _bytes(request, await result)


def _bytes(request: Request, result: Any) -> Result:
    return result if result is None or isinstance(result, bytes) else request.encode(result)
