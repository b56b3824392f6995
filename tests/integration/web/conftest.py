"""A small service behind the real web side, on a real port, with real ES256 tokens."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import msgspec
import pytest

from reptidex.connectors.identity.claims import AUDIENCE, Claims, encode_claims
from reptidex.connectors.identity.jwks import KeyRing, own_set
from reptidex.connectors.identity.verifier import TokenVerifier
from reptidex.connectors.keys.jose import compact
from reptidex.connectors.keys.local import LocalSigner
from reptidex.connectors.keys.port import Signer
from reptidex.errors import DomainError, NotFoundError, UnavailableError
from reptidex.http.server.application import make_application
from reptidex.http.server.asking import Probe
from reptidex.http.server.listening import listen, port_of
from reptidex.http.server.options import WebOptions
from reptidex.http.server.policy import member, public, scope, services, signed_in
from reptidex.http.server.routes import Page, Paging, Raw, Request, Routes, Stream
from reptidex.settings import Settings
from reptidex.streams.contract import Command, command
from reptidex.tables.answers import CommandStatus, RepeatedKeyError, StillRunning

VIVARIUM = "018f6f5e-7c3a-7b6e-9d1a-2f4b5c6d7e8f"


@command(key="animal_id", service="webtest")
class NoteWeight(Command, frozen=True, kw_only=True):
    """Note what an animal weighs."""

    animal_id: str
    grams: int


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """A weight that was noted."""

    weight_id: str
    grams: int


class NewWeight(msgspec.Struct, frozen=True, kw_only=True):
    """What is weighed."""

    grams: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    notes: list[dict[str, int]] = []
    span: tuple[int, str] | None = None
    said: str = ""


class WeightFilter(Paging, frozen=True, kw_only=True):
    """Which weights."""

    least: int = 0
    tags: list[str] = []


class Ledger:
    """Stands where the engine will: carries commands out once per id, remembers outcomes, can be held up."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.origins: list[dict[str, Any]] = []
        self.known: dict[str, tuple[str, str | None, bytes]] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.entered = asyncio.Event()
        self.problem: Exception | None = None

    async def ask(self, command: Command, *, command_id: str, request_hash: str, **origin: Any) -> bytes:
        self.origins.append(origin | {"command_id": command_id})
        self.entered.set()
        if command_id in self.known:
            known_hash, _, body = self.known[command_id]
            if known_hash != request_hash:
                raise RepeatedKeyError("other request")
            return body
        try:
            async with asyncio.timeout(0.5):
                await self.open.wait()
        except TimeoutError:
            raise StillRunning(command_id) from None
        if self.problem is not None:
            raise self.problem
        self.commands.append(command)
        body = msgspec.json.encode({"weight_id": str(len(self.commands)), "grams": getattr(command, "grams", 0)})
        self.known[command_id] = (request_hash, origin["actor"], body)
        return body

    async def outcome(self, command_id: str, *, actor: str | None) -> CommandStatus:
        if command_id not in self.known or self.known[command_id][1] != actor:
            raise NotFoundError("command", command_id)
        return CommandStatus(command_id=command_id, state="done", answer=msgspec.Raw(self.known[command_id][2]))


routes = Routes("weights")


@routes.post("/weights/{animal_id}", policy=member("handler"), status=201)
async def note_weight(request: Request[NewWeight, None]) -> Weight:
    """Note what an animal weighs.

    In grams.
    """
    return await request.ask(NoteWeight(animal_id=request.path["animal_id"], grams=request.body.grams), Weight)


@routes.get("/weights", policy=member("keeper", services=("repti-commerce",)))
async def list_weights(request: Request[None, WeightFilter]) -> Page[Weight]:
    """List weights."""
    weights = [Weight(weight_id=str(n), grams=n) for n in range(10) if n >= request.query.least]
    start = int(request.query.cursor or 0)
    end = start + request.query.limit
    return Page(items=weights[start:end], next=str(end) if end < len(weights) else None)


@routes.get("/weights/{weight_id}", policy=public())
async def get_weight(request: Request[None, None]) -> Weight:
    """Show a weight."""
    return Weight(weight_id=request.path["weight_id"], grams=7)


@routes.get("/weights/search", policy=public())
async def search_weights(request: Request[None, None]) -> list[Weight]:
    """Search weights."""
    return []


@routes.delete("/weights/{weight_id}", policy=scope("admin"))
async def delete_weight(request: Request[None, None]) -> None:
    """Drop a weight."""


@routes.get("/me", policy=signed_in())
async def get_me(request: Request[None, None]) -> dict[str, str | None]:
    """Tell who asks."""
    return {"actor": request.caller.actor, "role": request.caller.role, "request_id": request.request_id}


@routes.post("/keys", policy=signed_in(recent=True))
async def make_key(request: Request[None, None]) -> dict[str, str]:
    """Give lasting access."""
    return {"id": request.new_id()}


@routes.post("/inner", policy=services("repti-animal"))
async def do_inner(request: Request[None, None]) -> dict[str, str]:
    """Do something for a service."""
    return {"id": request.new_id()}


@routes.get("/seen", policy=public())
async def note_seen(request: Request[None, None]) -> dict[str, str]:
    """Count a look."""
    await request.post(NoteWeight(animal_id=VIVARIUM, grams=1))
    return {}


@routes.get("/picture", policy=public())
async def get_picture(request: Request[None, None]) -> Raw:
    """Show a picture."""
    return Raw(body=b"<svg/>", content_type="image/svg+xml", headers={"Content-Security-Policy": "sandbox"})


@routes.get("/export", policy=public())
async def export(request: Request[None, None]) -> Stream:
    """Send a file as it is made."""

    async def parts() -> AsyncIterator[bytes]:
        for number in range(1000):
            yield f"{number}\n".encode()

    return Stream(parts=parts(), content_type="text/csv", headers={"Content-Disposition": "attachment"})


@routes.post("/upload", policy=public(cost=5), body_bytes=5_000)
async def upload(request: Request[bytes, None]) -> dict[str, int]:
    """Take a file."""
    return {"bytes": len(request.body)}


@routes.get("/fail/{how}", policy=public())
async def fail(request: Request[None, None]) -> Weight:
    """Fail."""
    if request.path["how"] == "rule":
        raise DomainError("the animal is asleep")
    if request.path["how"] == "away":
        raise UnavailableError("database", "password=hunter2")
    raise RuntimeError("secret inside")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a manifest as the web side reads."""

    name: str = "repti-webtest"
    purpose: str = "weighs animals"
    port: int = 8099
    views: tuple[Routes, ...] = (routes,)


class Stand:
    """A running service and what is needed to talk to it."""

    def __init__(
        self, url: str, session: aiohttp.ClientSession, ledger: Ledger, signer: Signer, lines: list[bytes]
    ) -> None:
        self.url, self.session, self.ledger, self.signer, self.lines = url, session, ledger, signer, lines
        self.revoked: set[str] = set()

    async def token(self, **changes: Any) -> str:
        """Sign an access token; the keeper of `VIVARIUM` unless told otherwise."""
        now = int(time.time())
        claims = {
            "iss": Settings().issuer,
            "aud": AUDIENCE,
            "sub": "018f6f5e-0000-7000-8000-000000000001",
            "kind": "user",
        }
        times = {"iat": now, "exp": now + 600, "vid": VIVARIUM, "role": "keeper", "sid": "s1"}
        return await compact(self.signer, encode_claims(msgspec.convert(claims | times | changes, Claims)))

    async def bearer(self, **changes: Any) -> dict[str, str]:
        """Return the header of a token as `token` makes it."""
        return {"Authorization": f"Bearer {await self.token(**changes)}"}

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any, Any]:
        """Return status, decoded body and headers of an answer."""
        async with self.session.request(method, self.url + path, **more) as response:
            raw = await response.read()
            json = "json" in response.headers.get("Content-Type", "")
            return response.status, msgspec.json.decode(raw) if json and raw else raw, response.headers


Start = Callable[..., Awaitable[Stand]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start services; they end with the test."""
    closing: list[Callable[[], Awaitable[Any]]] = []

    async def begin(
        *, limit: int = 6000, probes: tuple[Probe, ...] = (), head_s: float = 10.0, **options: Any
    ) -> Stand:
        signer, ledger, lines = LocalSigner(tmp_path / "keys"), Ledger(), list[bytes]()
        session = aiohttp.ClientSession()
        closing.append(session.close)
        stand = Stand("", session, ledger, signer, lines)
        ring = KeyRing(own_set(signer), clock=time.monotonic)
        revoked = stand.revoked.__contains__
        app = make_application(
            Manifest(),
            reader=None,  # type: ignore[arg-type]
            asker=ledger,
            ports=None,
            settings=Settings(rate_limit_per_minute=limit, answer_deadline_s=2),
            verifier=TokenVerifier(ring, issuer=Settings().issuer, clock=time.time, revoked=revoked),
            probes=probes,
            options=WebOptions(access_log=lines.append, **options),
        )
        runner = await listen(app, "127.0.0.1", 0, shutdown_s=1, head_s=head_s)
        closing.append(runner.cleanup)
        stand.url = f"http://127.0.0.1:{port_of(runner)}"
        return stand

    yield begin
    for close in closing:
        await close()


@pytest.fixture
async def stand(start: Start) -> Stand:
    """The service as it comes."""
    return await start()
