"""What is kept for a while goes after it, but never what the log has not got."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from reptidex.agents.engine import pruning as engine
from reptidex.tables.answers import AnswerRow
from reptidex.tables.driver import Step
from reptidex.tables.outbox import KEPT, Batch, outbox, unsent, values
from reptidex.tables.positions import Fence
from reptidex.tables.pruning import AT_ONCE, pruning
from reptidex.tables.query import select
from reptidex.tables.statements import Statements
from reptidex.tables.store import Changes
from reptidex.testing import UnitHarness, eventually


async def test_an_outbox_keeps_what_the_log_has_not_got_however_old_it_is(post: UnitHarness) -> None:
    store, old = post.runner.store, post.now - KEPT - timedelta(days=1)
    fence = post.runner.ownership.fences[0]
    sent = Fence(0, fence.epoch, sent=3, relayed=2)
    await store.commit(Changes(now=post.now, stamp=1, fences=[sent]))
    session, statements = await store.session(), Statements(outbox, post.database.dialect)
    rows = [statements.encode(values(Batch(0, number, number, old, []))) for number in (1, 2, 3)]
    await session.commit([Step(statements.insert, rows)])
    await session.commit(pruning(post.database, post.now))
    [left] = await session.fetch([unsent(post.database.dialect, 0, 0)])

    assert [row[1] for row in left] == [3]


async def test_what_is_too_old_goes_at_one_time_however_much_it_is(
    post: UnitHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    portions: list[int] = []
    old = post.now - timedelta(days=1000)
    answers = [AnswerRow(command_id=str(number), status=200, created=old) for number in range(5 * AT_ONCE // 2)]
    await post.put(*answers, AnswerRow(command_id="new", status=200, created=post.now))

    @asynccontextmanager
    async def alone() -> AsyncIterator[None]:
        yield
        portions.append(len(await post.find(select(AnswerRow))))

    monkeypatch.setattr(engine, "PRUNE_EVERY_S", 0)
    keeping = asyncio.create_task(engine.keep_pruned(post.runner.store, alone, lambda: post.now))
    await asyncio.sleep(0)
    monkeypatch.setattr(engine, "PRUNE_EVERY_S", 1000)  # there is this one time only
    await eventually(lambda: portions and portions[-1] == 1)
    keeping.cancel()

    assert portions == [3 * AT_ONCE // 2 + 1, AT_ONCE // 2 + 1, 1]
