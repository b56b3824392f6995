"""The request as a view sees it: `routes.Request`, made real."""

from typing import Any, TypedDict, TypeVar

import msgspec
from aiohttp import web

from reptidex.http.middlewares.context import Context
from reptidex.http.middlewares.forwarded import Addresses
from reptidex.http.middlewares.idempotency import Repeatable
from reptidex.http.server.asking import Asker
from reptidex.http.server.handover import Handover
from reptidex.http.server.ids import Ids
from reptidex.http.server.policy import Caller
from reptidex.http.server.routes import Reader
from reptidex.streams.contract import Command
from reptidex.tables.answers import CommandStatus

A = TypeVar("A", bound=msgspec.Struct)

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def decode_answer(raw: bytes, answer: type[A]) -> A:
    """Return an answer of the engine in its type."""
    decoder = _decoders.get(answer)
    if decoder is None:
        decoder = _decoders[answer] = msgspec.json.Decoder(answer)
    value: A = decoder.decode(raw)
    return value


class Origin(TypedDict):
    """Where a command comes from, as the envelope names it."""

    actor: str | None
    vivarium_id: str | None
    correlation_id: str
    traceparent: str | None


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What all requests of a service share."""

    addresses: Addresses
    reader: Reader
    asker: Asker
    ports: Any
    ids: Ids
    handover: Handover


class Exchange:
    """One request on its way through a view."""

    __slots__ = (
        "_around",
        "_commands",
        "_context",
        "_ids",
        "_repeatable",
        "_request",
        "body",
        "caller",
        "path",
        "query",
        "raw",
        "read",
    )

    def __init__(
        self,
        request: web.BaseRequest,
        context: Context,
        around: Surroundings,
        path: dict[str, str],
        query: Any,
        body: Any,
        raw: bytes,
        repeatable: Repeatable | None,
    ) -> None:
        self._request, self._context, self._around = request, context, around
        self.caller: Caller = context.caller
        self.read: Reader = around.reader
        self.path, self.query, self.body, self.raw = path, query, body, raw
        self._repeatable, self._commands, self._ids = repeatable, 0, 0

    @property
    def headers(self) -> Any:
        """The request's headers (case-insensitive)."""
        return self._request.headers

    @property
    def address(self) -> str:
        """The address of the client."""
        return self._around.addresses.of(self._request)

    @property
    def ports(self) -> Any:
        """The service's connectors."""
        return self._around.ports

    @property
    def request_id(self) -> str:
        """The request's id: the correlation id of everything that it causes."""
        return self._context.request_id

    def new_id(self) -> str:
        """Return a new id; the same for a repeat under the same `Idempotency-Key`."""
        if self._repeatable is None:
            return self._around.ids.fresh()
        self._ids += 1
        return self._repeatable.new_id(self._ids)

    async def ask(self, command: Command, answer: type[A], *, anew: bool = False) -> A:
        """Send a command and return what its handler answered."""
        return decode_answer(await self._send(command, anew=anew), answer)

    async def tell(self, command: Command) -> None:
        """Send a command and wait until its outcome is committed."""
        await self._send(command)

    async def outcome(self, command_id: str) -> CommandStatus:
        """Return how a command stands that this caller asked."""
        return await self._around.asker.outcome(command_id, actor=self.caller.actor)

    async def post(self, command: Command, *, anew: bool = False) -> None:
        """Hand a command over and do not wait for the log."""
        self._around.handover.send(self._send(command, anew=anew))

    async def _send(self, command: Command, *, anew: bool = False) -> bytes:
        repeatable = None if anew else self._repeatable
        command_id = self._around.ids.fresh() if repeatable is None else self._command_id(repeatable)
        request_hash = repeatable.hash if repeatable is not None else ""
        return await self._around.asker.ask(command, **self._origin(), command_id=command_id, request_hash=request_hash)

    def _command_id(self, repeatable: Repeatable) -> str:
        self._commands += 1
        return repeatable.command_id(self._commands)

    def _origin(self) -> Origin:
        return Origin(
            actor=self.caller.actor,
            vivarium_id=self.caller.vivarium_id or None,
            correlation_id=self._context.request_id,
            traceparent=self._context.traceparent,
        )
