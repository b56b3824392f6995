"""A log that is another than before, or has forgotten what was not handled yet: read on from where it begins, and told."""

from functools import partial

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog
from reptidex.settings import Settings
from reptidex.testing import eventually, reached
from tests.chaos.engine.scales import PARTITIONS, TOPICS, Scales, counted, letters, prepare
from tests.integration.engine.conftest import Start

TOPIC = "parcel.weighed"
ONE = 1
"""All weighings are of one parcel, so they are in one partition."""


async def all_counted(worker: Worker, events: int) -> None:
    await reached(lambda: counted(worker.database), events, "weighings have counted")


async def stand(worker: Worker, count: int) -> bool:
    return len(await letters(worker.database)) == count


async def delete_records(log: DevLog, before: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=log.bootstrap)
    await admin.start()
    try:
        at = {TopicPartition(TOPIC, number): RecordsToDelete(before) for number in range(PARTITIONS)}
        ends = {tp: log.broker.store.state.partition(tp.topic, tp.partition) for tp in at}
        await admin.delete_records({tp: at[tp] for tp, there in ends.items() if there is not None and there.end})
    finally:
        await admin.close()


async def delete_topics(log: DevLog) -> None:
    """Delete the topics once: the clients that run make them anew, however often that is done."""
    admin = AIOKafkaAdminClient(bootstrap_servers=log.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(TOPICS))
    finally:
        await admin.close()


async def test_topics_that_are_made_anew_under_a_running_worker_are_read_from_their_beginning(
    worker: Worker, log: DevLog
) -> None:
    scales = Scales(log.bootstrap, 10)
    await scales.weigh(100)
    await all_counted(worker, 100)
    await eventually(lambda: worker.figures().unsent == 0)
    await delete_topics(log)
    await prepare(log.bootstrap, worker.settings.state_dir)
    await scales.weigh(40)

    await all_counted(worker, 140)


async def test_a_letter_of_the_old_log_outlives_one_from_the_same_place_on_the_new_log(
    start: Start, log: DevLog, settings: Settings
) -> None:
    for count in (1, 2):
        await Scales(log.bootstrap, ONE).weigh(1, poison=frozenset({0}))
        worker = await start()
        await eventually(partial(stand, worker, count), 20, why="both letters are there")
        await worker.stop()
        await delete_topics(log)
        await prepare(log.bootstrap, settings.state_dir)


async def test_what_the_log_forgot_while_no_worker_was_there_is_told(
    start: Start, log: DevLog, caplog: pytest.LogCaptureFixture
) -> None:
    scales, first = Scales(log.bootstrap, ONE), await start()
    await scales.weigh(10)
    await all_counted(first, 10)
    await first.stop()
    await scales.weigh(20)
    await delete_records(log, 15)
    second = await start()
    await all_counted(second, 25)

    assert "offsets 10 to 14 are gone" in caplog.text


async def test_what_the_log_forgot_under_a_worker_that_was_too_slow_is_told(
    worker: Worker, log: DevLog, caplog: pytest.LogCaptureFixture
) -> None:
    scales = Scales(log.bootstrap, ONE)
    await scales.weigh(10)
    await all_counted(worker, 10)
    consumer = worker.app.consumer._thread._ensure_consumer()
    consumer.pause(*consumer.assignment())
    await scales.weigh(20)
    await delete_records(log, 15)
    consumer.resume(*consumer.assignment())
    await all_counted(worker, 25)

    assert "offsets 10 to 14 are gone" in caplog.text
