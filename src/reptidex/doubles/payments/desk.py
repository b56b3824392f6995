"""The counter where requests are handed in: idempotency, faults, and one transaction per request."""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from reptidex.doubles.payments.book import Book
from reptidex.doubles.payments.faults import Faults, faults_of


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider answers, and what the desk must know to misbehave with it."""

    status: int = 200
    body: Any
    act: str = ""
    """`authorise`, `capture`, `cancel` or `refund` where money was moved; the faults are about these."""
    subject: str = ""
    method: str = ""
    begun: bool = True
    """Whether the request was more than looked at: only then is its answer kept for repeats."""


class Replies(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider says what the desk has to say, and which of its answers it replays."""

    provider: str
    failure: Callable[[int, str], Any]
    """The body for 500, 503, 409 (`in_use`) and 400 (`reused`)."""
    replays_failures: bool
    reuse_is_refused: bool


class Desk:
    """Carries requests out, once per idempotency key."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._faults = Faults(seed=book.seed)
        self._replaced = asyncio.Event()
        self._busy: set[tuple[str, str]] = set()

    @property
    def faults(self) -> Faults:
        """The faults in force; whoever replaces them ends the waits that they have begun."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        self._replaced.set()
        self._replaced = asyncio.Event()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._replaced.wait(), seconds)

    async def serve(
        self, request: web.Request, replies: Replies, *, key: str, fingerprint: str, work: Callable[[], Answer]
    ) -> web.StreamResponse:
        """Answer a request; `key` may be empty."""
        if self.faults.down:
            return _json(503, replies.failure(503, "down"))
        name = (replies.provider, key)
        if key and name in self._busy:
            return _json(409, replies.failure(409, "in_use"))
        self._busy.add(name)
        try:
            if self.faults.latency_s:
                await self._wait(self.faults.latency_s)
            if key and (kept := self._kept(replies, key, fingerprint)) is not None:
                return kept
            return await self._carry_out(request, replies, key, fingerprint, work)
        finally:
            self._busy.discard(name)

    def _kept(self, replies: Replies, key: str, fingerprint: str) -> web.Response | None:
        row = self.book.database.execute(
            "select fingerprint, status, body from answers where provider = ? and key = ?", (replies.provider, key)
        ).fetchone()
        if row is None:
            return None
        if row[0] != fingerprint and replies.reuse_is_refused:
            return _json(400, replies.failure(400, "reused"))
        return _json(row[1], msgspec.Raw(row[2].encode()), {"Idempotent-Replayed": "true"})

    async def _carry_out(
        self, request: web.Request, replies: Replies, key: str, fingerprint: str, work: Callable[[], Answer]
    ) -> web.StreamResponse:
        with self.book.transaction():
            self.book.database.execute("savepoint work")
            answer = work()
            faults = faults_of(self.faults, answer.method)
            subject = f"{answer.act}/{answer.subject}"
            about = answer.act in faults.acts and answer.status < 300
            before = about and self._first("before", subject, faults.hits(faults.fail_before, "fail before", subject))
            fails = before or (
                about and self._first("after", subject, faults.hits(faults.fail_after, "fail after", subject))
            )
            hangs = (
                not fails and about and self._first("hang", subject, faults.hits(faults.hang_after, "hang", subject))
            )
            if before:
                self.book.database.execute("rollback to work")
            status, body = (500, replies.failure(500, "failed")) if fails else (answer.status, answer.body)
            if key and answer.begun and (status < 300 or replies.replays_failures):
                self.book.database.execute(
                    "insert into answers values (?, ?, ?, ?, ?)",
                    (replies.provider, key, fingerprint, status, msgspec.json.encode(body).decode()),
                )
            if fails or hangs:
                self.book.count(f"fault {'before' if before else 'after' if fails else 'hang'} {subject}")
        if hangs:
            await self._wait(faults.hang_s)
            if request.transport is not None:
                request.transport.abort()
        return _json(status, body)

    def _first(self, what: str, subject: str, drawn: bool) -> bool:
        """Let a fault hit a payment's act once: its repeats get through."""
        name = f"fault {what} {subject}"
        return drawn and not self.book.database.execute("select 1 from counters where name = ?", (name,)).fetchone()


def fingerprint_of(*parts: str) -> str:
    """Return a digest that tells one request from another."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json", headers=headers)
