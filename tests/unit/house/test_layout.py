"""The shape of the repository: five rooms at the top, linked into the package, whole in the wheel."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.check import ON_POSTGRES

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ["streams", "agents", "http", "tables", "connectors"]
SERVICES = ["core", "animal", "commerce", "media", "community", "ops"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_linked_into_the_package(room: str) -> None:
    assert (ROOT / "src/reptidex" / room).resolve() == ROOT / room


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("room", ["streams", "agents", "http", "tables"])
def test_every_service_has_its_place_in_every_room(room: str, service: str) -> None:
    place = ROOT / room / service

    assert place.is_dir() or place.with_suffix(".py").is_file()


def test_the_http_room_holds_folders_only() -> None:
    files = [entry.name for entry in (ROOT / "http").iterdir() if entry.is_file()]

    assert files == [], "a file here, __init__.py above all, would hide Python's own http"


def test_the_standard_librarys_http_wins_at_the_root() -> None:
    subprocess.run([sys.executable, "-c", "from http import HTTPStatus"], cwd=ROOT, check=True)


def test_the_wheel_carries_every_file_of_every_room(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    carried = set(zipfile.ZipFile(wheel).namelist())

    tracked = subprocess.run(["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = {f"reptidex/{name}" for name in tracked.stdout.splitlines() if (ROOT / name).is_file()}
    assert expected <= carried


def test_no_python_file_is_over_four_hundred_lines() -> None:
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in tracked.stdout.splitlines() if (ROOT / name).is_file()]
    long = {str(file.relative_to(ROOT)): count for file in files if (count := len(file.read_text().splitlines())) > 400}

    assert long == {}


def test_no_tracked_file_names_a_machine() -> None:
    words = ["/" + "work/", "/" + "root/", "opt/" + "wheels"]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = [
        name
        for name in tracked.stdout.splitlines()
        if (ROOT / name).is_file() and any(word.encode() in (ROOT / name).read_bytes() for word in words)
    ]

    assert found == []


def test_decisions_are_numbered_once_each_and_without_a_gap() -> None:
    files = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    numbers = [int(file.name.split("-")[0]) for file in files]
    headings = [int(file.read_text().removeprefix("# ").split(".")[0]) for file in files]

    assert numbers == headings == list(range(1, len(files) + 1))


@pytest.mark.parametrize("words", ON_POSTGRES)
def test_what_the_check_picks_out_for_postgresql_is_there(words: str) -> None:
    tests = "".join(file.read_text() for file in (ROOT / "tests/end_to_end").glob("test_*.py"))

    assert re.search(rf"def test_\w*{words}", tests)
