"""The one file of a form, read from a body that is already in memory."""

from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import msgspec

from reptidex.domain.uploads import without_folders
from reptidex.errors import InvalidError


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file as the sender described it."""

    data: bytes
    content_type: str
    name: str = ""


def read_upload(body: bytes, content_type: str, name: str) -> Part:
    """Return the file of a request: the part `file` of a form (RFC 7578), or the body itself.

    Raises `InvalidError` for a form that has no such part or cannot be read.
    """
    if not content_type.lower().startswith("multipart/form-data"):
        return Part(data=body, content_type=content_type, name=name)
    boundary = _boundary(content_type)
    for head, data in _parts(body, boundary):
        parsed = BytesParser(policy=HTTP).parsebytes(head + b"\r\n\r\n")
        disposition = parsed["Content-Disposition"]
        if disposition is not None and disposition.params.get("name") == "file":
            said = str(parsed["Content-Type"] or "application/octet-stream")
            return Part(data=data, content_type=said, name=name or _filename(disposition))
    raise InvalidError("the form has no part named `file`", "/file")


def _filename(disposition: Any) -> str:
    return without_folders(str(disposition.params.get("filename", "")))


def _boundary(content_type: str) -> bytes:
    parsed = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    )
    boundary = parsed.get_boundary()
    if not boundary or len(boundary) > 70:
        raise InvalidError("the form names no boundary", "/file")
    return boundary.encode("latin-1", "replace")


def _parts(body: bytes, boundary: bytes) -> list[tuple[bytes, bytes]]:
    """Split a form by its boundary. The bytes of a part are never decoded on the way."""
    chunks = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(chunks) > 20 or len(chunks) < 2 or not chunks[-1].startswith(b"--"):
        raise InvalidError("the form is cut off, or has too many parts", "/file")
    found = []
    for chunk in chunks[1:-1]:
        head, mark, data = chunk.partition(b"\r\n\r\n")
        if not mark or len(head) > 8192:
            raise InvalidError("a part of the form has no head", "/file")
        found.append((head.lstrip(b" \t\r\n"), data))
    return found
