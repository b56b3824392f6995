"""Keeps an animal's photos in step with the files at repti-media."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.records import updated
from reptidex.agents.animal.registry import own_animal
from reptidex.errors import DomainError
from reptidex.streams.commands.animal import AddPhoto, Done
from reptidex.streams.contract import Event
from reptidex.streams.media import FileDeleted, MediaUploaded
from reptidex.tables.animal.models import Animal, Photo

MOST_PHOTOS = 100


class TooManyPhotosError(DomainError):
    """The animal has as many photos as it may have."""

    title = "Too many photos"

    def __init__(self, animal_id: str) -> None:
        super().__init__(f"an animal has at most {MOST_PHOTOS} photos")
        self.animal_id = animal_id


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
    if len(animal.photos) >= MOST_PHOTOS:
        return
    variants = tuple(one.name for one in event.variants)
    yield _show(animal, Photo(file_id=event.file_id, primary=event.primary, variants=variants), unit)


@agent(AddPhoto, prefetch={Animal: "animal_id"})
async def choose_photo(command: AddPhoto, unit: Unit) -> AsyncIterator[Event]:
    """Show a picture of the vivarium's as a photo of its animal."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    if len(animal.photos) >= MOST_PHOTOS:
        raise TooManyPhotosError(animal.animal_id)
    unit.answer(Done(id=animal.animal_id))
    yield _show(animal, Photo(file_id=command.file_id, primary=command.primary, variants=command.variants), unit)


def _show(animal: Animal, photo: Photo, unit: Unit) -> Event:
    """Add a photo, or show it anew; exactly one stands for the animal."""
    others = [one for one in animal.photos if one.file_id != photo.file_id]
    primary = photo.primary or not any(one.primary for one in others)
    if primary:
        others = [replace(one, primary=False) for one in others]
    photos = (*others, replace(photo, primary=primary))
    after = replace(animal, photos=photos, revision=animal.revision + 1, updated_at=unit.now)
    keep(animal, after, unit, "photo shown")
    return updated(after, "photos")


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
    keep(animal, after, unit, "photo gone")
    yield updated(after, "photos")
