"""Waiting for work that takes as long as the machine is busy with other things, and must not stand still."""

import asyncio
import time
from collections.abc import Awaitable, Callable

STILL_S = 40.0
"""Work of which nothing is done for this long stands still: far more than what may pass at a hand-over (a session, a start, the
waits between tries). How long all of it takes is no sign of a fault."""


async def reached(
    measure: Callable[[], Awaitable[int]],
    wanted: int,
    what: str,
    *,
    every: float = 0.05,
    still_s: float = STILL_S,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Wait until a figure has reached what is wanted.

    Raises `AssertionError` when it stands still before, or what `look` raises, which is called each time.
    """
    seen, since = -1, time.monotonic()
    while (count := await measure()) < wanted:
        if count != seen:
            seen, since = count, time.monotonic()
        look()
        still = time.monotonic() - since
        assert still < still_s, f"{count} of {wanted} {what}, and nothing for {still:.0f} s"
        await asyncio.sleep(every)
