"""Files: uploaded, looked into, attached, downloaded, deleted."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from reptidex.domain.uploads import MOST_BYTES, accept, plain_name, waiting_place
from reptidex.errors import DomainError, NotFoundError
from reptidex.http.media.access import check_subject, owns, permitted, readable_file
from reptidex.http.media.charts import outdated
from reptidex.http.media.multipart import read_upload
from reptidex.http.media.storage import storage_limit
from reptidex.http.server.policy import member, public, services
from reptidex.http.server.routes import Page, Paging, Raw, Request, Routes
from reptidex.streams.commands.media import AttachFile, DeleteFile, FileDone, ReceiveFile, RedrawChart
from reptidex.streams.values import Id, Text, Variant
from reptidex.tables.media.models import File, files_of

routes = Routes("files")
Subject = Literal["animal", "vivarium", "user", "clutch", "listing"]
FORM_BYTES = 64 * 1024


class NotReadyError(DomainError):
    """The file has not been looked into yet, or was refused; `state` says which."""

    title = "The file cannot be read"

    def __init__(self, file_id: str, state: str, why: str) -> None:
        super().__init__(f"the file is {state}" + (f": {why}" if why else ""))
        self.file_id, self.state = file_id, state


class UploadQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is uploaded, and what it is of."""

    subject_kind: Subject | None = None
    subject_id: Id | None = None
    primary: bool = False
    name: Text = ""


class FileChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file is attached to."""

    subject_kind: Subject
    subject_id: Id
    primary: bool = False
    name: Text | None = None


class FileFilter(Paging, frozen=True, kw_only=True):
    """Which of the vivarium's files."""

    subject_id: Id | None = None


class WhichVariant(msgspec.Struct, frozen=True, kw_only=True):
    """Which rendition."""

    variant: Annotated[str, Meta(max_length=40)] = "original"


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file with its renditions."""

    file_id: str
    vivarium_id: str
    subject_kind: str | None
    subject_id: str | None
    primary: bool
    name: str
    kind: str
    content_type: str
    size_bytes: int
    digest: str
    state: str
    why: str
    variants: tuple[Variant, ...]
    width: int
    height: int
    created_at: datetime
    download: str


def _view(file: File, *, to_others: bool = False) -> FileView:
    same = set(FileView.__struct_fields__) - {"variants", "download"}
    if to_others:
        file = replace(file, name="")  # it may tell of a person
    return FileView(
        **{name: getattr(file, name) for name in same},
        variants=tuple(one.variant for one in file.stored),
        download=f"/files/{file.file_id}/download",
    )


@routes.post(
    "/upload", policy=member("handler", cost=10), status=201, errors=(409, 415, 422), body_bytes=MOST_BYTES + FORM_BYTES
)
async def upload(request: Request[None, UploadQuery]) -> FileView:
    """Upload a picture or document: the body itself, or the part `file` of a form.

    It is looked into next (`GET /files/{file_id}` says how that went) and shown to nobody before.
    """
    query = request.query
    part = read_upload(request.raw, request.headers.get("Content-Type", ""), query.name)
    found = accept(part.data, part.content_type)
    vivarium_id = await permitted(request, "handler")
    await check_subject(request, query.subject_kind, query.subject_id, vivarium_id)
    file_id = request.new_id()
    digest = sha256(part.data).hexdigest()
    # Other bytes under a repeated `Idempotency-Key` lie elsewhere: those that were taken are looked into as they are.
    place = f"{waiting_place(file_id)}-{digest[:16]}"
    await request.ports.files.put(place, part.data, content_type="application/octet-stream")
    command = ReceiveFile(
        file_id=file_id,
        vivarium_id=vivarium_id,
        owner_id=request.caller.subject,
        subject_kind=query.subject_kind,
        subject_id=query.subject_id,
        primary=query.primary,
        name=plain_name(part.name),
        kind=found.kind,
        content_type=found.content_type,
        size_bytes=len(part.data),
        digest=digest,
        place=place,
        limit_bytes=await storage_limit(request, vivarium_id),
    )
    try:
        done = await request.ask(command, FileDone)
    except DomainError:
        known = await request.read.get(File, file_id)
        if known is None or known.quarantine != place:
            await request.ports.files.delete(place)
        raise
    file = await request.read.need(File, done.file_id)
    if file.quarantine != place:  # a repeat: the first has been looked into
        await request.ports.files.delete(place)
    return _view(file)


@routes.get("/files", policy=member("keeper"))
async def list_files(request: Request[None, FileFilter]) -> Page[FileView]:
    """List the vivarium's files, of one subject where named."""
    wanted = files_of(request.caller.vivarium_id, request.query.subject_id)
    rows, cursor = await request.read.page(wanted, request.query)
    return Page(items=[_view(row) for row in rows], next=cursor)


@routes.get("/files/{file_id}", policy=public(), errors=(404,))
async def get_file(request: Request[None, None]) -> FileView:
    """Show what is known of a file; what it is called only to its own vivarium."""
    file = await readable_file(request)
    return _view(file, to_others=not owns(request.caller, file))


@routes.get("/files/{file_id}/download", policy=public(cost=2), errors=(404, 409))
async def download(request: Request[None, WhichVariant]) -> Raw:
    """Read a file; `?variant=thumbnail` for a smaller rendition. Always as an attachment, never as a page of ours.

    A chart that names somebody who is not shown any more is answered 409, and drawn anew; `GET /renders` names the new one.
    """
    file = await readable_file(request)
    if file.state != "ready":
        raise NotReadyError(file.file_id, file.state, file.why)
    if await outdated(request, file):
        await request.post(RedrawChart(subject_id=file.subject_id or "", file_id=file.file_id))
        raise NotReadyError(file.file_id, "outdated", "it names somebody who is not shown any more, and is drawn anew")
    chosen = next((one for one in file.stored if one.variant.name == request.query.variant), None)
    if chosen is None:
        raise NotFoundError("variant", request.query.variant)
    suffix = chosen.place.rpartition(".")[2]
    headers = {}
    if request.caller.kind == "anonymous":
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # what anybody may read, any page may show
    called = file.name if owns(request.caller, file) else ""
    name = quote((called.rpartition(".")[0] or called or file.file_id) + f".{suffix}", safe="")
    return Raw(
        body=await request.ports.files.get(chosen.place),
        content_type=chosen.variant.content_type,
        headers=headers
        | {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "ETag": f'"{chosen.variant.digest}"',
            # Whom a drawing names is asked anew each time.
            "Cache-Control": "private, no-cache" if file.made else "private, max-age=300",
        },
    )


@routes.put("/files/{file_id}", policy=member("handler"), errors=(404, 409, 422))
async def attach_file(request: Request[FileChanges, None]) -> FileView:
    """Attach a file to a subject, or make it the picture that stands for it."""
    vivarium_id = await permitted(request, "handler")
    body = request.body
    await check_subject(request, body.subject_kind, body.subject_id, vivarium_id)
    command = AttachFile(
        file_id=request.path["file_id"],
        vivarium_id=vivarium_id,
        subject_kind=body.subject_kind,
        subject_id=body.subject_id,
        primary=body.primary,
        name=None if body.name is None else plain_name(body.name),
    )
    done = await request.ask(command, FileDone)
    return _view(await request.read.need(File, done.file_id))


@routes.delete("/files/{file_id}", policy=member("handler"), status=204, errors=(404, 409))
async def delete_file(request: Request[None, None]) -> None:
    """Delete a file with all its renditions."""
    vivarium_id = await permitted(request, "handler")
    await request.ask(DeleteFile(file_id=request.path["file_id"], vivarium_id=vivarium_id), FileDone)


@routes.get(
    "/internal/files/{file_id}", policy=services("repti-animal", "repti-community", "repti-core"), errors=(404,)
)
async def get_file_for_service(request: Request[None, None]) -> FileView:
    """Show what is known of a file to another service."""
    return _view(await request.read.need(File, request.path["file_id"]))


class AnimalPhoto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The animal that shows a picture as a photo, and the vivarium that owns both."""

    vivarium_id: Id
    animal_id: Id
    primary: bool = False


@routes.put("/internal/files/{file_id}/subject", policy=services("repti-animal"), errors=(404, 409))
async def hang_on_animal(request: Request[AnimalPhoto, None]) -> FileView:
    """Hang a picture that hangs on nothing on the animal that shows it: who may see the animal may see it from then on."""
    body, file_id = request.body, request.path["file_id"]
    file = await request.read.need(File, file_id)
    if file.subject_id is None:
        command = AttachFile(
            file_id=file_id,
            vivarium_id=body.vivarium_id,
            subject_kind="animal",
            subject_id=body.animal_id,
            primary=body.primary,
        )
        await request.ask(command, FileDone)
        file = await request.read.need(File, file_id)
    return _view(file)
