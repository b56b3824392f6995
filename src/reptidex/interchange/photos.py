"""Photos that travel beside a collection's file: a folder with the pictures and a list of whose they are."""

import json
import time
from collections.abc import Iterator
from hashlib import sha256
from mimetypes import guess_extension, guess_type
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from rich.console import Console
from rich.progress import track

from reptidex.interchange.client import RefusedByServiceError, checked

LIST = "photos.json"
FORMAT = "reptidex-photos"
POLL_S = 0.2
LOOKED_AT_S = 120
"""How long the last pictures may take to be looked into."""


class CarriedPhoto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A photo: the file in the folder, and by which reference the collection's file calls its animal."""

    animal: str
    file: str
    name: str = ""
    primary: bool = False


class PhotoList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies in the folder."""

    format: str = FORMAT
    version: int = 1
    photos: tuple[CarriedPhoto, ...] = ()


def save_photos(animals: httpx.Client, media: httpx.Client, folder: Path, console: Console) -> list[str]:
    """Save all photos of a vivarium's animals in a folder; one that lies there already is not fetched again.

    Returns which could not be read: a former owner's file of an animal that is not public.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept, left_out = list[CarriedPhoto](), list[str]()
    found = [(one, photo) for one in _pages(animals, "/animals", archived="true") for photo in one.get("photos", ())]
    for animal, photo in track(found, "photos", console=console, transient=True):
        answer = media.get(f"/files/{photo['file_id']}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            left_out.append(f"a photo of {animal['code']}: its file is another vivarium's")
            continue
        facts = checked(answer).json()
        file = folder / f"{facts['file_id']}{guess_extension(facts['content_type']) or ''}"
        if not (file.exists() and _digest(file.read_bytes()) in _digests(facts)):
            file.write_bytes(checked(media.get(facts["download"])).content)
        reference = animal.get("external_ref") or animal["animal_id"]
        kept.append(
            CarriedPhoto(animal=reference, file=file.name, name=facts["name"], primary=photo.get("primary", False))
        )
    listed = msgspec.to_builtins(PhotoList(photos=tuple(kept)))
    (folder / LIST).write_text(json.dumps(listed, indent=1), encoding="utf-8")
    return left_out


def upload_photos(animals: httpx.Client, media: httpx.Client, folder: Path, console: Console) -> dict[str, Any]:
    """Upload the photos of a folder to the animals of the vivarium; one that an animal has already is passed over.

    Returns how many were `uploaded` and `unchanged`, and why others were `refused`. Raises `RefusedByServiceError` where the
    folder holds no list of photos.
    """
    sent, unchanged, refused = dict[str, str](), 0, list[str]()
    there: dict[str, tuple[str, set[str]] | None] = {}
    for photo in track(_listed(folder).photos, "photos", console=console, transient=True):
        if photo.animal not in there:
            there[photo.animal] = _animal(animals, media, photo.animal)
        known = there[photo.animal]
        if known is None:
            refused.append(f"{photo.file}: the vivarium has no animal {photo.animal}")
            continue
        try:
            raw = (folder / Path(photo.file).name).read_bytes()
        except OSError as problem:
            refused.append(f"{photo.file}: {problem.strerror}")
            continue
        animal_id, digests = known
        if _digest(raw) in digests:
            unchanged += 1
            continue
        query = {"subject_kind": "animal", "subject_id": animal_id, "name": photo.name or photo.file}
        query["primary"] = str(photo.primary).lower()
        try:
            kind = guess_type(photo.file)[0] or "application/octet-stream"
            sent[checked(_upload(media, query, raw, kind)).json()["file_id"]] = photo.file
        except RefusedByServiceError as problem:
            refused.append(f"{photo.file}: {problem}")
        digests.add(_digest(raw))
    rejected = _looked_at(media, sent)
    return {"uploaded": len(sent) - len(rejected), "unchanged": unchanged, "refused": refused + rejected}


def _listed(folder: Path) -> PhotoList:
    try:
        listed = msgspec.json.decode((folder / LIST).read_bytes(), type=PhotoList)
    except OSError as problem:
        raise RefusedByServiceError(f"{folder / LIST}: {problem.strerror}") from problem
    except msgspec.DecodeError as problem:
        raise RefusedByServiceError(f"{folder / LIST} is no list of photos: {problem}") from problem
    if (listed.format, listed.version) != (FORMAT, 1):
        raise RefusedByServiceError(f"{folder / LIST} is no {FORMAT} of version 1")
    return listed


def _animal(animals: httpx.Client, media: httpx.Client, reference: str) -> tuple[str, set[str]] | None:
    """Return which animal a reference means, and the digests of the pictures that it has."""
    found = next(_pages(animals, "/animals", archived="true", external_ref=reference), None)
    if found is None:
        answer = animals.get(f"/animals/{quote(reference, safe='')}")
        found = answer.json() if answer.is_success else None
    if found is None:
        return None
    files = _pages(media, "/files", subject_id=found["animal_id"])
    return found["animal_id"], {digest for one in files if one["state"] == "ready" for digest in _digests(one)}


def _upload(media: httpx.Client, query: dict[str, str], raw: bytes, kind: str) -> httpx.Response:
    """Upload a picture, as fast as the service takes them."""
    while True:
        headers = {"Content-Type": kind}
        answer = media.post("/upload", params=query, content=raw, headers=headers)
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            return answer
        time.sleep(float(answer.headers.get("Retry-After", "1")))


def _looked_at(media: httpx.Client, sent: dict[str, str]) -> list[str]:
    """Wait until pictures have been looked into; return why any was rejected, or that it is still being looked into."""
    waiting, rejected, until = dict(sent), list[str](), time.monotonic() + LOOKED_AT_S
    while waiting and time.monotonic() < until:
        for file_id in list(waiting):
            facts = checked(media.get(f"/files/{file_id}")).json()
            if facts["state"] in ("ready", "rejected"):
                name = waiting.pop(file_id)
                rejected += [f"{name}: {facts['why']}"] if facts["state"] == "rejected" else []
        if waiting:
            time.sleep(POLL_S)
    return rejected + [f"{name}: still being looked into" for name in waiting.values()]


def _pages(client: httpx.Client, path: str, **query: str) -> Iterator[dict[str, Any]]:
    while True:
        page = checked(client.get(path, params=query)).json()
        yield from page["items"]
        if not page.get("next"):
            return
        query["cursor"] = page["next"]


def _digests(facts: dict[str, Any]) -> set[str]:
    return {facts["digest"], *(each["digest"] for each in facts["variants"] if each["name"] == "original")}


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()
