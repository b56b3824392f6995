"""The platform's flows heard on AWS, and an outside producer's event that reaches a service's database and its HTTP answer."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reptidex.connectors.bridge.names import queue_name
from reptidex.platform.process import Child
from reptidex.platform.story import sale
from reptidex.platform.supervisor import when_answers
from reptidex.settings import BRIDGE, as_environment
from reptidex.testing.ports import free_ports
from tests.end_to_end.conftest import Confirmed, World
from tests.integration.bridge.clouds import ENV, Cloud
from tests.integration.bridge.said import event, seen

Bridged = Callable[[], Awaitable[Cloud]]


@pytest.fixture
async def bridged(world: World, tmp_path: Path) -> AsyncIterator[Bridged]:
    """Make AWS's side by plain boto3, then start `reptidex bridge` beside the platform that is up."""
    cloud = Cloud("moto", f"http://127.0.0.1:{world.doubles.aws}")
    settings = msgspec.structs.replace(
        world.settings,
        bridge=("outbound", "inbound"),
        bridge_url=f"http://127.0.0.1:{free_ports(1)[0]}",
        bridge_env=ENV,
        bridge_outbound=("auth.user.created", "order.completed", "animal.transferred"),
        bridge_inbound=("animal.created",),
        bridge_wait_s=1,
        bridge_from="latest",
        state_dir=str(tmp_path),
        aws_endpoint=cloud.url,
    )
    ready = when_answers(f"{settings.bridge_url}/health/ready")
    child = Child(BRIDGE, ["-m", "reptidex", "bridge"], as_environment(settings), tmp_path / "bridge.log", ready)

    async def start() -> Cloud:
        for fifo in (False, True):
            await cloud.queue(queue_name(BRIDGE, "inbound", ENV, fifo=fifo))
        await child.start(within_s=60)
        return cloud

    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(child.stop)
        yield start


async def test_both_flows_are_heard_by_a_subscriber_on_sqs(
    world: World, confirmed: Confirmed, bridged: Bridged
) -> None:
    cloud = Cloud("moto", f"http://127.0.0.1:{world.doubles.aws}")
    names = ("auth.user.created", "order.completed", "animal.transferred")
    urls = {name: await cloud.subscriber(name) for name in names}
    await bridged()
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    sold = await sale(sam, bea, world.until)
    heard: dict[str, list[Any]] = {name: [] for name in names}

    async def all_heard() -> bool:
        for name, url in urls.items():
            heard[name] += [seen(each["Body"]) for each in await cloud.receive(url, wait_s=0)]
        return len(heard["auth.user.created"]) >= 2 and all(heard.values())

    await world.until(all_heard, "the subscriber to hear both flows")

    assert {each["subject"] for each in heard["auth.user.created"]} >= {sam.user_id, bea.user_id}
    assert [each["subject"] for each in heard["order.completed"]] == [sold.order_id]
    [moved] = heard["animal.transferred"]
    [on_log] = [each for each in world.watcher.seen if each.event.type == "animal.transferred"]
    assert (moved["id"], moved["correlationid"]) == (on_log.event.id, on_log.event.correlationid)
    assert moved["rxorigin"] == "reptidex"


async def test_an_event_from_outside_reaches_a_database_and_an_answer(
    world: World, confirmed: Confirmed, bridged: Bridged
) -> None:
    cloud = await bridged()
    sam = await confirmed("Sam")
    animal_id = str(uuid.uuid4())
    document = seen(event("animal.created", key=animal_id, number=1, vivariumid=sam.vivarium_id))
    document["data"] |= {"vivarium_id": sam.vivarium_id, "breeder_vivarium_id": sam.vivarium_id, "name": "Outsider"}
    queue = await cloud.queue(queue_name(BRIDGE, "inbound", ENV, fifo=False))

    for _ in range(2):  # its producer says it twice
        await cloud.call("sqs", "send_message", QueueUrl=queue, MessageBody=msgspec.json.encode(document).decode())

    async def in_stock() -> Any:
        page = await sam.call("commerce", "GET", "/inventory")
        return [line for line in page["items"] if line["animal_id"] == animal_id]

    [line] = await world.until(in_stock, "the inventory to have the animal")
    assert line["animal_id"] == animal_id

    async def emptied() -> bool:
        return not await cloud.waiting(queue)

    await world.until(emptied, "both messages to be deleted")
    told = [
        each for each in world.watcher.seen if each.event.type == "animal.created" and each.event.subject == animal_id
    ]
    assert [each.event.rxorigin for each in told] == ["outside"]
