"""What is kept for a while goes after it, but never what the log has not got."""

from datetime import timedelta

from reptidex.tables.driver import Step
from reptidex.tables.outbox import KEPT, Batch, outbox, unsent, values
from reptidex.tables.positions import Fence
from reptidex.tables.pruning import pruning
from reptidex.tables.statements import Statements
from reptidex.tables.store import Changes
from reptidex.testing import UnitHarness


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
