"""The commands that show the catalogue of events: `contracts` and `asyncapi`."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from reptidex import settings
from reptidex.errors import UnknownContractError
from reptidex.services.hearing import hears_of, readers_of
from reptidex.services.service import Service
from reptidex.streams import asyncapi, asyncapi_page, baseline
from reptidex.streams.contract import Event, message_class
from reptidex.streams.facts import Readers, example_of, fact_of, facts, fields_of
from reptidex.streams.markdown import markdown
from reptidex.streams.schema import schema_of
from reptidex.terminal import json_text, print_json, table_console

Parsers = Any
"""What `argparse.ArgumentParser.add_subparsers` returns; its type is private."""
Manifests = Callable[[], Mapping[str, Service]]
"""Gives the manifests by the short names of the services; called only by a command that needs to know who hears what."""


def _all_services() -> Mapping[str, Service]:
    from reptidex.services import all_services  # all six services' code: only when it is asked for

    return all_services()


def add_parsers(commands: Parsers, manifests: Manifests = _all_services) -> None:
    """Add this module's commands."""
    contracts = commands.add_parser("contracts", help="list the events of the platform, or show one with its fields")
    contracts.add_argument("name", nargs="?", help="an event, such as animal.created")
    contracts.add_argument("--service", choices=settings.SERVICES, help="only what this service publishes")
    what = contracts.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="as JSON; for one event with its schema and an example")
    what.add_argument(
        "--export", action="store_true", help="freeze the JSON Schemas; refused where a change breaks readers"
    )
    what.add_argument("--markdown", type=Path, metavar="FILE", help="write the catalogue as a page of Markdown")
    contracts.set_defaults(run=lambda arguments: _contracts(arguments, manifests))

    document = commands.add_parser("asyncapi", help="write the AsyncAPI 3.0 document of all events")
    document.add_argument(
        "--out", type=Path, metavar="FILE", help="the file; without it the document goes to standard output"
    )
    document.add_argument("--format", choices=("json", "yaml", "html"), default="json", help="default: %(default)s")
    document.set_defaults(run=lambda arguments: _asyncapi(arguments, manifests))


def _contracts(arguments: argparse.Namespace, manifests: Manifests) -> int:
    if arguments.export:
        written = baseline.export()
        print("\n".join(path.name for path in written) or "every schema is as its class says")
        return 0
    readers = readers_of(manifests())
    if arguments.markdown:
        arguments.markdown.write_text(markdown(readers))
    elif arguments.name:
        _show_one(_event(arguments.name), readers, as_json=arguments.json)
    elif arguments.json:
        print_json(facts(readers, arguments.service))
    else:
        table_console().print(_table(readers, arguments.service))
    return 0


def _event(name: str) -> type[Event]:
    found = message_class(name)
    if not issubclass(found, Event):
        raise UnknownContractError(name)
    return found


def _table(readers: Readers, service: str | None) -> Table:
    table = Table("event", "key", "owner", "SNS topic", "v", "kept", "read by", box=None, header_style="bold")
    for fact in facts(readers, service):
        kept = "for ever" if fact.kept_days is None else f"{fact.kept_days} d"
        row = (fact.name, fact.key, fact.service, fact.sns, str(fact.version), kept, " ".join(fact.read_by))
        table.add_row(*row)
    return table


def _show_one(cls: type[Event], readers: Readers, *, as_json: bool) -> None:
    fact = fact_of(cls, readers)
    if as_json:
        print_json(msgspec.to_builtins(fact) | {"schema": schema_of(cls), "example": example_of(cls)})
        return
    console = table_console()
    console.print(f"{fact.name} version {fact.version}", style="bold")
    console.print(fact.says)
    console.print(f"published by {fact.service}, key {fact.key}, SNS {fact.sns}")
    for service, why in fact.read_by.items():
        console.print(f"read by repti-{service}: {why}")
    table = Table("field", "type", "", "says", box=None, header_style="bold")
    for field in fields_of(cls):
        table.add_row(field.path, field.type, "required" if field.required else "", field.says)
    console.print(table)
    print_json(example_of(cls))


def _asyncapi(arguments: argparse.Namespace, manifests: Manifests) -> int:
    known = settings.load()
    document = asyncapi.document(
        hears_of(manifests()), log=known.log, partitions=known.partitions, replication=known.replication
    )
    if arguments.format == "html":
        text = asyncapi_page.page(document)
    elif arguments.format == "yaml":
        text = msgspec.yaml.encode(document).decode()
    else:
        text = json_text(document) + "\n"
    if arguments.out:
        arguments.out.write_text(text)
    else:
        sys.stdout.write(text)
    return 0
