"""Uploads that go straight to the store: taken in once, only as announced, only in time, however often they are told of."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from reptidex.connectors.files.port import Rules, Upload
from reptidex.domain.uploads import MOST_BYTES, TAKEN, TypeRefusedError, announced, sniff
from reptidex.errors import NotFoundError, UnavailableError
from reptidex.streams.commands.media_uploads import AnnounceUpload, UploadSeen, UploadStands
from reptidex.streams.core import AuthUserDeleted
from reptidex.streams.media import FileProcessed, FileUploaded, MediaUploaded
from reptidex.tables.media.uploads import AnnouncedUpload
from tests.unit.media.conftest import Studio, picture


async def announce(studio: Studio, data: bytes, **more: Any) -> tuple[str, Upload]:
    file_id = studio.id()
    place = f"quarantine/{file_id}"
    digest = sha256(data).hexdigest()
    rules = Rules(content_type="image/jpeg", most_bytes=MOST_BYTES, digest=digest)
    form = await studio.ports.files.upload(place, rules, within_s=900)
    command = AnnounceUpload(
        file_id=file_id,
        vivarium_id=studio.sam,
        owner_id=studio.user,
        kind="image",
        content_type="image/jpeg",
        digest=digest,
        place=place,
        expires_at=studio.harness.now + timedelta(minutes=15),
        **more,
    )
    await studio.harness.ask(command, UploadStands)
    return file_id, form


async def seen(studio: Studio, file_id: str, **more: Any) -> str:
    given: dict[str, Any] = {"file_id": file_id, "at": studio.harness.now} | more
    command = UploadSeen(**given)
    return (await studio.harness.ask(command, UploadStands)).state


async def stands(studio: Studio, file_id: str) -> AnnouncedUpload:
    row = await studio.harness.get(AnnouncedUpload, file_id)
    assert row is not None
    return row


async def test_an_upload_becomes_a_file_when_it_is_seen(studio: Studio) -> None:
    file_id, form = await announce(studio, picture(), subject_kind="animal", subject_id=studio.animal)
    await studio.ports.files.receive(form, picture())
    await seen(studio, file_id)
    events = await studio.work()

    assert [type(event) for event in events] == [FileUploaded, FileProcessed, MediaUploaded]
    assert ((await stands(studio, file_id)).state, (await studio.file(file_id)).state) == ("arrived", "ready")


async def test_an_upload_that_is_told_of_again_is_taken_in_once(studio: Studio) -> None:
    file_id, form = await announce(studio, picture())
    await studio.ports.files.receive(form, picture())
    await seen(studio, file_id)
    await seen(studio, file_id)
    events = await studio.work()

    assert [type(event) for event in events] == [FileUploaded, FileProcessed]
    assert (await seen(studio, file_id), await studio.work()) == ("arrived", [])


async def test_other_bytes_than_announced_are_refused_and_gone(studio: Studio) -> None:
    file_id, form = await announce(studio, picture())
    await studio.ports.files.receive(form, picture(100, 100))
    await seen(studio, file_id)
    events = await studio.work()

    upload = await stands(studio, file_id)
    assert (events, upload.state, "SHA-256" in upload.why, studio.kept()) == ([], "refused", True, set())


async def test_what_comes_after_its_time_is_refused(studio: Studio) -> None:
    file_id, form = await announce(studio, picture())
    await studio.ports.files.receive(form, picture())

    assert await seen(studio, file_id, at=studio.harness.now + timedelta(minutes=16)) == "refused"
    assert await studio.work() == []


async def test_a_sender_who_says_so_too_early_loses_nothing(studio: Studio) -> None:
    file_id, form = await announce(studio, picture())
    await seen(studio, file_id)
    await studio.work()
    before = (await stands(studio, file_id)).state
    await studio.ports.files.receive(form, picture())
    await seen(studio, file_id)
    await studio.work()

    assert (before, (await stands(studio, file_id)).state) == ("announced", "arrived")


async def test_news_that_comes_while_nothing_was_found_is_not_lost(studio: Studio) -> None:
    file_id, form = await announce(studio, picture())
    await seen(studio, file_id)  # by the sender, too early
    [early] = await studio.harness.effects
    await seen(studio, file_id)  # by the store, while the sender's word is looked into
    assert early is not None
    await studio.harness.carry_out(studio.ports)
    await studio.ports.files.receive(form, picture())
    await studio.work()

    assert (await stands(studio, file_id)).state == "arrived"


async def test_nobody_settles_an_upload_of_others_or_one_that_is_none(studio: Studio) -> None:
    file_id, _ = await announce(studio, picture())
    for wrong in ({"vivarium_id": studio.bea}, {"file_id": studio.id()}):
        with pytest.raises(NotFoundError):
            await seen(studio, **({"file_id": file_id} | wrong))


async def test_a_store_that_is_away_is_asked_again(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    file_id, form = await announce(studio, picture())
    await studio.ports.files.receive(form, picture())
    await seen(studio, file_id)

    async def away(key: str, rules: Rules) -> Any:
        raise UnavailableError("s3")

    with monkeypatch.context() as patch:
        patch.setattr(studio.ports.files, "finalise", away)
        with pytest.raises(UnavailableError):
            await studio.harness.carry_out(studio.ports)
    await studio.work()

    assert (await stands(studio, file_id)).state == "arrived"


def test_what_is_announced_is_what_is_told_by_its_bytes() -> None:
    firsts = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"%PDF-"]

    assert tuple(map(sniff, firsts)) == TAKEN
    assert [announced(kind.content_type) for kind in TAKEN] == list(TAKEN)
    with pytest.raises(TypeRefusedError):
        announced("image/svg+xml")


async def test_what_a_person_announced_goes_with_them(studio: Studio) -> None:
    await announce(studio, picture(), name="Sam at home.jpg")
    arrived, third = await announce(studio, picture(), name="Sam.jpg", subject_kind="animal", subject_id=studio.animal)
    await studio.ports.files.receive(third, picture())
    await seen(studio, arrived)
    await studio.harness.carry_out(studio.ports)
    under_way, second = await announce(studio, picture(), name="Sam's house.jpg")
    await studio.ports.files.receive(second, picture())
    await seen(studio, under_way)
    await studio.known_as(studio.sam, "Sam Sand", 1, kind="user", profile_id=studio.user)
    await studio.harness.handle(AuthUserDeleted(user_id=studio.user, reason="requested"), sequence=5)
    await studio.harness.advance()
    await studio.work()

    assert [row for row in await studio.harness.stored() if "Sam" in repr(row)] == []
    assert [file.file_id for file in await studio.files()] == [arrived]
    assert {place.split("/")[1] for place in studio.kept()} == {arrived}


async def test_nobody_who_is_gone_uploads_anything(studio: Studio) -> None:
    await studio.harness.handle(AuthUserDeleted(user_id=studio.user, reason="requested"), sequence=5)

    for late in (studio.upload(picture()), announce(studio, picture())):
        with pytest.raises(NotFoundError):
            await late
