"""What aiokafka leaves to luck: connections that are closing, and tasks in the background that nobody looks at."""

import asyncio
from typing import Any

from aiokafka import conn
from aiokafka.errors import KafkaError


class Connection(conn.AIOKafkaConnection):
    """A connection that does not take itself for open while it closes.

    One that the broker has reset says for two turns of the loop still that it is open. In these uvloop answers a write with a
    `RuntimeError`, which ends the client's background tasks without a word: metadata are never read again, the group never
    joined (https://github.com/aio-libs/aiokafka/issues/1038).
    """

    def connected(self) -> bool:
        return bool(super().connected()) and not self._writer.transport.is_closing()


def mend() -> None:
    """Have every client of this process open its connections as `Connection`."""
    conn.AIOKafkaConnection = Connection


def check_tasks(consumer: Any, producer: Any = None) -> None:
    """Raise `KafkaError` where a task of a consumer, or of a producer, has ended that never ends by itself.

    Nobody else looks: without it nothing is fetched or sent ever again, and all else seems to be well.
    """
    tasks: dict[str, asyncio.Task[Any] | None] = {
        "fetches": consumer._fetcher._fetch_task,
        "metadata": consumer._client._sync_task,
        "membership": getattr(consumer._coordinator, "_coordination_task", None),
        "sends": producer._sender.sender_task if producer is not None else None,
    }
    for name, task in tasks.items():
        if task is not None and task.done():
            raise KafkaError(f"the client's {name} have ended") from None if task.cancelled() else task.exception()
