"""What people may demand about their own data."""

from collections.abc import AsyncIterator
from datetime import timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.streams.commands.ops import RequestErasure
from reptidex.streams.contract import Event
from reptidex.streams.core import AuthUserDeleted
from reptidex.streams.ops import AuditComplianceRequested
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import ComplianceRequest

WITHIN = timedelta(days=30)
"""One month (GDPR, article 12, paragraph 3)."""


@agent(RequestErasure)
async def request_erasure(command: RequestErasure, unit: Unit) -> AsyncIterator[Event]:
    """Have a person's data erased by every service; one request that is under way is enough."""
    for standing in await unit.find(queries.compliance_requests(command.user_id, "erasure")):
        if standing.status == "asked":
            unit.answer(standing)
            return
    request = ComplianceRequest(
        request_id=command.request_id,
        user_id=command.user_id,
        kind="erasure",
        scope=command.scope,
        asked_at=unit.now,
        due_at=unit.now + WITHIN,
    )
    unit.put(request)
    unit.answer(request)
    yield AuditComplianceRequested(
        user_id=request.user_id,
        request_id=request.request_id,
        scope=command.scope,
        kind="erasure",
        due_at=request.due_at,
    )


@agent(AuthUserDeleted)
async def note_erasure(event: AuthUserDeleted, unit: Unit) -> None:
    """Take down that the account of an erasure is deleted, which every service acts on."""
    for request in await unit.find(queries.compliance_requests(event.user_id, "erasure")):
        if request.status == "asked":
            unit.put(replace(request, status="erased", done_at=unit.now))
