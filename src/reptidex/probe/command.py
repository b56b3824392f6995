"""`reptidex probe-broker`: ask a broker the questions this platform relies on."""

import argparse
import asyncio
import json
import logging
import re
import sys
from collections import Counter

from reptidex.probe.registry import PROBES, Outcome, Probe, Target, Verdict
from reptidex.probe.transport import answers

_ROW = "{:<7} {:<34} {:>7}  {}"


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the sub-command `probe-broker`; its `run` default is this module's `run`."""
    parser = subparsers.add_parser("probe-broker", help="ask a Kafka-protocol broker what it can do")
    parser.add_argument("broker", nargs="?", metavar="HOST:PORT", help="bootstrap server, without TLS")
    parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    parser.add_argument("--only", metavar="PATTERN", default="", help="regular expression on the probes' names")
    parser.add_argument("--list", action="store_true", help="print the probes' names and stop")
    parser.add_argument("--replication", type=int, default=1, help="replicas of the topics made (default: 1)")
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the probes one after the other; returns 1 if one failed, 2 if the arguments make no sense."""
    try:
        chosen = [probe for probe in all_probes() if re.search(args.only, probe.name)]
    except re.error as error:
        return _refused(f"--only {args.only}: no regular expression: {error}")
    if args.list:
        print("\n".join(probe.name for probe in chosen))
        return 0
    if not re.fullmatch(r"\S+:\d+", args.broker or ""):
        return _refused("give the broker as HOST:PORT, such as 127.0.0.1:9092")
    if not chosen:
        return _refused(f"no probe's name matches {args.only!r}; --list prints them")
    logging.disable(logging.CRITICAL)  # the clients log every error that a probe provokes on purpose
    try:
        outcomes = asyncio.run(_ask(chosen, Target(args.broker, args.replication), quiet=args.json))
    finally:
        logging.disable(logging.NOTSET)
    print(_as_json(outcomes)) if args.json else _print_totals(outcomes)
    return 1 if any(outcome.verdict is Verdict.FAIL for outcome in outcomes) else 0


def _refused(why: str) -> int:
    print(f"reptidex: {why}", file=sys.stderr)
    return 2


def all_probes() -> list[Probe]:
    """Return every probe, by subject."""
    from reptidex.probe import questions  # registers them

    order = [subject.__name__ for subject in questions.SUBJECTS]
    return sorted(PROBES, key=lambda one: order.index(one.ask.__module__))


async def _ask(chosen: list[Probe], target: Target, quiet: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    if not quiet:
        print(_ROW.format("verdict", "probe", "seconds", "detail"))
    for probe in chosen:
        outcome = await probe.run(target)
        outcomes.append(outcome)
        if not quiet:
            print(_ROW.format(outcome.verdict, outcome.name, f"{outcome.seconds:.1f}", outcome.detail), flush=True)
        if not await answers(target.bootstrap):
            outcomes.append(Outcome("broker_alive", Verdict.FAIL, 0.0, f"no answer any more after {probe.name}"))
            break
    return outcomes


def _as_json(outcomes: list[Outcome]) -> str:
    rows = [
        {"name": o.name, "verdict": o.verdict, "seconds": round(o.seconds, 2), "detail": o.detail} for o in outcomes
    ]
    return json.dumps({"probes": rows, "totals": Counter(o.verdict for o in outcomes)}, indent=1)


def _print_totals(outcomes: list[Outcome]) -> None:
    totals = Counter(outcome.verdict for outcome in outcomes)
    print(
        f"{totals[Verdict.PASS]} of {len(outcomes)} pass, {totals[Verdict.FAIL]} fail, {totals[Verdict.SKIP]} skipped"
    )
