"""The demo never touches what others keep, wherever the settings say that it is kept."""

from pathlib import Path

import pytest

from reptidex.errors import SettingsError
from reptidex.platform.demo import run_demo
from reptidex.settings import Settings
from reptidex.tables.counting import is_used
from reptidex.tables.database import Database


async def test_the_demo_refuses_databases_that_are_in_use(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/kept/{{database}}.db"
    settings = Settings(state_dir=str(tmp_path / "state"), database_url=url)
    live = Database.open(settings.database_of("animal"), worker=False)
    await live.create()
    await live.close()

    with pytest.raises(SettingsError, match=r"empty databases, and there are tables in those of animal\."):
        await run_demo(settings, keep=False, report=None, as_json=True)

    assert not (tmp_path / "state").exists()
    assert not await is_used(settings.database_of("core"))
    assert [each.name for each in (tmp_path / "kept").glob("*.db")] == ["repti_animal_db.db"]
