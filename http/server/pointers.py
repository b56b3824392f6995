"""Where a shape error stands: msgspec's words into a JSON pointer (RFC 6901)."""

import re

import msgspec

from reptidex.http.server.refusals import ShapeError

_PLACE = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(r"(?:required|unknown) field `([^`]+)`")


def shape_error(problem: msgspec.ValidationError, within: str) -> ShapeError:
    """Turn msgspec's words into a problem with a JSON pointer (RFC 6901).

    msgspec names array places, but not the keys of maps: the pointer then ends at the map.
    """
    found = _PLACE.fullmatch(str(problem))
    what, path = (found["what"], found["path"] or "") if found else (str(problem), "")
    steps: list[str] = []
    for name, place in _STEP.findall(path):
        if place == "...":
            break
        steps.append(name or place)
    field = _FIELD.search(what)
    if field:
        steps.append(field[1])
    return ShapeError(what, "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps), within)
