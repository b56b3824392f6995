"""How much a vivarium may keep: what its plan says, as repti-core knows it."""

from typing import Any

import msgspec

from reptidex.errors import DomainError, NotFoundError, UnavailableError
from reptidex.http.server.routes import Request
from reptidex.tables.media.models import File, kept_by


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of repti-core's answer; None means without limit."""

    storage_bytes: int | None = None


class StorageFullError(DomainError):
    """The plan's storage is used up; `used`, `limit` and `needed` in bytes."""

    title = "The storage of your plan is full"

    def __init__(self, used: int, limit: int, needed: int) -> None:
        super().__init__(
            f"{used} of {limit} bytes are used, and this takes {needed}; delete files, or take a larger plan"
        )
        self.used, self.limit, self.needed = used, limit, needed


async def check_storage(request: Request[Any, Any], vivarium_id: str, needed: int) -> None:
    """Check that a vivarium's plan lets it keep so many bytes more. Raises `StorageFullError`.

    Uploads that come at the same moment are each counted without the others, so a vivarium may end above its limit by those.
    While repti-core does not answer, nothing is refused.
    """
    try:
        plan = await request.ports.core.get(f"/internal/vivariums/{vivarium_id}/entitlements", Allowance)
    except (UnavailableError, NotFoundError):
        return
    if plan.storage_bytes is None:
        return
    used = await request.read.total(kept_by(vivarium_id), File.c.size_bytes)
    if used + needed > plan.storage_bytes:
        raise StorageFullError(used, plan.storage_bytes, needed)
