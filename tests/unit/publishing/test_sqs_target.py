"""Messages for one SQS queue: of a call that fails for one of them only that one is refused."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from aiohttp import web

from reptidex.doubles.web import served
from reptidex.errors import UnavailableError
from reptidex.publishing.aws_targets import SqsTarget
from reptidex.publishing.checking import Ready
from reptidex.settings import Settings
from tests.integration.bridge.said import event


class Queue:
    """An SQS that refuses a whole call for one message that it does not like, and does not say which it is."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.calls = 0
        self.code, self.status = "InvalidMessageContents", 400

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        entries: list[dict[str, Any]] = asked["Entries"]
        self.calls += 1
        ids = [json.loads(each["MessageBody"])["id"] for each in entries]
        if any(each.endswith("3") for each in ids):
            said = {"__type": f"com.amazonaws.sqs#{self.code}", "message": "no"}
            return web.json_response(said, status=self.status, content_type="application/x-amz-json-1.0")
        self.taken += ids
        done = [{"Id": each["Id"], "MessageId": each["Id"], "MD5OfMessageBody": ""} for each in entries]
        return web.json_response({"Successful": done}, content_type="application/x-amz-json-1.0")


def ready(count: int) -> list[Ready]:
    ids = [f"00000000-0000-7000-8000-00000000000{number}" for number in range(count)]
    return [
        Ready(place=each, name="animal.created", key="k", event_id=each, raw=event("animal.created", id=each))
        for each in ids
    ]


async def test_of_a_call_that_fails_for_one_message_only_that_one_is_refused() -> None:
    queue = Queue()
    app = web.Application()
    app.router.add_post("/{path:.*}", queue.answer)
    async with served(lambda url: app) as url:
        target = SqsTarget(Settings(aws_endpoint=url), f"{url}/123456789012/theirs", origin="acme")
        refused = await target.send(ready(8))
        await target.aclose()
    assert [bool(why) for why in refused] == [False] * 3 + [True] + [False] * 4
    assert "InvalidMessageContents" in refused[3]
    assert (len(queue.taken), queue.calls) == (7, 9)


async def test_a_call_that_fails_for_the_queues_sake_is_not_repeated_for_each() -> None:
    queue = Queue()
    queue.code, queue.status = "AccessDeniedException", 403
    app = web.Application()
    app.router.add_post("/{path:.*}", queue.answer)
    async with served(lambda url: app) as url:
        target = SqsTarget(Settings(aws_endpoint=url), f"{url}/123456789012/theirs", origin="acme")
        with pytest.raises(UnavailableError, match="AccessDenied"):
            await target.send(ready(8))
        await target.aclose()
    assert queue.calls == 1


class Faltering(Queue):
    """A FIFO queue that has a fault of its own at the first of every message's attempts, and takes the rest of the call."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: set[str] = set()

    async def answer(self, request: web.Request) -> web.Response:
        done, failed = [], []
        for each in (await request.json())["Entries"]:
            name = json.loads(each["MessageBody"])["id"]
            if name.endswith("0") and name not in self.tried:
                self.tried.add(name)
                failed.append({"Id": each["Id"], "SenderFault": False, "Code": "InternalError"})
            else:
                if name not in self.taken:  # it knows them by their deduplication id
                    self.taken.append(name)
                done.append({"Id": each["Id"], "MessageId": each["Id"], "MD5OfMessageBody": ""})
        return web.json_response({"Successful": done, "Failed": failed}, content_type="application/x-amz-json-1.0")


async def test_no_message_of_a_group_overtakes_one_that_failed_in_the_same_call() -> None:
    queue = Faltering()
    app = web.Application()
    app.router.add_post("/{path:.*}", queue.answer)
    events = ready(6)
    events = [msgspec.structs.replace(each, key="kl"[place % 2]) for place, each in enumerate(events)]
    async with served(lambda url: app) as url:
        target = SqsTarget(Settings(aws_endpoint=url), f"{url}/123456789012/theirs.fifo", origin="acme")
        for _ in range(2):
            with contextlib.suppress(UnavailableError):
                await target.send(events)
        await target.aclose()
    assert [[each for each in queue.taken if int(each[-1]) % 2 == group] for group in (0, 1)] == [
        [each.event_id for each in events[group::2]] for group in (0, 1)
    ]


async def test_an_event_that_breaks_a_limit_of_aws_is_refused_by_itself() -> None:
    queue = Queue()
    app = web.Application()
    app.router.add_post("/{path:.*}", queue.answer)
    good = ready(2)
    bad = msgspec.structs.replace(good[0], raw=event("animal.created", vivariumid="\x01"))
    async with served(lambda url: app) as url:
        target = SqsTarget(Settings(aws_endpoint=url), f"{url}/123456789012/theirs", origin="acme")
        refused = await target.send([good[0], bad, good[1]])
        await target.aclose()
    assert [bool(why) for why in refused] == [False, True, False]
    assert "U+0001" in refused[1]
    assert queue.taken == [each.event_id for each in good]
