"""What people demand about their own data."""

from datetime import datetime

import msgspec

from reptidex.http.server.policy import scope, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.ops import RequestErasure
from reptidex.streams.ops import ComplianceScope
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import ComplianceRequest

routes = Routes("compliance")


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """Under which law."""

    scope: ComplianceScope = "gdpr"


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """A request about personal data."""

    request_id: str
    user_id: str
    kind: str
    scope: str
    status: str
    asked_at: datetime
    due_at: datetime
    done_at: datetime | None


def _view(row: ComplianceRequest) -> RequestView:
    return msgspec.convert(row, RequestView, from_attributes=True)


@routes.post("/compliance/erasure", policy=signed_in(recent=True, cost=20), status=202)
async def request_erasure(request: Request[Erasure, None]) -> RequestView:
    """Have one's own account and all that is personal erased by every service. It begins at once, and cannot be undone."""
    command = RequestErasure(user_id=request.caller.subject, request_id=request.new_id(), scope=request.body.scope)
    return _view(await request.ask(command, ComplianceRequest))


@routes.get("/compliance/requests", policy=signed_in())
async def list_own_requests(request: Request[None, Paging]) -> Page[RequestView]:
    """List the caller's requests about their data, newest first."""
    found, after = await request.read.page(queries.compliance_requests(request.caller.subject), request.query)
    return Page(items=[_view(row) for row in found], next=after)


@routes.get("/admin/compliance/requests", policy=scope("admin"))
async def list_requests(request: Request[None, Paging]) -> Page[RequestView]:
    """List everybody's requests about their data, newest first."""
    found, after = await request.read.page(queries.compliance_requests(None), request.query)
    return Page(items=[_view(row) for row in found], next=after)
