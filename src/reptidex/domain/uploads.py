"""What may be uploaded: told by the first bytes, never by the name or by what the sender claims."""

from typing import Literal

import msgspec

from reptidex.errors import InvalidError

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_SIDE = 16_000


class Kind(msgspec.Struct, frozen=True):
    """A type of file that is taken."""

    content_type: str
    kind: Literal["image", "document"]


class TypeRefusedError(InvalidError):
    """The bytes are of no type that is taken, or of another than was said."""

    title = "This type of file is not taken"
    status = 415


class TooManyPixelsError(InvalidError):
    """The picture is larger than is worked on; `width` and `height` in pixels."""

    title = "The picture is too large"

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"the picture has {width} × {height} pixels; at most {MOST_PIXELS} are taken")
        self.width, self.height = width, height


TAKEN = (
    Kind("image/jpeg", "image"),
    Kind("image/png", "image"),
    Kind("image/webp", "image"),
    Kind("application/pdf", "document"),
)


def waiting_place(file_id: str) -> str:
    """Return where an upload that went straight to the store waits until it is looked into."""
    return f"quarantine/{file_id}"


def plain_name(name: str) -> str:
    """Return what a file is called, without what is not printable; at most 255 characters."""
    return "".join(mark for mark in name if mark.isprintable()).strip()[:255]


def without_folders(path: str) -> str:
    """Return the name of a file that a sender described by its path (RFC 7578 section 4.2)."""
    return path.replace("\\", "/").rpartition("/")[2]


def announced(content_type: str) -> Kind:
    """Return the kind of what somebody says they will send. Raises `TypeRefusedError` for what is not taken."""
    for kind in TAKEN:
        if kind.content_type == content_type:
            return kind
    raise TypeRefusedError("only JPEG, PNG and WebP pictures and PDF documents are taken", "/content_type")


def sniff(data: bytes) -> Kind | None:
    """Tell the type of some bytes by their signature; None for one that is not taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return Kind("image/jpeg", "image")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind("image/png", "image")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind("image/webp", "image")
    if data.startswith(b"%PDF-"):
        return Kind("application/pdf", "document")
    return None


def accept(data: bytes, claimed: str) -> Kind:
    """Check an upload before anything looks into it.

    Raises `InvalidError` for an empty or oversized file, `TypeRefusedError` for a type that is not taken or not the one claimed.
    """
    if not data:
        raise InvalidError("the file is empty", "/file")
    if len(data) > MOST_BYTES:
        raise InvalidError(f"the file has {len(data)} bytes; at most {MOST_BYTES} are taken", "/file")
    found = sniff(data)
    if found is None:
        raise TypeRefusedError("only JPEG, PNG and WebP pictures and PDF documents are taken", "/file")
    said = claimed.partition(";")[0].strip().lower()
    if said not in ("", "application/octet-stream", found.content_type):
        raise TypeRefusedError(f"the file is {found.content_type}, not {said}", "/file")
    return found


def check_pixels(width: int, height: int) -> None:
    """Check a picture's size. Raises `TooManyPixelsError`."""
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise TooManyPixelsError(width, height)
