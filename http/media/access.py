"""Who may read and change files: repti-core is asked for the permission, repti-animal for what an animal's owner shows."""

from typing import Any

import msgspec

from reptidex.domain.visibility import has_page, sight
from reptidex.errors import ForbiddenError, InvalidError, NotFoundError, UnavailableError
from reptidex.http.server.policy import RANK, Caller, Role
from reptidex.http.server.routes import Request
from reptidex.tables.media.models import File, Profile, VivariumName
from reptidex.tables.media.moderated import SUSPENDED, Moderated
from reptidex.tables.query import select

Asked = Request[Any, Any]


class AnimalOwner(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of repti-animal's answer."""

    vivarium_id: str
    visibility: str


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a vivarium."""

    user_id: str
    role: Role


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of repti-core's answer."""

    items: list[Member]


async def permitted(request: Asked, role: Role) -> str:
    """Return the caller's vivarium if repti-core says that they still have at least this role there.

    Raises `ForbiddenError`. While repti-core does not answer, the verified token, which lives for minutes, is enough.
    """
    caller = request.caller
    try:
        members = await request.ports.core.get(f"/internal/vivariums/{caller.vivarium_id}/members", Members)
    except (UnavailableError, NotFoundError):
        return caller.vivarium_id
    held = next((one.role for one in members.items if one.user_id == caller.subject), None)
    if held is None or RANK[held] < RANK[role]:
        raise ForbiddenError("your access to this vivarium has ended or changed; sign in again")
    return caller.vivarium_id


async def check_subject(request: Asked, kind: str | None, subject_id: str | None, vivarium_id: str) -> None:
    """Check that a file may be hung on a subject: an animal must be the vivarium's own. Raises `InvalidError`."""
    if (kind is None) != (subject_id is None):
        raise InvalidError("a subject needs its kind and its id", "/subject_id")
    if kind == "vivarium" and subject_id != vivarium_id:
        raise InvalidError("there is no such vivarium of yours", "/subject_id")
    if kind == "user" and subject_id != request.caller.subject:
        raise InvalidError("a picture of a person is their own to upload", "/subject_id")
    if kind == "animal":
        try:
            animal = await request.ports.animal.get(f"/internal/animals/{subject_id}", AnimalOwner)
        except NotFoundError:
            animal = None
        if animal is None or animal.vivarium_id != vivarium_id:
            raise InvalidError(f"there is no animal {subject_id} in this vivarium", "/subject_id")


async def readable_file(request: Asked) -> File:
    """Return the file of the path if the caller may read it.

    A vivarium reads its own files; everybody may see the photos and charts of an animal that is shown in public, and the
    pictures that hang on a person's or vivarium's public profile. Raises `NotFoundError`, for one that is hidden too.
    """
    file_id = request.path["file_id"]
    file = await request.read.get(File, file_id)
    if file is None or file.state == "deleted" or not await _reads(request, file):
        raise NotFoundError("file", file_id)
    return file


def owns(caller: Caller, file: File) -> bool:
    """Tell whether a caller is of the file's own vivarium, or one of our services."""
    return caller.kind == "service" or bool(caller.vivarium_id and caller.vivarium_id == file.vivarium_id)


async def _reads(request: Asked, file: File) -> bool:
    if owns(request.caller, file):
        return True
    if file.confidential or file.hidden or file.state != "ready" or file.subject_id is None:
        return False
    if file.kind == "document" and not file.made:
        return False  # what somebody scanned, a vet's bill, tells of people
    if await taken_down(request, file.subject_kind or "", file.subject_id):
        return False
    if file.subject_kind in ("user", "vivarium"):
        return await _has_public_profile(request, file.subject_id)
    if file.subject_kind != "animal":
        return False
    try:
        animal = await request.ports.animal.get(f"/internal/animals/{file.subject_id}", AnimalOwner)
    except NotFoundError:
        return False
    return has_page(sight(animal.visibility, animal.vivarium_id, request.caller.vivarium_id))


async def taken_down(request: Asked, kind: str, subject_id: str) -> bool:
    """Tell whether a moderator took a subject down, or it is suspended."""
    keys = [Moderated.id_of(each, subject_id) for each in (kind, SUSPENDED)]
    return bool(await request.read.count(select(Moderated, Moderated.c.moderated_id.in_(keys))))


async def _has_public_profile(request: Asked, subject_id: str) -> bool:
    """Tell whether a person or vivarium shows itself; a vivarium without a profile of its own does where its person does."""
    profile = await request.read.get(Profile, subject_id)
    if profile is not None:
        return profile.visibility == "public"
    return await request.read.get(VivariumName, subject_id) is not None
