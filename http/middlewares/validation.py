"""Validators of answers (RFC 9110, sections 8.8 and 13): strong ETags from the body, 304, and If-Match for views."""

import hashlib
from collections.abc import Mapping

import msgspec

from reptidex.http.server.refusals import PreconditionError

_encode = msgspec.json.Encoder().encode


def etag_of(body: bytes) -> str:
    """Return the strong ETag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def unchanged(if_none_match: str, etag: str) -> bool:
    """Tell whether the asker already has what the ETag names (weak comparison, as the RFC has it for If-None-Match)."""
    return if_none_match.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}


def check_match(headers: Mapping[str, str], current: msgspec.Struct) -> None:
    """Check a write's `If-Match` against what a GET of the object would answer now; without the header all is well.

    `current` is the view that the object's GET returns. Raises `PreconditionError` (412) where it has changed meanwhile.
    """
    given = headers.get("If-Match")
    if given is None or given.strip() == "*":
        return
    if etag_of(_encode(current)) not in {tag.strip() for tag in given.split(",")}:
        raise PreconditionError("somebody has changed this since you read it; read it again")
