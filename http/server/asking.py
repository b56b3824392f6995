"""What the web side needs of the engine: send a command and hear its outcome. The runtime hands an implementation in."""

from typing import Any, Protocol

import msgspec

from reptidex.streams.contract import Command
from reptidex.tables.answers import CommandStatus


class Asker(Protocol):
    """Sends commands to the single writer of their key."""

    async def ask(
        self,
        command: Command,
        *,
        actor: str | None,
        vivarium_id: str | None,
        correlation_id: str,
        traceparent: str | None,
        command_id: str,
        request_hash: str,
    ) -> bytes:
        """Send a command, wait for its committed outcome, and return the answer as JSON (`null` where there is none).

        `command_id` names the command: a second one with the same id has no second effect and gets the first outcome.
        `request_hash` is empty, or names what was asked under an `Idempotency-Key`.

        Raises the `DomainError` of the handler (`tables.answers.RefusedError` where it was stored), a `DomainError` of status
        422 where the id is known with another hash, `UnavailableError` if the log is away, and when the deadline passes
        `tables.answers.StillRunning`: that is answered 202 with a link to `/answers/{command_id}`.
        """

    async def outcome(self, command_id: str, *, actor: str | None) -> CommandStatus:
        """Return how a command stands that this actor asked. Raises `NotFoundError` also for somebody else's."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A dependency's health check: `check` returns, or raises with the reason."""

    name: str
    """`database`, `log`, `assignment`, `core` …"""
    check: Any
    """An async function without arguments."""
    ready: bool = True
    """Whether the service takes no requests without it; others count in `/health/deep` only."""
