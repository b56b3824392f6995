"""The recipes of docs/producers.md, run as they stand there, end on the log."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from reptidex.platform.bridge.process import Bridge
from reptidex.testing import eventually
from tests.integration.producers.conftest import RECIPES, Producer

Tool = Callable[[str], None]


def ids(heard: list[Any]) -> list[str]:
    return [event["id"] for _, event in heard]


def test_the_page_has_every_recipe() -> None:
    assert set(RECIPES) == {"event", "kafka", "sns", "sqs", "http", "file", "cdc"}


async def test_what_is_said_over_kafka_and_http_and_from_tables_is_on_the_log(producer: Producer, tool: Tool) -> None:
    for name in ("kcat", "curl"):
        tool(name)
    await producer.recipe("kafka")
    by_kafka = await producer.heard()
    said = await producer.recipe("http")
    by_http = await producer.heard()
    await producer.recipe("cdc")
    await producer.recipe("cdc")
    by_tables = [event for _, event in await producer.heard() if event["id"] != producer.event()["id"]]

    assert by_kafka == [(producer.event()["subject"], producer.event())]
    assert (ids(by_http), '"published":1,"refused":0' in said) == ([producer.event()["id"]] * 3, True)
    assert [event["data"]["code"] for event in by_tables] == ["K-1", "K-1"]
    assert len({event["id"] for event in by_tables}) == 1


async def test_what_is_said_over_aws_comes_in_by_the_bridge_once(
    producer: Producer, bridge: Bridge, tool: Tool
) -> None:
    tool("aws")
    await producer.recipe("sns")
    [(key, event)] = await eventually(producer.heard)
    await producer.recipe("sqs")
    await producer.recipe("file")

    await eventually(lambda: asyncio.to_thread(producer.nothing_waits))
    heard = await producer.heard()
    assert (key, event["data"], event["rxorigin"]) == (producer.event()["subject"], producer.event()["data"], "acme")
    # By SNS, SQS, and twice from the file over AWS: the bridge's inbox lets one in. Straight to the log: the event, its payload.
    assert ids(heard).count(producer.event()["id"]) == 2
    assert len(heard) == 3


async def test_one_refusal_keeps_all_back_unless_asked_otherwise(producer: Producer) -> None:
    wrong = producer.event() | {"data": {}}
    lines = "\n".join(map(json.dumps, [producer.event(), wrong]))
    (producer.folder / "mixed.jsonl").write_text(lines)
    code = "set +e; reptidex publish mixed.jsonl {}; echo code $?"
    kept_back = await producer.shell(code.format(""))
    before = await producer.heard()
    went_on = await producer.shell(code.format('--keep-going --http "$CORE" --service animal'))

    assert ("code 2" in kept_back, before) == (True, [])
    assert ("code 2" in went_on, ids(await producer.heard())) == (True, [producer.event()["id"]])
