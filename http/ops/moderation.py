"""Moderation: reports, cases, decisions, appeals."""

from datetime import datetime
from typing import Literal

import msgspec

from reptidex.http.server.policy import scope, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.ops import AppealDecision, DecideCase, FlagContent
from reptidex.streams.ops import ModerationDecision, ReportReason
from reptidex.streams.values import Id, LongText, SubjectKind
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import Case

routes = Routes("moderation")


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A moderation case. Who reported is shown to nobody."""

    subject_id: str
    case_id: str
    subject_kind: str
    author_id: str | None
    reasons: list[str]
    status: str
    decision: str | None
    opened_at: datetime
    decided_at: datetime | None


class TakenView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who reports is told."""

    subject_id: str
    case_id: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported."""

    subject_id: Id
    subject_kind: SubjectKind
    reason: ReportReason


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ends."""

    subject_id: Id
    decision: ModerationDecision
    subject_kind: SubjectKind | None = None
    """What the subject is, where the reports are wrong about that."""
    reason: LongText = ""


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """The decision about what is contested."""

    subject_id: Id


class CaseFilter(Paging, frozen=True, kw_only=True):
    """Only those of one status."""

    status: Literal["open", "decided", "appealed"] | None = None


def _case(row: Case) -> CaseView:
    return msgspec.convert(row, CaseView, from_attributes=True)


@routes.post("/content/reports", policy=signed_in(cost=5), status=201)
async def report_content(request: Request[Report, None]) -> TakenView:
    """Report something to the moderators."""
    ask = request.body
    command = FlagContent(
        subject_id=ask.subject_id, subject_kind=ask.subject_kind, reporter_id=request.caller.subject, reason=ask.reason
    )
    case = await request.ask(command, Case)
    return TakenView(subject_id=case.subject_id, case_id=case.case_id)


@routes.post("/content/appeals", policy=signed_in(cost=5), errors=(404, 409))
async def appeal(request: Request[Appeal, None]) -> CaseView:
    """Contest a decision about one's own content, once; another look is taken at it."""
    command = AppealDecision(subject_id=request.body.subject_id, author_id=request.caller.subject)
    return _case(await request.ask(command, Case))


@routes.get("/admin/content/reports", policy=scope("admin"))
async def list_cases(request: Request[None, CaseFilter]) -> Page[CaseView]:
    """List moderation cases, oldest first."""
    found, after = await request.read.page(queries.cases(request.query.status), request.query)
    return Page(items=[_case(row) for row in found], next=after)


@routes.post("/admin/content/moderate", policy=scope("admin"), errors=(404,))
async def moderate(request: Request[Decision, None]) -> CaseView:
    """Decide an open case or an appeal; the services that show the subject act on it."""
    ask = request.body
    command = DecideCase(
        subject_id=ask.subject_id,
        admin_id=request.caller.subject,
        decision=ask.decision,
        subject_kind=ask.subject_kind,
        reason=ask.reason,
    )
    return _case(await request.ask(command, Case))
