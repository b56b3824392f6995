"""Dead letters on AWS go back to the queue: as they were, in their order, each deleted when the other queue has it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from reptidex.connectors.bridge.provisioning.clients import Clients
from reptidex.connectors.bridge.provisioning.redrive import redrive
from reptidex.settings import Settings
from tests.contract.bridge.conftest import Run

Client = Callable[[str], Any]


@pytest.fixture(params=["", ".fifo"], ids=["standard", "fifo"])
def queues(request: pytest.FixtureRequest, env: str, client: Client) -> tuple[str, str]:
    """Make a queue and its dead letters; return their names."""
    names = f"{env}-media-dead{request.param}", f"{env}-media{request.param}"
    for name in names:
        client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"} if request.param else {})
    return names


def fill(client: Client, name: str, count: int) -> None:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for number in range(count):
        order = {"MessageGroupId": "k", "MessageDeduplicationId": str(number)} if name.endswith(".fifo") else {}
        attributes = {"rxorigin": {"DataType": "String", "StringValue": "acme"}}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(number), MessageAttributes=attributes, **order)


def read(client: Client, name: str) -> list[tuple[int, str, str]]:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found: list[tuple[int, str, str]] = []
    ask = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    while messages := sqs.receive_message(QueueUrl=url, **ask).get("Messages"):
        for each in messages:
            origin = each["MessageAttributes"]["rxorigin"]["StringValue"]
            found.append((json.loads(each["Body"]), origin, each["Attributes"].get("MessageGroupId", "")))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return found


def test_dead_letters_go_back_as_they_were(reptidex: Run, client: Client, queues: tuple[str, str]) -> None:
    dead, queue = queues
    fill(client, dead, 23)
    code, out, _ = reptidex("aws", "redrive", dead, queue, "--json")

    assert (code, json.loads(out)) == (0, {"there": 23, "moved": 23, "refused": {}})
    assert read(client, queue) == [(number, "acme", "k" if queue.endswith(".fifo") else "") for number in range(23)]
    assert read(client, dead) == []


def test_only_so_many_are_moved_as_are_asked_for(reptidex: Run, client: Client, queues: tuple[str, str]) -> None:
    dead, queue = queues
    fill(client, dead, 5)
    code, out, _ = reptidex("aws", "redrive", dead, queue, "--most", "2")

    assert (code, out.splitlines()[-1]) == (0, "2 of 5 moved")
    assert [number for number, *_ in read(client, queue)] == [0, 1]
    assert len(read(client, dead)) == 3


def test_queues_that_do_not_fit_are_refused(reptidex: Run, client: Client, queues: tuple[str, str], env: str) -> None:
    dead, queue = queues
    other = queue.removesuffix(".fifo") if queue.endswith(".fifo") else f"{queue}.fifo"

    assert "not of one kind" in reptidex("aws", "redrive", dead, other)[2]
    code, _, err = reptidex("aws", "redrive", dead, f"{env}-nobody{'.fifo' if dead.endswith('.fifo') else ''}")
    assert code != 0 and "nobody" in err


class Faltering(Clients):
    """SQS that fails the first entry of the first call to send, and takes the others."""

    failed = False

    async def __call__(self, service: str, operation: str, **parameters: Any) -> Any:
        if operation != "send_message_batch" or self.failed:
            return await super().__call__(service, operation, **parameters)
        self.failed = True
        first, *rest = parameters["Entries"]
        answer = await super().__call__(service, operation, **parameters | {"Entries": rest}) if rest else {}
        return answer | {"Failed": [{"Id": first["Id"], "SenderFault": False, "Code": "InternalError"}]}


async def test_no_letter_of_a_group_overtakes_one_that_was_refused(
    settings: Settings, client: Client, env: str
) -> None:
    dead, queue = f"{env}-dead.fifo", f"{env}-live.fifo"
    for name in (dead, queue):
        client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=dead)["QueueUrl"]
    for number in range(8):
        sqs.send_message(
            QueueUrl=url, MessageBody=json.dumps(number), MessageGroupId="ab"[number % 2], MessageDeduplicationId=str(number),
            MessageAttributes={"rxorigin": {"DataType": "String", "StringValue": "acme"}},
        )  # fmt: skip
    call = Faltering(settings)
    moved = await redrive(call, dead, queue)
    await call.aclose()

    assert [(number, group) for number, _, group in read(client, queue)] == [(number, "b") for number in (1, 3, 5, 7)]
    assert (moved.moved, len(moved.refused)) == (4, 4)
