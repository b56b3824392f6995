"""A long run by hand: `python -m tests.chaos.engine.long_run --events 200000 --kills 40 --database sqlite`."""

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from reptidex.testing import eventually
from tests.chaos.engine.nursery import Nursery
from tests.chaos.engine.postgres import running_cluster
from tests.chaos.engine.scales import Scales, counted, prepare
from tests.chaos.engine.test_kill_points import POINTS, check_books
from tests.integration.devlog.broker_process import BrokerProcess


async def run(arguments: argparse.Namespace, url: str, folder: Path) -> None:
    """Weigh, kill, compare, print."""
    chance = random.Random(arguments.seed)
    log = BrokerProcess(folder / "log", "--group-delay", "0.05")
    await log.start()
    await prepare(log.bootstrap, str(folder))
    database = Database.open(url, worker=False, readers=1)
    await migrate(database, "post")
    nursery, scales = Nursery(log.bootstrap, url, folder), Scales(log.bootstrap, arguments.keys)
    began = time.monotonic()

    async def enough(events: int) -> bool:
        return await counted(database) >= events

    # Dealt out a share a kill, so that no worker waits for work on its way to the point where it is to die.
    share = arguments.events // (arguments.kills + 1)
    try:
        kills = 0
        for kills in range(1, arguments.kills + 1):
            point = chance.choice(POINTS).partition(":")[0]
            most = {"on assignment": 1, "before ack": 1}.get(point, 12)
            feeding = asyncio.create_task(scales.weigh(share))
            worker = nursery.spawn(kill=f"{point}:{chance.randint(1, most)}", unit_records=200)
            await nursery.ended(worker, 120)
            await feeding
            if arguments.log and kills % 10 == 0:
                log.kill()
                await log.start()
        last = nursery.spawn(unit_records=500)
        await scales.weigh(arguments.events - scales.count)
        await eventually(lambda: enough(arguments.events), 600, every=0.5)
        spent = time.monotonic() - began
        records, repeats = await check_books(database, log.bootstrap, arguments.events, arguments.keys)
        await nursery.stop(last)
        said = f"{arguments.database}: {arguments.events} events, {arguments.keys} keys, {kills} kills of the worker"
        print(
            f"{said} in {spent:.0f} s: 0 lost, 0 applied twice; {records} records on the log, {repeats} of them repeats"
        )
    finally:
        nursery.close()
        log.close()
        await database.close()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", action="store_true", help="kill the log too, after every tenth kill")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.database == "sqlite":
            asyncio.run(run(arguments, f"sqlite+aiosqlite:///{folder}/post.db", Path(folder)))
            return
        for cluster in running_cluster():
            asyncio.run(run(arguments, cluster.database("post"), Path(folder)))


if __name__ == "__main__":
    main()
