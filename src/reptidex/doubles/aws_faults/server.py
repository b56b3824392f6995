"""The double over HTTP: `python -m reptidex.doubles.aws_faults` serves it; `PUT /_control` says what goes wrong."""

import asyncio
import urllib.parse
from typing import Any

import msgspec
from aiohttp import web

from reptidex.doubles.aws_faults.faults import Dice, Faults
from reptidex.doubles.aws_faults.sns_wire import Sns
from reptidex.doubles.aws_faults.sqs_wire import RefusedError, Sqs

ACCOUNT, REGION = "123456789012", "eu-central-1"
LARGEST = 16 * 1024 * 1024


class FaultyAws:
    """SNS, SQS and S3 of one account, and their faults."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = Dice(seed)
        self.sqs = Sqs(self.dice, ACCOUNT, REGION)
        self.sns = Sns(self.dice, ACCOUNT, REGION, self.sqs)
        self.objects: dict[str, bytes] = {}

    def app(self, url: str) -> web.Application:
        """Return the application that is served at a URL."""
        self.sqs.url = url
        app = web.Application(client_max_size=LARGEST)
        app.router.add_put("/_control", self._control)
        app.router.add_get("/_state", self._state)
        app.router.add_get("/_arrived/{queue}", self._arrived)
        app.router.add_post("/_put/{queue}", self._put)
        app.router.add_route("*", "/{path:.*}", self._call)
        return app

    async def _control(self, request: web.Request) -> web.Response:
        try:
            self.dice.faults = msgspec.json.decode(await request.read(), type=Faults)
        except msgspec.MsgspecError as problem:
            return web.Response(status=422, text=str(problem))
        return await self._state(request)

    async def _state(self, request: web.Request) -> web.Response:
        queues = {name: {"waiting": len(each), "arrived": len(each.arrived)} for name, each in self.sqs.queues.items()}
        topics = {arn: each.published for arn, each in self.sns.topics.items()}
        said = {"queues": queues, "topics": topics, "done": dict(self.dice.done), "faults": self.dice.faults}
        return web.Response(body=msgspec.json.encode(said), content_type="application/json")

    async def _arrived(self, request: web.Request) -> web.Response:
        queue = self.sqs.queues[request.match_info["queue"]]
        return web.Response(body=msgspec.json.encode(queue.arrived), content_type="application/json")

    async def _put(self, request: web.Request) -> web.Response:
        """Put many messages in at once: a list of body, group and deduplication id each."""
        queue = self.sqs.queues[request.match_info["queue"]]
        for body, group, dedup in msgspec.json.decode(await request.read(), type=list[tuple[str, str, str]]):
            queue.put(body, {}, group, dedup)
        return web.Response(status=204)

    async def _call(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except ConnectionResetError:
            return web.Response(status=400)  # whoever asked is dead: there is nobody to answer
        target = request.headers.get("X-Amz-Target", "")
        if self.dice("slow"):
            await asyncio.sleep(self.dice.faults.slow_s)
        try:
            if self.dice("throttle"):
                raise RefusedError("ThrottlingException", "Rate exceeded")
            if self.dice("broken"):
                raise RefusedError("InternalFailure", "Something broke", 500)
            answer = await self._carry_out(request, target, body)
        except RefusedError as problem:
            return _json_error(problem) if target else _xml_error(problem)
        if self.dice("lost_answer") and request.transport is not None:
            request.transport.close()
        return answer

    async def _carry_out(self, request: web.Request, target: str, body: bytes) -> web.Response:
        if target.startswith("AmazonSQS."):
            answer = await self.sqs.answer(target.partition(".")[2], msgspec.json.decode(body))
            return web.Response(body=msgspec.json.encode(answer), content_type="application/x-amz-json-1.0")
        if request.method == "POST" and b"Action=" in body:
            form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
            inside, action = self.sns.answer(form), form["Action"]
            xml = (
                f'<{action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><{action}Result>{inside}'
                f"</{action}Result><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{action}Response>"
            )
            return web.Response(text=xml, content_type="text/xml")
        return self._object(request, body)

    def _object(self, request: web.Request, body: bytes) -> web.Response:
        path = request.path
        if request.method == "PUT":
            if path.count("/") > 1:
                self.objects[path] = _unchunked(request, body)
            return web.Response(headers={"ETag": '"0"'})
        found = self.objects.get(path)
        if found is None:
            raise RefusedError("NoSuchKey", "The specified key does not exist.", 404)
        return web.Response(body=found if request.method == "GET" else b"", headers={"ETag": '"0"'})


def _unchunked(request: web.Request, body: bytes) -> bytes:
    """Return the object inside an `aws-chunked` body (Amazon S3 API Reference, "Transferring payload in multiple chunks")."""
    if "aws-chunked" not in request.headers.get("Content-Encoding", ""):
        return body
    found, rest = b"", body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            break
        found, rest = found + rest[:size], rest[size + 2 :]
    return found


def _json_error(problem: RefusedError) -> web.Response:
    said = {"__type": f"com.amazonaws.sqs#{problem.code}", "message": problem.detail}
    return web.Response(
        status=problem.status, body=msgspec.json.encode(said), content_type="application/x-amz-json-1.0"
    )


def _xml_error(problem: RefusedError) -> web.Response:
    kind = "Sender" if problem.status < 500 else "Receiver"
    said: Any = f"<Type>{kind}</Type><Code>{problem.code}</Code><Message>{problem.detail}</Message>"
    text = f"<ErrorResponse><Error>{said}</Error><RequestId>0</RequestId></ErrorResponse>"
    return web.Response(status=problem.status, text=text, content_type="text/xml")
