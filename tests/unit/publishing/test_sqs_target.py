"""Messages for one SQS queue: of a call that fails for one of them only that one is refused."""

import json
from typing import Any

import pytest
from aiohttp import web

from reptidex.doubles.web import served
from reptidex.errors import UnavailableError
from reptidex.publishing.checking import Ready
from reptidex.publishing.targets import SqsTarget
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
