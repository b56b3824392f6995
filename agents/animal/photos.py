"""Keeps an animal's photos in step with the files at repti-media."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.records import updated
from reptidex.streams.contract import Event
from reptidex.streams.media import FileDeleted, MediaUploaded
from reptidex.tables.animal.models import Animal, Photo

MOST_PHOTOS = 100


def _subject(event: MediaUploaded | FileDeleted) -> tuple[str, ...]:
    return (event.subject_id,) if event.subject_kind == "animal" and event.subject_id else ()


@agent(MediaUploaded, prefetch={Animal: _subject})
async def add_photo(event: MediaUploaded, unit: Unit) -> AsyncIterator[Event]:
    """Add a photo to its animal; one that another vivarium uploaded is left out."""
    if event.subject_kind != "animal" or event.kind != "image":
        return
    animal = await unit.get(Animal, event.subject_id)
    if animal is None or animal.vivarium_id != event.vivarium_id:
        return
    others = [photo for photo in animal.photos if photo.file_id != event.file_id]
    if len(others) >= MOST_PHOTOS:
        return
    primary = event.primary or not any(photo.primary for photo in others)
    photo = Photo(file_id=event.file_id, primary=primary, variants=tuple(one.name for one in event.variants))
    if primary:
        others = [replace(one, primary=False) for one in others]
    after = replace(animal, photos=(*others, photo), revision=animal.revision + 1, updated_at=unit.now)
    unit.put(after)
    yield updated(after, "photos")


@agent(FileDeleted, prefetch={Animal: _subject})
async def drop_photo(event: FileDeleted, unit: Unit) -> AsyncIterator[Event]:
    """Take a deleted photo off its animal."""
    if event.subject_kind != "animal" or event.subject_id is None:
        return
    animal = await unit.get(Animal, event.subject_id)
    if animal is None or all(photo.file_id != event.file_id for photo in animal.photos):
        return
    left = [photo for photo in animal.photos if photo.file_id != event.file_id]
    if left and not any(photo.primary for photo in left):
        left[0] = replace(left[0], primary=True)
    after = replace(animal, photos=tuple(left), revision=animal.revision + 1, updated_at=unit.now)
    unit.put(after)
    yield updated(after, "photos")
