"""What a vivarium keeps is counted with each file, and no two uploads of one moment pass what its plan allows."""

import random
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations

from reptidex.agents.media.storage import KEPT, StorageFullError
from reptidex.errors import NotFoundError
from reptidex.streams.commands.media import DeleteFile, EraseFile
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.media.models import File
from reptidex.tables.media.storage import Storage
from reptidex.tables.migrate import context, scripts
from reptidex.tables.query import select
from tests.unit.media.conftest import Studio, picture
from tests.unit.media.test_uploads import announce, seen, stands


async def used(studio: Studio) -> int:
    row = await studio.harness.get(Storage, studio.sam)
    return row.used_bytes if row is not None else 0


async def test_uploads_of_one_moment_are_counted_one_after_the_other(studio: Studio) -> None:
    size = len(picture())
    await studio.upload(picture(), limit_bytes=2 * size)
    await studio.upload(picture(), limit_bytes=2 * size)
    with pytest.raises(StorageFullError) as full:
        await studio.upload(picture(), limit_bytes=2 * size)

    assert (full.value.used, full.value.limit, full.value.needed) == (2 * size, 2 * size, size)
    assert await used(studio) == 2 * size


async def test_uploads_to_the_bucket_that_were_announced_together_are_counted_when_they_come(studio: Studio) -> None:
    size = len(picture())
    announced = [await announce(studio, picture(), limit_bytes=size) for _ in range(2)]
    for file_id, form in announced:
        await studio.ports.files.receive(form, picture())
        await seen(studio, file_id)
    await studio.harness.carry_out(studio.ports)
    states = {upload.state: upload for upload in [await stands(studio, file_id) for file_id, _ in announced]}
    with pytest.raises(StorageFullError):
        await announce(studio, picture(), limit_bytes=await used(studio))
    await studio.work()

    assert set(states) == {"arrived", "refused"}
    assert f"{size} of {size} bytes are used" in states["refused"].why
    assert {place.split("/")[1] for place in studio.kept()} == {states["arrived"].file_id}


@pytest.mark.parametrize("seed", range(5))
async def test_the_count_is_that_of_the_files_whatever_becomes_of_them(studio: Studio, seed: int) -> None:
    choose = random.Random(seed)
    files = [await studio.upload(picture(60, 40), subject_kind="animal", subject_id=studio.animal) for _ in range(4)]
    await studio.upload(b"\xff\xd8\xff\xe0 no picture")
    await studio.harness.handle(studio.created())

    async def decide(file_id: str) -> Any:
        decision: Any = choose.choice(("remove", "hide", "keep"))
        values: dict[str, Any] = {"subject_id": file_id, "subject_kind": "file", "case_id": studio.id()}
        return await studio.harness.handle(AdminModerationDecided(**values, decision=decision, admin_id=studio.user))

    for _ in range(12):
        file_id = choose.choice(files)
        act = choose.randrange(5)
        try:
            if act == 0:
                await studio.harness.handle(DeleteFile(file_id=file_id, vivarium_id=studio.sam))
            elif act == 1:
                await studio.harness.handle(EraseFile(file_id=file_id, keep=choose.random() < 0.5))
            elif act == 2:
                await decide(file_id)
            elif act == 3:
                await studio.work()
            else:
                files.append(await studio.upload(picture(30, 20)))
        except NotFoundError:
            pass  # it is deleted already
        every = await studio.harness.find(select(File))
        assert await used(studio) == sum(one.size_bytes for one in every if one.state in KEPT and not one.made)


def test_what_was_kept_before_is_counted() -> None:
    chain = scripts("media")
    assert chain is not None
    engine = sa.create_engine("sqlite://")
    rows = [("a", "sam", 10, "ready", 0), ("b", "sam", 5, "received", 0), ("c", "sam", 7, "deleted", 0)]
    rows += [("d", "sam", 3, "ready", 1), ("e", "bea", 2, "ready", 0)]
    with engine.connect() as connection, Operations.context(context(connection, "media")):
        for revision in ("0001", "0002", "0003", "0004"):
            chain.get_revision(revision).module.upgrade()
        files = sa.Table("files", sa.MetaData(), autoload_with=connection)
        others: dict[str, Any] = {one.name: "" for one in files.c if not one.nullable and one.server_default is None}
        for file_id, vivarium_id, size, state, made in rows:
            known = {"file_id": file_id, "vivarium_id": vivarium_id, "size_bytes": size, "state": state, "made": made}
            values = others | known
            names = ", ".join(f'"{name}"' for name in values)
            marks = ", ".join("?" for _ in values)
            connection.exec_driver_sql(f"INSERT INTO files ({names}) VALUES ({marks})", tuple(values.values()))
        chain.get_revision("0005").module.upgrade()
        after = connection.exec_driver_sql("SELECT vivarium_id, used_bytes FROM storage").all()
    engine.dispose()

    assert sorted(map(tuple, after)) == [("bea", 2), ("sam", 15)]
