"""A sheet of SVG 1.1. Elements are built as a tree, so no text can ever become markup."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree

NAMESPACE = "http://www.w3.org/2000/svg"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Number = int | float


def clean(text: str, most: int = 200) -> str:
    """Drop what XML 1.0 forbids and what turns the direction of other people's text; shorten what is too long."""
    plain = _BIDI.sub("", _FORBIDDEN.sub("", text)).strip()
    return plain if len(plain) <= most else plain[: most - 1] + "…"


class Sheet:
    """A drawing of a given size in pixels, with a title for those who cannot see it."""

    def __init__(self, width: int, height: int, title: str, background: str = "#ffffff") -> None:
        self._root = ElementTree.Element(
            "svg",
            {
                "xmlns": NAMESPACE,
                "width": str(width),
                "height": str(height),
                "viewBox": f"0 0 {width} {height}",
                "role": "img",
                "font-family": "Helvetica, Arial, sans-serif",
            },
        )
        ElementTree.SubElement(self._root, "title").text = clean(title)
        self.box(0, 0, width, height, fill=background, stroke="none")

    def _add(self, tag: str, place: Mapping[str, Number], style: Mapping[str, str]) -> ElementTree.Element:
        attributes = {name: f"{value:g}" for name, value in place.items()}
        attributes |= {name.replace("_", "-"): value for name, value in style.items()}
        return ElementTree.SubElement(self._root, tag, attributes)

    def box(self, x: Number, y: Number, width: Number, height: Number, rx: Number = 0, **style: str) -> None:
        """Draw a rectangle."""
        self._add("rect", {"x": x, "y": y, "width": width, "height": height, "rx": rx}, style)

    def circle(self, x: Number, y: Number, radius: Number, **style: str) -> None:
        """Draw a circle."""
        self._add("circle", {"cx": x, "cy": y, "r": radius}, style)

    def line(self, points: list[tuple[Number, Number]], **style: str) -> None:
        """Draw a line through points."""
        element = self._add("polyline", {}, {"fill": "none", "stroke": "#8a9a8c"} | style)
        element.set("points", " ".join(f"{x:g},{y:g}" for x, y in points))

    def text(self, x: Number, y: Number, words: str, size: Number = 13, most: int = 200, **style: str) -> None:
        """Write one line, cut at `most` characters."""
        self._add("text", {"x": x, "y": y, "font-size": size}, {"fill": "#1d2b1f"} | style).text = clean(words, most)

    def render(self) -> bytes:
        """Return the drawing as UTF-8."""
        drawn: bytes = ElementTree.tostring(self._root, encoding="utf-8", xml_declaration=True)
        return drawn
