"""Uploads: looked into before anybody sees them, drawn anew, hung on their subject, and gone when deleted."""

import io
import shutil
import sys
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from reptidex.agents.media.files import MadeFileError
from reptidex.agents.media.pictures.process import PictureRefusedError, renditions
from reptidex.agents.media.pictures.worker import render
from reptidex.errors import NotFoundError, UnavailableError
from reptidex.streams.commands.media import AttachFile, DeleteFile, FileRefused
from reptidex.streams.media import FileDeleted, FileProcessed, MediaUploaded
from reptidex.streams.ops import AdminModerationDecided

BOMB = (
    b"\x89PNG\r\n\x1a\n"
    + b"\x00\x00\x00\rIHDR"
    + (60_000).to_bytes(4, "big") * 2
    + b"\x08\x02\x00\x00\x00"
    + b"\0" * 64
)


def photo(width: int = 640, height: int = 400, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#336633").save(out, "JPEG", **more)
    return out.getvalue()


async def test_an_upload_is_shown_only_after_it_was_looked_into(studio: Any) -> None:
    file_id = await studio.upload(photo(), subject_kind="animal", subject_id=studio.animal)
    before = await studio.file(file_id)
    processed, uploaded = await studio.work()
    after = await studio.file(file_id)

    assert (before.state, before.stored) == ("received", ())
    assert isinstance(processed, FileProcessed) and isinstance(uploaded, MediaUploaded)
    assert [one.name for one in uploaded.variants] == ["original", "large", "thumbnail"]
    assert (after.state, after.width, after.height, after.content_type) == ("ready", 640, 400, "image/webp")


async def test_nothing_stays_in_quarantine(studio: Any) -> None:
    file_id = await studio.upload(photo())
    await studio.work()

    assert studio.kept() == {f"files/{file_id}/{name}.webp" for name in ("original", "large", "thumbnail")}


async def test_where_a_photo_was_taken_is_not_passed_on(studio: Any) -> None:
    exif = Image.Exif()
    exif[0x010E] = "my garden, 52.5N 13.4E"
    file_id = await studio.upload(photo(exif=exif.tobytes()))
    await studio.work()
    data = await studio.ports.files.get(f"files/{file_id}/original.webp")

    assert b"garden" not in data
    assert not Image.open(io.BytesIO(data)).getexif()


async def test_a_photo_is_turned_upright(studio: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file_id = await studio.upload(photo(640, 400, exif=exif.tobytes()))
    await studio.work()

    assert ((await studio.file(file_id)).width, (await studio.file(file_id)).height) == (400, 640)


@pytest.mark.parametrize("data", [photo()[:300], b"\xff\xd8\xff\xe0 no picture at all", BOMB])
async def test_a_damaged_or_monstrous_picture_is_rejected_and_gone(studio: Any, data: bytes) -> None:
    file_id = await studio.upload(data, subject_kind="animal", subject_id=studio.animal)
    [event] = await studio.work()

    assert isinstance(event, FileDeleted) and event.reason == "rejected"
    assert (await studio.file(file_id)).state == "rejected"
    assert studio.kept() == set()


async def test_a_picture_that_a_busy_machine_does_not_finish_is_tried_again() -> None:
    with pytest.raises(UnavailableError) as problem:
        await renditions(photo(), wall_s=0.001)

    assert problem.value.retriable


async def test_a_picture_process_that_does_not_run_here_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SimpleNamespace(executable=shutil.which("false"), path=sys.path)
    monkeypatch.setattr("reptidex.agents.media.pictures.process.sys", broken)
    with pytest.raises(UnavailableError) as problem:
        await renditions(photo())

    assert problem.value.retriable


@pytest.mark.parametrize("failure", [MemoryError, KeyError, ZeroDivisionError])
def test_whatever_a_decoder_stumbles_over_is_a_damaged_picture(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def stumble(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr("PIL.Image.Image.thumbnail", stumble)

    assert render(photo()).refused


async def test_a_picture_that_is_not_one_is_refused_for_good() -> None:
    with pytest.raises(PictureRefusedError):
        await renditions(b"no picture")


async def test_a_document_is_kept_as_it_is(studio: Any) -> None:
    file_id = await studio.upload(b"%PDF-1.7 health record")
    await studio.work()
    row = await studio.file(file_id)

    assert (row.kind, row.state, row.stored[0].place) == ("document", "ready", f"files/{file_id}/original.pdf")


async def test_an_upload_that_could_never_be_processed_says_why(studio: Any) -> None:
    file_id = await studio.upload(photo())
    await studio.harness.fail_effects("s3 does not answer: [Errno 28] No space left on device: '/var/lib/reptidex'")
    why = (await studio.file(file_id)).why

    assert "a part we depend on does not answer" in why
    assert "/var" not in why and "s3" not in why


async def test_an_upload_that_was_given_up_half_way_leaves_nothing(studio: Any) -> None:
    file_id = await studio.upload(photo())
    await studio.ports.files.put(f"files/{file_id}/original.webp", b"the first of three", content_type="image/webp")
    await studio.harness.fail_effects("the store does not answer")
    await studio.work()

    assert studio.kept() == set()


async def test_what_is_given_up_after_it_was_deleted_leaves_nothing(studio: Any) -> None:
    file_id = await studio.upload(photo())
    [processing] = await studio.harness.effects
    await studio.harness.handle(DeleteFile(file_id=file_id, vivarium_id=studio.sam))
    await studio.ports.files.put(f"files/{file_id}/large.webp", b"the second of three", content_type="image/webp")
    await studio.harness.handle(FileRefused(file_id=file_id, why=f"{processing} was given up"[:255]))
    await studio.work()

    assert studio.kept() == set()


async def test_a_picture_that_is_not_ready_takes_no_others_place(studio: Any) -> None:
    first = await studio.upload(photo(), subject_kind="animal", subject_id=studio.animal, primary=True)
    await studio.work()
    broken = await studio.upload(b"\xff\xd8\xff\xe0 no picture at all")
    attach = {"vivarium_id": studio.sam, "subject_kind": "animal", "subject_id": studio.animal, "primary": True}
    await studio.harness.handle(AttachFile(file_id=broken, **attach))
    await studio.work()

    assert (await studio.file(first)).primary


async def test_only_one_picture_stands_for_an_animal(studio: Any) -> None:
    same = {"subject_kind": "animal", "subject_id": studio.animal, "primary": True}
    first, second = [await studio.upload(photo(), **same) for _ in range(2)]
    await studio.work()

    assert [(await studio.file(one)).primary for one in (first, second)].count(True) == 1


async def test_a_ready_file_can_be_hung_on_an_animal_later(studio: Any) -> None:
    file_id = await studio.upload(photo())
    await studio.work()
    [event] = await studio.harness.handle(
        AttachFile(file_id=file_id, vivarium_id=studio.sam, subject_kind="animal", subject_id=studio.animal)
    )

    assert isinstance(event, MediaUploaded) and event.subject_id == studio.animal


async def test_a_deleted_file_is_gone_with_all_renditions(studio: Any) -> None:
    file_id = await studio.upload(photo())
    await studio.work()
    [event] = await studio.harness.handle(DeleteFile(file_id=file_id, vivarium_id=studio.sam))
    await studio.work()

    assert isinstance(event, FileDeleted) and event.reason == "owner"
    assert studio.kept() == set()
    assert await studio.files() == []


async def test_what_the_store_cannot_delete_is_deleted_once_it_can(studio: Any) -> None:
    file_id = await studio.upload(photo())
    await studio.work()
    await studio.harness.handle(DeleteFile(file_id=file_id, vivarium_id=studio.sam))
    for _ in range(3):
        await studio.harness.fail_effects("s3 does not answer")
        await studio.harness.advance(by=timedelta(hours=1))
    kept = studio.kept()
    await studio.work()

    assert (len(kept), studio.kept()) == (3, set())
    assert await studio.harness.timers == {}


async def test_a_file_deleted_while_it_is_processed_leaves_nothing(studio: Any) -> None:
    file_id = await studio.upload(photo())
    await studio.harness.handle(DeleteFile(file_id=file_id, vivarium_id=studio.sam))
    await studio.work()

    assert (await studio.file(file_id)).state == "deleted"
    assert studio.kept() == set()


@pytest.mark.parametrize(("decision", "hidden", "left"), [("hide", True, 3), ("keep", False, 3), ("remove", False, 0)])
async def test_a_moderators_decision_is_carried_out(studio: Any, decision: Any, hidden: bool, left: int) -> None:
    file_id = await studio.upload(photo())
    await studio.work()
    case = {"subject_kind": "file", "case_id": studio.id(), "admin_id": studio.user}
    await studio.harness.handle(AdminModerationDecided(subject_id=file_id, decision=decision, **case))
    await studio.work()

    assert (await studio.file(file_id)).hidden is hidden
    assert len(studio.kept()) == left


async def test_anothers_file_is_answered_like_an_absent_one(studio: Any) -> None:
    file_id = await studio.upload(photo())

    with pytest.raises(NotFoundError):
        await studio.harness.handle(DeleteFile(file_id=file_id, vivarium_id=studio.bea))


async def test_what_the_platform_drew_is_not_deleted_by_hand(studio: Any) -> None:
    await studio.harness.handle(studio.created())
    await studio.work()
    [placeholder] = await studio.files()

    with pytest.raises(MadeFileError):
        await studio.harness.handle(DeleteFile(file_id=placeholder.file_id, vivarium_id=studio.sam))
