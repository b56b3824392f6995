"""A long run by hand: `python -m tests.chaos.bridge.long_run --messages 100000 --kills 20`."""

import argparse
import asyncio
import tempfile
from functools import partial
from pathlib import Path

from tests.chaos.bridge.arena import Arena
from tests.chaos.bridge.rounds import fight


async def run(arguments: argparse.Namespace, folder: Path) -> None:
    """Fight once."""
    arena = Arena(folder, arguments.messages, arguments.keys, arguments.seed)
    try:
        await arena.open()
        say = partial(print, flush=True)
        await fight(arena, arguments.kills, lifetime_s=(3.0, 10.0), say=say)
    finally:
        await arena.close()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="so many each way")
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments, Path(folder)))


if __name__ == "__main__":
    main()
