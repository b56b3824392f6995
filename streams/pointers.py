"""Where an error stands: msgspec's words into a JSON pointer (RFC 6901)."""

import re

_PLACE = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(r"(?:required|unknown) field `([^`]+)`")


def pointer_in(words: str) -> tuple[str, str]:
    """Return what an error says without its place, and the place as a JSON pointer.

    msgspec names array places, but not the keys of maps: the pointer then ends at the map.
    """
    found = _PLACE.fullmatch(words)
    what, path = (found["what"], found["path"] or "") if found else (words, "")
    steps: list[str] = []
    for name, place in _STEP.findall(path):
        if place == "...":
            break
        steps.append(name or place)
    field = _FIELD.search(what)
    if field:
        steps.append(field[1])
    return what, "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)
