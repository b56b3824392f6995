"""What an emulator of SNS posts, signed by code that is not ours, is authentic for our endpoint; what it did not sign is not."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from aiohttp import web

from reptidex.connectors.bridge.https import SnsEndpoint, clients_of
from reptidex.connectors.bridge.signature import ForgedMessageError, trusted_addresses
from reptidex.connectors.certificates import PinnedCertificates
from reptidex.doubles.aws import Aws
from reptidex.doubles.web import served
from reptidex.settings import Settings
from reptidex.streams.examples import raw_examples
from reptidex.testing import eventually

Client = Callable[[str], Any]


class Posted:
    """An endpoint that keeps what is posted to it, subscribed to a topic of moto."""

    def __init__(self, arn: str, endpoint: SnsEndpoint) -> None:
        self.arn, self.endpoint = arn, endpoint
        self.bodies: list[bytes] = []

    async def last(self) -> bytes:
        await eventually(lambda: bool(self.bodies))
        return self.bodies[-1]


@pytest.fixture
async def posted(aws: Aws, client: Client, env: str, settings: Settings) -> AsyncIterator[Posted]:
    arn = client("sns").create_topic(Name=f"{env}-animal-created")["TopicArn"]

    async def from_moto(request: httpx.Request) -> httpx.Response:
        """Serve the certificate that moto keeps at that address; it tells services apart by the scope of a credential."""
        scope = f"AWS4-HMAC-SHA256 Credential=x/20260101/{aws.region}/sns/aws4_request"
        async with httpx.AsyncClient() as real:
            return await real.get(aws.url + request.url.path, headers={"Authorization": scope})

    http = httpx.AsyncClient(transport=httpx.MockTransport(from_moto))
    certificates = PinnedCertificates(
        http, trusted_addresses((arn,)), time.time, whose="SNS", forged=ForgedMessageError
    )
    endpoint = SnsEndpoint(
        clients_of(settings, (arn,)), certificates, (arn,), environment=env, own="reptidex", http=http
    )
    found = Posted(arn, endpoint)

    async def keep(request: web.Request) -> web.Response:
        found.bodies.append(await request.read())
        return web.Response()

    def app(url: str) -> web.Application:
        made = web.Application()
        made.router.add_post("/events/sns", keep)
        return made

    async with served(app) as url:
        await asyncio.to_thread(client("sns").subscribe, TopicArn=arn, Protocol="http", Endpoint=f"{url}/events/sns")
        yield found
    await endpoint.aclose()


async def test_what_moto_signs_is_authentic(posted: Posted, client: Client) -> None:
    [event, *_] = raw_examples("animal.created")
    await asyncio.to_thread(client("sns").publish, TopicArn=posted.arn, Message=event.decode())
    notification = await posted.endpoint.receive(await posted.last())

    assert notification is not None
    assert (notification.event, notification.body, notification.repeated) == ("animal.created", event, False)


async def test_what_was_changed_on_its_way_is_not(posted: Posted, client: Client) -> None:
    await asyncio.to_thread(client("sns").publish, TopicArn=posted.arn, Message="{}")
    document = json.loads(await posted.last())
    with pytest.raises(ForgedMessageError, match="did not make"):
        await posted.endpoint.receive(json.dumps(document | {"Message": "{ }"}).encode())
