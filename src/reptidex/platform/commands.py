"""The commands that run and show the platform: `run`, `up`, `demo`, `graph`, `settings`, `openapi`, `admin`."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from reptidex.settings import SERVICES, load, without_password

Parsers = Any
"""What `argparse.ArgumentParser.add_subparsers` returns; its type is private."""


def add_parsers(commands: Parsers) -> None:
    """Add this module's commands."""
    run = commands.add_parser("run", help="run one service in this process")
    run.add_argument("service", choices=SERVICES, help="which one")
    run.set_defaults(run=_run)

    up = commands.add_parser(
        "up", help="start the embedded log, the doubles and all six services; Ctrl-C stops all of it"
    )
    up.add_argument("--no-doubles", action="store_true", help="use the outside parts that the settings name")
    up.set_defaults(run=_up)

    demo = commands.add_parser("demo", help="drive both flows through public HTTP and show the chain of events")
    demo.add_argument("--keep", action="store_true", help="use the platform that is already up instead of a fresh one")
    demo.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="where the HTML page goes (default: report.html of the state directory)",
    )
    demo.add_argument("--json", action="store_true", help="print the figures as JSON only")
    demo.set_defaults(run=_demo)

    graph = commands.add_parser("graph", help="draw who hears and who asks whom, from the manifests")
    graph.add_argument(
        "--format",
        choices=("mermaid", "svg", "json"),
        default="mermaid",
        help="default: %(default)s, to standard output",
    )
    graph.set_defaults(run=_graph)

    settings = commands.add_parser("settings", help="list every setting with its value (secrets are not shown)")
    settings.add_argument("--json", action="store_true", help="as JSON, by field")
    settings.set_defaults(run=_settings)

    openapi = commands.add_parser("openapi", help="print the OpenAPI document of a service")
    openapi.add_argument("service", choices=SERVICES, help="whose routes")
    openapi.set_defaults(run=_openapi)

    admin = commands.add_parser("admin", help="make a registered user a platform administrator, or no longer one")
    admin.add_argument("action", choices=("grant", "revoke"), help="give the scope `admin`, or take it away")
    admin.add_argument("email", help="the address that the user registered with")
    admin.set_defaults(run=_admin)


def log_to_stderr(level: str) -> None:
    """Have the process tell of itself on standard error."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Faust says under the names of our tables what it starts, a line for each.
    for noisy in ("faust", "mode", "aiokafka", "asyncio", "reptidex.agents.engine.driver.tables"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _run(arguments: argparse.Namespace) -> int:
    from reptidex.platform.worker import run_service

    settings = load()
    log_to_stderr(settings.log_level)
    return run_service(arguments.service, settings)


def _up(arguments: argparse.Namespace) -> int:
    from reptidex.platform.up import stay_up

    return asyncio.run(stay_up(load(), doubles=not arguments.no_doubles))


def _demo(arguments: argparse.Namespace) -> int:
    from reptidex.platform.demo import run_demo

    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    return asyncio.run(run_demo(load(), keep=arguments.keep, report=arguments.report, as_json=arguments.json))


def _graph(arguments: argparse.Namespace) -> int:
    from reptidex.platform import graph
    from reptidex.services import all_services

    draw = {"mermaid": graph.as_mermaid, "svg": graph.as_svg, "json": graph.as_json}[arguments.format]
    print(draw(list(all_services().values())))
    return 0


def _settings(arguments: argparse.Namespace) -> int:
    from reptidex.settings import SECRETS
    from reptidex.terminal import print_json

    values = msgspec.to_builtins(load())
    for name in SECRETS & set(values):
        values[name] = "(set)" if values[name] else "(not set)"
    values = {name: without_password(value) if isinstance(value, str) else value for name, value in values.items()}
    if arguments.json:
        print_json(values)
        return 0
    urls = values.pop("urls")
    del values["database_urls"]
    values |= {f"{service}_url": url for service, url in urls.items()}
    for name, value in values.items():
        print(f"REPTIDEX_{name.upper():<26} {','.join(value) if isinstance(value, (list, tuple)) else value}".rstrip())
    print(
        "\none database for itself: REPTIDEX_<SERVICE>_DATABASE_URL; a secret NAME may be read from the file NAME_FILE"
    )
    return 0


def _openapi(arguments: argparse.Namespace) -> int:
    from reptidex.http.server.openapi import openapi_document
    from reptidex.services import load as load_service
    from reptidex.terminal import print_json

    print_json(openapi_document(load_service(arguments.service)))
    return 0


def _admin(arguments: argparse.Namespace) -> int:
    from reptidex.platform.admin import grant

    return asyncio.run(grant(load(), arguments.email, give=arguments.action == "grant"))
