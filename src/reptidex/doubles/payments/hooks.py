"""Webhooks of the payment double: queued with the act that caused them, then sent until they are answered 2xx."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import msgspec

from reptidex.doubles.payments.book import Book, Thing
from reptidex.doubles.payments.desk import Desk
from reptidex.doubles.payments.faults import Faults, draw, faults_of

log = logging.getLogger(__name__)
Sign = Callable[[bytes, float], Mapping[str, str]]
"""Makes the headers of a webhook that is sent at a time."""
AT_ONCE = 8
FORGERIES = ("key", "body", "time")


class Hooks:
    """The queue of webhooks and the task that sends them."""

    def __init__(self, book: Book, desk: Desk) -> None:
        self._book, self._desk = book, desk
        self.targets: dict[str, str] = {}
        """Where each provider's webhooks go; nothing is queued for one that is not named."""
        self.signers: dict[str, Sign] = {}
        self.forgers: dict[str, Sign] = {}
        """The same form, signed by somebody else."""
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def queue(self, provider: str, event: Thing, *, subject: str, method: str) -> None:
        """Have an event sent; called inside the book's transaction."""
        self._book.put(f"{provider} event", event)
        if provider not in self.targets:
            return
        faults = faults_of(self._desk.faults, method)
        about = f"{event['id']}" if not subject else f"{subject}/{event.get('type') or event.get('event_type')}"
        if faults.hits(faults.never, "never", about):
            return
        body = msgspec.json.encode(event).decode()
        now = self._book.now()
        late = faults.delay_s * draw(faults.seed, "late", about) if faults.hits(faults.delay, "delay", about) else 0.0
        drops = faults.drop_first if faults.hits(faults.drop, "drop", about) else 0
        times = 1
        if faults.hits(faults.repeat, "repeat", about):
            times = 2 + int(draw(faults.seed, "times", about) * (faults.repeat_most - 1))
        if faults.hits(faults.forge, "forge", about):
            for number in range(len(FORGERIES)):
                self._add(provider, event["id"], body, now, forged=number + 1)
        for number in range(times):
            self._add(provider, event["id"], body, now + late + 0.05 * number, drops=drops if number == 0 else 0)

    def wake(self) -> None:
        """Look again at what is due: after a request, a change of faults, or a jump of time."""
        self._due.set()

    def counts(self) -> dict[str, int]:
        """Return how many deliveries wait, were accepted, given up, and how many forgeries were accepted."""
        states = dict(
            self._book.database.execute("select state, count(*) from deliveries where not forged group by state")
        )
        forged = self._book.database.execute(
            "select count(*), coalesce(sum(state = 'accepted'), 0) from deliveries where forged"
        ).fetchone()
        names = ("waiting", "accepted", "given up")
        return {name: int(states.get(name, 0)) for name in names} | {"forged": forged[0], "forged accepted": forged[1]}

    async def start(self) -> None:
        """Send from now on."""
        self._task = asyncio.create_task(self._run(), name="webhooks of the payment double")

    async def stop(self) -> None:
        """Stop sending; what waits stays in the book."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                window = await self._window()
                for start in range(0, len(window), AT_ONCE):
                    await asyncio.gather(*(self._send(session, row) for row in window[start : start + AT_ONCE]))
                if not window:
                    await self._woken(self._until_due())

    async def _window(self) -> list[dict[str, Any]]:
        """Return what is due now: a few, or as many as are to change places, in a drawn order."""
        faults = self._desk.faults
        rows = self._read(max(AT_ONCE, faults.reorder))
        if faults.reorder and rows:
            patience = time.monotonic() + faults.reorder_s
            while len(rows) < faults.reorder and (left := patience - time.monotonic()) > 0:
                await self._woken(left)
                rows = self._read(faults.reorder)
            random.Random(f"{faults.seed}/order/{rows[0]['id']}").shuffle(rows)
        return rows

    async def _woken(self, within: float) -> None:
        self._due.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._due.wait(), within)

    def _read(self, most: int) -> list[dict[str, Any]]:
        columns = ("id", "provider", "body", "attempt", "drops", "forged")
        query = (
            f"select {', '.join(columns)} from deliveries where state = 'waiting' and due <= ? order by due, id limit ?"
        )
        rows = self._book.database.execute(query, (self._book.now(), most))
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _until_due(self) -> float:
        row = self._book.database.execute("select min(due) from deliveries where state = 'waiting'").fetchone()
        return 3600.0 if row[0] is None else max(0.001, row[0] - self._book.now())

    async def _send(self, session: aiohttp.ClientSession, row: dict[str, Any]) -> None:
        status = 0 if row["attempt"] < row["drops"] else await self._post(session, row)
        faults: Faults = self._desk.faults
        attempt = row["attempt"] + 1
        if 200 <= status < 300:
            state, due = "accepted", 0.0
        elif row["forged"]:
            state, due = "refused", 0.0
        elif attempt > len(faults.retries_s):
            state, due = "given up", 0.0
        else:
            state, due = "waiting", self._book.now() + faults.retries_s[attempt - 1]
        self._book.database.execute(
            "update deliveries set state = ?, due = ?, attempt = ?, statuses = statuses || ? where id = ?",
            (state, due, attempt, f" {status}", row["id"]),
        )

    async def _post(self, session: aiohttp.ClientSession, row: dict[str, Any]) -> int:
        """Return the status of the answer, 0 where there was none."""
        provider, body = row["provider"], row["body"].encode()
        forgery = FORGERIES[row["forged"] - 1] if row["forged"] else ""
        sign = self.forgers[provider] if forgery == "key" else self.signers[provider]
        headers = dict(sign(body, time.time() - (3600 if forgery == "time" else 0)))
        if forgery == "body":
            body = body.replace(b'"id":', b'"iD":', 1)
        headers["Content-Type"] = "application/json; charset=utf-8"
        try:
            async with session.post(self.targets[provider], data=body, headers=headers) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError) as problem:
            log.debug("webhook %s of %s did not get through: %s", row["id"], provider, problem)
            return 0

    def _add(self, provider: str, event: str, body: str, due: float, *, drops: int = 0, forged: int = 0) -> None:
        self._book.database.execute(
            "insert into deliveries (provider, event, body, due, drops, forged) values (?, ?, ?, ?, ?, ?)",
            (provider, event, body, due, drops, forged),
        )
