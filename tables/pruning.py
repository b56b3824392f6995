"""Pruning by age: outbox, inbox, answers and discarded letters are kept for a while, and then go."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from reptidex.tables import answers, inbox, outbox, said_before
from reptidex.tables.answers import AnswerRow
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.driver import Step
from reptidex.tables.positions import fences
from reptidex.tables.statements import compile_delete, compile_select

LETTERS_KEPT = timedelta(days=90)
AT_ONCE = 2000


def _aged(now: datetime) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """Return which rows of which tables are too old. What the log has not got is not, whatever the clock says."""
    sent = sa.select(fences.c.relayed).where(fences.c.partition == outbox.outbox.c.partition).scalar_subquery()
    given_up = DeadLetterRow.c.state.in_(("discarded", "failed"))
    return [
        (outbox.outbox, sa.and_(outbox.outbox.c.created < now - outbox.KEPT, outbox.outbox.c.last <= sent)),
        (inbox.inbox, inbox.inbox.c.seen < now - inbox.KEPT),
        (said_before.said_before, said_before.said_before.c.restored_at < now - said_before.KEPT),
        (AnswerRow.sql, AnswerRow.c.created < now - answers.KEPT),
        (DeadLetterRow.sql, sa.and_(DeadLetterRow.c.created < now - LETTERS_KEPT, given_up)),
    ]


async def overdue(database: Database, now: datetime) -> bool:
    """Say whether anything is too old. Raises `UnavailableError`."""
    asked = [sa.select(sa.literal(1)).select_from(table).where(old).limit(1) for table, old in _aged(now)]
    async with database.reading() as session:
        found = await session.fetch([compile_select(each, database.dialect) for each in asked])
    return any(found)


def pruning(database: Database, now: datetime) -> list[Step]:
    """Return the statements that delete what is too old, a bounded number of rows each."""
    steps = []
    for table, old in _aged(now):
        key = sa.tuple_(*table.primary_key.columns)
        some = sa.select(*table.primary_key.columns).where(old).limit(AT_ONCE)
        steps.append(compile_delete(sa.delete(table).where(key.in_(some)), database.dialect))
    return steps
