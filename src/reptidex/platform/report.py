"""The demo's result as one HTML page: the graph of services, the chains of events, the requests, the figures."""

from html import escape
from pathlib import Path

from reptidex.platform.graph import as_svg
from reptidex.platform.visitor import Step
from reptidex.platform.watch import Node
from reptidex.services import all_services

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2b24;background:#fbfdfb}
ul{list-style:none;border-left:2px solid #cfe3d6;padding-left:1rem;margin:.2rem 0}table{border-collapse:collapse}
td,th{padding:.15rem .7rem;text-align:left;border-bottom:1px solid #e1ece5}.n{text-align:right;font-variant-numeric:tabular-nums}
.s{display:inline-block;min-width:6.5rem;border-radius:5px;padding:0 .4rem;background:#e3f1e8;font-size:.85em}
td.n{white-space:nowrap}.t{color:#678;font-size:.85em}svg{max-width:46rem;width:100%}
"""


def _branch(node: Node) -> str:
    inner = "".join(_branch(child) for child in node.children)
    called = f'<span class="t" title="{escape(node.key)}">+{node.ms:.0f} ms {escape(node.called)}</span>'
    line = f'<span class="s">{escape(node.service)}</span> {escape(node.name)} {called}'
    return f"<li>{line}{f'<ul>{inner}</ul>' if inner else ''}</li>"


def write_report(place: Path, chains: dict[str, list[Node]], figures: list[tuple[str, str]], steps: list[Step]) -> None:
    """Write the page; the folder is made if it is missing."""
    trees = "".join(
        f"<h2>{escape(title)}</h2><ul>{''.join(_branch(node) for node in nodes)}</ul>"
        for title, nodes in chains.items()
    )
    rows = "".join(
        f"<tr><td>{escape(step.who)} {escape(step.what)}<td><code>{escape(step.call)}</code><td class=n>{step.status}"
        f"<td class=n>{step.took_ms:.0f} ms"
        for step in steps
    )
    table = "".join(f"<tr><td>{escape(name)}<td class=n>{escape(value)}" for name, value in figures)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>ReptiDex demo</title><style>{STYLE}</style>"
        f"<h1>ReptiDex: both flows</h1><h2>Figures</h2><table>{table}</table>{trees}<h2>Who hears and asks whom</h2>"
        "<p>Point at an arrow for the names of the events, or for what is asked.</p>"
        f"{as_svg(list(all_services().values()))}<h2>Requests</h2><table>{rows}</table></html>"
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(page)
