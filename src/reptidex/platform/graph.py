"""The dependency graph of the six services, drawn from their manifests: who hears whom, who asks whom."""

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from math import cos, pi, sin
from typing import Any

import msgspec

from reptidex.services.service import Service
from reptidex.terminal import json_text


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is `events` (from publisher to hearer, with the names) or `rest` (from asker to asked, with what for)."""

    source: str
    target: str
    kind: str
    labels: tuple[str, ...]


def edges(services: Sequence[Service]) -> list[Edge]:
    """Return every edge, in the order of the services."""
    found: list[Edge] = []
    for service in services:
        by_publisher: dict[str, list[str]] = defaultdict(list)
        for event in service.hears:
            by_publisher[f"repti-{event.contract.service}"].append(event.contract.name)
        for publisher, names in by_publisher.items():
            found.append(Edge(source=publisher, target=service.name, kind="events", labels=tuple(sorted(names))))
        if service.hears_everything:
            found.append(Edge(source="*", target=service.name, kind="events", labels=(service.hears_everything,)))
        for asked, why in service.asks.items():
            found.append(Edge(source=service.name, target=asked, kind="rest", labels=(why,)))
    return found


def as_json(services: Sequence[Service]) -> str:
    """Return nodes and edges as JSON."""
    nodes = [{"name": s.name, "port": s.port, "database": s.database, "purpose": s.purpose} for s in services]
    document: dict[str, Any] = {"services": nodes, "edges": msgspec.to_builtins(edges(services))}
    return json_text(document)


def as_mermaid(services: Sequence[Service]) -> str:
    """Return a Mermaid flow chart: thick arrows are events, thin dotted ones REST."""
    lines = ["flowchart LR"]
    lines += [f'    {s.short}["{s.name}<br/>{s.port}"]' for s in services]
    for edge in edges(services):
        source, target = edge.source.removeprefix("repti-"), edge.target.removeprefix("repti-")
        if edge.source == "*":
            lines.append(f'    everything(("all events")) ==> {target}')
        elif edge.kind == "events":
            lines.append(f'    {source} == "{"<br/>".join(edge.labels)}" ==> {target}')
        else:
            lines.append(f'    {source} -. "{edge.labels[0]}" .-> {target}')
    return "\n".join(lines)


SIZE, RADIUS, BOX_W, BOX_H = 900, 330, 170, 56


def as_svg(services: Sequence[Service]) -> str:
    """Return a picture: services on a circle, solid arrows for events (their count), dashed ones for REST.

    An arrow's title (shown where one points at it) names the events, or what is asked for.
    """
    place: dict[str, tuple[float, float]] = {}
    for index, service in enumerate(services):
        angle = 2 * pi * index / len(services) - pi / 2
        place[service.name] = (SIZE / 2 + RADIUS * cos(angle), SIZE / 2 + RADIUS * sin(angle))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" font-family="sans-serif" font-size="13">',
        (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" markerHeight="9" orient="auto">'
            '<path d="M0 0 8 4 0 8z" fill="#345"/></marker></defs>'
        ),
    ]
    for edge in edges(services):
        if edge.source != "*":
            parts.append(_arrow(edge, place[edge.source], place[edge.target]))
    for service in services:
        x, y = place[service.name]
        heard = " · hears everything" if service.hears_everything else ""
        parts.append(
            f'<rect x="{x - BOX_W / 2:.0f}" y="{y - BOX_H / 2:.0f}" width="{BOX_W}" height="{BOX_H}" rx="9" fill="#e8f3ec"'
            f' stroke="#2d6a4f"/><text x="{x:.0f}" y="{y - 3:.0f}" text-anchor="middle" font-weight="bold">'
            f'{escape(service.name)}</text><text x="{x:.0f}" y="{y + 15:.0f}" text-anchor="middle" fill="#456" font-size="11">'
            f"{service.port}{heard}</text>"
        )
    parts.append(
        f'<text x="20" y="{SIZE - 20}" fill="#456" font-size="12">'
        "solid: hears events (how many kinds); dashed: asks over REST</text>"
    )
    return "\n".join([*parts, "</svg>"])


def _counted(edge: Edge) -> str:
    return f"{len(edge.labels)} event{'s' if len(edge.labels) > 1 else ''}"


def _arrow(edge: Edge, start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    dx, dy = x2 - x1, y2 - y1
    # End at the border of the target's box, and bow aside so that the two directions do not cover each other.
    shrink = 1 / max(abs(dx) / (BOX_W / 2 + 4), abs(dy) / (BOX_H / 2 + 4), 1e-9)
    x2, y2 = x2 - dx * shrink, y2 - dy * shrink
    bow = 0.14 if edge.kind == "events" else 0.24
    mx, my = (x1 + x2) / 2 - dy * bow, (y1 + y2) / 2 + dx * bow
    dash, label = ("", _counted(edge)) if edge.kind == "events" else (' stroke-dasharray="5 5" opacity="0.6"', "")
    title = escape(f"{edge.source} → {edge.target}: {', '.join(edge.labels)}")
    return (
        f'<g><title>{title}</title><path d="M{x1:.0f} {y1:.0f} Q{mx:.0f} {my:.0f} {x2:.0f} {y2:.0f}" fill="none" stroke="#345"'
        f'{dash} marker-end="url(#tip)"/><text x="{(x1 + 2 * mx + x2) / 4:.0f}" y="{(y1 + 2 * my + y2) / 4:.0f}" font-size="11"'
        f' fill="#345" stroke="#fff" stroke-width="4" paint-order="stroke">{label}</text></g>'
    )
