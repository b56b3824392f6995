"""Ask a service's database behind its back, whichever it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

WAIT_S = 30
"""A statement waits so long for those who write."""


async def ask(url: str, *statements: str) -> list[Sequence[Any]]:
    """Run statements in one transaction, and return the rows that the last one finds."""
    waiting = {"timeout": WAIT_S} if url.startswith("sqlite") else {}
    engine = create_async_engine(url, connect_args=waiting, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                found = await connection.exec_driver_sql(statement)
            return [tuple(row) for row in found] if found.returns_rows else []
    finally:
        await engine.dispose()
