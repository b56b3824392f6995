"""Asking: a command is sent to the single writer of its key, and its committed outcome is waited for."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from reptidex.agents.engine.inputs import ASKED
from reptidex.agents.engine.outcome import Outcome
from reptidex.agents.engine.ownership import Ownership
from reptidex.errors import DomainError, NotFoundError, UnavailableError
from reptidex.streams import codec
from reptidex.streams.contract import Command
from reptidex.streams.envelope import enveloped
from reptidex.tables.answers import AnswerRow, CommandStatus, Problem, RefusedError, RepeatedKeyError, StillRunning
from reptidex.tables.reader import Reader

log = logging.getLogger(__name__)

NOTHING = b"null"
POLL_FIRST_S, POLL_LONGEST_S = 0.01, 0.25
RUNNING_REMEMBERED = 10_000
GLANCE_S = 1.0
"""How often the database is asked all the same while this worker itself handles the command: partitions may move."""


class CommandTooLargeError(DomainError):
    """A command that the log does not take: to send it again is of no use."""

    status = 413
    title = "The request is too large"

    def __init__(self, size: int) -> None:
        super().__init__(f"the request makes a command of {size} bytes; the log takes about a million")
        self.size = size


class Asker:
    """Sends the commands of one worker's callers."""

    def __init__(
        self,
        service: str,
        producer: Callable[[], Any],
        ownership: Ownership,
        reader: Reader,
        *,
        clock: Callable[[], datetime],
        deadline_s: float,
    ) -> None:
        self._service, self._producer, self._ownership, self._reader = service, producer, ownership, reader
        self._clock, self._deadline_s = clock, deadline_s
        self._waiting: dict[str, list[asyncio.Future[tuple[AnswerRow, Exception | None]]]] = {}
        self._running: dict[str, str | None] = {}

    def committed(self, outcome: Outcome) -> None:
        """Hear of a committed unit."""
        for command_id, answer in outcome.answers.items():
            self._running.pop(command_id, None)
            for future in self._waiting.pop(command_id, ()):
                if not future.done():
                    future.set_result((answer, outcome.refusals.get(command_id)))

    async def ask(
        self,
        command: Command,
        *,
        command_id: str,
        actor: str | None = None,
        vivarium_id: str | None = None,
        correlation_id: str | None = None,
        traceparent: str | None = None,
        request_hash: str = "",
        deadline_s: float | None = None,
    ) -> bytes:
        """Send a command, wait for its committed outcome, and return the answer as JSON (`null` where there is none).

        A command with the id of an earlier one has no second effect and gets the first outcome.
        Raises the handler's `DomainError` (`RefusedError` where it is read back), `RepeatedKeyError` where the id is known
        with another request, `CommandTooLargeError`, `UnavailableError` if the log is away, `StillRunning` when the deadline
        passes.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + (deadline_s if deadline_s is not None else self._deadline_s)
        future: asyncio.Future[tuple[AnswerRow, Exception | None]] = loop.create_future()
        self._waiting.setdefault(command_id, []).append(future)
        try:
            partition = await self._send(
                command, command_id, actor, vivarium_id, correlation_id, traceparent, request_hash, end
            )
            answer, refusal = await self._outcome(command_id, partition, actor, future, end)
        finally:
            left = [each for each in self._waiting.pop(command_id, ()) if each is not future]
            if left:
                self._waiting[command_id] = left
        return _told(answer, refusal, request_hash)

    async def _send(
        self,
        command: Command,
        command_id: str,
        actor: str | None,
        vivarium_id: str | None,
        correlation_id: str | None,
        traceparent: str | None,
        request_hash: str,
        end: float,
    ) -> int:
        contract = command.contract
        envelope = enveloped(
            command,
            command_id,
            self._clock(),
            correlationid=correlation_id or command_id,
            actor=actor,
            vivariumid=vivarium_id,
            traceparent=traceparent,
        )
        headers = [("ce_id", command_id.encode()), ("ce_type", contract.name.encode())]
        if request_hash:
            headers.append((ASKED, request_hash.encode()))
        partition = self._ownership.partition_of(command.key)
        value, left = codec.encode(envelope), max(0.05, end - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(left):
                await self._producer().send_and_wait(
                    contract.topic, value, command.key.encode(), partition, headers=headers
                )
        except MessageSizeTooLargeError as problem:
            raise CommandTooLargeError(len(value)) from problem
        except (KafkaError, AssertionError, OSError, TimeoutError) as problem:
            raise UnavailableError("the log", repr(problem)) from problem
        return partition

    async def _outcome(
        self, command_id: str, partition: int, actor: str | None, future: "asyncio.Future[Any]", end: float
    ) -> tuple[AnswerRow, Exception | None]:
        """Wait for the unit of this process that handles the command, or look where another worker leaves its answer."""
        loop, pause = asyncio.get_running_loop(), POLL_FIRST_S
        while (left := end - loop.time()) > 0:
            mine = partition in self._ownership.fences
            await asyncio.wait([future], timeout=min(left, GLANCE_S if mine else pause))
            if future.done():
                told: tuple[AnswerRow, Exception | None] = future.result()
                return told
            pause = min(pause * 1.5, POLL_LONGEST_S)
            stored = await self._reader.get(AnswerRow, command_id)
            if stored is not None:
                return stored, None
        self._running[command_id] = actor
        while len(self._running) > RUNNING_REMEMBERED:
            del self._running[next(iter(self._running))]
        raise StillRunning(command_id)

    async def tell(self, command: Command, *, command_id: str) -> None:
        """Send a command of the service to itself, without waiting for its outcome. Raises `UnavailableError`."""
        end = asyncio.get_running_loop().time() + self._deadline_s
        await self._send(command, command_id, f"service:repti-{self._service}", None, None, None, "", end)

    async def outcome(self, command_id: str, *, actor: str | None) -> CommandStatus:
        """Return how a command stands that this actor asked. Raises `NotFoundError` also for somebody else's."""
        stored = await self._reader.get(AnswerRow, command_id)
        if stored is None and command_id in self._running and self._running[command_id] == actor:
            return CommandStatus(command_id=command_id, state="running")
        if stored is None or stored.actor != actor:
            raise NotFoundError("command", command_id)
        if not stored.problem:
            return CommandStatus(command_id=command_id, state="done", answer=msgspec.Raw(stored.body or NOTHING))
        problem = msgspec.json.decode(stored.problem, type=Problem)
        refused = RefusedError(problem)
        return CommandStatus(
            command_id=command_id,
            state="refused",
            status=problem.status,
            title=problem.title,
            detail=problem.detail,
            pointer=refused.pointer or None,
        )


def _told(answer: AnswerRow, refusal: Exception | None, request_hash: str) -> bytes:
    if request_hash and answer.request_hash and answer.request_hash != request_hash:
        raise RepeatedKeyError("this idempotency key was used for another request")
    if refusal is not None:
        raise refusal
    if answer.problem:
        raise RefusedError(msgspec.json.decode(answer.problem, type=Problem))
    return answer.body or NOTHING
