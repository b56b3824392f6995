"""Start the embedded log, the doubles and the six services in order; keep them up; stop them in the reverse order."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from reptidex.errors import SettingsError
from reptidex.platform.process import Child, Ready, StartError
from reptidex.platform.secrets import local_secrets, local_sign_in
from reptidex.settings import BRIDGE, SERVICES, Settings, as_environment, kept_back

Say = Callable[[str], None]
LOOPBACK = "127.0.0.1"


class Doubles(msgspec.Struct, frozen=True, kw_only=True):
    """Where the local doubles listen."""

    payments: int
    mail: int
    mail_view: int
    aws: int | None = None
    """None: keys and files stand on this machine's disk, and so outlast a restart, which the AWS double does not."""


def listened_on(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback address."""
    with socket.socket() as trial:
        return trial.connect_ex((LOOPBACK, port)) == 0


def when_file(path: Path) -> Ready:
    """Return a check that a ready-file has been written."""

    async def ready() -> bool:
        return path.exists() and path.stat().st_size > 0

    return ready


def when_answers(url: str) -> Ready:
    """Return a check that a GET answers 200."""

    async def ready() -> bool:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
                session.get(url) as answer,
            ):
                return answer.status == 200
        return False

    return ready


class Platform:
    """The platform as processes of this machine.

    `settings.log` on the loopback address means the embedded log, which is then started here; any other address is taken as
    it is. The doubles are started when `doubles` names their ports, and the services are pointed at them.

    Every process gets the settings as they are here; secrets it finds as this process did. Raises `SettingsError` for a
    secret that it would not find: one that was given here by other means than the environment.
    """

    def __init__(self, settings: Settings, *, doubles: Doubles | None, say: Say, embedded_log: bool = True) -> None:
        if lost := kept_back(settings):
            raise SettingsError(f"no process of the platform would get {', '.join(lost)}: set it in the environment")
        self.settings, self.doubles, self.say = settings, doubles, say
        self.children: dict[str, Child] = {}
        self.run_dir = settings.state / "run"
        self.log_dir = settings.state / "logs"
        self.embedded_log = embedded_log

    def _add(self, name: str, arguments: list[str], environment: dict[str, str], ready: Ready) -> Child:
        child = Child(name, arguments, environment, self.log_dir / f"{name}.log", ready)
        self.children[name] = child
        return child

    async def _start(self, child: Child) -> None:
        took = await child.start(within_s=120)
        self.say(f"  {child.name:<10} ready in {took:4.1f} s")

    async def start(self) -> None:
        """Start everything, in order. Raises `StartError`, with everything stopped again, or before anything was touched."""
        self._check_ports()
        self.settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.run_dir.mkdir(exist_ok=True)
        for stale in self.run_dir.glob("*.ready"):
            stale.unlink()
        try:
            await asyncio.gather(self._migrate(), *(self._start(child) for child in self._foundations()))
            await asyncio.gather(*(self._start(child) for child in self._services()))
            await asyncio.gather(*(self._start(child) for child in self._bridge()))
        except BaseException:
            await self.stop()
            raise

    async def _migrate(self) -> None:
        """Bring the databases up to date in a process of its own: no worker keeps in memory what that takes."""
        if self.settings.environment == "development":
            log = self.log_dir / "migrate.log"
            await Child("migrate", ["-m", "reptidex", "migrate"], self._shared(), log, when_file(log)).finish()

    def _check_ports(self) -> None:
        """Find out before anything is started whether somebody else listens where we mean to."""
        wanted = {f"repti-{name}": port_of(url) for name, url in self.settings.urls.items()}
        if self.embedded_log:
            wanted["the log"] = port_of(f"//{self.settings.log}")
        if self.doubles:
            ports = msgspec.structs.asdict(self.doubles)
            wanted |= {f"the double of {name.replace('_', ' ')}": port for name, port in ports.items() if port}
        taken = [f"{port} ({name})" for name, port in wanted.items() if listened_on(port)]
        if taken:
            raise StartError(
                f"these ports of {LOOPBACK} are taken: {', '.join(taken)}. Is the platform up already?"
                " REPTIDEX_LOG and REPTIDEX_<SERVICE>_URL put it elsewhere"
            )

    def _foundations(self) -> list[Child]:
        started = []
        if self.embedded_log:
            port = self.settings.log.rsplit(":", 1)[1]
            ready = self.run_dir / "log.ready"
            arguments = ["-m", "reptidex", "log", "--port", port, "--data-dir", str(self.settings.state / "log")]
            started.append(self._add("log", [*arguments, "--ready-file", str(ready)], {}, when_file(ready)))
        if self.doubles:
            ready = self.run_dir / "doubles.ready"
            ports = self.doubles
            arguments = ["-m", "reptidex.doubles", "--payments", str(ports.payments), "--smtp", str(ports.mail)]
            arguments += ["--mail-view", str(ports.mail_view)]
            arguments += ["--aws", str(ports.aws)] if ports.aws else []
            arguments += ["--delivery-reports", f"{self.settings.urls['community']}/webhooks/mail"]
            arguments += ["--state-dir", str(self.settings.state / "doubles"), "--ready-file", str(ready)]
            arguments += ["--secrets-dir", str(self.settings.state / "secrets")]
            arguments += ["--webhooks", self.settings.urls["core"]]
            local_secrets(self.settings)
            local_sign_in(self.settings, f"http://127.0.0.1:{ports.payments}")
            started.append(self._add("doubles", arguments, {}, when_file(ready)))
        return started

    def _shared(self) -> dict[str, str]:
        placed = msgspec.structs.replace(self.settings, state_dir=str(self.settings.state.resolve()))
        return as_environment(placed) | self._double_urls()

    def _bridge(self) -> list[Child]:
        """Return the bridge, where the settings name its directions."""
        if not self.settings.bridge:
            return []
        # Alive, not ready: it waits for queues that `reptidex aws apply` may still have to make.
        ready = when_answers(f"{self.settings.bridge_url}/health")
        return [self._add(BRIDGE, ["-m", "reptidex", "bridge"], self._shared(), ready)]

    def _services(self) -> list[Child]:
        secrets = local_secrets(self.settings) if self.settings.environment == "development" else {}
        shared = self._shared()
        started = []
        for name in SERVICES:
            environment = shared | secrets.get(name, {})
            ready = when_answers(f"{self.settings.urls[name]}/health/ready")
            started.append(self._add(name, ["-m", "reptidex", "run", name], environment, ready))
        return started

    def _double_urls(self) -> dict[str, str]:
        if self.doubles is None:
            return {}
        payments = f"http://127.0.0.1:{self.doubles.payments}"
        urls = {
            "REPTIDEX_STRIPE_URL": payments,
            "REPTIDEX_PAYPAL_URL": payments,
            "REPTIDEX_PAYPAL_CERT_HOSTS": f"127.0.0.1:{self.doubles.payments}",
            "REPTIDEX_PAYPAL_WEBHOOK_ID": "WH-REPTIDEX-LOCAL",
            "REPTIDEX_SMTP_URL": f"smtp://127.0.0.1:{self.doubles.mail}",
            "REPTIDEX_PUBLIC_URL": self.settings.urls["core"],
            "REPTIDEX_TWILIO_URL": payments,
            "REPTIDEX_TWILIO_ACCOUNT": "AC_double",
            "REPTIDEX_TWILIO_SENDER": "+15005550006",
            "REPTIDEX_TWILIO_REPORTS": f"{self.settings.urls['community']}/webhooks/texts",
        }
        if self.doubles.aws:
            urls["REPTIDEX_AWS_ENDPOINT"] = f"http://127.0.0.1:{self.doubles.aws}"
        return urls

    async def stop(self) -> None:
        """Stop the services and the bridge first, then the doubles, the log last."""
        services = [self.children[name] for name in (*SERVICES, BRIDGE) if name in self.children]
        await asyncio.gather(*(child.stop() for child in services))
        for name in ("doubles", "log"):
            if name in self.children:
                await self.children[name].stop()

    def status(self) -> list[tuple[str, str, str]]:
        """Return name, state and address of each process."""
        rows, others = [], {"log": self.settings.log, BRIDGE: self.settings.bridge_url}
        for name, child in self.children.items():
            address = others.get(name) or self.settings.urls.get(name, "")
            state = child.state + (f" (restarted {child.restarts} times)" if child.restarts else "")
            rows.append((name, state, address))
        return rows

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Platform"]:
        """Start, and stop whatever happens."""
        await self.start()
        try:
            yield self
        finally:
            await self.stop()


def port_of(url: str) -> int:
    """Return the port of an address such as `http://127.0.0.1:8001`."""
    parts: Any = urlsplit(url)
    return int(parts.port or (443 if parts.scheme == "https" else 80))
