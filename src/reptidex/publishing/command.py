"""`reptidex publish FILE|-`."""

import argparse
import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from reptidex.errors import ReptidexError, SettingsError, UnavailableError, UnknownContractError
from reptidex.publishing.cdc import Mapping, mapped, read_mapping
from reptidex.publishing.checking import Ready, Refusal, check, is_event
from reptidex.publishing.reading import pieces
from reptidex.settings import SERVICES, Settings, load
from reptidex.terminal import print_json, progress_bar

if TYPE_CHECKING:
    from reptidex.publishing.targets import Target

REFUSED = 2
"""The exit code where events were refused; 1 where the target is away."""
SHOWN = 20
PAUSES_S = (0.2, 0.4, 0.8, 1.6)
"""Between the attempts at a target that is away."""


def add_parsers(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "publish",
        help="check events of a file against their contracts, and publish them",
        description=(
            "FILE holds CloudEvents as JSON lines or as one array, bare payloads with --type, or rows of change data capture "
            "with --cdc. All are checked before the first is published; one that is refused keeps all back, unless "
            "--keep-going is given. Publishing the same file again says nothing new: readers drop ids that they have seen."
        ),
        epilog="exit codes: 0 published, 1 the target is away (do it again), 2 events were refused",
    )
    parser.add_argument("file", metavar="FILE", help="`-` for standard input")
    parser.add_argument("--type", default="", metavar="EVENT", help="FILE holds bare payloads of this event")
    parser.add_argument(
        "--cdc", type=Path, metavar="MAPPING", help="FILE holds Debezium's change events; YAML says what they mean"
    )
    parser.add_argument("--service", choices=SERVICES, help="refuse what is not this service's to say")
    parser.add_argument("--dry-run", action="store_true", help="check only")
    parser.add_argument("--keep-going", action="store_true", help="publish what is right, whatever else is refused")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--http", metavar="URL", help="to repti-core at this address, in the name of --service")
    where.add_argument("--sqs", metavar="QUEUE", help="to an SQS queue, by name or URL")
    where.add_argument("--sns", action="store_true", help="to the SNS topics of REPTIDEX_BRIDGE_ENV")
    where.add_argument("--eventbridge", metavar="BUS", help="to an EventBridge bus")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="with --http: a service token instead of our own secret"
    )
    parser.add_argument(
        "--origin", metavar="NAME", help="with AWS: who says this, as `rxorigin` (REPTIDEX_BRIDGE_INBOUND_ORIGIN)"
    )
    parser.set_defaults(run=lambda arguments: asyncio.run(_run(arguments, load())))


class Report(msgspec.Struct, kw_only=True):
    """What became of a file."""

    checked: int = 0
    published: int = 0
    by_event: dict[str, int] = {}
    refused: list[Refusal] = []
    passed_over: int = 0
    """Rows of change data capture that no rule of the mapping is about."""
    dry_run: bool = False
    failed: str = ""
    """Why it ended early; what was published until then stays published."""


async def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.type and not is_event(arguments.type):
        raise UnknownContractError(arguments.type)
    mapping = read_mapping(arguments.cdc) if arguments.cdc else None
    report = Report(dry_run=arguments.dry_run)
    with progress_bar() as bar:
        ready = _checked(arguments, mapping, report, bar)
        if ready and not arguments.dry_run and (arguments.keep_going or not report.refused):
            await _publish(arguments, settings, ready, report, bar)
    if arguments.json:
        print_json(report)
    else:
        _show(report)
    if report.failed:
        return 1
    return REFUSED if report.refused else 0


def _checked(arguments: argparse.Namespace, mapping: Mapping | None, report: Report, bar: Progress) -> list[Ready]:
    task = bar.add_task("checking", total=None)
    ready: list[Ready] = []
    now = datetime.now(UTC)
    file = _open(arguments.file)
    try:
        for piece in pieces(file):
            report.checked += 1
            if mapping is not None:
                found = mapped(piece, mapping, now=now)
            else:
                found = check(piece, bare=arguments.type, service=arguments.service, now=now)
            if found is None:
                report.passed_over += 1
            elif isinstance(found, Refusal):
                report.refused.append(found)
            else:
                ready.append(found)
            if report.checked % 1000 == 0:
                bar.update(task, completed=report.checked, description=f"checked {report.checked}")
    finally:
        file.close()
    bar.remove_task(task)
    report.by_event = dict(sorted(Counter(each.name for each in ready).items()))
    return ready


def _open(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as problem:
        raise SettingsError(f"{name}: {problem.strerror}") from problem


async def _publish(
    arguments: argparse.Namespace, settings: Settings, ready: Sequence[Ready], report: Report, bar: Progress
) -> None:
    task = bar.add_task("publishing", total=len(ready))
    target = _target(arguments, settings)
    try:
        for begin in range(0, len(ready), target.batch):
            batch = ready[begin : begin + target.batch]
            for each, why in zip(batch, await _sent(target, batch), strict=True):
                if why:
                    report.refused.append(Refusal(place=each.place, detail=why, event_id=each.event_id))
                else:
                    report.published += 1
            bar.update(task, advance=len(batch))
    except ReptidexError as problem:
        report.failed = str(problem)
    finally:
        await target.aclose()


async def _sent(target: "Target", batch: Sequence[Ready]) -> list[str]:
    for pause in PAUSES_S:
        with contextlib.suppress(UnavailableError):
            return await target.send(batch)
        await asyncio.sleep(pause)
    return await target.send(batch)


def _target(arguments: argparse.Namespace, settings: Settings) -> "Target":
    from reptidex.publishing import aws_targets, targets  # boto3 and the log's client: only when something is sent

    origin = arguments.origin or settings.bridge_inbound_origin
    if arguments.sqs:
        return aws_targets.SqsTarget(settings, arguments.sqs, origin=origin)
    if arguments.sns:
        return aws_targets.sns_target(settings, origin=origin)
    if arguments.eventbridge:
        return aws_targets.bus_target(settings, arguments.eventbridge, origin=origin)
    if arguments.http:
        token = _token(arguments.token_file) if arguments.token_file else ""
        if not token and not arguments.service:
            raise SettingsError("--http needs --service, in whose name the events are published, or --token-file")
        secret = settings.service_secrets.get(arguments.service, settings.service_secret)
        return targets.HttpTarget(arguments.http, service=f"repti-{arguments.service}", secret=secret, token=token)
    return targets.LogTarget(settings)


def _token(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"--token-file {file}: {problem}") from problem


def _show(report: Report) -> None:
    console, errors = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    for refusal in report.refused[:SHOWN]:
        where = f" at {refusal.pointer}" if refusal.pointer else ""
        errors.print(Text(f"{refusal.place}{where}: {refusal.detail}"))
    if len(report.refused) > SHOWN:
        errors.print(Text(f"… and {len(report.refused) - SHOWN} more (--json lists all)"))
    for name, count in report.by_event.items():
        console.print(Text(f"{count:>8} {name}"))
    done = "would be published" if report.dry_run else "published"
    count = sum(report.by_event.values()) if report.dry_run else report.published
    told = f"{count} of {report.checked} {done}"
    if report.passed_over:
        told += f", {report.passed_over} passed over"
    if report.refused:
        told += f", {len(report.refused)} refused"
        if not report.published and not report.dry_run:
            told += "; nothing was published (--keep-going publishes the rest)"
    console.print(Text(told))
    if report.failed:
        errors.print(Text(f"it ended early: {report.failed}; publish the same file again"))
