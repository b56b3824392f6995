"""What `make demo` shows: both flows driven once, the figures as the databases hold them, a page that a browser can draw."""

import re
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console

from reptidex.platform.demo import Demo, _drive
from reptidex.settings import SERVICES
from reptidex.tables.counting import row_counts
from tests.end_to_end.conftest import World


async def test_the_demo_shows_both_flows_with_their_figures_and_a_page(world: World, tmp_path: Path) -> None:
    console = Console(highlight=False, record=True, width=200, quiet=False)
    demo = Demo(world.settings, world.mail_view, console)
    before = {name: sum((await row_counts(world.settings.database_of(name))).values()) for name in SERVICES}

    assert await _drive(demo, console, tmp_path / "report.html", as_json=False) == 0

    shown, page = console.export_text(), (tmp_path / "report.html").read_text()
    figures = await demo.figures()
    assert figures.requests == len(demo.steps) and 0 < figures.requests_with_events <= figures.requests
    assert all(figures.rows[f"repti_{name}_db"] > before[name] for name in SERVICES)
    for wanted in ("Sam registers", "Bea buys", "animal.transferred", "animal Kiwi", "request to answer, p50 / p99"):
        assert wanted in shown
    picture = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert picture and len(ElementTree.fromstring(picture[0]).findall("{*}rect")) == len(SERVICES)
