"""The loop of a worker, and the threads beside it."""

import sys


def settle_loop() -> None:
    """Have the running loop and SQLite's thread take turns at once, and spare the loop a note of each call of a handler."""
    # They hand the GIL to each other several times per unit; by default each may sit on it for 5 ms.
    sys.setswitchinterval(0.0001)
    # The hook notes every async generator (every call of a handler) to close those that are left at the loop's end: none are.
    sys.set_asyncgen_hooks(firstiter=None)
