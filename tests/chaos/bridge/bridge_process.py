"""A bridge that kills itself at a point: `python -m tests.chaos.bridge.bridge_process produced:3` (third pass)."""

import logging
import signal
import sys

from reptidex.platform.bridge.process import Bridge
from reptidex.platform.worker import run
from reptidex.settings import load
from tests.chaos.engine.worker_process import KillPoint


async def carry(kill: str) -> int:
    """Run the inbound side until it has killed itself."""
    return await Bridge(load(), ("inbound",), step=KillPoint(kill, signal.SIGKILL)).run()


if __name__ == "__main__":
    logging.basicConfig(level="INFO")
    sys.exit(run(carry(sys.argv[1])))
