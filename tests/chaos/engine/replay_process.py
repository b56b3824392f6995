"""A replay of the parcels in a process of its own, to be killed: `python -m tests.chaos.engine.replay_process SETTINGS POINT`."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from reptidex.agents.engine.replay.replay import Replay
from reptidex.agents.projection import Projection
from reptidex.settings import Settings
from reptidex.tables.projection import Part
from tests.chaos.engine.worker_process import KillPoint, Parcels
from tests.unit.engine.parcels import Parcel, count_parcel

ROOT = Path(__file__).resolve().parents[3]
COUNTS = Projection(
    name="counts",
    why="how often each parcel was weighed",
    parts=(Part(row=Parcel, carried={"delivered_by": lambda live, rebuilt: live.delivered_by}),),
    agents=(count_parcel,),
)


class Quiet:
    """Nobody looks."""

    def phase(self, name: str, total: int) -> None:
        """Begin."""

    def step(self, count: int) -> None:
        """Go on."""

    def note(self, text: str) -> None:
        """Say nothing."""


async def killed_at(settings: Settings, point: str) -> None:
    """Run a replay that kills itself at the n-th pass of a point (`before commit:3`)."""
    small = msgspec.json.encode(msgspec.structs.replace(settings, unit_backlog_records=50)).decode()
    command = [sys.executable, "-m", __name__, small, point]
    ended = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]


async def main() -> None:
    """Run it."""
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    await Replay(Parcels(), COUNTS, settings, Quiet(), step=KillPoint(sys.argv[2], signal.SIGKILL)).run()


if __name__ == "__main__":
    asyncio.run(main())
