"""`python -m reptidex.doubles.aws_faults --port N [--ready-file F]`: serve the double until it is told to stop."""

import argparse
import asyncio
import contextlib
import signal
from pathlib import Path

from reptidex.doubles.aws_faults.server import FaultyAws
from reptidex.doubles.web import served


async def serve(port: int, seed: int, ready: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    double = FaultyAws(seed)
    async with served(double.app, port=port) as url:
        if ready is not None:
            ready.write_text(url)
        print(url, flush=True)
        await told.wait()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ready-file", type=Path)
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, arguments.seed, arguments.ready_file))


if __name__ == "__main__":
    main()
