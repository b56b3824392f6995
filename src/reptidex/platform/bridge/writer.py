"""The bridge's writes to its database: one connection, and what is handed in during a commit goes with the next."""

import asyncio
from collections.abc import Sequence

from reptidex.errors import UnavailableError
from reptidex.tables.database import Database
from reptidex.tables.driver import Session, Step


class Writer:
    """Commits steps, those of several callers in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session: Session | None = None
        self._waiting: list[tuple[Sequence[Step], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, *steps: Step) -> None:
        """Commit steps. Raises `UnavailableError`."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((steps, done))
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="writes of the bridge")
        await done

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            problem: Exception | None = None
            try:
                session = await self._open()
                await session.commit([step for steps, _ in batch for step in steps])
            except Exception as error:  # noqa: BLE001 - whoever waits for the commit hears of it
                problem = (
                    error if isinstance(error, UnavailableError) else UnavailableError("the database", repr(error))
                )
            for _, done in batch:
                if done.done():
                    continue
                if problem is None:
                    done.set_result(None)
                else:
                    done.set_exception(problem)
        self._task = None

    async def _open(self) -> Session:
        if self._session is not None and not self._session.alive:
            await self._session.close()
            self._session = None
        if self._session is None:
            self._session = await self._database.session()
        return self._session

    async def close(self) -> None:
        """Let the running commit end, and give the connection up."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None
