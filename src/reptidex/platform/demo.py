"""`reptidex demo`: a fresh platform, both flows through public HTTP, every event as it happens, the figures, and an end."""

import asyncio
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from reptidex.errors import SettingsError
from reptidex.platform.report import write_report
from reptidex.platform.story import registration, sale
from reptidex.platform.supervisor import Platform
from reptidex.platform.up import DOUBLES, addresses
from reptidex.platform.visitor import Step, Visitor
from reptidex.platform.watch import Node, Seen, Watcher, tree
from reptidex.settings import SERVICES, Settings
from reptidex.streams.catalogue import NOT_CAUGHT, events
from reptidex.tables.counting import is_used, row_counts

COLOURS = dict(zip(SERVICES, ("cyan", "green", "yellow", "magenta", "blue", "red"), strict=True))
QUIET = {event.contract.name for event in NOT_CAUGHT}
"""Events about events: not shown as they happen."""
QUIET_S, CATALOGUE_S = 0.5, 15.0
"""A fresh platform has settled when nothing was said for so long; it is waited for no longer than that."""


ENDS = {"order.completed", "marketplace.listing.sold", "billing.invoice.paid", "notification.delivered"}
ENDS |= {"render.pedigree.completed", "render.export.completed"}
"""What the chain of a sale ends in."""


class Figures(msgspec.Struct, kw_only=True):
    """What the run measured. Times are milliseconds from a request to its answer, and to the last event that it led to."""

    events: int
    event_names: int
    requests: int
    requests_with_events: int
    answer_p50_ms: float
    answer_p99_ms: float
    last_event_p50_ms: float
    last_event_p99_ms: float
    rows: dict[str, int]


def lines_of(figures: Figures) -> list[tuple[str, str]]:
    """Return the figures as a reader sees them, here and on the page: what, how much."""
    return [
        ("events on the log since all were ready", f"{figures.events} of {figures.event_names} kinds"),
        ("requests", str(figures.requests)),
        ("request to answer, p50 / p99", f"{figures.answer_p50_ms} / {figures.answer_p99_ms} ms"),
        ("requests that led to events", str(figures.requests_with_events)),
        ("request to its last event, p50 / p99", f"{figures.last_event_p50_ms} / {figures.last_event_p99_ms} ms"),
        *((f"rows in {name} (all tables)", str(count)) for name, count in figures.rows.items()),
    ]


async def until(ask: Callable[[], Awaitable[Any]], why: str, within_s: float = 30.0) -> Any:
    """Ask until the answer is true. Raises `TimeoutError` that names what did not come."""
    end = time.monotonic() + within_s
    while not (answer := await ask()):
        if time.monotonic() > end:
            raise TimeoutError(f"{why} did not come within {within_s:.0f} s")
        await asyncio.sleep(0.05)
    return answer


class Demo:
    """One run of the two flows against a platform that is up."""

    def __init__(self, settings: Settings, mail: str, console: Console) -> None:
        self.settings, self.mail, self.console = settings, mail, console
        self.steps: list[Step] = []
        self.began = time.time()
        self._showing, self._last_asked = False, ""
        topics = [event.contract.topic for event in events()]
        self.watcher = Watcher(settings.log, topics, self._heard)

    def _heard(self, seen: Seen) -> None:
        if self._showing and seen.event.type not in QUIET:
            colour = COLOURS.get(seen.service, "white")
            offset = seen.at - self.began
            called = escape(self.watcher.names_known.of(seen.event))
            self.console.print(
                f"  {offset:7.2f} s    [{colour}]{seen.service:<10}[/] {seen.event.type:<34} [dim]{called}[/]"
            )

    def _asked(self, step: Step) -> None:
        """Show a request as it begins; one that is repeated until something has happened is shown once."""
        what = f"{step.who} {step.what}"
        if what != self._last_asked:
            offset = step.began - self.began
            self.console.print(f"  {offset:7.2f} s  [bold]{escape(what)}[/]  [dim]{escape(step.call)}[/]")
        self._last_asked = what

    async def run(self) -> dict[str, Step]:
        """Drive both flows; return the requests that began them."""
        await self.watcher.start()
        await self._catalogue_told()
        try:
            async with aiohttp.ClientSession() as session:
                people = [
                    Visitor(name, self.settings.urls, self.mail, session, self.steps, self._asked)
                    for name in ("Sam", "Bea")
                ]
                self.console.print("\n[bold]A. Registration[/]")
                began = {f"Registration of {each.name}": await registration(each, until) for each in people}
                self.console.print("\n[bold]B. Sale of an animal[/]")
                sold = await sale(people[0], people[1], until)
                began["Sale of Kiwi"] = sold.conversion
                await until(lambda: self._settled(sold.conversion), f"one of {sorted(ENDS)}")
        finally:
            await self.watcher.stop()
        return began

    async def _catalogue_told(self) -> None:
        """Wait until a fresh platform has told and indexed its catalogue: those events belong to nobody's request."""
        known, end = -1, time.monotonic() + CATALOGUE_S
        while len(self.watcher.seen) != known and time.monotonic() < end:
            known = len(self.watcher.seen)
            await asyncio.sleep(QUIET_S)
        if known:
            self.console.print(f"\nthe catalogue of species and morphs was told and indexed in {known} events")
        self._showing, self.began = True, time.time()

    async def _settled(self, step: Step) -> bool:
        """Tell whether the sale's chain has reached all its ends."""
        return set(self.watcher.names(step.request_id)) >= ENDS

    async def figures(self) -> Figures:
        """Work the run's figures out."""
        took = sorted(step.took_ms for step in self.steps)
        spans = []
        for step in self.steps:
            if chain := self.watcher.by_correlation.get(step.request_id):
                spans.append(max(seen.at for seen in chain) * 1000 - step.began * 1000)
        spans.sort()
        rows = {}
        for name in SERVICES:
            rows[f"repti_{name}_db"] = sum((await row_counts(self.settings.database_of(name))).values())
        return Figures(
            events=len(self.watcher.seen),
            event_names=len({seen.event.type for seen in self.watcher.seen}),
            requests=len(self.steps),
            requests_with_events=len(spans),
            answer_p50_ms=_quantile(took, 0.5),
            answer_p99_ms=_quantile(took, 0.99),
            last_event_p50_ms=_quantile(spans, 0.5),
            last_event_p99_ms=_quantile(spans, 0.99),
            rows=rows,
        )

    def chain(self, step: Step) -> list[Node]:
        """Return the tree of events that a request led to."""
        return tree(self.watcher.by_correlation[step.request_id], step.began, self.watcher.names_known)


def _quantile(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0


def drawn(title: str, nodes: list[Node]) -> Tree:
    """Draw a chain as a tree for the terminal."""
    root = Tree(f"[bold]{title}[/]")

    def grow(branch: Tree, node: Node) -> None:
        colour = COLOURS.get(node.service, "white")
        leaf = branch.add(
            f"[{colour}]{node.service:<10}[/] {node.name}  [dim]+{node.ms:.0f} ms  {escape(node.called)}[/]"
        )
        for child in node.children:
            grow(leaf, child)

    for node in nodes:
        grow(root, node)
    return root


def table_of(figures: Figures) -> Table:
    """Return the figures as a table for the terminal."""
    table = Table(title="Figures", show_header=False, title_justify="left", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    for name, value in lines_of(figures):
        table.add_row(name, value)
    return table


async def run_demo(settings: Settings, *, keep: bool, report: Path | None, as_json: bool) -> int:
    """Run the demo; return 0 when both flows came to their end. Raises `SettingsError` for databases that are in use."""
    # A pipe or a file has no width of its own; rich would cut the tree's lines at 80.
    console = Console(highlight=False, quiet=as_json, soft_wrap=True, width=None if sys.stdout.isatty() else 140)
    mail = f"http://127.0.0.1:{DOUBLES.mail_view}"
    if keep:
        return await _drive(Demo(settings, mail, console), console, report, as_json)
    # A fresh state of its own: the demo never touches what `reptidex up` keeps.
    settings = msgspec.structs.replace(settings, state_dir=str((settings.state / "demo").resolve()))
    shutil.rmtree(settings.state, ignore_errors=True)
    await _expect_fresh(settings)
    platform = Platform(settings, doubles=DOUBLES, say=console.print)
    console.print("[bold]starting the embedded log, the doubles and six services[/]")
    async with platform.running():
        console.print(addresses(platform))
        return await _drive(Demo(settings, mail, console), console, report, as_json)


async def _expect_fresh(settings: Settings) -> None:
    """Refuse databases of others: a fresh log would be taken for one that was read already, and their rows are not the demo's."""
    if used := [name for name in SERVICES if await is_used(settings.database_of(name))]:
        raise SettingsError(
            f"the demo wants empty databases, and there are tables in those of {', '.join(used)}."
            " Give it others, or unset REPTIDEX_DATABASE_URL and it keeps its state in files"
        )


async def _drive(demo: Demo, console: Console, report: Path | None, as_json: bool) -> int:
    began = await demo.run()
    figures = await demo.figures()
    chains = {title: demo.chain(step) for title, step in began.items()}
    console.print("\n[bold]What three of the requests led to[/]: each event under its cause, in time since the request")
    for title, nodes in chains.items():
        console.print(drawn(f"{title} (correlation id {began[title].request_id})", nodes))
    console.print(table_of(figures))
    place = report or demo.settings.state / "report.html"
    write_report(place, chains, lines_of(figures), demo.steps)
    console.print(f"the same as a page: {place}")
    if as_json:
        print(msgspec.json.encode(figures).decode())
    return 0
