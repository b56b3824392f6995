"""Child processes: kept up whatever happens when one is started, and never left behind."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from reptidex.platform import process
from reptidex.platform.process import Child
from reptidex.testing import eventually

SLEEPS = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Sleeper:
    """A child that writes its pid, and sleeps."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "pid"

        async def ready() -> bool:
            return bool(self.pid)

        self.child = Child("sleeper", ["-c", SLEEPS, str(self.file)], {}, folder / "log", ready)

    @property
    def pid(self) -> int:
        return int(self.file.read_text() or 0) if self.file.exists() else 0


@pytest.fixture
async def sleeper(tmp_path: Path) -> AsyncIterator[Sleeper]:
    sleeper = Sleeper(tmp_path)
    yield sleeper
    await sleeper.child.stop()


async def test_a_process_that_is_awaited_ends_with_who_awaits_it(sleeper: Sleeper) -> None:
    finishing = asyncio.create_task(sleeper.child.finish())
    await eventually(lambda: sleeper.pid)
    finishing.cancel()
    await asyncio.gather(finishing, return_exceptions=True)

    assert not running(sleeper.pid)


async def test_a_process_that_cannot_be_started_again_at_once_is_started_later(
    sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BACKOFF_S", (0.01,))
    await sleeper.child.start(within_s=10)
    first, spawn, failures = sleeper.pid, asyncio.create_subprocess_exec, [OSError(11, "no more processes")]

    async def at_times(*arguments: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return await spawn(*arguments, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", at_times)
    os.kill(first, 9)

    await eventually(lambda: sleeper.pid not in (0, first) and sleeper.child.state == "ready")
