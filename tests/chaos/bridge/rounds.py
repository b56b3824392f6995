"""A run of the arena: everything at once, the bridge killed again and again, then the books."""

import asyncio
import time
from collections.abc import Callable

from tests.chaos.bridge.arena import FAULTS, LATE, Arena, shown


async def fight(arena: Arena, kills: int, *, lifetime_s: tuple[float, float], say: Callable[[str], None]) -> None:
    """Carry everything both ways under faults and kills.

    Raises `AssertionError` where something is lost, applied twice or out of order.
    """
    began = time.monotonic()
    arena.control(**FAULTS)
    feeding = asyncio.gather(arena.say(), arena.hand_in())
    arena.start_bridge()
    for _ in range(kills):
        await asyncio.sleep(arena.chance.uniform(*lifetime_s))
        arena.kill_bridge()
        arena.start_bridge()
    await feeding
    say(f"{arena.kills} kills after {time.monotonic() - began:.0f} s; the bridge may now finish")

    await arena.all_across()
    await arena.hand_in_again()
    await arena.drained()
    assert await arena.stop_bridge() == 0
    faults = arena.state()["done"]
    out, into = await arena.check_out(), await arena.check_in()
    assert await arena.letters() == []
    say(
        f"{arena.messages} messages each way, {arena.kills} kills -9 of the bridge, {time.monotonic() - began:.0f} s:"
        " 0 lost, 0 applied twice, order of each key kept"
    )
    say(f"faults: {shown(faults)}")
    say(f"out: {shown(out)}")
    say(f"in: {shown(into)}; {LATE} events came again long after and were dropped")
