"""Photos of an animal: uploaded at repti-media, shown here."""

import msgspec

from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal.access import own_animal
from reptidex.http.animal.shapes import AnimalView
from reptidex.http.animal.showing import shown
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import AddPhoto, Done
from reptidex.streams.values import Id, Variant
from reptidex.tables.animal.models import Animal

routes = Routes("photos")


class NewPhoto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture that was uploaded to repti-media (`POST /upload` there)."""

    file_id: Id
    primary: bool = False


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of repti-media's answer."""

    vivarium_id: str
    subject_id: str | None = None
    kind: str
    state: str
    variants: tuple[Variant, ...]


@routes.post("/animals/{animal_id}/photos", policy=member("handler"), status=201, errors=(404, 409, 422))
async def add_photo(request: Request[NewPhoto, None]) -> AnimalView:
    """Show an uploaded picture of the vivarium's as a photo of an animal.

    One that was uploaded for nothing in particular hangs on this animal from then on: else nobody but its owners could see it.
    """
    animal = await own_animal(request, "handler")
    file_id = request.body.file_id
    try:
        file = await request.ports.media.get(f"/internal/files/{file_id}", FileFacts)
    except NotFoundError:
        file = None
    if file is None or file.vivarium_id != animal.vivarium_id or file.kind != "image" or file.state != "ready":
        raise InvalidError(f"there is no picture {file_id} of this vivarium that is ready", "/file_id")
    if file.subject_id is None:
        subject = {"vivarium_id": animal.vivarium_id, "animal_id": animal.animal_id, "primary": request.body.primary}
        await request.ports.media.put(f"/internal/files/{file_id}/subject", subject, FileFacts)
    command = AddPhoto(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        file_id=file_id,
        variants=tuple(one.name for one in file.variants),
        primary=request.body.primary,
    )
    done = await request.ask(command, Done)
    return await shown(request.read, await request.read.need(Animal, done.id), animal.vivarium_id)
