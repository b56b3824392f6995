"""The twin of the bucket: a folder. Its uploads are handed over in code (`receive`), by the rules S3 would hold."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec

from reptidex.connectors.files.port import (
    WAITING,
    Rules,
    Stored,
    Upload,
    UploadRefusedError,
    checked,
    digest_of,
    lasting,
)
from reptidex.connectors.files.rules import check
from reptidex.errors import InvalidError, NotFoundError


class FolderFileStore:
    """`FileStore` on a folder: each file with its description beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, data: bytes, *, content_type: str) -> Stored:
        """Write a file, whole or not at all."""
        return await asyncio.to_thread(self._write, checked(key), data, content_type)

    async def get(self, key: str) -> bytes:
        """Read a file."""
        return (await asyncio.to_thread(self._read, checked(key)))[0]

    async def head(self, key: str) -> Stored | None:
        """Read a file's description."""
        try:
            return (await asyncio.to_thread(self._read, checked(key)))[1]
        except NotFoundError:
            return None

    async def delete(self, key: str) -> None:
        """Delete a file."""
        await asyncio.to_thread(self._remove, checked(key))

    async def upload(self, key: str, rules: Rules, *, within_s: int = 300) -> Upload:
        """Announce an upload; `receive` takes it."""
        ends = datetime.fromtimestamp(time.time() + lasting(within_s), UTC)
        fields = {"key": WAITING + checked(key), "Content-Type": rules.content_type}
        return Upload(url=self._folder.as_uri(), fields=fields, expires_at=ends)

    async def receive(self, upload: Upload, data: bytes) -> None:
        """Take what a browser would send. Raises `InvalidError` after the upload's time."""
        if datetime.fromtimestamp(time.time(), UTC) > upload.expires_at:
            raise InvalidError("the upload has expired")
        await asyncio.to_thread(self._write, upload.fields["key"], data, upload.fields["Content-Type"])

    async def finalise(self, key: str, rules: Rules) -> Stored:
        """Check what was sent, and keep it."""
        try:
            data, sent = await asyncio.to_thread(self._read, WAITING + checked(key))
        except NotFoundError:
            if (kept := await self.head(key)) is not None:
                return kept
            raise NotFoundError("file", key) from None
        try:
            check(data, sent.content_type, rules)
        except UploadRefusedError:
            await asyncio.to_thread(self._remove, WAITING + key)
            raise
        kept = await self.put(key, data, content_type=sent.content_type)
        await asyncio.to_thread(self._remove, WAITING + key)
        return kept

    async def aclose(self) -> None:
        """There are no connections."""

    def _write(self, key: str, data: bytes, content_type: str) -> Stored:
        stored = Stored(key=key, size=len(data), content_type=content_type, digest=digest_of(data))
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        for target, content in ((path, data), (_described(path), msgspec.json.encode(stored))):
            temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
            temporary.write_bytes(content)
            temporary.replace(target)
        return stored

    def _read(self, key: str) -> tuple[bytes, Stored]:
        path = self._folder / key
        try:
            return path.read_bytes(), msgspec.json.decode(_described(path).read_bytes(), type=Stored)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFoundError("file", key) from None

    def _remove(self, key: str) -> None:
        path = self._folder / key
        path.unlink(missing_ok=True)
        _described(path).unlink(missing_ok=True)


def _described(path: Path) -> Path:
    return path.with_name(f".{path.name}.json")
