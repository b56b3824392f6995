"""A service's views under test: the real web application on a free port, over the harness in place of the log.

views = await Views.open(SERVICE, harness, ports, {"sam": Person(SAM, VIVARIUM)})
status, answer = await views.call("POST", "/marketplace/listings", "sam", {...})
await views.close()
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Self

from aiohttp.test_utils import RawTestServer, TestClient

from reptidex.connectors.identity.claims import Claims
from reptidex.errors import NotFoundError, UnauthenticatedError
from reptidex.http.server.application import make_application
from reptidex.http.server.options import WebOptions
from reptidex.settings import Settings
from reptidex.streams.contract import Command
from reptidex.tables.answers import AnswerRow, CommandStatus
from reptidex.testing.harness import UnitHarness


class Person(NamedTuple):
    """Somebody who is signed in."""

    user_id: str
    vivarium_id: str = ""
    scope: str = ""
    signed_in_at: int = 2**40
    """Unix seconds; unless said otherwise a moment that is never long ago."""


class _Names:
    """Takes a person's or a service's name for a token."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._people = people

    def recall(self, token: str) -> Claims | None:
        facts: dict[str, Any] = {"iss": "test", "aud": "test", "exp": 2**40, "iat": 0}
        if token.startswith("repti-"):
            return Claims(**facts, sub=token, kind="service")
        who = self._people.get(token)
        if who is None:
            return None
        return Claims(
            **facts,
            sub=who.user_id,
            kind="user",
            vid=who.vivarium_id,
            role="herpetologist",
            scope=who.scope,
            auth_time=who.signed_in_at,
        )

    async def verify(self, token: str) -> Claims:
        raise UnauthenticatedError("nobody of this name")


class HarnessAsker:
    """Carries commands out in the harness, one after the other, as the single writer would."""

    def __init__(self, harness: UnitHarness, settled: Callable[[], Awaitable[Any]] | None = None) -> None:
        """`settled` is awaited after each command."""
        self._harness, self._settled, self._lock = harness, settled, asyncio.Lock()

    async def ask(
        self, command: Command, *, command_id: str, request_hash: str, traceparent: str | None, **origin: Any
    ) -> bytes:
        """Handle a command and return its answer."""
        async with self._lock:
            await self._harness.handle(command, message_id=command_id, **origin)
            answer = self._harness.answer or b"null"
            if self._settled is not None:
                await self._settled()
            return answer

    async def outcome(self, command_id: str, *, actor: str | None) -> CommandStatus:
        """Say how a command stands; everything is answered at once."""
        stored = await self._harness.read.get(AnswerRow, command_id)
        if stored is None or stored.actor != actor:
            raise NotFoundError("answer", command_id)
        return CommandStatus(command_id=command_id, state="refused" if stored.problem else "done")


class Views:
    """A client of the views, under anybody's name."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    @classmethod
    async def open(
        cls,
        service: Any,
        harness: UnitHarness,
        ports: Any,
        people: Mapping[str, Person],
        *,
        settled: Callable[[], Awaitable[Any]] | None = None,
        settings: Settings = Settings(),
    ) -> Self:
        """Serve the views of a service. `people` are known by their names; `settled` is awaited after each command."""
        app = make_application(
            service,
            reader=harness.read,
            asker=HarnessAsker(harness, settled),
            ports=ports,
            settings=settings,
            verifier=_Names(people),
            probes=(),
            options=WebOptions(access_log=None),
        )
        client: TestClient[Any, Any] = TestClient(RawTestServer(app.handle))
        await client.start_server()
        return cls(client)

    async def call(self, method: str, path: str, who: str = "", body: Any = None, **more: Any) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        headers |= more.pop("headers", {})
        async with self.client.request(method, path, json=body, headers=headers, **more) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    async def get(self, path: str, who: str = "") -> Any:
        """Get something that must be there."""
        status, answer = await self.call("GET", path, who)
        assert status == 200, answer
        return answer

    async def made(self, path: str, who: str, body: Any) -> Any:
        """Post something that must succeed, and return the answer."""
        status, answer = await self.call("POST", path, who, body)
        assert status in (200, 201), answer
        return answer

    async def close(self) -> None:
        """Stop serving."""
        await self.client.close()
