"""repti-core under test: its own agents on a real unit of work, its own views behind the real web side, twins outside."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import pytest

from reptidex.connectors.identity.jwks import KeyRing, own_set
from reptidex.connectors.identity.verifier import TokenVerifier
from reptidex.connectors.keys.memory import MemorySigner, MemoryVault
from reptidex.connectors.keys.port import KeyVault
from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.domain.keyed import Keyed
from reptidex.domain.passwords import Hashing
from reptidex.http.core.ports import Ports
from reptidex.http.server.application import make_application
from reptidex.http.server.listening import listen, port_of
from reptidex.http.server.options import WebOptions
from reptidex.services.core import SERVICE, make_nobody
from reptidex.settings import Settings
from reptidex.testing import UnitHarness
from reptidex.testing.views import HarnessAsker

PASSWORD = "correct horse battery staple 7"
APP, NATIVE_APP = "https://app.example/signed-in", "http://127.0.0.1/back"
"""Where apps are led back to after a sign-in elsewhere."""


def uid(number: int) -> str:
    """Return a UUID that is easy to read."""
    return str(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number))


async def open_core(**more: Any) -> UnitHarness:
    """Open core's agents on a database in memory."""
    return await UnitHarness.open(SERVICE.agents, carriers=SERVICE.carriers, **more)


@pytest.fixture
async def core() -> AsyncIterator[UnitHarness]:
    """Core's agents."""
    async with await open_core() as harness:
        yield harness


class Stand:
    """Core behind HTTP."""

    def __init__(
        self, url: str, session: aiohttp.ClientSession, harness: UnitHarness, ports: Ports, asker: HarnessAsker
    ) -> None:
        self.url, self.session, self.harness, self.ports, self.asker = url, session, harness, ports, asker

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str
    ) -> tuple[int, Any]:
        """Return status and decoded body."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            given["Authorization"] = f"Bearer {token}"
        async with self.session.request(method, self.url + path, json=body, headers=given) as response:
            raw = await response.read()
            return response.status, msgspec.json.decode(raw) if raw.startswith(b"{") else raw

    async def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """POST."""
        return await self.call("POST", path, body, **more)

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        """GET."""
        return await self.call("GET", path, **more)

    async def service(self, name: str) -> str:
        """Return a service's token."""
        status, got = await self.post("/auth/service-token", {"service": name, "secret": f"secret of {name}"})
        assert status == 200, got
        token: str = got["access_token"]
        return token

    async def register(self, email: str = "sam@example.com", name: str = "Sam Sand") -> dict[str, str]:
        """Open an account and return what was answered."""
        body = {"email": email, "password": PASSWORD, "display_name": name}
        status, made = await self.post("/auth/register", body)
        assert status == 201, made
        found: dict[str, str] = made
        return found

    async def contact(self, user_id: str) -> Any:
        """Return what community is told of a person."""
        status, found = await self.get(
            f"/internal/users/{user_id}/contact", token=await self.service("repti-community")
        )
        assert status == 200, found
        return found

    async def join(self, email: str = "sam@example.com", name: str = "Sam Sand") -> dict[str, str]:
        """Open an account, confirm it, and return its id."""
        made = await self.register(email, name)
        token = (await self.contact(made["user_id"]))["confirmation_token"]
        status, said = await self.post("/auth/confirm", {"token": token})
        assert status == 200, said
        return made

    async def sign_in(self, email: str = "sam@example.com", **more: str) -> Any:
        """Join and sign in."""
        await self.join(email)
        status, tokens = await self.login(email)
        assert status == 200, tokens
        return tokens

    async def login(self, email: str = "sam@example.com", password: str = PASSWORD, **more: str) -> tuple[int, Any]:
        """Sign in."""
        return await self.post("/auth/login", {"email": email, "password": password, **more})


@pytest.fixture
async def stand(core: UnitHarness) -> AsyncIterator[Stand]:
    """Core behind HTTP, with cheap hashing and payment providers in memory."""
    async with standing(core, HarnessAsker(core), MemoryVault()) as found:
        yield found


@pytest.fixture
async def another(core: UnitHarness, stand: Stand) -> AsyncIterator[Stand]:
    """Another worker over the same database."""
    async with standing(core, stand.asker, stand.ports.vault) as found:
        yield found


@asynccontextmanager
async def standing(core: UnitHarness, asker: HarnessAsker, vault: KeyVault) -> AsyncIterator[Stand]:
    """Serve core's views."""
    hashing, signer = Hashing(memory_kib=256, passes=1), MemorySigner()
    ports = Ports(
        vault=vault,
        signer=signer,
        keyed=Keyed(b"k" * 32),
        hashing=hashing,
        gateways={name: MemoryPaymentGateway(provider=name) for name in ("stripe", "paypal")},
        publisher=None,
        clock=lambda: core.now,
        entropy=os.urandom,
        issuer=Settings().issuer,
        access_token_s=600,
        service_secrets={name: f"secret of {name}" for name in ("repti-community", "repti-commerce", "repti-ops")},
        public_url="http://core.invalid",
        nobody=await make_nobody(vault, hashing),
        outside={},
        returns=(APP, NATIVE_APP),
        texts=True,
        closing=(hashing,),
    )
    verifier = TokenVerifier(
        KeyRing(own_set(signer), clock=time.monotonic),
        issuer=Settings().issuer,
        clock=lambda: core.now.timestamp(),
    )
    app = make_application(
        SERVICE,
        reader=core.read,
        asker=asker,
        ports=ports,
        settings=Settings(rate_limit_per_minute=100_000, answer_deadline_s=5),
        verifier=verifier,
        probes=(),
        options=WebOptions(access_log=None, now=lambda: core.now.timestamp()),
    )
    runner = await listen(app, "127.0.0.1", 0, shutdown_s=1)
    async with aiohttp.ClientSession() as session:
        yield Stand(f"http://127.0.0.1:{port_of(runner)}", session, core, ports, asker)
    await runner.cleanup()
    await ports.aclose()
