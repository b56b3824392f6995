"""Keeping files, in words of no vendor.

An upload by a browser goes to a waiting place and becomes a file only in `finalise`, which looks at the very bytes that it
then keeps: neither the rules of a presigned request nor an upload after the check can let anything else through.
"""

import hashlib
import re
from datetime import datetime
from typing import Protocol

import msgspec

from reptidex.errors import DomainError, InvalidError

KEY = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9][A-Za-z0-9!_.*'()/-]{0,511}", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
WAITING = "incoming/"
LONGEST_S = 900


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is kept."""

    key: str
    size: int
    content_type: str
    digest: str
    """SHA-256, in hexadecimal."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What an upload must be."""

    content_type: str
    most_bytes: int
    digest: str = ""
    """SHA-256 in hexadecimal, where the sender said it beforehand."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """How a browser sends a file: a form POST with these fields, and the file last, as `file`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


class UploadRefusedError(DomainError):
    """What was uploaded is not what was announced; it is gone."""

    status = 422
    title = "The upload is refused"

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


class FileStore(Protocol):
    """A bucket. Raises `InvalidError` for a key that is none, and `UnavailableError` (retriable)."""

    async def put(self, key: str, data: bytes, *, content_type: str) -> Stored:
        """Keep bytes under a key, in place of any that were there."""

    async def get(self, key: str) -> bytes:
        """Return the bytes. Raises `NotFoundError`."""

    async def head(self, key: str) -> Stored | None:
        """Return what is kept under a key, or None."""

    async def delete(self, key: str) -> None:
        """Delete a file; deleting what is not there is no error."""

    async def upload(self, key: str, rules: Rules, *, within_s: int = 300) -> Upload:
        """Let somebody send one file for this key, for at most 15 minutes."""

    async def finalise(self, key: str, rules: Rules) -> Stored:
        """Check what was sent for a key, and keep it. Done again, it answers what is kept.

        Raises `NotFoundError` where nothing was sent, `UploadRefusedError` where it breaks the rules.
        """

    async def aclose(self) -> None:
        """Close the connections."""


def checked(key: str) -> str:
    """Return a key. Raises `InvalidError`."""
    if KEY.fullmatch(key) is None or key.startswith(WAITING):
        raise InvalidError("this is no key of a file")
    return key


def lasting(within_s: int) -> int:
    """Return a time to live. Raises `InvalidError` beyond 15 minutes."""
    if not 0 < within_s <= LONGEST_S:
        raise InvalidError(f"an upload may take 1 to {LONGEST_S} seconds")
    return within_s


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
