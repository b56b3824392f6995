"""Evidence of a failed test as a person wants to read it."""

import re

LONGEST = 3
"""Lines that come round together: a test that waits asks for up to so many things in turn."""
VARIES = re.compile(
    r'"(?:timestamp|request_id|trace_id|duration_ms)":[^,}]+'  # of a line of the access log
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*Z?"
    r"|\b[\d.]+ m?s\b"
)
"""What differs between two lines that say the same: when it was, how long it took, the request's own id."""


def collapsed(text: str) -> str:
    """Return a text in which lines that repeat, alone or in turn, are shown once, with how often they came."""
    lines = text.splitlines()
    alike = [VARIES.sub("·", line) for line in lines]
    shown: list[str] = []
    place = 0
    while place < len(lines):
        length, times = max(
            ((each, _times(alike, place, each)) for each in range(1, LONGEST + 1)),
            key=lambda found: (found[0] * (found[1] - 1), -found[0]),
        )
        shown += lines[place : place + length]
        if times > 1:
            shown[-1] += f" … {times} times" if length == 1 else f" … these {length} lines {times} times"
        place += length * times
    return "\n".join(shown)


def _times(lines: list[str], place: int, length: int) -> int:
    """Count how often the lines at a place follow upon themselves, the first time included."""
    block, times = lines[place : place + length], 1
    while lines[place + times * length : place + (times + 1) * length] == block:
        times += 1
    return times
