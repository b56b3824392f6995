"""What administrators of the platform do: taken down here, carried out by the service that owns the target."""

from collections.abc import AsyncIterator
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.errors import NotFoundError
from reptidex.streams.commands.ops import AdminTaken, PerformAdminAction
from reptidex.streams.contract import Event
from reptidex.streams.ops import AdminActionPerformed
from reptidex.tables.ops.models import Organization, Person
from reptidex.tables.row import Row

STATUS = {"user.suspend": "suspended", "user.restore": "active", "org.suspend": "suspended", "org.restore": "active"}


@agent(PerformAdminAction, prefetch={Person: "target_id", Organization: "target_id"})
async def perform_admin_action(command: PerformAdminAction, unit: Unit) -> AsyncIterator[Event]:
    """Take down what an administrator does and say so; repti-core carries out changes of status and settings."""
    before: Person | Organization | None = None
    if command.target_kind == "user":
        before = await unit.get(Person, command.target_id)
        if before is None or before.status == "deleted":
            raise NotFoundError("user", command.target_id)
    elif command.target_kind == "org":
        before = await unit.get(Organization, command.target_id)
        if before is None or before.status == "closed":
            raise NotFoundError("organization", command.target_id)
    after = before
    if before is not None:
        after = replace(before, status=STATUS.get(command.action, before.status))
        unit.put(after)
    unit.answer(after or AdminTaken(target_id=command.target_id, action=command.action))
    yield AdminActionPerformed(
        target_id=command.target_id,
        target_kind=command.target_kind,
        admin_id=command.admin_id,
        action=command.action,
        value=command.value,
        reason=command.reason,
        before_digest=_digest(before),
        after_digest=_digest(after),
    )


def _digest(row: Row | None) -> str | None:
    return sha256(msgspec.json.encode(row, order="deterministic")).hexdigest() if row is not None else None
