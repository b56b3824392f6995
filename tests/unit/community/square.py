"""The community behind its own views: the real application on a free port, over the harness in place of the log."""

import asyncio
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from reptidex.connectors.identity.claims import Claims
from reptidex.errors import NotFoundError, UnauthenticatedError
from reptidex.http.server.application import make_application
from reptidex.http.server.options import WebOptions
from reptidex.services.community import SERVICE
from reptidex.settings import Settings
from reptidex.streams.contract import Command
from tests.unit.community.town import BEA, EVE, OTHER, SAM, VIVARIUM, Town

PEOPLE = {"sam": (SAM, VIVARIUM), "bea": (BEA, OTHER), "admin": (EVE, "")}


class Names:
    """Takes a person's or a service's name for a token."""

    def recall(self, token: str) -> Claims | None:
        facts: dict[str, Any] = {"iss": "test", "aud": "test", "exp": 2**40, "iat": 0}
        if token.startswith("repti-"):
            return Claims(**facts, sub=token, kind="service")
        if token not in PEOPLE:
            return None
        user_id, vivarium_id = PEOPLE[token]
        scope = "admin" if token == "admin" else ""
        return Claims(**facts, sub=user_id, kind="user", vid=vivarium_id, role="herpetologist", scope=scope)

    async def verify(self, token: str) -> Claims:
        raise UnauthenticatedError("nobody of this name")


class HarnessAsker:
    """Carries commands out in the harness, one after the other, as the single writer would."""

    def __init__(self, town: Town) -> None:
        self._town, self._lock = town, asyncio.Lock()

    async def ask(
        self, command: Command, *, command_id: str, request_hash: str, correlation_id: str, **origin: Any
    ) -> bytes:
        async with self._lock:
            harness = self._town.harness
            await harness.handle(command, message_id=command_id, correlation_id=correlation_id)
            answer = harness.answer or b"null"
            await self._town.settle()
            return answer

    async def outcome(self, command_id: str, *, actor: str | None) -> Any:
        raise NotFoundError("answer", command_id)


class Square:
    """A client of the views, under anybody's name."""

    def __init__(self, town: Town, client: TestClient[Any, Any]) -> None:
        self.town, self.client = town, client

    @classmethod
    async def open(cls, town: Town) -> "Square":
        app = make_application(
            SERVICE,
            reader=town.harness.read,
            asker=HarnessAsker(town),
            ports=town.ports,
            settings=Settings(),
            verifier=Names(),
            probes=(),
            options=WebOptions(access_log=None),
        )
        client = TestClient(TestServer(app))
        await client.start_server()
        return cls(town, client)

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

    async def close(self) -> None:
        await self.client.close()
