"""Faust's tables over the engine's working set.

A service's Faust tables are backed by its database: what is in memory is the working set, what is lasting are rows. So there is
no changelog topic, nothing to recover, and nothing that a stream could write past the unit of work: tables are read here, and
written by `unit.put`.
"""

from collections.abc import Iterator
from typing import Any

from faust.stores.base import Store
from faust.tables.manager import TableManager as FaustTableManager
from faust.tables.recovery import Recovery as FaustRecovery
from faust.tables.table import Table

from reptidex.tables.row import Row


class RowStore(Store):
    """The rows of one table that are in memory."""

    @property
    def _rows(self) -> dict[str, Row]:
        cls = self.options["row"]
        known: dict[str, Row] = self.app.engine.runner.working.rows(cls)
        return known

    def __getitem__(self, key: Any) -> Row:
        return self._rows[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("a row is written by `unit.put`, within a unit of work")

    def __delitem__(self, key: Any) -> None:
        raise TypeError("a row is deleted by `unit.delete`, within a unit of work")

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: Any) -> bool:
        return key in self._rows

    def persisted_offset(self, tp: Any) -> int | None:
        """Return None: there is no changelog."""
        return None

    def set_persisted_offset(self, tp: Any, offset: int) -> None:
        """Do nothing: positions stand in the database."""

    def apply_changelog_batch(self, batch: Any, to_key: Any, to_value: Any) -> None:
        """Do nothing: there is no changelog."""

    def reset_state(self) -> None:
        """Do nothing: the database is the truth."""

    async def on_rebalance(self, assigned: Any, revoked: Any, newly_assigned: Any, generation_id: int = 0) -> None:
        """Do nothing: the engine drops its working set when partitions come or go."""

    async def on_recovery_completed(self, active_tps: Any, standby_tps: Any) -> None:
        """Do nothing: there is nothing to recover."""

    async def need_active_standby_for(self, tp: Any) -> bool:
        return False

    async def backup_partition(self, tp: Any, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the database is backed up as databases are."""

    def restore_backup(self, tp: Any, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the database is restored as databases are."""


class RowTable(Table):
    """A Faust table for one class of rows."""

    def on_key_get(self, key: Any) -> None:
        """Do nothing: Faust's own counts per key are not kept."""


class Recovery(FaustRecovery):
    """What follows a rebalance: seek, then let records flow."""

    async def _wait(self, coro: Any, timeout: Any = None) -> None:
        """Wait for a step, or the next rebalance, or the end, however long the database is away.

        Faust takes a step that lasts longer than a request (40 s) for the end, and never follows a rebalance again.
        """
        await super()._wait(coro)


class TableManager(FaustTableManager):
    """Keeps tables without changelogs, and starts at once: Faust's own waits a second for tables that might come late."""

    _recovery: Recovery | None

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    def add(self, table: Any) -> Any:
        self[table.name] = table
        return table

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()

    async def _update_channels(self) -> None:
        self._tables_finalized.set()
        for table in self.values():
            await table.maybe_start()
        self._tables_registered.set()
