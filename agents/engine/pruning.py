"""Rows that are no longer needed are deleted, a portion at a time."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from reptidex.errors import UnavailableError
from reptidex.tables.pruning import overdue, pruning
from reptidex.tables.store import Store

log = logging.getLogger(__name__)

PRUNE_EVERY_S, PRUNE_PAUSE_S = 600.0, 0.1
"""Units go on in the pause after each portion of rows."""


async def keep_pruned(
    store: Store, alone: Callable[[], AbstractAsyncContextManager[None]], clock: Callable[[], datetime]
) -> None:
    """Delete what is too old, every ten minutes; each portion while no unit is at work (`alone`)."""
    while True:
        await asyncio.sleep(PRUNE_EVERY_S)
        try:
            while await overdue(store.database, clock()):
                async with alone():
                    session = await store.session()
                    await session.commit(pruning(store.database, clock()))
                await asyncio.sleep(PRUNE_PAUSE_S)
        except UnavailableError as problem:
            log.warning("nothing is pruned this time: %s", problem)
