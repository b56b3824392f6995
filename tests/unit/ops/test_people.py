"""Administrators' lists, their acts, moderation and what people demand about their data."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from reptidex.errors import DomainError, NotFoundError
from reptidex.streams.commands.ops import AppealDecision, DecideCase, FlagContent, PerformAdminAction, RequestErasure
from reptidex.streams.community import CommunityInteractionReplied, CommunityPostCreated
from reptidex.streams.core import AuthUserDeleted, AuthUserUpdated, OrgCreated, OrgUpdated
from reptidex.streams.ops import (
    AdminActionPerformed,
    AdminModerationAppealed,
    AdminModerationDecided,
    AdminModerationFlagged,
    AuditComplianceRequested,
)
from reptidex.tables.ops.models import Case, ComplianceRequest, Organization, Person
from tests.unit.ops.desk import ADMIN, BEA, SAM, VIVARIUM, Desk, newcomer, uid

POST = uid(81)
NEWS: list[tuple[Any, int]] = [
    (newcomer(), 1),
    (AuthUserUpdated(user_id=SAM, changed=("status",), status="suspended"), 2),
    (AuthUserDeleted(user_id=SAM, reason="abuse"), 3),
]


@pytest.mark.parametrize("news", list(permutations(NEWS)))
async def test_a_deleted_user_is_gone_from_the_list_whatever_arrives_last(desk: Desk, news: Any) -> None:
    for message, version in news:
        await desk.hear(message, version)
    person = await desk.harness.get(Person, SAM)

    assert person is not None and (person.status, person.display_name) == ("deleted", "")
    assert (await desk.get("/admin/users"))["items"] == []


@pytest.mark.parametrize("action", ["org.suspend", "org.restore"])
async def test_what_is_closed_for_good_is_neither_suspended_nor_restored(desk: Desk, action: Any) -> None:
    facts: Any = {"vivarium_id": VIVARIUM, "name": "Sand & Sons", "kind": "business", "plan": "keeper", "owner_id": SAM}
    await desk.hear(OrgUpdated(**facts, changed=("status",), status="closed"))

    with pytest.raises(NotFoundError):
        await desk.harness.handle(
            PerformAdminAction(
                target_id=VIVARIUM, target_kind="org", admin_id=ADMIN, action=action, reason="it was a mistake"
            )
        )
    [shown] = (await desk.get("/admin/organizations"))["items"]

    assert shown["status"] == "closed"


@pytest.mark.parametrize("news", list(permutations(NEWS[:2])))
async def test_a_suspended_user_is_shown_so_whatever_arrives_first(desk: Desk, news: Any) -> None:
    for message, version in news:
        await desk.hear(message, version)
    [person] = (await desk.get("/admin/users"))["items"]

    assert (person["status"], person["display_name"]) == ("suspended", "Sam Sand")


async def test_when_a_vivarium_was_opened_is_the_same_in_whatever_order_it_is_heard(desk: Desk) -> None:
    opened = desk.harness.now
    facts: dict[str, Any] = {"vivarium_id": VIVARIUM, "owner_id": SAM, "kind": "personal", "plan": "hobbyist"}
    await desk.hear(OrgUpdated(**facts, name="", status="closed"), 2, at=opened + timedelta(hours=1))
    await desk.hear(OrgCreated(**facts, name="Sam"), 1, at=opened)

    found = await desk.harness.get(Organization, VIVARIUM)
    assert found is not None
    assert (found.created_at, found.name, found.status) == (opened, "", "closed")


async def test_a_vivarium_is_shown_in_its_newest_state(desk: Desk) -> None:
    facts: dict[str, Any] = {"vivarium_id": VIVARIUM, "kind": "personal", "plan": "hobbyist", "owner_id": SAM}
    await desk.hear(OrgUpdated(**facts, name="New", status="suspended"), 2)
    await desk.hear(OrgCreated(**facts, name="Old"), 1)
    vivarium = await desk.harness.get(Organization, VIVARIUM)

    assert vivarium is not None and (vivarium.name, vivarium.status) == ("New", "suspended")


def _act(action: Any, kind: Any = "user", target: str = SAM) -> PerformAdminAction:
    return PerformAdminAction(target_id=target, target_kind=kind, admin_id=ADMIN, action=action, reason="fraud")


async def test_an_act_is_told_with_what_it_changed(desk: Desk) -> None:
    await desk.hear(newcomer())
    [said] = await desk.hear(_act("user.suspend"))

    assert isinstance(said, AdminActionPerformed)
    assert (said.action, said.admin_id) == ("user.suspend", ADMIN)
    assert said.before_digest is not None and said.before_digest != said.after_digest


@pytest.mark.parametrize("kind", ["user", "org"])
async def test_nobody_acts_on_what_is_not_there(desk: Desk, kind: str) -> None:
    with pytest.raises(NotFoundError):
        await desk.hear(_act(f"{kind}.suspend", kind))


def _flag(reporter: str) -> FlagContent:
    return FlagContent(subject_id=POST, subject_kind="post", reporter_id=reporter, reason="spam")


def _decide(decision: Any) -> DecideCase:
    return DecideCase(subject_id=POST, admin_id=ADMIN, decision=decision)


def _post(**changes: Any) -> CommunityPostCreated:
    facts: dict[str, Any] = {"post_id": POST, "forum_id": uid(80), "author_id": SAM, "digest": "0" * 64}
    return CommunityPostCreated(**(facts | {"suspicious": True} | changes))


async def test_reports_of_one_subject_are_one_case_and_each_person_counts_once(desk: Desk) -> None:
    said = await desk.hear(_flag(SAM)) + await desk.hear(_flag(BEA)) + await desk.hear(_flag(BEA))

    assert [(type(each), each.reports) for each in said] == [(AdminModerationFlagged, 1), (AdminModerationFlagged, 2)]


async def test_what_the_automatic_check_finds_is_a_case_once(desk: Desk) -> None:
    [said] = await desk.hear(_post())

    assert (said.by, said.author_id) == ("automatic", SAM)
    assert await desk.hear(_post(), 2, message_id=uid(98)) == []
    assert await desk.hear(_post(post_id=uid(83), suspicious=False)) == []


async def test_a_suspicious_answer_is_its_own_authors_case_and_not_that_of_whom_it_answers(desk: Desk) -> None:
    reply = CommunityInteractionReplied(
        post_id=POST, reply_id=uid(82), user_id=BEA, author_id=SAM, digest="0" * 64, replies=1, suspicious=True
    )
    [said] = await desk.hear(reply)
    decided, suspended = await desk.hear(DecideCase(subject_id=uid(82), admin_id=ADMIN, decision="suspend"))

    assert (said.subject_id, said.subject_kind, said.author_id, said.by) == (uid(82), "message", BEA, "automatic")
    assert (decided.subject_id, suspended.target_id) == (uid(82), BEA)


async def test_a_decision_is_told_and_the_case_is_closed(desk: Desk) -> None:
    await desk.hear(_flag(BEA))
    [said] = await desk.hear(_decide("hide"))

    assert isinstance(said, AdminModerationDecided) and said.decision == "hide"
    with pytest.raises(NotFoundError):
        await desk.hear(_decide("keep"))


async def test_to_suspend_suspends_the_author_too(desk: Desk) -> None:
    await desk.hear(_post())
    said = await desk.hear(_decide("suspend"))

    assert [type(each) for each in said] == [AdminModerationDecided, AdminActionPerformed]
    assert (said[1].target_id, said[1].action) == (SAM, "user.suspend")


async def test_an_author_contests_a_decision_once_and_the_appeal_is_decided(desk: Desk) -> None:
    await desk.hear(_post())
    await desk.hear(_decide("hide"))
    with pytest.raises(NotFoundError):
        await desk.hear(AppealDecision(subject_id=POST, author_id=BEA))
    [appealed] = await desk.hear(AppealDecision(subject_id=POST, author_id=SAM))
    [decided] = await desk.hear(_decide("hide"))

    assert isinstance(appealed, AdminModerationAppealed)
    assert decided.appeal
    with pytest.raises(DomainError):
        await desk.hear(AppealDecision(subject_id=POST, author_id=SAM))


async def test_nobody_shields_a_thing_of_theirs_by_reporting_it_as_something_else(desk: Desk) -> None:
    shield = FlagContent(subject_id=POST, subject_kind="file", reporter_id=SAM, reason="other")
    await desk.hear(shield)
    [flagged] = await desk.hear(_flag(BEA))
    await desk.hear(shield)
    [decided] = await desk.hear(_decide("remove"))

    assert (flagged.subject_kind, decided.subject_kind) == ("post", "post")


async def test_what_the_automatic_check_has_seen_no_report_calls_otherwise_but_a_moderator_may(desk: Desk) -> None:
    await desk.hear(FlagContent(subject_id=POST, subject_kind="user", reporter_id=SAM, reason="other"))
    await desk.hear(_post())
    [flagged] = await desk.hear(FlagContent(subject_id=POST, subject_kind="file", reporter_id=BEA, reason="other"))
    command = DecideCase(subject_id=POST, admin_id=ADMIN, decision="remove", subject_kind="content")
    [decided] = await desk.hear(command)

    assert (flagged.subject_kind, flagged.author_id, decided.subject_kind) == ("post", SAM, "content")


async def test_a_new_report_after_a_decision_opens_a_new_case(desk: Desk) -> None:
    await desk.hear(_flag(BEA))
    before = await desk.harness.get(Case, POST)
    await desk.hear(_decide("keep"))
    [said] = await desk.hear(_flag(SAM))

    assert before is not None and said.case_id != before.case_id


async def test_an_erasure_is_asked_of_every_service_once_and_closed_by_the_deletion(desk: Desk) -> None:
    [said] = await desk.hear(RequestErasure(user_id=SAM, request_id=uid(90)))
    again = await desk.hear(RequestErasure(user_id=SAM, request_id=uid(91)))
    await desk.hear(AuthUserDeleted(user_id=SAM, reason="erasure", request_id=uid(90)), 9)
    request = await desk.harness.get(ComplianceRequest, uid(90))

    assert isinstance(said, AuditComplianceRequested)
    assert (said.kind, said.request_id, again) == ("erasure", uid(90), [])
    assert request is not None and request.status == "erased"
