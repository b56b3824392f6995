"""A plan and an outcome for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from reptidex.connectors.bridge.provisioning.apply import Outcome
from reptidex.connectors.bridge.provisioning.diff import Change, Difference, State
from reptidex.connectors.bridge.provisioning.place import Place

SIGNS: dict[State, tuple[str, str, str]] = {
    "create": ("+", "green", "to create"),
    "change": ("~", "yellow", "to change"),
    "drift": ("!", "red", "changed by hand"),
    "foreign": ("?", "red", "not ours"),
    "leftover": ("-", "magenta", "left over"),
    "unchanged": ("=", "dim", "unchanged"),
}
SHOWN_CHARACTERS = 160


def show_plan(console: Console, changes: Sequence[Change], place: Place, *, everything: bool = False) -> None:
    """Print each resource that is not as it should be with its differences, then the counts."""
    for change in changes:
        if change.state == "unchanged" and not everything:
            continue
        sign, style, says = SIGNS[change.state]
        note = "" if change.state in ("create", "unchanged") else f"  ({says})"
        console.print(Text(f"{sign} {change.kind:<12} {change.name}{note}", style=style))
        for each in change.differences:
            for line in told_apart(each.is_now, each.should_be, each.setting):
                console.print(Text(f"      {line}"))
    counts = Counter(change.state for change in changes)
    told = ", ".join(f"{counts[state]} {says}" for state, (_, _, says) in SIGNS.items())
    console.print(Text(f"{place.owner} in {place.account}, {place.region}: {told}"))


def told_apart(is_now: str, should_be: str, where: str) -> Iterator[str]:
    """Yield what differs between two settings, a line each: of JSON the places alone, of lists what is added and taken out."""
    try:
        now, then = msgspec.json.decode(is_now), msgspec.json.decode(should_be)
    except msgspec.MsgspecError:
        now, then = is_now, should_be
    yield from _differences(now, then, where)


def _differences(now: Any, then: Any, where: str) -> Iterator[str]:
    if now == then:
        return
    if isinstance(now, dict) and isinstance(then, dict):
        for name in sorted(now.keys() | then.keys()):
            yield from _differences(now.get(name, ""), then.get(name, ""), f"{where}.{name}")
    elif isinstance(now, list) and isinstance(then, list):
        if len(now) == len(then) == 1:
            yield from _differences(now[0], then[0], where)
            return
        yield from (f"{where} - {_short(each)}" for each in now if each not in then)
        yield from (f"{where} + {_short(each)}" for each in then if each not in now)
    else:
        yield f"{where}: {_short(now)} -> {_short(then)}"


def plan_document(changes: Sequence[Change], place: Place) -> dict[str, Any]:
    """Return a plan as plain values."""
    return {
        "environment": place.owner,
        "account": place.account,
        "region": place.region,
        "pending": sum(change.pending for change in changes),
        "counts": {state: sum(change.state == state for change in changes) for state in SIGNS},
        "changes": [_plain(change) for change in changes if change.state != "unchanged"],
    }


def show_outcome(console: Console, outcome: Outcome, verb: str) -> None:
    """Print what was done and what was not."""
    for name, why in outcome.failed.items():
        console.print(Text(f"failed: {name}: {why}", style="red"))
    told = f"{len(outcome.done)} {verb}"
    if outcome.failed:
        told += f", {len(outcome.failed)} failed, {len(outcome.left)} not begun; the same command goes on from here"
    console.print(Text(told))


def _plain(change: Change) -> dict[str, Any]:
    return {
        "state": change.state,
        "kind": change.kind,
        "name": change.name,
        "differences": [_difference(each) for each in change.differences],
    }


def _difference(each: Difference) -> dict[str, str]:
    plain: dict[str, str] = msgspec.to_builtins(each)
    return plain


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if not text:
        return "(none)"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 3]}..."
