"""Tells SQS that messages are still being worked on, at half of their time, ten in a call and all calls at once."""

import asyncio
import math
import time
from collections.abc import Callable

from reptidex.connectors.bridge.limits import BATCH_ENTRIES, VISIBILITY_S
from reptidex.connectors.bridge.ports import Meter
from reptidex.connectors.bridge.sqs_beside import SqsQueue
from reptidex.connectors.bridge.tracker import Tracker
from reptidex.connectors.bridge.verdicts import Fate

LOOK_S = 0.5


async def keep_hidden(
    queue: SqsQueue, tracker: Tracker, meter: Meter, *, clock: Callable[[], float] = time.monotonic
) -> None:
    """Extend until cancelled."""
    while True:
        due = tracker.next_due()
        await asyncio.sleep(LOOK_S if due is None else min(LOOK_S, max(0.0, due - clock())))
        before = tracker.given_up
        due_now: list[dict[str, str]] = []
        while message_ids := tracker.take_due(BATCH_ENTRIES):
            due_now.append({each: tracker.handle(each) for each in message_ids})
        await asyncio.gather(*(_extend(queue, tracker, meter, each) for each in due_now))
        if tracker.given_up > before:
            meter.heartbeat("given up", tracker.given_up - before)


async def _extend(queue: SqsQueue, tracker: Tracker, meter: Meter, handles: dict[str, str]) -> None:
    seconds = min(VISIBILITY_S, math.ceil(tracker.visibility_s))
    said = await queue.hide([(handle, seconds) for handle in handles.values()])
    for (message_id, handle), verdict in zip(handles.items(), said, strict=True):
        if message_id in tracker and tracker.handle(message_id) != handle:
            continue  # delivered again meanwhile: what SQS says of the old handle is nothing about the new one
        if verdict.fate is Fate.DONE:
            meter.heartbeat("extended")
        elif verdict.fate is Fate.NEVER:
            meter.heartbeat("too late")
            tracker.rest(message_id)
        else:
            meter.heartbeat("failed")
            tracker.hurry(message_id)
