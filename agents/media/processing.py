"""Carries out what concerns uploads: renditions made anew, objects deleted."""

from datetime import timedelta
from hashlib import sha256

from msgspec.structs import replace

from reptidex.agents.agent import Call, Unit, agent, carries_out
from reptidex.agents.media.effects import PATIENT, ProcessUpload, RemoveStored
from reptidex.agents.media.pictures.process import PictureRefusedError, renditions
from reptidex.agents.media.places import DOCUMENT, place_of
from reptidex.domain.uploads import sniff
from reptidex.errors import NotFoundError
from reptidex.streams.commands.media import FileReady, FileRefused, RemoveLater, Stored
from reptidex.streams.contract import Command
from reptidex.streams.values import Variant


def _give_up(effect: ProcessUpload, cause: str) -> Command:
    # What exactly went wrong, with its paths and codes, stands in our log and is not for those who read the file.
    away = ": a part we depend on does not answer" if "does not answer" in cause else ""
    return FileRefused(file_id=effect.file_id, why=f"it could not be processed{away}")


@carries_out(ProcessUpload, attempts=PATIENT, failed=_give_up)
async def process_upload(effect: ProcessUpload, call: Call) -> Command:
    """Look into an upload: pictures are drawn anew in several sizes, documents are kept to be downloaded only."""
    try:
        data = await call.ports.files.get(effect.place)
    except NotFoundError:
        return FileRefused(file_id=effect.file_id, why="its bytes are gone")
    found = sniff(data)
    if found is None or found.content_type != effect.content_type:
        return FileRefused(file_id=effect.file_id, why="it is not what it said it was")
    if found.kind == "document":
        place = place_of(effect.file_id, DOCUMENT)
        return FileReady(
            file_id=effect.file_id, stored=(await _store(call, place, "original", data, found.content_type),)
        )
    try:
        made = (await renditions(data)).made
    except PictureRefusedError as refusal:
        return FileRefused(file_id=effect.file_id, why=str(refusal)[:255])
    stored = [
        await _store(
            call, place_of(effect.file_id, f"{one.name}.webp"), one.name, one.data, "image/webp", one.width, one.height
        )
        for one in made
    ]
    return FileReady(file_id=effect.file_id, stored=tuple(stored), width=made[0].width, height=made[0].height)


async def _store(
    call: Call, place: str, name: str, data: bytes, content_type: str, width: int = 0, height: int = 0
) -> Stored:
    await call.ports.files.put(place, data, content_type=content_type)
    digest = sha256(data).hexdigest()
    size = len(data)
    return Stored(
        place=place,
        variant=Variant(
            name=name, content_type=content_type, size_bytes=size, digest=digest, width=width, height=height
        ),
    )


MOST_ROUNDS = 24 * 7


def _not_removed(effect: RemoveStored, cause: str) -> Command | None:
    if effect.rounds >= MOST_ROUNDS or not effect.places:
        return None
    return RemoveLater(place=effect.places[0], places=effect.places, rounds=effect.rounds + 1)


@carries_out(RemoveStored, attempts=12, failed=_not_removed)
async def remove_stored(effect: RemoveStored, call: Call) -> None:
    """Delete objects; one that is gone already is no error.

    Begun anew each hour for a week: what a person had erased must not stay. It waits by itself meanwhile, and holds up nothing
    that is asked for under the same key.
    """
    for place in effect.places:
        await call.ports.files.delete(place)


@agent(RemoveLater)
async def remove_later(command: RemoveLater, unit: Unit) -> None:
    """Delete what the store could not delete, in an hour."""
    if command.due:
        unit.effect(RemoveStored(places=command.places, rounds=command.rounds))
        return
    unit.timer(f"remove/{command.place}", unit.now + timedelta(hours=1), replace(command, due=True))
