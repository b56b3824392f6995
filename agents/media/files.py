"""Takes files in, lets them go, and tells whose picture they are."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.media.effects import ProcessUpload, RemoveStored
from reptidex.agents.media.places import places_of
from reptidex.agents.media.records import attached, deleted, processed, uploaded
from reptidex.agents.media.storage import check_room, keep
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams.commands.media import (
    AttachFile,
    DeleteFile,
    EraseFile,
    FileDone,
    FileReady,
    FileRefused,
    ReceiveFile,
)
from reptidex.streams.contract import Event
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.media.models import File, Profile, same_subject
from reptidex.tables.media.moderated import TAKEN_DOWN
from reptidex.tables.media.storage import Storage
from reptidex.tables.media.uploads import AnnouncedUpload


class MadeFileError(DomainError):
    """The file was drawn by the platform, and follows what it shows."""

    title = "The platform made this file"

    def __init__(self, file_id: str) -> None:
        super().__init__("the platform draws this file itself; it cannot be changed by hand")
        self.file_id = file_id


async def own_file(file_id: str, vivarium_id: str, unit: Unit) -> File:
    """Return a file of this vivarium that was not deleted. Raises `NotFoundError`, for another's file too."""
    file = await unit.get(File, file_id)
    if file is None or file.vivarium_id != vivarium_id or file.state == "deleted":
        raise NotFoundError("file", file_id)
    return file


async def check_uploader(unit: Unit, user_id: str) -> None:
    """Check that a person is not gone: what they sent last may come after the news of that. Raises `NotFoundError`."""
    profile = await unit.get(Profile, user_id)
    if profile is not None and profile.gone:
        raise NotFoundError("user", user_id)


@agent(ReceiveFile, prefetch={File: "file_id", Profile: "owner_id", Storage: "vivarium_id"})
async def receive_file(command: ReceiveFile, unit: Unit) -> AsyncIterator[Event]:
    """Take note of an upload, and have it looked into before anybody is given it."""
    await check_uploader(unit, command.owner_id)
    known = await unit.get(File, command.file_id)
    if known is not None:
        unit.answer(FileDone(file_id=known.file_id, state=known.state))
        return
    await check_room(unit, command.vivarium_id, command.size_bytes, command.limit_bytes)
    same = ("file_id", "vivarium_id", "owner_id", "subject_kind", "subject_id", "primary", "name", "kind")
    file = File(
        **{name: getattr(command, name) for name in same},
        content_type=command.content_type,
        size_bytes=command.size_bytes,
        digest=command.digest,
        quarantine=command.place,
        created_at=unit.now,
    )
    unit.answer(FileDone(file_id=file.file_id, state=file.state))
    yield await take_in(file, unit)


async def take_in(file: File, unit: Unit) -> Event:
    """Keep a new file whose bytes lie in quarantine, have it looked into, and return the event that tells of it."""
    await keep(unit, file)
    unit.effect(
        ProcessUpload(
            file_id=file.file_id,
            vivarium_id=file.vivarium_id,
            place=file.quarantine,
            kind=file.kind,
            content_type=file.content_type,
        )
    )
    return uploaded(file)


@agent(FileReady, prefetch={File: "file_id"})
async def release_file(command: FileReady, unit: Unit) -> AsyncIterator[Event]:
    """Let a processed file be shown, and hang it on its subject."""
    before = await unit.get(File, command.file_id)
    if before is None or before.state != "received":
        unit.effect(RemoveStored(places=tuple(one.place for one in command.stored)))
        return
    main = command.stored[0].variant
    file = replace(
        before,
        state="ready",
        quarantine="",
        stored=command.stored,
        content_type=main.content_type,
        size_bytes=main.size_bytes,
        digest=main.digest,
        width=command.width,
        height=command.height,
    )
    await keep(unit, file, before)
    unit.effect(RemoveStored(places=(before.quarantine,)))
    yield processed(file)
    async for event in _attach(file, unit):
        yield event


@agent(FileRefused, prefetch={File: "file_id"})
async def reject_file(command: FileRefused, unit: Unit) -> AsyncIterator[Event]:
    """Throw an upload away that could not be processed; its row says why."""
    file = await unit.get(File, command.file_id)
    if file is None or file.state == "ready":
        return
    # The processing may have broken off between two renditions.
    unit.effect(RemoveStored(places=(*file.places, *places_of(file.file_id))))
    if file.state != "received":
        return
    await keep(unit, replace(file, state="rejected", why=command.why, quarantine=""), file)
    yield deleted(file, "rejected")


@agent(AttachFile, prefetch={File: "file_id"})
async def attach_file(command: AttachFile, unit: Unit) -> AsyncIterator[Event]:
    """Hang a file on a subject, or make it the one that stands for it."""
    before = await own_file(command.file_id, command.vivarium_id, unit)
    if before.made:
        raise MadeFileError(before.file_id)
    file = replace(
        before,
        subject_kind=command.subject_kind,
        subject_id=command.subject_id,
        primary=command.primary,
        name=before.name if command.name is None else command.name,
    )
    unit.put(file)
    unit.answer(FileDone(file_id=file.file_id, state=file.state))
    async for event in _attach(file, unit):
        yield event


async def _attach(file: File, unit: Unit) -> AsyncIterator[Event]:
    """Tell whose picture a file is, once it can be shown; only one stands for a subject."""
    if file.state != "ready":
        return
    if file.primary and file.subject_id:
        for other in await unit.find(same_subject(file)):
            unit.put(replace(other, primary=False))
    said = attached(file)
    if said is not None:
        yield said


@agent(AdminModerationDecided, prefetch={File: "subject_id"})
async def obey_moderator(event: AdminModerationDecided, unit: Unit) -> AsyncIterator[Event]:
    """Hide, show again or remove a file, as a moderator decided."""
    file = await unit.get(File, event.subject_id)
    if event.subject_kind != "file" or file is None or file.state == "deleted":
        return
    if event.decision == "remove":
        await keep(unit, replace(file, state="deleted", stored=(), quarantine=""), file)
        unit.effect(RemoveStored(places=tuple(file.places)))
        yield deleted(file, "moderation")
    elif event.decision in TAKEN_DOWN:
        unit.put(replace(file, hidden=TAKEN_DOWN[event.decision]))


@agent(DeleteFile, prefetch={File: "file_id"})
async def delete_file(command: DeleteFile, unit: Unit) -> AsyncIterator[Event]:
    """Delete a file with all its renditions."""
    file = await own_file(command.file_id, command.vivarium_id, unit)
    if file.made:
        raise MadeFileError(file.file_id)
    await keep(unit, replace(file, state="deleted", stored=(), quarantine=""), file)
    unit.effect(RemoveStored(places=tuple(file.places)))
    unit.answer(FileDone(file_id=file.file_id, state="deleted"))
    yield deleted(file, "owner")


@agent(EraseFile, prefetch={File: "file_id", AnnouncedUpload: "file_id"})
async def erase_file(command: EraseFile, unit: Unit) -> AsyncIterator[Event]:
    """Delete a file of somebody who is gone: its bytes, its name, and what was announced of it; or only what it was called."""
    unit.delete(AnnouncedUpload, command.file_id)
    file = await unit.get(File, command.file_id)
    if file is None:
        return
    if command.keep:
        unit.put(replace(file, name=""))
        return
    erased = replace(file, state="deleted", name="", stored=(), quarantine="")
    await keep(unit, erased, file)
    if file.state != "deleted":
        unit.effect(RemoveStored(places=tuple(file.places)))
        yield deleted(erased, "erased")
