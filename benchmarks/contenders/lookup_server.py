"""Both sides of the look-up: a bare aiohttp JSON handler, and our route with a token checked and a row read by its key.

`python -m benchmarks.contenders.lookup_server bare|platform`; prints its port and a token, and serves until killed.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from reptidex.agents.loop import settle_loop
from reptidex.agents.memory import settle_memory
from reptidex.connectors.identity.claims import AUDIENCE, Claims, encode_claims
from reptidex.connectors.identity.jwks import KeyRing, own_set
from reptidex.connectors.identity.verifier import TokenVerifier
from reptidex.connectors.keys.jose import compact
from reptidex.connectors.keys.local import LocalSigner
from reptidex.http.server.application import make_application
from reptidex.http.server.listening import listen, port_of
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Request, Routes
from reptidex.settings import Settings
from reptidex.tables.database import Database
from reptidex.tables.reader import Reader
from reptidex.tables.row import Row, stored

ROWS = 10_000
UNLIMITED = 100_000_000


class View(msgspec.Struct, frozen=True):
    """What both sides answer."""

    animal_id: str
    name: str
    species: str
    grams: int


@stored("looked_up", key="animal_id", service="bench_lookup")
class LookedUp(Row, frozen=True, kw_only=True):
    """A row to look up."""

    animal_id: str
    name: str
    species: str
    grams: int


routes = Routes("animals")


@routes.get("/animals/{animal_id}", policy=signed_in())
async def get_animal(request: Request[None, None]) -> View:
    """Show an animal."""
    found = await request.read.need(LookedUp, request.path["animal_id"])
    return View(found.animal_id, found.name, found.species, found.grams)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a manifest as the web side reads."""

    name: str = "repti-bench"
    purpose: str = "is looked up"
    port: int = 0
    views: tuple[Routes, ...] = (routes,)


def key_of(number: int) -> str:
    """Return the key of the n-th row."""
    return f"018f6f5e-0000-7000-8000-{number:012x}"


def _row(number: int) -> LookedUp:
    return LookedUp(animal_id=key_of(number), name=f"Gecko {number}", species="Correlophus ciliatus", grams=number)


async def _bare() -> web.BaseRunner:
    """Serve what a bare aiohttp application takes: no middleware, no log, rows in a dictionary."""
    rows, encode = {key_of(n): _row(n) for n in range(ROWS)}, msgspec.json.Encoder().encode

    async def handle(request: web.Request) -> web.Response:
        found = rows[request.match_info["animal_id"]]
        body = encode(View(found.animal_id, found.name, found.species, found.grams))
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/animals/{animal_id}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    return runner


async def _platform(folder: str, signer: LocalSigner) -> web.BaseRunner:
    """Serve our route as a worker serves its views."""
    settings = Settings(rate_limit_per_minute=UNLIMITED)
    database = Database.open(f"sqlite+aiosqlite:///{folder}/lookup.db", worker=False)
    await database.create("bench_lookup")
    session = await database.session()
    await session.commit([database.statements(LookedUp).write([_row(n) for n in range(ROWS)])])
    await session.close()
    ring = KeyRing(own_set(signer), clock=time.monotonic)
    unused: Any = None
    app = make_application(
        Manifest(),
        reader=Reader(database),
        asker=unused,
        ports=None,
        settings=settings,
        verifier=TokenVerifier(ring, issuer=settings.issuer, clock=time.time),
        probes=(),
    )
    return await listen(app, "127.0.0.1", 0)


async def _token(signer: LocalSigner) -> str:
    now = int(time.time())
    claims = {"iss": Settings().issuer, "aud": AUDIENCE, "sub": "018f6f5e-0000-7000-8000-000000000001", "kind": "user"}
    times = {"iat": now, "exp": now + 3600, "sid": "s1"}
    return await compact(signer, encode_claims(msgspec.convert(claims | times, Claims)))


async def main() -> None:
    """Serve the side that the command line names."""
    with tempfile.TemporaryDirectory(prefix="reptidex-bench-") as folder:
        signer = LocalSigner(Path(folder) / "keys")
        runner = await (_bare() if sys.argv[1] == "bare" else _platform(folder, signer))
        settle_memory()
        settle_loop()
        print(port_of(runner), await _token(signer), flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the access log is written, and read by nobody
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
