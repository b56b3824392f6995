"""Pruning by age: outbox, inbox, answers and discarded letters are kept for a while, and then go."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from reptidex.tables import answers, inbox, outbox, said_before
from reptidex.tables.answers import AnswerRow
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.driver import Step
from reptidex.tables.statements import compile_delete

LETTERS_KEPT = timedelta(days=90)
AT_ONCE = 2000


def pruning(database: Database, now: datetime) -> list[Step]:
    """Return the statements that delete what is too old, a bounded number of rows each."""
    aged: list[tuple[sa.Table, sa.ColumnElement[bool]]] = [
        (outbox.outbox, outbox.outbox.c.created < now - outbox.KEPT),
        (inbox.inbox, inbox.inbox.c.seen < now - inbox.KEPT),
        (said_before.said_before, said_before.said_before.c.restored_at < now - said_before.KEPT),
        (AnswerRow.sql, AnswerRow.c.created < now - answers.KEPT),
        (
            DeadLetterRow.sql,
            sa.and_(DeadLetterRow.c.created < now - LETTERS_KEPT, DeadLetterRow.c.state.in_(("discarded", "failed"))),
        ),
    ]
    steps = []
    for table, old in aged:
        key = sa.tuple_(*table.primary_key.columns)
        some = sa.select(*table.primary_key.columns).where(old).limit(AT_ONCE)
        steps.append(compile_delete(sa.delete(table).where(key.in_(some)), database.dialect))
    return steps
