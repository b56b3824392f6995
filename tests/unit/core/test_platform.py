"""Live settings, features, telemetry, administration and erasure."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.agents.engine.routing import Routing
from reptidex.errors import DomainError
from reptidex.services.core import SERVICE
from reptidex.streams.catalogue import everything
from reptidex.streams.commands.core import DeleteUser, EnrolMfa, GrantAdmin, LinkIdentity
from reptidex.streams.commands.core_vivariums import TrackSample
from reptidex.streams.ops import AdminActionPerformed, AuditComplianceRequested, MonitoringHealthChanged
from reptidex.tables.answers import RefusedError
from reptidex.tables.core.people import Address, User
from reptidex.tables.core.platform import EventCount, Sample
from reptidex.tables.core.vivariums import Vivarium
from reptidex.tables.query import select
from tests.unit.core.conftest import Stand, uid

ZERO = timedelta()


async def _admin(stand: Stand) -> Any:
    tokens = await stand.sign_in("root@example.com")
    await stand.harness.handle(GrantAdmin(address_hash=stand.ports.keyed.address_hash("root@example.com")))
    _, fresh = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    return fresh


async def test_who_is_administrator_no_longer_is_signed_out_at_once(stand: Stand) -> None:
    root = await _admin(stand)
    address = stand.ports.keyed.address_hash("root@example.com")
    await stand.harness.handle(GrantAdmin(address_hash=address, scopes=("admin", "more")))
    await stand.harness.advance(by=ZERO)
    assert [each.type for each in stand.harness.events].count("auth.session.revoked") == 0

    await stand.harness.handle(GrantAdmin(address_hash=address, scopes=()))
    await stand.harness.advance(by=ZERO)

    revoked: Any = stand.harness.events[-1].data
    assert (revoked.session_id, revoked.reason) == (root["session_id"], "admin")
    _, tokens = await stand.login("root@example.com")
    assert (await stand.get("/config/settings", token=tokens["access_token"]))[0] == 403


async def test_only_an_administrator_switches_features(stand: Stand) -> None:
    sam = await stand.sign_in()
    root = await _admin(stand)
    body = {"enabled": True, "rollout": 1.0}

    refused, _ = await stand.call("PUT", "/config/features/morph-odds", body, token=sam["access_token"])
    done, _ = await stand.call("PUT", "/config/features/morph-odds", body, token=root["access_token"])

    assert (refused, done) == (403, 200)
    assert stand.harness.events[-1].type == "config.feature.toggled"


async def test_a_feature_that_is_rolled_out_to_all_is_on_for_everybody(stand: Stand) -> None:
    root = await _admin(stand)
    await stand.call("PUT", "/config/features/morph-odds", {"enabled": True}, token=root["access_token"])

    _, found = await stand.get("/config/features")

    assert found["items"] == [{"feature_key": "morph-odds", "enabled": True}]


async def test_a_setting_is_not_taken_from_those_who_have_it_by_another_scope(stand: Stand) -> None:
    root = await _admin(stand)
    path = "/config/settings/listing.photos"
    await stand.call("PUT", path, {"value": 12}, token=root["access_token"])

    status, _ = await stand.call("PUT", path, {"value": 3, "scope": "animal"}, token=root["access_token"])
    _, found = await stand.get("/config/settings", token=root["access_token"])

    assert status == 409
    assert [(each["config_key"], each["value"]) for each in found["items"]] == [("listing.photos", "12")]


async def test_a_setting_that_did_not_change_is_not_told_again(stand: Stand) -> None:
    root = await _admin(stand)
    body = {"value": {"most": 3}}

    for _ in range(2):
        status, found = await stand.call("PUT", "/config/settings/listing.photos", body, token=root["access_token"])

    assert (status, found["revision"], found["value"]) == (200, 1, '{"most":3}')
    assert [each.type for each in stand.harness.events].count("config.updated") == 1


async def test_a_secret_is_no_live_setting(stand: Stand) -> None:
    root = await _admin(stand)

    status, _ = await stand.call("PUT", "/config/settings/stripe.secret", {"value": "x"}, token=root["access_token"])

    assert status == 422


def _action(action: Any, target: str, **more: Any) -> AdminActionPerformed:
    return AdminActionPerformed(target_id=target, target_kind="user", admin_id=uid(1), action=action, **more)


async def test_a_suspended_user_is_signed_out_everywhere_and_cannot_sign_in(stand: Stand) -> None:
    sam = await stand.sign_in()

    told = await stand.harness.handle(_action("user.suspend", sam["user_id"]), sequence=1)

    assert [type(each).__name__ for each in told] == ["AuthSessionRevoked", "AuthUserUpdated"]
    assert (await stand.login())[0] == 403
    assert (await stand.post("/auth/refresh", {"refresh_token": sam["refresh_token"]}))[0] == 401


async def test_a_restored_user_can_sign_in_again(stand: Stand) -> None:
    sam = await stand.sign_in()
    await stand.harness.handle(_action("user.suspend", sam["user_id"]), sequence=1)

    await stand.harness.handle(_action("user.restore", sam["user_id"]), sequence=2)

    assert (await stand.login())[0] == 200


async def test_an_overridden_plan_counts_without_payment_and_without_end(stand: Stand) -> None:
    sam = await stand.sign_in()

    await stand.harness.handle(_action("entitlement.override", sam["vivarium_id"], value='{"plan":"collector"}'))
    await stand.harness.advance(by=ZERO)

    _, found = await stand.get("/billing/subscriptions", token=sam["access_token"])
    assert (found["items"][0]["plan"], found["items"][0]["period_end"]) == ("collector", None)


async def test_an_erased_user_leaves_nothing_personal_behind_and_frees_the_address(stand: Stand) -> None:
    sam = await stand.sign_in()
    await stand.call("PUT", "/profile", {"bio": "I live in Ulm"}, token=sam["access_token"])
    shop = {"display_name": "Sam's Ulm", "location": "Ulm"}
    await stand.call("PUT", f"/vivariums/{sam['vivarium_id']}/profile", shop, token=sam["access_token"])

    request = AuditComplianceRequested(
        user_id=sam["user_id"], request_id=uid(5), kind="erasure", due_at=stand.harness.now
    )
    await stand.harness.handle(request)
    await stand.harness.advance(by=ZERO)

    user = await stand.harness.get(User, sam["user_id"])
    assert user is not None
    assert (user.status, user.display_name, user.data_key, user.email_sealed) == ("deleted", "", b"", b"")
    assert await stand.harness.find(select(Address)) == []
    types = [each.type for each in stand.harness.events]
    assert types.count("auth.user.deleted") == 1
    assert types[-3:] == ["org.member.removed", "org.updated", "profile.updated"]
    closed, profile = (each.data for each in stand.harness.events[-2:])
    assert (closed.name, closed.status) == ("", "closed")
    assert (profile.display_name, profile.location, profile.visibility) == ("", "", "private")
    assert [row for row in await stand.harness.stored() if re.search("Sam|Ulm|sam@|secret of", repr(row))] == []
    assert (await stand.register())["user_id"] != sam["user_id"]


async def test_a_person_deletes_their_own_account_with_their_password(stand: Stand) -> None:
    sam = await stand.sign_in()

    wrong, _ = await stand.post("/auth/me/delete", {"password": "guessed wrong"}, token=sam["access_token"])
    right, _ = await stand.post(
        "/auth/me/delete", {"password": "correct horse battery staple 7"}, token=sam["access_token"]
    )

    assert (wrong, right) == (401, 204)
    assert (await stand.login())[0] == 401


async def test_every_event_is_counted_by_name_and_minute_and_the_minute_is_published(stand: Stand) -> None:
    await stand.register()
    for sent in list(stand.harness.events):
        await stand.harness.handle_envelope(sent)
    before = len(stand.harness.events)

    await stand.harness.advance(by=timedelta(seconds=66))

    counts = await stand.harness.find(select(EventCount, order=("name",)))
    assert {each.name: each.count for each in counts} == {
        "auth.user.created": 1,
        "billing.subscription.created": 1,
        "org.created": 1,
        "org.member.added": 1,
        "profile.updated": 1,
    }
    published: list[Any] = [each.data for each in stand.harness.events[before:]]
    assert sum(each.count for each in published if hasattr(each, "topic")) == 5
    assert [each.value for each in published if hasattr(each, "kind")] == [5]


async def test_telemetry_hears_everything_but_what_the_catch_alls_leave_out() -> None:
    heard = {cls.contract.name for cls in Routing(SERVICE.agents).heard if cls.contract.kind == "event"}

    assert heard == {cls.contract.name for cls in everything()}


async def test_the_counts_are_shown_to_administrators(stand: Stand) -> None:
    root = await _admin(stand)
    for sent in list(stand.harness.events):
        await stand.harness.handle_envelope(sent)

    status, found = await stand.get("/telemetry/events?name=auth.user.created", token=root["access_token"])

    assert (status, [each["count"] for each in found["items"]]) == (200, [1])


async def test_health_that_is_older_than_what_is_known_is_dropped(stand: Stand) -> None:
    def said(status: Any) -> MonitoringHealthChanged:
        return MonitoringHealthChanged(service="repti-media", status=status, since=stand.harness.now)

    await stand.harness.handle(said("down"), sequence=5)
    await stand.harness.handle(said("up"), sequence=4)

    _, found = await stand.get("/telemetry/health")
    assert [(each["service"], each["status"]) for each in found["items"]] == [("repti-media", "down")]


async def test_a_vivarium_that_is_closed_for_good_is_not_opened_again_by_a_restoring_administrator(
    stand: Stand,
) -> None:
    sam = await stand.sign_in()
    request = AuditComplianceRequested(
        user_id=sam["user_id"], request_id=uid(5), kind="erasure", due_at=stand.harness.now
    )
    await stand.harness.handle(request)
    await stand.harness.advance(by=ZERO)

    for number, action in enumerate(("org.suspend", "org.restore"), 1):
        await stand.harness.handle(_action(action, sam["vivarium_id"]), sequence=number)

    vivarium = await stand.harness.get(Vivarium, sam["vivarium_id"])
    assert vivarium is not None and vivarium.status == "closed"


@pytest.mark.parametrize(
    "late",
    [
        lambda who: LinkIdentity(user_id=who, identity="google/1", provider="google", session_id=uid(6)),
        lambda who: EnrolMfa(user_id=who, secret_sealed=b"sealed"),
    ],
)
async def test_nothing_is_added_to_an_account_that_is_gone(stand: Stand, late: Any) -> None:
    sam = await stand.sign_in()
    await stand.harness.handle(DeleteUser(user_id=sam["user_id"], reason="requested"))
    before = await stand.harness.stored()

    with pytest.raises(DomainError):
        await stand.harness.handle(late(sam["user_id"]))

    assert await stand.harness.stored() == before


async def test_a_setting_that_its_event_could_not_tell_of_is_refused_with_the_reason(stand: Stand) -> None:
    root = await _admin(stand)

    status, problem = await stand.call(
        "PUT", "/config/settings/listing.terms", {"value": "x" * 1999}, token=root["access_token"]
    )
    listed, found = await stand.get("/config/settings", token=root["access_token"])

    assert (status, problem["pointer"], listed, found["items"]) == (422, "/value", 200, [])


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
async def test_a_sample_of_a_moment_that_cannot_be_stored_is_refused(stand: Stand, moment: str) -> None:
    sample = {"kind": "metric", "name": "mails.waiting", "value": 1, "sampled_at": moment}

    status, problem = await stand.post("/telemetry/samples", sample, token=await stand.service("repti-commerce"))

    assert (status, problem["pointer"]) == (422, "/sampled_at")


async def test_a_moment_that_cannot_be_stored_stops_no_worker(stand: Stand) -> None:
    """Whoever brings it, past the web side: it is a dead letter, and what came with it is handled."""
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    sample = TrackSample(
        service_name="repti-ops", sample_id=uid(7), kind="metric", name="a.b", value=1, sampled_at=early
    )

    with pytest.raises(RefusedError):
        await stand.harness.handle(sample)
    await stand.harness.handle(replace(sample, sample_id=uid(8), sampled_at=stand.harness.now))

    [letter] = await stand.harness.letters()
    assert "out of range" in letter.cause
    assert [each.sample_id for each in await stand.harness.find(select(Sample))] == [uid(8)]
