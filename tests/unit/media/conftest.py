"""A repti-media on a folder, beside a repti-animal of two animals."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from reptidex.connectors.files.folder import FolderFileStore
from reptidex.domain.uploads import accept
from reptidex.errors import NotFoundError
from reptidex.services.media import SERVICE
from reptidex.streams.animal import AnimalCreated, AnimalUpdated
from reptidex.streams.commands.media import FileDone, ReceiveFile
from reptidex.streams.core import ProfileUpdated
from reptidex.tables.media.models import File, Render, files_of
from reptidex.testing import UnitHarness

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SPECIES = "66526c3a-c179-584b-8f18-7a60362732a4"


def picture(width: int = 640, height: int = 400, kind: str = "JPEG", **more: Any) -> bytes:
    """Make the bytes of a picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#336633").save(out, kind, **more)
    return out.getvalue()


class Neighbour:
    """Stands where repti-animal answers: JSON by path, decoded as the real client does."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, Any]] = []
        self.sire = "11111111-0000-7000-8000-0000000000ff"

    async def get(self, path: str, answer: type[Any], query: Any = None) -> Any:
        """Answer what is known under a path. Raises `NotFoundError`."""
        self.asked.append((path, query))
        if path not in self.answers:
            raise NotFoundError("answer", path)
        return msgspec.convert(self.answers[path], answer)

    def has(self, animal_id: str, owner: str, **more: Any) -> None:
        """Let repti-animal know an animal with one known parent."""
        facts = {"animal_id": animal_id, "vivarium_id": owner, "code": "K-1", "species": "Python regius"}
        facts |= {"sex": "male", "status": "active", "lineage_status": "claimed"} | more
        places = [{"number": 1, "generation": 0, "known": True, "code": "K-1", "name": "Kiwi"}]
        places += [{"number": 2, "generation": 1, "known": True, "code": "K-2", "sex": "male"}]
        places[1]["animal_id"] = self.sire
        self.answers[f"/internal/animals/{animal_id}"] = facts
        for generations in (1, 2, 3):
            said = {"animal_id": animal_id, "generations": generations, "lineage_status": "claimed", "inbreeding": 0.25}
            self.answers[f"/internal/animals/{animal_id}/pedigree/{generations}"] = said | {"places": places}

    def says(self, animal_id: str, *, name: str = "Kiwi", lineage_status: str = "claimed") -> None:
        """Have the pedigrees of an animal say something else of it."""
        for generations in (1, 2, 3):
            said = self.answers[f"/internal/animals/{animal_id}/pedigree/{generations}"]
            said["places"][0]["name"], said["lineage_status"] = name, lineage_status

    def hides_the_sire(self, animal_id: str) -> None:
        """Have the known parent's owner show it no more."""
        for generations in (1, 2, 3):
            said = self.answers[f"/internal/animals/{animal_id}/pedigree/{generations}"]
            said["places"][1] = {"number": 2, "generation": 1, "known": True, "hidden": True}


class Ports(msgspec.Struct, frozen=True):
    """Whom repti-media talks to here."""

    files: FolderFileStore
    animal: Neighbour


class Studio:
    """repti-media with the words to act in it."""

    sam, bea = "aaaaaaaa-0000-7000-8000-000000000000", "bbbbbbbb-0000-7000-8000-000000000000"
    user = "cccccccc-0000-7000-8000-000000000000"
    animal = "11111111-0000-7000-8000-000000000001"

    def __init__(self, harness: UnitHarness, folder: Path) -> None:
        self.harness, self.folder = harness, folder
        self.ports = Ports(FolderFileStore(folder), Neighbour())
        self.ports.animal.has(self.animal, self.sam)
        self._count = 0

    def id(self) -> str:
        """Return a fresh id."""
        self._count += 1
        return f"22222222-0000-7000-8000-{self._count:012d}"

    def created(self) -> AnimalCreated:
        """Say that Sam registered an animal."""
        return AnimalCreated(
            animal_id=self.animal, vivarium_id=self.sam, code="K-1", species_id=SPECIES, species="Python regius"
        )

    def updated(self, *changed: str, **more: Any) -> AnimalUpdated:
        """Say that Sam's animal changed."""
        facts = {name: getattr(self.created(), name) for name in AnimalUpdated.__struct_fields__ if name != "changed"}
        return AnimalUpdated(**(facts | more), changed=changed)

    async def upload(self, data: bytes, **more: Any) -> str:
        """Put bytes into quarantine and have them received; return the file's id."""
        found, file_id = accept(data, ""), self.id()
        place = f"quarantine/{file_id}"
        await self.ports.files.put(place, data, content_type="application/octet-stream")
        command = ReceiveFile(
            file_id=file_id,
            vivarium_id=self.sam,
            owner_id=self.user,
            kind=found.kind,
            content_type=found.content_type,
            size_bytes=len(data),
            digest=sha256(data).hexdigest(),
            place=place,
            **more,
        )
        return (await self.harness.ask(command, FileDone)).file_id

    async def work(self) -> list[Any]:
        """Carry out all effects, and those that follow from them; return the events."""
        events: list[Any] = []
        while await self.harness.effects:
            events += await self.harness.carry_out(self.ports)
        return events

    async def file(self, file_id: str) -> File:
        """Return a file as it is stored."""
        row = await self.harness.get(File, file_id)
        assert row is not None
        return row

    async def files(self, vivarium_id: str = "") -> list[File]:
        """Return a vivarium's files."""
        return await self.harness.find(files_of(vivarium_id or self.sam))

    async def render(self, drawing: Any, of: str = "") -> Render:
        """Return the latest drawing of a kind."""
        row = await self.harness.get(Render, Render.id_of(drawing, of or self.animal))
        assert row is not None
        return row

    async def drawn(self, drawing: Any, of: str = "") -> str:
        """Return the latest drawing of a kind as text."""
        row = await self.file((await self.render(drawing, of)).file_id or "")
        return (await self.ports.files.get(row.stored[0].place)).decode()

    def kept(self) -> set[str]:
        """Name everything that lies in the store."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(self.folder).as_posix() for path in paths}

    async def known_as(self, vivarium_id: str, name: str, sequence: int = 1, **more: Any) -> list[Any]:
        """Tell the public profile of a vivarium."""
        values = {"profile_id": vivarium_id, "kind": "org", "vivarium_id": vivarium_id, "display_name": name} | more
        profile = ProfileUpdated(**values)
        return await self.harness.handle(profile, sequence=sequence)


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """An empty repti-media."""
    async with await UnitHarness.open(SERVICE.agents, File, carriers=SERVICE.carriers, now=NOW) as harness:
        yield Studio(harness, tmp_path)
