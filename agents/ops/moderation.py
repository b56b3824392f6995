"""Moderation: reports of people and of the automatic check, a case a subject, decisions, appeals."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams.commands.ops import AppealDecision, DecideCase, FlagContent
from reptidex.streams.community import CommunityInteractionReplied, CommunityPostCreated, CommunityPostUpdated
from reptidex.streams.contract import Event
from reptidex.streams.ops import (
    AdminActionPerformed,
    AdminModerationAppealed,
    AdminModerationDecided,
    AdminModerationFlagged,
    ReportReason,
)
from reptidex.streams.values import SubjectKind
from reptidex.tables.ops.models import Case

AUTOMATIC = "automatic"
"""Stands among the reporters for the automatic check."""


async def _case(unit: Unit, subject_id: str, kind: SubjectKind) -> Case:
    case = await unit.get(Case, subject_id)
    if case is not None and case.status != "decided":
        return case
    author = case.author_id if case else subject_id if kind == "user" else None
    return Case(subject_id=subject_id, case_id=unit.new_id(), subject_kind=kind, author_id=author, opened_at=unit.now)


def _as(case: Case, kind: SubjectKind) -> Case:
    """Return a case about the same subject as something else."""
    if case.subject_kind == kind:
        return case
    return replace(case, subject_kind=kind, author_id=case.subject_id if kind == "user" else None)


def _flagged(case: Case, reason: ReportReason, reporter: str | None) -> AdminModerationFlagged:
    return AdminModerationFlagged(
        subject_id=case.subject_id,
        subject_kind=case.subject_kind,
        case_id=case.case_id,
        vivarium_id=case.vivarium_id,
        author_id=case.author_id,
        reason=reason,
        by="user" if reporter else "automatic",
        reporter_id=reporter,
        reports=len(case.reporters),
    )


@agent(FlagContent, prefetch={Case: "subject_id"})
async def flag_content(command: FlagContent, unit: Unit) -> AsyncIterator[Event]:
    """Open a case, or add a report to the open one; a person's second report counts once.

    What the subject is, is only known from those who report it: the latest counts, so that nobody can shield a thing of theirs by
    reporting it first, as something else. What the automatic check has seen it knows.
    """
    case = await _case(unit, command.subject_id, command.subject_kind)
    if command.reporter_id in case.reporters:
        unit.answer(case)
        return
    if AUTOMATIC not in case.reporters:
        case = _as(case, command.subject_kind)
    case = replace(case, reporters=[*case.reporters, command.reporter_id], reasons=[*case.reasons, command.reason])
    unit.put(case)
    unit.answer(case)
    yield _flagged(case, command.reason, command.reporter_id)


def _seen(event: CommunityPostCreated | CommunityPostUpdated | CommunityInteractionReplied) -> str:
    return event.reply_id if isinstance(event, CommunityInteractionReplied) else event.post_id


@agent(
    CommunityPostCreated,
    CommunityPostUpdated,
    CommunityInteractionReplied,
    prefetch={Case: lambda event: [_seen(event)]},
)
async def flag_suspicious(
    event: CommunityPostCreated | CommunityPostUpdated | CommunityInteractionReplied, unit: Unit
) -> AsyncIterator[Event]:
    """Open a case about a post, or about an answer to one, that the automatic check wants a moderator to see.

    An answer is a `message` of whoever wrote it: the author of the post has no part in it.
    """
    if not event.suspicious:
        return
    kind: SubjectKind = "message" if isinstance(event, CommunityInteractionReplied) else "post"
    case = await _case(unit, _seen(event), kind)
    if AUTOMATIC in case.reporters:
        return
    case = replace(
        case,
        subject_kind=kind,
        author_id=event.user_id if isinstance(event, CommunityInteractionReplied) else event.author_id,
        vivarium_id=None if isinstance(event, CommunityInteractionReplied) else event.vivarium_id,
        reporters=[*case.reporters, AUTOMATIC],
        reasons=[*case.reasons, "fraud"],
    )
    unit.put(case)
    yield _flagged(case, "fraud", None)


@agent(DecideCase, prefetch={Case: "subject_id"})
async def decide_case(command: DecideCase, unit: Unit) -> AsyncIterator[Event]:
    """Decide an open case, or an appeal; `suspend` suspends the author too, where there is one."""
    case = await unit.get(Case, command.subject_id)
    if case is None or case.status not in ("open", "appealed"):
        raise NotFoundError("open case about", command.subject_id)
    case = _as(case, command.subject_kind or case.subject_kind)
    decided = replace(case, status="decided", decision=command.decision, decided_at=unit.now)
    unit.put(decided)
    unit.answer(decided)
    yield AdminModerationDecided(
        subject_id=case.subject_id,
        subject_kind=case.subject_kind,
        case_id=case.case_id,
        vivarium_id=case.vivarium_id,
        author_id=case.author_id,
        decision=command.decision,
        admin_id=command.admin_id,
        reason=command.reason,
        appeal=case.status == "appealed",
    )
    if command.decision == "suspend" and case.author_id is not None:
        yield AdminActionPerformed(
            target_id=case.author_id,
            target_kind="user",
            admin_id=command.admin_id,
            action="user.suspend",
            reason=command.reason,
        )


@agent(AppealDecision, prefetch={Case: "subject_id"})
async def appeal_decision(command: AppealDecision, unit: Unit) -> AsyncIterator[Event]:
    """Reopen a decided case at its author's wish; an appeal that was decided is final."""
    case = await unit.get(Case, command.subject_id)
    if case is None or case.author_id != command.author_id or case.status != "decided":
        raise NotFoundError("decision about", command.subject_id)
    decision = case.decision
    if decision is None or decision == "keep" or case.appealed_at is not None:
        raise DomainError("there is nothing to contest: it was decided for you, or for good")
    case = replace(case, status="appealed", appealed_at=unit.now)
    unit.put(case)
    unit.answer(case)
    yield AdminModerationAppealed(
        subject_id=case.subject_id,
        subject_kind=case.subject_kind,
        case_id=case.case_id,
        vivarium_id=case.vivarium_id,
        author_id=case.author_id,
        decision=decision,
    )
