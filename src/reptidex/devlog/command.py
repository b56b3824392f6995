"""`reptidex log`: run the embedded log in a process of its own."""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import signal
import sys
from pathlib import Path

from reptidex.devlog.options import MEBIBYTE, Options, Security

GARBAGE_THRESHOLD = 50_000
HIGHEST_PORT = 65_535


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the sub-command `log`; its `run` default is this module's `run`."""
    parser = subparsers.add_parser("log", help="run the embedded Kafka-protocol log")
    add_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("--data-dir", type=Path, required=True, help="where records are kept; one process at a time")
    parser.add_argument("--port", type=port, default=9092, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--advertised-host", help="host name told to clients, if not --host")
    parser.add_argument("--json", action="store_true", help="print the ready line as JSON")
    parser.add_argument("--ready-file", type=Path, help="write HOST:PORT here once it listens")
    parser.add_argument("--no-auto-create", action="store_true", help="do not create topics on first use")
    parser.add_argument("--default-partitions", type=int, default=4, help="of topics created on first use")
    parser.add_argument(
        "--group-delay", type=float, default=0.1, metavar="SECONDS", help="wait for a group's first members"
    )
    parser.add_argument("--full-fetch", action="store_true", help="name every partition in every fetch's answer")
    parser.add_argument("--free-floor", type=int, default=64, metavar="MB", help="refuse records below this free space")
    parser.add_argument("--faults", type=Path, help="JSON file of faults to inject, for tests")
    parser.add_argument("--tls-certificate", type=Path, help="PEM file; with --tls-key")
    parser.add_argument("--tls-key", type=Path, help="PEM file of the private key")
    parser.add_argument("--users", type=Path, help='JSON file {"user": "password"} for SASL/PLAIN')


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code (2 when the start was refused)."""
    from reptidex.devlog.errors import StartRefused  # the log is loaded only when it is to run

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        return _loop_runner().run(_serve(args))
    except (StartRefused, OSError, ValueError) as error:
        print(f"reptidex: the log does not start: {_said(error)}", file=sys.stderr)
        return 2


def port(text: str) -> int:
    """Read a port. Raises `ArgumentTypeError`."""
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0 to {HIGHEST_PORT})")
    return int(text)


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _loop_runner() -> asyncio.Runner:
    with contextlib.suppress(ImportError):
        import uvloop

        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()


def _options(args: argparse.Namespace) -> Options:
    users = _users(args.users) if args.users else {}
    return Options(
        data_dir=args.data_dir,
        host=args.host,
        port=args.port,
        advertised_host=args.advertised_host,
        auto_create=not args.no_auto_create,
        default_partitions=args.default_partitions,
        group_delay=args.group_delay,
        sparse_fetch=not args.full_fetch,
        free_floor=args.free_floor * MEBIBYTE,
        security=Security(args.tls_certificate, args.tls_key, users),
    )


def _users(file: Path) -> dict[str, str]:
    try:
        users = json.loads(file.read_text())
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    if not isinstance(users, dict) or not all(isinstance(password, str) for password in users.values()):
        raise ValueError(f'{file}: {{"user": "password"}} is expected')
    return users


def _spare_the_collector() -> None:
    """Collect cyclic garbage seldom: a fetch makes hundreds of tuples and no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


async def _serve(args: argparse.Namespace) -> int:
    from reptidex.devlog.server.faults import Faults
    from reptidex.devlog.server.service import DevLog

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    faults = Faults.load(args.faults) if args.faults else None
    async with DevLog(_options(args), faults=faults) as log:
        ready = {"listening": log.bootstrap, "data_dir": str(args.data_dir)}
        print(json.dumps(ready) if args.json else f"listening on {log.bootstrap}", flush=True)
        if args.ready_file:
            temporary = args.ready_file.with_name(args.ready_file.name + ".tmp")
            temporary.write_text(log.bootstrap)
            temporary.replace(args.ready_file)
        _spare_the_collector()
        await stop.wait()
    return 0
