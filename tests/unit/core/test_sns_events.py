"""What SNS posts becomes an event of the log once: proved, of the right topic, within its contract, and not an echo."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from msgspec.structs import force_setattr

from reptidex.connectors.bridge.https import SnsEndpoint, clients_of
from reptidex.connectors.bridge.signature import ForgedMessageError, trusted_addresses
from reptidex.connectors.certificates import PinnedCertificates
from reptidex.settings import Settings
from reptidex.streams.envelope import AnyEvent
from reptidex.streams.examples import example_documents
from tests.unit.connectors.bridge.sns_signer import TOPIC, SnsSigner
from tests.unit.core.conftest import Stand

NOW = 1_780_000_000.0
SNS = SnsSigner(NOW)


class Log:
    def __init__(self) -> None:
        self.published: list[tuple[str, AnyEvent]] = []

    async def publish(self, events: Sequence[AnyEvent], *, service: str) -> None:
        self.published += [(service, event) for event in events]


def event(**more: Any) -> dict[str, Any]:
    return example_documents("animal.created")[0] | more


@pytest.fixture
async def log(stand: Stand) -> Log:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=SNS.pem)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    certificates = PinnedCertificates(
        http, trusted_addresses((TOPIC,)), lambda: NOW, whose="SNS", forged=ForgedMessageError
    )
    clients = clients_of(Settings(aws_endpoint="http://127.0.0.1:1"), (TOPIC,))
    endpoint = SnsEndpoint(
        clients, certificates, (TOPIC,), environment="dev", own="reptidex", clock=lambda: NOW, http=http
    )
    found = Log()
    force_setattr(stand.ports, "sns", endpoint)
    force_setattr(stand.ports, "publisher", found)
    return found


async def post(stand: Stand, document: Any) -> tuple[int, Any]:
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
    async with stand.session.post(f"{stand.url}/events/sns", data=json.dumps(document), headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_an_authentic_event_is_published_with_its_origin(stand: Stand, log: Log) -> None:
    status, said = await post(stand, SNS.notification(json.dumps(event()), NOW))

    [(service, published)] = log.published
    assert (status, said["outcome"], said["event_id"]) == (200, "published", event()["id"])
    assert (service, published.type, published.rxorigin) == ("animal", "animal.created", "outside")


async def test_a_message_that_sns_posts_again_is_published_once(stand: Stand, log: Log) -> None:
    document = SNS.notification(json.dumps(event()), NOW)
    await post(stand, document)
    _, said = await post(stand, document)

    assert (said["outcome"], len(log.published)) == ("repeated", 1)


@pytest.mark.parametrize("echo", [{"rxorigin": "reptidex"}, {"rxorigin": "acme", "rxhops": 5}])
async def test_an_echo_is_dropped(stand: Stand, log: Log, echo: dict[str, Any]) -> None:
    status, said = await post(stand, SNS.notification(json.dumps(event(**echo)), NOW))

    assert (status, said["outcome"], log.published) == (200, "looped", [])


async def test_a_forged_message_is_refused(stand: Stand, log: Log) -> None:
    status, said = await post(stand, SNS.notification(json.dumps(event()), NOW) | {"Message": "{}"})

    assert (status, said["title"], log.published) == (403, "The message is not authentic", [])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{}", "`id`"),
        (json.dumps(event(data={})), "animal_id"),
        (json.dumps(event(type="animal.archived")), "archived"),
        (json.dumps(event(subject="somebody")), "subject"),
    ],
)
async def test_an_event_that_breaks_its_contract_is_refused_with_the_place(
    stand: Stand, log: Log, body: str, why: str
) -> None:
    status, said = await post(stand, SNS.notification(body, NOW))

    assert (status, why in said["detail"], log.published) == (422, True, [])


async def test_without_topics_there_is_no_endpoint(stand: Stand) -> None:
    status, _ = await post(stand, SNS.notification(json.dumps(event()), NOW))

    assert status == 404
