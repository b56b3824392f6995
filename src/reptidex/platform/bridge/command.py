"""`reptidex bridge`: runs the bridge, and shows how a running one stands."""

import argparse
import asyncio
from typing import Any

import aiohttp
import msgspec

from reptidex.connectors.bridge.ports import Direction
from reptidex.errors import SettingsError, UnavailableError
from reptidex.settings import Settings, load

DIRECTIONS: tuple[Direction, ...] = ("outbound", "inbound")


def add_parsers(commands: Any) -> None:
    """Add the command."""
    bridge = commands.add_parser(
        "bridge",
        help="carry events between the log and SNS/SQS",
        description="Carries events between the log and SNS/SQS until SIGTERM. What crosses is said by the settings"
        " REPTIDEX_BRIDGE_…; docs/bridge.md explains them.",
    )
    bridge.add_argument("action", nargs="?", choices=("run", "status"), default="run", help="default: run")
    bridge.add_argument("--outbound", action="store_true", help="from the log to SNS")
    bridge.add_argument("--inbound", action="store_true", help="from SQS to the log")
    bridge.add_argument("--once", action="store_true", help="carry what is there now, then end")
    bridge.add_argument("--json", action="store_true", help="status and figures as JSON")
    bridge.set_defaults(run=_run)


def directions_of(arguments: argparse.Namespace, settings: Settings) -> tuple[Direction, ...]:
    """Return the directions that were asked for, else those of the settings. Raises `SettingsError` where there are none."""
    asked = tuple(each for each in DIRECTIONS if getattr(arguments, each))
    wanted = asked or settings.bridge
    if not wanted or not set(wanted) <= set(DIRECTIONS):
        raise SettingsError("say --outbound, --inbound or both, or name them in REPTIDEX_BRIDGE (outbound,inbound)")
    return tuple(each for each in DIRECTIONS if each in wanted)


def _run(arguments: argparse.Namespace) -> int:
    from reptidex.platform.commands import log_to_stderr
    from reptidex.platform.worker import run

    settings = load()
    if arguments.action == "status":
        return asyncio.run(_status(settings, as_json=arguments.json))
    log_to_stderr(settings.log_level)
    directions = directions_of(arguments, settings)
    return run(_once(settings, directions, as_json=arguments.json) if arguments.once else _stay(settings, directions))


async def _stay(settings: Settings, directions: tuple[Direction, ...]) -> int:
    from reptidex.platform.bridge.process import Bridge

    return await Bridge(settings, directions).run()


async def _once(settings: Settings, directions: tuple[Direction, ...], *, as_json: bool) -> int:
    from reptidex.platform.bridge.process import Bridge
    from reptidex.terminal import print_json

    bridge = Bridge(settings, directions)
    try:
        await bridge.start(once=True)
        await bridge.run_once()
    finally:
        await bridge.stop()
    counted = bridge.status()["counted"]
    if as_json:
        print_json(counted)
    else:
        print("\n".join(f"{count:>8} {what}" for what, count in counted.items()) or "nothing had to cross")
    return 0


async def _status(settings: Settings, *, as_json: bool) -> int:
    from reptidex.terminal import print_json

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(f"{settings.bridge_url}/status") as answer,
        ):
            found = await answer.json()
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        raise UnavailableError(f"the bridge at {settings.bridge_url}", str(problem)) from problem
    if as_json:
        print_json(found)
        return 0
    print(
        f"up for {found['uptime_s']} s: {', '.join(found['directions'])}; {found['lanes_waiting']} keys wait behind letters"
    )
    for what, count in sorted(found["counted"].items()):
        print(f"{count:>10} {what}")
    for direction in DIRECTIONS:
        for name, value in (found[direction] or {}).items():
            print(f"{direction:>10} {name}: {msgspec.json.encode(value).decode()}")
    return 0
