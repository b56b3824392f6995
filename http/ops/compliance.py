"""What people demand about their own data."""

import time
from datetime import datetime

import msgspec

from reptidex.errors import ForbiddenError
from reptidex.http.server.policy import scope, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.ops import RequestErasure
from reptidex.streams.ops import ComplianceScope
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import ComplianceRequest

routes = Routes("compliance")
FRESH_S = 600


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


class SignInAnewError(ForbiddenError):
    """What was asked cannot be undone, and the sign-in is too old for that: whoever found a token must not do it."""

    title = "Sign in anew"

    def __init__(self) -> None:
        super().__init__(f"this cannot be undone: sign in again, and ask within {FRESH_S // 60} minutes")


@routes.post("/compliance/erasure", policy=signed_in(cost=20), status=202, errors=(403,))
async def request_erasure(request: Request[Erasure, None]) -> RequestView:
    """Have one's own account and all that is personal erased by every service. It begins at once, and cannot be undone.

    It takes a sign-in of the last ten minutes.
    """
    if time.time() - request.caller.proved_at > FRESH_S:
        raise SignInAnewError
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
