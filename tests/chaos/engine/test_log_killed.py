"""The log is killed under a worker, and effects under way are killed with theirs."""

from datetime import UTC, datetime

import aiokafka
import pytest

from reptidex.agents.engine.ownership import partitioner
from reptidex.streams import codec
from reptidex.streams.envelope import enveloped
from reptidex.tables.database import Database
from reptidex.tables.effects import EffectRow
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.testing import eventually
from tests.chaos.engine.nursery import Nursery
from tests.chaos.engine.scales import Scales
from tests.chaos.engine.test_kill_points import check_books
from tests.integration.devlog.broker_process import BrokerProcess
from tests.unit.engine.parcels import Parcel, PostParcel

only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@only_sqlite
@pytest.mark.slow
async def test_a_log_that_is_killed_under_a_worker_loses_nothing_and_counts_nothing_twice(
    log: BrokerProcess, nursery: Nursery, database: Database
) -> None:
    scales = Scales(log.bootstrap, 100)
    worker = nursery.spawn(unit_records=20, session=3.0)
    for share in range(3):
        await scales.weigh(700)
        await nursery.until(database, 700 * share + 200)
        log.kill()
        await log.start()
    await nursery.until(database, 2100)

    await check_books(database, log.bootstrap, 2100, 100)
    await nursery.stop(worker)


@only_sqlite
async def test_an_effect_that_died_with_its_worker_is_carried_out_by_the_next(
    log: BrokerProcess, nursery: Nursery, database: Database
) -> None:
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=log.bootstrap)
    await producer.start()
    command = enveloped(PostParcel(parcel_id="a"), "c1", datetime.now(UTC))
    await producer.send_and_wait("repti-post.commands", codec.encode(command), b"a", partitioner(4)("a"))
    await producer.stop()
    await nursery.ended(nursery.spawn(kill="in effects:1"))
    assert (await Reader(database).need(Parcel, "a")).delivered_by == ""
    second = nursery.spawn()

    async def delivered() -> bool:
        return (await Reader(database).need(Parcel, "a")).delivered_by == "the postman"

    await eventually(delivered, 60)
    assert await Reader(database).find(select(EffectRow)) == []
    await nursery.stop(second)
