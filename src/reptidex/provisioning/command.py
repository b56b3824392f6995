"""`reptidex aws plan|apply|destroy|policies|export|redrive`."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from reptidex.connectors.bridge.provisioning import destroy, diff
from reptidex.connectors.bridge.provisioning.actual import Actual, read
from reptidex.connectors.bridge.provisioning.apply import Outcome, apply, to_apply
from reptidex.connectors.bridge.provisioning.clients import Clients, key_arn
from reptidex.connectors.bridge.provisioning.desired import Options, Resource, resources
from reptidex.connectors.bridge.provisioning.export_cloudformation import templates
from reptidex.connectors.bridge.provisioning.export_terraform import FILE, terraform
from reptidex.connectors.bridge.provisioning.landscape import Landscape, landscape
from reptidex.connectors.bridge.provisioning.place import Place
from reptidex.connectors.bridge.provisioning.redrive import redrive
from reptidex.connectors.bridge.provisioning.roles import ROLES, role_policies
from reptidex.errors import SettingsError
from reptidex.provisioning.consumers import consumers_of, let_in, matching, named, read_partners
from reptidex.provisioning.report import plan_document, show_outcome, show_plan
from reptidex.settings import Settings, load
from reptidex.terminal import print_json, progress_bar

PENDING = 2
"""The exit code of `plan` where AWS is not as it should be."""

HOLDS = "it holds about {} messages, which would go with it: have them read, or move them (`reptidex aws redrive`)"


def add_parsers(commands: Any) -> None:
    """Add `aws` with its actions."""
    root = commands.add_parser("aws", help="plan, make, export or take away what the bridge needs on AWS")
    actions = root.add_subparsers(required=True, metavar="ACTION")
    plan = _action(actions, "plan", "show what is missing, changed, changed by hand, not ours or left over", _plan)
    plan.add_argument("--all", action="store_true", help="show what is unchanged too")
    plan.add_argument("--json", action="store_true", help="print the outcome as JSON")
    making = _action(
        actions, "apply", "make AWS as it should be; may be repeated, and goes on where it broke off", _apply
    )
    making.add_argument("--adopt", action="store_true", help="take over what has a name of ours and is not ours")
    making.add_argument("--prune", action="store_true", help="take away what is ours and wanted no more")
    making.add_argument("--json", action="store_true", help="print the outcome as JSON")
    ending = _action(actions, "destroy", "take away everything that carries the tag of this environment", _destroy)
    ending.add_argument("--yes", action="store_true", help="do not ask")
    ending.add_argument("--json", action="store_true", help="print the outcome as JSON")
    policies = _action(actions, "policies", "print the least that each role needs, as IAM policies", _policies)
    policies.add_argument("--role", choices=ROLES, help="only this one, as a document ready for IAM")
    policies.add_argument(
        "--of", metavar="CONSUMER", default="", help="narrow the consumer's policy to this one's queues"
    )
    policies.add_argument("--bucket", help="the bucket of large payloads (REPTIDEX_BRIDGE_BUCKET)")
    exporting = _action(actions, "export", "write the same as files of another tool", _export)
    exporting.add_argument("--format", choices=("terraform", "cloudformation"), required=True, help="for which tool")
    exporting.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="where to (default: here)")
    says = "move messages of a dead-letter queue back to a queue, also where SQS's own redrive refuses"
    moving = actions.add_parser("redrive", help=says, description=says)
    moving.add_argument(
        "source", metavar="DEAD_LETTERS", help="the queue's name, such as prod-repti_-media-events-dead"
    )
    moving.add_argument("target", metavar="QUEUE", help="where to, such as prod-repti_-media-events")
    moving.add_argument("--most", type=int, metavar="N", help="only so many")
    moving.add_argument("--json", action="store_true", help="print the outcome as JSON")
    moving.set_defaults(run=lambda arguments: asyncio.run(_redrive(arguments, load())))


def _action(
    actions: Any, name: str, says: str, run: Callable[..., Coroutine[Any, Any, int]]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=says, description=says)
    parser.add_argument("--env", metavar="NAME", help="the environment that names begin with (REPTIDEX_BRIDGE_ENV)")
    parser.add_argument(
        "--events",
        action="append",
        metavar="PATTERN",
        help="only these, such as 'order.*' (default: what the bridge's settings let through)",
    )
    parser.add_argument("--consumer", action="append", metavar="NAME", help="only these: bridge, animal, a partner …")
    parser.add_argument("--partners", type=Path, metavar="FILE", help="YAML: partners with a name and events")
    parser.add_argument("--kms-key", default="", metavar="KEY", help="a customer-managed key, by id, ARN or alias")
    parser.add_argument("--uploads", action="store_true", help="a queue in which REPTIDEX_S3_BUCKET tells of uploads")
    parser.add_argument("--payloads", action="store_true", help="have large events expire (REPTIDEX_BRIDGE_BUCKET)")
    parser.add_argument("--alarm-action", action="append", default=[], metavar="ARN", help="whom alarms tell")
    parser.set_defaults(run=lambda arguments: asyncio.run(run(arguments, load())))
    return parser


def _landscape(arguments: argparse.Namespace, settings: Settings) -> Landscape:
    from reptidex.services import all_services  # all six services' code: only when it is asked for

    partners = read_partners(arguments.partners) if arguments.partners else []
    known = consumers_of(all_services(), partners, settings)
    chosen = list(known) if arguments.consumer is None else arguments.consumer
    for name in chosen:
        if name not in known:
            raise SettingsError(f"no consumer is called {name!r}; there are {', '.join(known)}")
    through = {*named(settings.bridge_outbound), *let_in(settings.bridge_inbound)}
    events = set(matching(arguments.events)) if arguments.events else through
    consumers = [
        msgspec.structs.replace(known[name], events=tuple(each for each in known[name].events if each in events))
        for name in chosen
    ]
    environment = settings.bridge_env if arguments.env is None else arguments.env
    bucket = settings.s3_bucket if arguments.uploads else ""
    return landscape(
        sorted(events), consumers, environment=environment, fifo=settings.bridge_fifo, uploads_bucket=bucket
    )


def _options(arguments: argparse.Namespace, settings: Settings) -> Options:
    payloads = settings.bridge_bucket if arguments.payloads else ""
    return Options(kms_key=arguments.kms_key, alarm_actions=tuple(arguments.alarm_action), payloads=payloads)


Work = Callable[[Clients, Place, list[Resource], Actual], Awaitable[int]]


async def _on_aws(arguments: argparse.Namespace, settings: Settings, work: Work) -> int:
    planned = _landscape(arguments, settings)
    call = Clients(settings)
    try:
        place = await call.place(planned.environment)
        if place.account != settings.bridge_account:
            said = f"these credentials are of {place.account}, REPTIDEX_BRIDGE_ACCOUNT is {settings.bridge_account}"
            print(f"reptidex: {said}: the bridge would look for its topics there", file=sys.stderr)
        if arguments.kms_key:
            arguments.kms_key = await key_arn(call, arguments.kms_key)
        wanted = resources(planned, place, _options(arguments, settings))
        return await work(call, place, wanted, await read(call, place, wanted))
    finally:
        await call.aclose()


async def _plan(arguments: argparse.Namespace, settings: Settings) -> int:
    async def work(_: Clients, place: Place, wanted: list[Resource], actual: Actual) -> int:
        changes = diff.compare(wanted, actual, place)
        if arguments.json:
            print_json(plan_document(changes, place))
        else:
            show_plan(_console(), changes, place, everything=arguments.all)
        return PENDING if any(change.pending for change in changes) else 0

    return await _on_aws(arguments, settings, work)


async def _redrive(arguments: argparse.Namespace, settings: Settings) -> int:
    call = Clients(settings)
    try:
        with _console().status("moving") as shown:
            found = await redrive(
                call,
                arguments.source,
                arguments.target,
                most=arguments.most,
                told=lambda moved: shown.update(f"{moved} moved"),
            )
    finally:
        await call.aclose()
    if arguments.json:
        print_json(msgspec.to_builtins(found))
    else:
        print(f"{found.moved} of {found.there} moved")
        for message, why in found.refused.items():
            print(f"refused {message}: {why}", file=sys.stderr)
    return 1 if found.refused else 0


async def _apply(arguments: argparse.Namespace, settings: Settings) -> int:
    async def work(call: Clients, place: Place, wanted: list[Resource], actual: Actual) -> int:
        changes = diff.compare(wanted, actual, place)
        chosen = to_apply(changes, adopt=arguments.adopt)
        refused = [each for each in changes if each.state == "foreign" and each.wanted is not None]
        if refused and not arguments.adopt:
            show_plan(Console(stderr=True, highlight=False), refused, place)
            raise SettingsError(
                "these have names of ours and are not ours; nothing was touched (`--adopt` takes them over)"
            )
        spare = [each.found for each in changes if each.state == "leftover" and each.found] if arguments.prune else []
        # Nobody is asked here, as by `destroy`: what holds messages stays until somebody has read or moved them.
        full = {f"queue {each.name}": HOLDS.format(each.messages) for each in spare if each.messages}
        spare = [each for each in spare if not each.messages]
        with _Bar(len(chosen) + len(spare)) as told:
            outcome = await apply(call, place, chosen, wanted, told)
            if (spare or full) and not outcome.failed:
                gone = await destroy.remove(call, place, spare, told)
                outcome = Outcome(done=outcome.done + gone.done, failed=gone.failed | full, left=gone.left)
        return _tell(arguments, outcome, "made as they should be")

    return await _on_aws(arguments, settings, work)


async def _destroy(arguments: argparse.Namespace, settings: Settings) -> int:
    async def work(call: Clients, place: Place, _: list[Resource], actual: Actual) -> int:
        found = destroy.ours(actual, place)
        full = [each for each in found if each.messages]
        console = Console(stderr=True, highlight=False)
        for each in found if not arguments.json else ():
            console.print(f"- {each.kind:<12} {each.name}" + (f"  ({each.messages} messages)" if each.messages else ""))
        if not found:
            return _tell(arguments, Outcome(), "taken away")
        if not arguments.yes:
            asked = f"{len(found)} of {place.owner} in {place.account}, {place.region}, go away"
            asked += f" with the messages in {len(full)} queues" if full else ""
            if _answer(f"{asked}. Type {place.owner} to go on: ") != place.owner:
                print("nothing was touched", file=sys.stderr)
                return 1
        with _Bar(len(found)) as told:
            outcome = await destroy.remove(call, place, found, told)
        return _tell(arguments, outcome, "taken away")

    return await _on_aws(arguments, settings, work)


async def _policies(arguments: argparse.Namespace, settings: Settings) -> int:
    planned = _landscape(arguments, settings)
    call = Clients(settings)
    try:
        place = await call.place(planned.environment)
        key = await key_arn(call, arguments.kms_key) if arguments.kms_key else ""
    finally:
        await call.aclose()
    bucket = settings.bridge_bucket if arguments.bucket is None else arguments.bucket
    made = role_policies(
        planned,
        place,
        kms_key_arn=key,
        bucket=bucket,
        consumer=arguments.of,
        bus=settings.bridge_bus,
        posted=settings.sns_topics,
    )
    if arguments.role and arguments.role not in made:
        raise SettingsError("no topic may post to repti-core: REPTIDEX_SNS_TOPICS names none")
    print_json(made[arguments.role] if arguments.role else made)
    return 0


async def _export(arguments: argparse.Namespace, settings: Settings) -> int:
    planned = _landscape(arguments, settings)
    options = _options(arguments, settings)
    terraforming = arguments.format == "terraform"
    files = {FILE: terraform(planned, options)} if terraforming else templates(planned, options)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (arguments.out / name).write_text(text)
        print(arguments.out / name)
    return 0


def _answer(question: str) -> str:
    try:
        return input(question)
    except EOFError:  # nobody is there to answer
        return ""


def _tell(arguments: argparse.Namespace, outcome: Outcome, verb: str) -> int:
    if arguments.json:
        print_json(msgspec.to_builtins(outcome))
    else:
        show_outcome(_console(), outcome, verb)
    return 1 if outcome.failed else 0


class _Bar:
    """A bar on standard error, where somebody looks at it."""

    def __init__(self, total: int) -> None:
        self._bar = progress_bar(counts_down=False)
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Callable[[str], None]:
        self._bar.start()
        return lambda name: self._bar.update(self._task, advance=1, description=name[:48])

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
