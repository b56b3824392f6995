"""Who is who for administrators, their acts, and moderation."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.errors import NotFoundError
from reptidex.streams.commands.ops import DecideCase, FlagContent, PerformAdminAction
from reptidex.streams.contract import Event
from reptidex.streams.core import AuthUserCreated, AuthUserDeleted, OrgCreated, OrgUpdated
from reptidex.streams.ops import AdminActionPerformed, AdminModerationDecided, AdminModerationFlagged
from reptidex.tables.ops.models import Case, Organization, Person


@agent(AuthUserCreated, prefetch={Person: "user_id"})
async def list_person(event: AuthUserCreated, unit: Unit) -> None:
    """Show a new user to the administrators."""
    unit.put(
        Person(
            user_id=event.user_id,
            display_name=event.display_name,
            registered_at=unit.cause.time,
            seen_version=unit.cause.version,
        )
    )


@agent(AuthUserDeleted, prefetch={Person: "user_id"})
async def forget_person(event: AuthUserDeleted, unit: Unit) -> None:
    """Take a deleted user's name off the list."""
    unit.delete(Person, event.user_id)


@agent(OrgCreated, OrgUpdated, prefetch={Organization: "vivarium_id"})
async def list_organization(event: OrgCreated | OrgUpdated, unit: Unit) -> None:
    """Show a vivarium to the administrators, in its newest state."""
    known = await unit.get(Organization, event.vivarium_id)
    if known and known.seen_version >= unit.cause.version:
        return
    unit.put(
        Organization(
            vivarium_id=event.vivarium_id,
            name=event.name,
            kind=event.kind,
            plan=event.plan,
            created_at=known.created_at if known else unit.cause.time,
            seen_version=unit.cause.version,
        )
    )


STATUS = {"user.suspend": "suspended", "user.restore": "active"}


@agent(PerformAdminAction, prefetch={Person: "target_id"})
async def perform_admin_action(command: PerformAdminAction, unit: Unit) -> AsyncIterator[Event]:
    """Take down what an administrator does and say so; repti-core carries out changes of status."""
    if command.target_kind == "user":
        person = await unit.need(Person, command.target_id)
        changed = replace(person, status=STATUS.get(command.action, person.status))
        unit.put(changed)
        unit.answer(changed)
    yield AdminActionPerformed(
        target_id=command.target_id,
        target_kind=command.target_kind,
        admin_id=command.admin_id,
        action=command.action,
        value=command.value,
        reason=command.reason,
    )


@agent(FlagContent, prefetch={Case: "subject_id"})
async def flag_content(command: FlagContent, unit: Unit) -> AsyncIterator[Event]:
    """Open a case, or add a report to the open one; a person's second report counts once."""
    case = await unit.get(Case, command.subject_id)
    if case is None or case.status != "open":
        case = Case(
            subject_id=command.subject_id,
            case_id=unit.new_id(),
            subject_kind=command.subject_kind,
            opened_at=unit.now,
        )
    if command.reporter_id in case.reporters:
        unit.answer(case)
        return
    case = replace(case, reporters=[*case.reporters, command.reporter_id], reasons=[*case.reasons, command.reason])
    unit.put(case)
    unit.answer(case)
    yield AdminModerationFlagged(
        subject_id=case.subject_id,
        subject_kind=command.subject_kind,
        case_id=case.case_id,
        reason=command.reason,
        reporter_id=command.reporter_id,
        reports=len(case.reporters),
    )


@agent(DecideCase, prefetch={Case: "subject_id"})
async def decide_case(command: DecideCase, unit: Unit) -> AsyncIterator[Event]:
    """Decide an open case."""
    case = await unit.get(Case, command.subject_id)
    if case is None or case.status != "open":
        raise NotFoundError("open case about", command.subject_id)
    decided = replace(case, status="decided", decision=command.decision, decided_at=unit.now)
    unit.put(decided)
    unit.answer(decided)
    yield AdminModerationDecided(
        subject_id=case.subject_id,
        subject_kind=case.subject_kind,  # type: ignore[arg-type]  # stored as it came in
        case_id=case.case_id,
        decision=command.decision,
        admin_id=command.admin_id,
        reason=command.reason,
    )
