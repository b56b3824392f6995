"""Provisioning waits where waiting helps: for AWS to answer, for a deleted queue's name; and gives up where it does not."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from reptidex.connectors.aws import AwsRefusedError
from reptidex.connectors.bridge.provisioning.apply import run_stages
from reptidex.connectors.bridge.provisioning.clients import ATTEMPTS, Clients
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.settings import Settings


class Patient:
    def __init__(self) -> None:
        self.slept: list[float] = []
        self.calls = 0
        self.errors: list[ReptidexError] = []
        self.clients = Clients(Settings(aws_endpoint="http://127.0.0.1:1"), sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def answer(self, operation: str, **parameters: Any) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "made"


@pytest.fixture
async def patient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Patient]:
    made = Patient()
    monkeypatch.setattr(made.clients._by_service["sqs"], "call", made.answer)
    yield made
    await made.clients.aclose()


async def test_a_throttled_call_is_made_again_later_each_time(patient: Patient) -> None:
    patient.errors = [UnavailableError("sqs", "Throttling")] * 3

    assert await patient.clients("sqs", "create_queue") == "made"
    assert (patient.calls, len(patient.slept), patient.slept == sorted(patient.slept)) == (4, 3, True)


async def test_the_name_of_a_queue_that_was_just_deleted_is_waited_for(patient: Patient) -> None:
    patient.errors = [AwsRefusedError("sqs", "AWS.SimpleQueueService.QueueDeletedRecently", "wait 60 seconds")] * 4

    assert await patient.clients("sqs", "create_queue") == "made"
    assert sum(patient.slept) >= 60


async def test_a_refusal_is_not_asked_again(patient: Patient) -> None:
    patient.errors = [AwsRefusedError("sqs", "AccessDenied", "no")]
    with pytest.raises(AwsRefusedError):
        await patient.clients("sqs", "create_queue")

    assert (patient.calls, patient.slept) == (1, [])


async def test_nobody_waits_for_ever(patient: Patient) -> None:
    patient.errors = [UnavailableError("sqs")] * 100
    with pytest.raises(UnavailableError):
        await patient.clients("sqs", "create_queue")

    assert patient.calls == ATTEMPTS


async def test_after_a_failure_the_stage_is_finished_and_the_next_not_begun() -> None:
    ran: list[str] = []

    async def step(name: str, *, fails: bool = False) -> None:
        ran.append(name)
        if fails:
            raise UnavailableError("sns", "it was cut off")

    outcome = await run_stages(
        [
            [("a", partial(step, "a")), ("b", partial(step, "b", fails=True)), ("c", partial(step, "c"))],
            [("d", partial(step, "d"))],
        ],
        lambda name: None,
    )

    assert (ran, outcome.done, outcome.left) == (["a", "b", "c"], ("a", "c"), ("d",))
    assert "it was cut off" in outcome.failed["b"]
