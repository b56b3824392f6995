"""A store on a temporary directory, with a clock and a disk that tests hold in their hands."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reptidex.devlog.options import Options
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.store import Store
from tests.unit.devlog.bench import Bench, Crash, ManualClock, Opener


@pytest.fixture
async def open_store(tmp_path: Path) -> AsyncIterator[Opener]:
    """Return a function that opens a store; `path`, `disk` and any of the options may be given."""
    opened: list[Bench] = []

    async def opener(path: Path = tmp_path / "log", disk: Disk | None = None, **options: float) -> Bench:
        clock, reports = ManualClock(), list[str]()
        settings = Options(data_dir=path, **{"free_floor": 0, **options})  # type: ignore[arg-type]
        path.mkdir(parents=True, exist_ok=True)
        store = await Store.open(settings, clock, disk or Disk(), reports.append)
        opened.append(Bench(store, clock, path, reports))
        return opened[-1]

    yield opener
    for bench in opened:
        await bench.store.close()


@pytest.fixture
def crash(tmp_path: Path) -> Crash:
    """Return a function that copies a store's directory as a kill -9 would leave it."""
    copies: list[Path] = []

    def copy(bench: Bench) -> Path:
        copies.append(tmp_path / f"crashed-{len(copies)}")
        shutil.copytree(bench.path, copies[-1])
        return copies[-1]

    return copy
