"""Expects uploads that go straight to the store, and takes them in once they are there."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Call, Unit, agent, carries_out
from reptidex.agents.media.effects import PATIENT, FinaliseUpload, RemoveStored
from reptidex.agents.media.files import check_uploader, take_in
from reptidex.agents.media.storage import StorageFullError, check_room
from reptidex.connectors.files.port import Rules, UploadRefusedError
from reptidex.domain.uploads import MOST_BYTES, waiting_place
from reptidex.errors import NotFoundError
from reptidex.streams.commands.media_uploads import AnnounceUpload, UploadLookedAt, UploadSeen, UploadStands
from reptidex.streams.contract import Command, Event
from reptidex.tables.media.models import File, Profile
from reptidex.tables.media.uploads import AnnouncedUpload

SAME = ("file_id", "vivarium_id", "owner_id", "subject_kind", "subject_id", "primary", "name", "kind", "content_type")


@agent(AnnounceUpload, prefetch={AnnouncedUpload: "file_id", Profile: "owner_id"})
async def announce_upload(command: AnnounceUpload, unit: Unit) -> None:
    """Remember what is to come, and from whom."""
    await check_uploader(unit, command.owner_id)
    upload = await unit.get(AnnouncedUpload, command.file_id)
    if upload is None:
        await check_room(unit, command.vivarium_id, 1, command.limit_bytes)
        said = {name: getattr(command, name) for name in (*SAME, "digest", "place", "limit_bytes", "expires_at")}
        upload = AnnouncedUpload(**said, created_at=unit.now)
        unit.put(upload)
    unit.answer(UploadStands(file_id=upload.file_id, state=upload.state))


@agent(UploadSeen, prefetch={AnnouncedUpload: "file_id"})
async def see_upload(command: UploadSeen, unit: Unit) -> None:
    """Have the bytes taken in, once however often they are announced; what nobody announced is left where it lies."""
    upload = await unit.get(AnnouncedUpload, command.file_id)
    if upload is None or command.vivarium_id not in (None, upload.vivarium_id):
        raise NotFoundError("upload", command.file_id)
    if upload.state == "arriving":
        upload = replace(upload, again=True)
        unit.put(upload)
    elif upload.state == "announced":
        if command.at > upload.expires_at:
            upload = replace(upload, state="refused", why="it came after its time")
        else:
            upload = _look_for(upload, unit)
        unit.put(upload)
    unit.answer(UploadStands(file_id=upload.file_id, state=upload.state))


def _look_for(upload: AnnouncedUpload, unit: Unit) -> AnnouncedUpload:
    effect = FinaliseUpload(
        file_id=upload.file_id, place=upload.place, content_type=upload.content_type, digest=upload.digest
    )
    unit.effect(effect)
    return replace(upload, state="arriving", again=False)


def _give_up(effect: FinaliseUpload, cause: str) -> Command:
    return UploadLookedAt(file_id=effect.file_id, outcome="refused", why="it could not be taken in")


@carries_out(FinaliseUpload, attempts=PATIENT, failed=_give_up)
async def finalise_upload(effect: FinaliseUpload, call: Call) -> Command:
    """Check the bytes against what was announced, and move them to where nobody can send to. Done again, it answers alike."""
    rules = Rules(content_type=effect.content_type, most_bytes=MOST_BYTES, digest=effect.digest)
    try:
        kept = await call.ports.files.finalise(effect.place, rules)
    except NotFoundError:
        return UploadLookedAt(file_id=effect.file_id, outcome="missing")
    except UploadRefusedError as refusal:
        return UploadLookedAt(file_id=effect.file_id, outcome="refused", why=str(refusal)[:255])
    return UploadLookedAt(file_id=effect.file_id, outcome="kept", size_bytes=kept.size, digest=kept.digest)


@agent(UploadLookedAt, prefetch={AnnouncedUpload: "file_id", File: "file_id"})
async def settle_upload(command: UploadLookedAt, unit: Unit) -> AsyncIterator[Event]:
    """Make a file of what was kept; wait on where nothing had come yet; throw away what is of somebody who is gone."""
    upload = await unit.get(AnnouncedUpload, command.file_id)
    if upload is None and command.outcome == "kept":
        unit.effect(RemoveStored(places=(waiting_place(command.file_id),)))
    if upload is None or upload.state != "arriving":
        return
    if command.outcome == "kept":
        try:
            await check_room(unit, upload.vivarium_id, command.size_bytes, upload.limit_bytes)
        except StorageFullError as full:
            unit.put(replace(upload, state="refused", why=str(full)))
            unit.effect(RemoveStored(places=(upload.place,)))
            return
        unit.put(replace(upload, state="arrived"))
        said = {name: getattr(upload, name) for name in SAME}
        file = File(
            **said,
            size_bytes=command.size_bytes,
            digest=command.digest or "",
            quarantine=upload.place,
            created_at=unit.now,
        )
        yield await take_in(file, unit)
    elif command.outcome == "refused":
        unit.put(replace(upload, state="refused", why=command.why))
    else:
        unit.put(_look_for(upload, unit) if upload.again else replace(upload, state="announced"))
