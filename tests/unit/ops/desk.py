"""repti-ops under test: its own agents on a database in memory, its views over them, twins of what is outside."""

import asyncio
from types import SimpleNamespace
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from reptidex.connectors.identity.claims import Claims
from reptidex.errors import NotFoundError, UnauthenticatedError
from reptidex.http.server.application import make_application
from reptidex.http.server.options import WebOptions
from reptidex.services.ops import SERVICE, Finding
from reptidex.settings import Settings
from reptidex.streams.contract import Command
from reptidex.streams.core import AuthUserCreated
from reptidex.tables.ops.models import AuditRecord
from reptidex.testing import UnitHarness


def uid(number: int) -> str:
    """Return a UUID that is easy to read."""
    return f"00000000-0000-7000-8000-{number:012x}"


SAM, BEA, ADMIN, VIVARIUM = uid(1), uid(2), uid(3), uid(11)
PEOPLE = {"sam": SAM, "bea": BEA, "admin": ADMIN}


class HealthTwin:
    """Finds what it is told to find."""

    def __init__(self) -> None:
        self.finding = Finding(status="up", dependencies={"database": 1.5})

    async def look(self, service: str) -> Finding:
        return self.finding


class Names:
    """Takes a person's or a service's name for a token."""

    def recall(self, token: str) -> Claims | None:
        facts: dict[str, Any] = {"iss": "test", "aud": "test", "exp": 2**40, "iat": 0}
        if token.startswith("repti-"):
            return Claims(**facts, sub=token, kind="service")
        if token not in PEOPLE:
            return None
        scope = "admin" if token == "admin" else ""
        return Claims(**facts, sub=PEOPLE[token], kind="user", vid=VIVARIUM, role="herpetologist", scope=scope)

    async def verify(self, token: str) -> Claims:
        raise UnauthenticatedError("nobody of this name")


class HarnessAsker:
    """Carries commands out in the harness, one after the other, as the single writer would."""

    def __init__(self, harness: UnitHarness) -> None:
        self._harness, self._lock = harness, asyncio.Lock()

    async def ask(self, command: Command, *, command_id: str, request_hash: str, **origin: Any) -> bytes:
        async with self._lock:
            origin.pop("traceparent")
            await self._harness.handle(command, message_id=command_id, **origin)
            return self._harness.answer or b"null"

    async def outcome(self, command_id: str, *, actor: str | None) -> Any:
        raise NotFoundError("answer", command_id)


class Desk:
    """The agents and, once asked for, a client of the views under anybody's name."""

    def __init__(self, harness: UnitHarness) -> None:
        self.harness = harness
        self.ports = SimpleNamespace(health=HealthTwin(), core=None)
        self._client: TestClient[Any, Any] | None = None

    @classmethod
    async def open(cls) -> "Desk":
        return cls(await UnitHarness.open(SERVICE.agents, AuditRecord, carriers=SERVICE.carriers))

    async def close(self) -> None:
        letters = await self.harness.letters()
        if self._client is not None:
            await self._client.close()
        await self.harness.close()
        assert letters == []

    async def hear(self, message: Any, sequence: int = 1, **context: Any) -> list[Any]:
        """Have a message handled; return what was published."""
        return await self.harness.handle(message, sequence=sequence, **context)

    async def client(self) -> TestClient[Any, Any]:
        """Return a client of the views."""
        if self._client is None:
            app = make_application(
                SERVICE,
                reader=self.harness.read,
                asker=HarnessAsker(self.harness),
                ports=self.ports,
                settings=Settings(),
                verifier=Names(),
                probes=(),
                options=WebOptions(access_log=None),
            )
            self._client = TestClient(TestServer(app))
            await self._client.start_server()
        return self._client

    async def call(self, method: str, path: str, who: str = "", body: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        client = await self.client()
        async with client.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    async def get(self, path: str, who: str = "admin") -> Any:
        """Get something that must be there."""
        status, answer = await self.call("GET", path, who)
        assert status == 200, answer
        return answer


def newcomer(user_id: str = SAM, **changes: Any) -> AuthUserCreated:
    """Return the news of a registration."""
    facts: dict[str, Any] = {"user_id": user_id, "vivarium_id": VIVARIUM, "email_hash": "0" * 64}
    return AuthUserCreated(**(facts | {"display_name": "Sam Sand", "how": "password"} | changes))
