"""What a vivarium keeps is counted with each file that changes, and compared with what its plan allows."""

from typing import ClassVar

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.errors import DomainError
from reptidex.tables.media.models import File
from reptidex.tables.media.storage import Storage

KEPT = ("received", "ready")


class StorageFullError(DomainError):
    """The plan's storage is used up; `used`, `limit` and `needed` in bytes."""

    title: ClassVar[str] = "The storage of your plan is full"

    def __init__(self, used: int, limit: int, needed: int) -> None:
        super().__init__(
            f"{used} of {limit} bytes are used, and this takes {needed}; delete files, or take a larger plan"
        )
        self.used, self.limit, self.needed = used, limit, needed


async def check_room(unit: Unit, vivarium_id: str, needed: int, limit: int | None) -> None:
    """Check that a vivarium may keep so many bytes more; `limit` is None where nothing is refused. Raises `StorageFullError`."""
    if limit is None:
        return
    storage = await unit.get(Storage, vivarium_id)
    used = storage.used_bytes if storage is not None else 0
    if used + needed > limit:
        raise StorageFullError(used, limit, needed)


async def keep(unit: Unit, file: File, before: File | None = None) -> None:
    """Write an upload that is new, or was like `before`, and count what its vivarium keeps by it."""
    unit.put(file)
    more = _weight(file) - (_weight(before) if before is not None else 0)
    if more:
        storage = await unit.get(Storage, file.vivarium_id) or Storage(vivarium_id=file.vivarium_id)
        unit.put(replace(storage, used_bytes=storage.used_bytes + more))


def _weight(file: File) -> int:
    return file.size_bytes if file.state in KEPT and not file.made else 0
