"""One platform for all end-to-end tests: real processes, a real log, six databases, the doubles on sockets."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import msgspec
import pytest

from reptidex.platform.admin import grant
from reptidex.platform.supervisor import Doubles, Platform
from reptidex.platform.visitor import Step, Visitor
from reptidex.platform.watch import Watcher
from reptidex.settings import SERVICES, Settings
from reptidex.streams.catalogue import events
from reptidex.testing import eventually
from reptidex.testing.ports import free_ports
from tests.brokers.choice import EMBEDDED, broker_address, chosen
from tests.databases.choice import chosen as chosen_database
from tests.databases.choice import own_databases

Confirmed = Callable[[str], Awaitable[Visitor]]
"""Registers a person of that name, confirms the address and signs in."""


def on_free_ports(settings: Settings) -> tuple[Settings, Doubles]:
    """Return settings and doubles that stand on free ports, so that several platforms run side by side."""
    ports = free_ports(len(SERVICES) + 6)
    urls = {name: f"http://127.0.0.1:{port}" for name, port in zip(SERVICES, ports, strict=False)}
    log, payments, mail, view, aws, bridge = ports[len(SERVICES) :]
    changed = msgspec.structs.replace(
        settings, urls=urls, log=f"127.0.0.1:{log}", bridge_url=f"http://127.0.0.1:{bridge}"
    )
    return changed, Doubles(payments=payments, mail=mail, mail_view=view, aws=aws)


class Stage:
    """A platform that is up, run by a thread of its own so that each test may have its own event loop."""

    def __init__(self, folder: Path, log: str | None, **settings: Any) -> None:
        wanted = Settings(state_dir=str(folder), session_timeout_s=6, rate_limit_per_minute=100_000, **settings)
        self.settings, self.doubles = on_free_ports(wanted)
        if log:
            self.settings = msgspec.structs.replace(self.settings, log=log)
        self.platform = Platform(self.settings, doubles=self.doubles, say=lambda line: None, embedded_log=not log)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, coroutine: Any, within: float = 120) -> Any:
        """Run a coroutine on the platform's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(within)

    def evidence(self) -> str:
        """Return how the processes stand, and what each has said last: a failed test shows it."""
        rows = [" ".join(row) for row in self.platform.status()]
        for child in self.platform.children.values():
            rows += [f"--- {child.log}", child.tail(25)]
        return "\n".join(rows)

    def close(self) -> None:
        """Stop everything."""
        self.do(self.platform.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class World:
    """What a test does with the platform."""

    def __init__(self, stage: Stage, session: aiohttp.ClientSession, watcher: Watcher) -> None:
        self.stage, self.session, self.watcher = stage, session, watcher
        self.settings, self.doubles = stage.settings, stage.doubles
        self.steps: list[Step] = []

    def visitor(self, name: str) -> Visitor:
        """Return somebody new."""
        return Visitor(name, self.settings.urls, self.mail_view, self.session, self.steps)

    @property
    def mail_view(self) -> str:
        """Where the mail catcher shows what it got."""
        return f"http://127.0.0.1:{self.doubles.mail_view}"

    @property
    def payments(self) -> str:
        """Where the payment double is controlled."""
        return f"http://127.0.0.1:{self.doubles.payments}"

    async def until(self, ask: Callable[[], Awaitable[Any]], why: str, within: float = 30.0) -> Any:
        """Ask until the answer is true."""
        return await eventually(ask, within, every=0.05, why=why)

    async def heard(self, correlation_id: str, *names: str, within: float = 30.0) -> None:
        """Wait until the named events of one request are on the log."""

        def all_of_them() -> bool:
            heard = self.watcher.names(correlation_id)
            assert set(names) <= set(heard), f"{sorted(set(names) - set(heard))} not among {heard}"
            return True

        await eventually(all_of_them, within, every=0.05)

    def evidence(self) -> str:
        """Return what was asked of the platform and what it has said then: a failed test shows it."""
        rows = [f"{each.who}: {each.call} {each.status} in {each.took_ms:.0f} ms" for each in self.steps]
        different = {(each.who, each.call): each for each in self.steps}  # the last of those that were asked again
        for each in list(different.values())[-5:]:
            rows.append(f"after {each.call}: {self.watcher.names(each.request_id)}")
        return "\n".join([*rows, self.watcher.standing()])

    async def payment_faults(self, **faults: Any) -> None:
        """Have the payment double misbehave; without arguments it behaves."""
        async with self.session.put(f"{self.payments}/_control", json=faults) as answer:
            assert answer.status == 200, await answer.text()

    async def mail_faults(self, **faults: Any) -> None:
        """Have the mail catcher misbehave; without arguments it behaves."""
        async with self.session.put(f"{self.mail_view}/_mail/control", json=faults) as answer:
            assert answer.status == 200, await answer.text()

    async def administrator(self, person: Visitor) -> None:
        """Make a signed-in person an administrator of the platform."""
        await grant(self.settings, person.email, give=True)

        async def granted() -> bool:
            await person.sign_in()
            claims = jwt.decode(person.token, options={"verify_signature": False})
            return "admin" in str(claims.get("scope", ""))

        await self.until(granted, "the administrator's token")

    async def kill(self, service: str) -> None:
        """Kill a service; nobody restarts it."""
        await asyncio.to_thread(self.stage.do, self.stage.platform.children[service].stop(within_s=0.0))

    async def start(self, service: str) -> None:
        """Start a service that was killed, and wait until it is ready."""
        await asyncio.to_thread(self.stage.do, self.stage.platform.children[service].start(within_s=60))

    async def ledger(self, order_id: str) -> dict[str, Any]:
        """Return what the payment double's ledger says of an order."""
        async with self.session.get(f"{self.payments}/_ledger", params={"order": order_id}) as answer:
            found: dict[str, Any] = await answer.json()
            return found


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start the platform once, on the broker that was chosen."""
    yield from staged(tmp_path_factory.mktemp("platform"), sign_in_returns=("http://127.0.0.1/signed-in",))


def staged(folder: Path, **settings: Any) -> Iterator[Stage]:
    """Run a platform of one's own."""
    with contextlib.ExitStack() as stack:
        choice = chosen()
        log = None if choice == EMBEDDED else stack.enter_context(broker_address(choice))
        urls = stack.enter_context(own_databases(chosen_database()))
        # As a person gives them: no process hands a password on, so each finds its URL where we did.
        given = {f"REPTIDEX_{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name, url in given.items():
            environment.setenv(name, url)
        stage = Stage(folder, log, database_urls=urls, **settings)
        stack.callback(stage.close)
        stage.do(stage.platform.start(), within=180)
        for child in stage.platform.children.values():
            # Another stage may be up when this one starts a process again.
            child.environment = {**child.environment, **given}
        yield stage


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a test a client of its own."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def world(stage: Stage, session: aiohttp.ClientSession) -> AsyncIterator[World]:
    """Give a test the platform, a session and a view of the log from now on; everything behaves again afterwards."""
    watcher = Watcher(stage.settings.log, [event.contract.topic for event in events()])
    await watcher.start()
    world = World(stage, session, watcher)
    try:
        yield world
    finally:
        await world.payment_faults()
        await world.mail_faults()
        await watcher.stop()


@pytest.fixture
async def confirmed(world: World) -> Confirmed:
    """Return what makes somebody with a confirmed account who is signed in."""

    async def make(name: str) -> Visitor:
        person = world.visitor(name)
        await person.register()
        await person.confirm(await world.until(person.confirmation_token, "the welcome mail"))
        await person.sign_in()
        return person

    return make
