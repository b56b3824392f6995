"""How much a vivarium may keep: what its plan says, as repti-core knows it."""

from typing import Any

import msgspec

from reptidex.errors import NotFoundError, UnavailableError
from reptidex.http.server.routes import Request


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of repti-core's answer; None means without limit."""

    storage_bytes: int | None = None


async def storage_limit(request: Request[Any, Any], vivarium_id: str) -> int | None:
    """Return how many bytes a vivarium's plan lets it keep; None for any number, and while repti-core does not answer."""
    try:
        plan: Allowance = await request.ports.core.get(f"/internal/vivariums/{vivarium_id}/entitlements", Allowance)
    except (UnavailableError, NotFoundError):
        return None
    return plan.storage_bytes
