"""The marketplace behind its own views: the real application on a free port, over the harness in place of the log."""

import asyncio
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from reptidex.connectors.identity.claims import Claims
from reptidex.errors import NotFoundError, UnauthenticatedError
from reptidex.http.server.application import make_application
from reptidex.http.server.options import WebOptions
from reptidex.services.commerce import SERVICE
from reptidex.settings import Settings
from reptidex.streams.contract import Command
from tests.unit.commerce.market import BEA, BEA_VIVARIUM, EVE, EVE_VIVARIUM, SAM, SAM_VIVARIUM, Market

PEOPLE = {"sam": (SAM, SAM_VIVARIUM), "bea": (BEA, BEA_VIVARIUM), "eve": (EVE, EVE_VIVARIUM)}


def _claims(*, sub: str, kind: str = "user", vid: str = "", role: str = "") -> Claims:
    return Claims(iss="test", aud="test", exp=2**40, iat=0, sub=sub, kind=kind, vid=vid, role=role)


class Names:
    """Takes a person's or a service's name for a token."""

    def recall(self, token: str) -> Claims | None:
        if token.startswith("repti-"):
            return _claims(sub=token, kind="service")
        user_id, vivarium_id = PEOPLE.get(token, ("", ""))
        if not user_id:
            return None
        return _claims(sub=user_id, vid=vivarium_id, role="herpetologist")

    async def verify(self, token: str) -> Claims:
        raise UnauthenticatedError("nobody of this name")


class HarnessAsker:
    """Carries commands out in the harness, one after the other, as the single writer would."""

    def __init__(self, market: Market) -> None:
        self._market, self._lock = market, asyncio.Lock()

    async def ask(self, command: Command, *, command_id: str, request_hash: str, **origin: Any) -> bytes:
        async with self._lock:
            await self._market.harness.handle(command, message_id=command_id)
            return self._market.harness.answer or b"null"

    async def outcome(self, command_id: str, *, actor: str | None) -> Any:
        raise NotFoundError("answer", command_id)


class Shop:
    """A client of the views, under anybody's name."""

    def __init__(self, market: Market, client: TestClient[Any, Any]) -> None:
        self.market, self.client = market, client

    @classmethod
    async def open(cls, market: Market) -> "Shop":
        app = make_application(
            SERVICE,
            reader=market.harness.read,
            asker=HarnessAsker(market),
            ports=market.ports,
            settings=Settings(),
            verifier=Names(),
            probes=(),
            options=WebOptions(access_log=None),
        )
        client = TestClient(TestServer(app))
        await client.start_server()
        return cls(market, client)

    async def call(self, method: str, path: str, who: str = "", body: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        async with self.client.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    async def made(self, path: str, who: str, body: Any) -> Any:
        """Post something that must succeed, and return the answer."""
        status, answer = await self.call("POST", path, who, body)
        assert status in (200, 201), answer
        return answer

    async def close(self) -> None:
        await self.client.close()
