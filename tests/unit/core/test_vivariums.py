"""Vivariums, members and their roles, profiles."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.streams.commands.core_vivariums import LoseMember
from reptidex.tables.core.vivariums import Vivarium
from tests.unit.core.conftest import PASSWORD, Stand, uid


async def _team(stand: Stand) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return a business vivarium of Sam's on a plan with room, Sam's tokens and Bea's account."""
    sam = await stand.sign_in()
    bea = await stand.join("bea@example.com", "Bea Boa")
    status, made = await stand.post("/vivariums", {"name": "Sand & Sons"}, token=sam["access_token"])
    assert status == 201, made
    return made["vivarium_id"], sam, bea


async def test_opening_a_vivarium_makes_its_founder_the_owner(stand: Stand) -> None:
    vivarium, sam, _ = await _team(stand)

    _, found = await stand.get(f"/vivariums/{vivarium}", token=sam["access_token"])

    assert (found["role"], found["kind"], found["plan"]) == ("herpetologist", "business", "hobbyist")
    assert [each.type for each in stand.harness.events[-4:]] == [
        "org.created",
        "org.member.added",
        "profile.updated",
        "billing.subscription.created",
    ]


async def test_a_foreign_vivarium_is_answered_as_if_there_were_none(stand: Stand) -> None:
    vivarium, _, _ = await _team(stand)
    _, bea = await stand.login("bea@example.com")

    foreign, one = await stand.get(f"/vivariums/{vivarium}", token=bea["access_token"])
    absent, other = await stand.get(f"/vivariums/{uid(7)}", token=bea["access_token"])

    assert (foreign, absent) == (404, 404)
    assert one["title"] == other["title"]


async def test_a_member_is_added_by_address_and_can_then_speak_for_the_vivarium(stand: Stand) -> None:
    vivarium, sam, bea = await _team(stand)

    status, added = await stand.post(
        f"/vivariums/{vivarium}/members", {"email": "bea@example.com", "role": "handler"}, token=sam["access_token"]
    )
    _, tokens = await stand.login("bea@example.com")
    _, switched = await stand.post("/auth/switch", {"vivarium_id": vivarium}, token=tokens["access_token"])
    _, me = await stand.get("/auth/me", token=switched["access_token"])

    assert (status, added["user_id"]) == (201, bea["user_id"])
    assert (me["vivarium_id"], me["role"]) == (vivarium, "handler")


async def test_a_plan_without_room_takes_no_more_members(stand: Stand) -> None:
    vivarium, sam, _ = await _team(stand)
    await stand.join("cid@example.com", "Cid")
    path, token = f"/vivariums/{vivarium}/members", sam["access_token"]
    await stand.post(path, {"email": "bea@example.com", "role": "keeper"}, token=token)

    status, problem = await stand.post(path, {"email": "cid@example.com", "role": "keeper"}, token=token)

    assert status == 409
    assert "room for 2" in problem["detail"]


async def test_who_only_says_that_an_address_is_theirs_gets_no_role_that_was_meant_for_its_owner(stand: Stand) -> None:
    vivarium, sam, _ = await _team(stand)
    path, token, body = (
        f"/vivariums/{vivarium}/members",
        sam["access_token"],
        {"email": "cid@example.com", "role": "keeper"},
    )
    stranger = await stand.register("cid@example.com", "Not Cid")
    early, problem = await stand.post(path, body, token=token)
    link = (await stand.contact(stranger["user_id"]))["confirmation_token"]
    await stand.post("/auth/confirm", {"token": link})
    late, _ = await stand.post(path, body, token=token)

    assert (early, problem["detail"], late) == (409, "this person has not confirmed their address yet", 201)


async def test_the_last_owner_can_neither_leave_nor_step_down(stand: Stand) -> None:
    vivarium, sam, _ = await _team(stand)
    path, token = f"/vivariums/{vivarium}/members/{sam['user_id']}", sam["access_token"]

    left, _ = await stand.call("DELETE", path, token=token)
    stepped_down, problem = await stand.call("PUT", path, {"role": "keeper"}, token=token)

    assert (left, stepped_down, problem["title"]) == (409, 409, "The last owner stays")


async def test_a_curator_cannot_make_owners(stand: Stand) -> None:
    vivarium, sam, bea = await _team(stand)
    body = {"email": "bea@example.com", "role": "curator"}
    await stand.post(f"/vivariums/{vivarium}/members", body, token=sam["access_token"])
    _, tokens = await stand.login("bea@example.com")

    status, _ = await stand.call(
        "PUT",
        f"/vivariums/{vivarium}/members/{bea['user_id']}",
        {"role": "herpetologist"},
        token=tokens["access_token"],
    )

    assert status == 403


async def test_a_removed_member_falls_back_to_their_own_vivarium(stand: Stand) -> None:
    vivarium, sam, bea = await _team(stand)
    path, token = f"/vivariums/{vivarium}/members", sam["access_token"]
    await stand.post(path, {"user_id": bea["user_id"], "role": "handler"}, token=token)
    _, tokens = await stand.login("bea@example.com")
    await stand.post("/auth/switch", {"vivarium_id": vivarium}, token=tokens["access_token"])

    status, _ = await stand.call("DELETE", f"{path}/{bea['user_id']}", token=token)
    _, fresh = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})

    assert status == 204
    assert fresh["vivarium_id"] == bea["vivarium_id"]
    removed: Any = next(each.data for each in stand.harness.events if each.type == "org.member.removed")
    assert (removed.role, removed.reason) == ("handler", "removed")


async def test_a_profile_change_publishes_the_whole_profile_once(stand: Stand) -> None:
    sam = await stand.sign_in()
    body = {"slug": "sam-sand", "bio": "Ball pythons since 1998."}

    status, found = await stand.call("PUT", "/profile", body, token=sam["access_token"])
    await stand.call("PUT", "/profile", body, token=sam["access_token"])

    assert (status, found["display_name"]) == (200, "Sam Sand")
    updates: list[Any] = [each.data for each in stand.harness.events if each.type == "profile.updated"]
    assert [each.changed for each in updates] == [(), ("slug", "bio")]
    assert updates[-1].display_name == "Sam Sand"


async def test_a_slug_belongs_to_one_profile(stand: Stand) -> None:
    sam = await stand.sign_in()
    bea = await stand.sign_in("bea@example.com")
    await stand.call("PUT", "/profile", {"slug": "the-one"}, token=sam["access_token"])

    status, problem = await stand.call("PUT", "/profile", {"slug": "the-one"}, token=bea["access_token"])

    assert (status, problem["title"]) == (409, "The name is taken")


async def test_a_private_profile_is_hidden_from_others(stand: Stand) -> None:
    sam = await stand.sign_in()
    await stand.call("PUT", "/profile", {"visibility": "private"}, token=sam["access_token"])

    others, _ = await stand.get(f"/profiles/{sam['user_id']}")
    own, _ = await stand.get(f"/profiles/{sam['user_id']}", token=sam["access_token"])

    assert (others, own) == (404, 200)


async def test_a_changed_profile_of_a_personal_vivarium_begins_with_its_name(stand: Stand) -> None:
    sam = await stand.sign_in()

    status, found = await stand.call(
        "PUT", f"/vivariums/{sam['vivarium_id']}/profile", {"location": "Ulm"}, token=sam["access_token"]
    )

    assert status == 200
    assert (found["kind"], found["display_name"], found["location"]) == ("org", "Sam Sand", "Ulm")


async def test_what_only_has_the_length_of_an_id_names_no_vivarium(stand: Stand) -> None:
    tokens = await stand.sign_in()

    status, refused = await stand.post("/auth/switch", {"vivarium_id": "x" * 36}, token=tokens["access_token"])

    assert (status, refused["pointer"]) == (422, "/vivarium_id")


async def _shared(stand: Stand) -> tuple[Any, Any]:
    """Return Sam's tokens and Bea's, who owns Sam's personal vivarium with him."""
    sam, bea = await stand.sign_in(), await stand.sign_in("bea@example.com")
    body = {"user_id": bea["user_id"], "role": "herpetologist"}
    status, _ = await stand.post(f"/vivariums/{sam['vivarium_id']}/members", body, token=sam["access_token"])
    assert status == 201
    return sam, bea


async def test_nobody_loses_their_own_vivarium_to_another_owner(stand: Stand) -> None:
    sam, bea = await _shared(stand)
    path = f"/vivariums/{sam['vivarium_id']}/members/{sam['user_id']}"

    removed, problem = await stand.call("DELETE", path, token=bea["access_token"])
    lowered, _ = await stand.call("PUT", path, {"role": "keeper"}, token=bea["access_token"])
    left, _ = await stand.call("DELETE", path, token=sam["access_token"])

    assert (removed, lowered, left) == (409, 409, 409)
    assert problem["title"] == "A personal vivarium stays with its owner"


async def test_the_name_of_who_is_gone_goes_also_where_another_owner_keeps_the_vivarium(stand: Stand) -> None:
    sam, bea = await _shared(stand)
    path = f"/vivariums/{sam['vivarium_id']}"
    await stand.call("PUT", f"{path}/profile", {"location": "Ulm"}, token=sam["access_token"])

    await stand.post("/auth/me/delete", {"password": PASSWORD}, token=sam["access_token"])
    await stand.harness.advance(by=timedelta(seconds=1))
    status, found = await stand.get(path, token=bea["access_token"])
    profile, _ = await stand.get(f"/profiles/{sam['vivarium_id']}")

    assert (status, found["status"], found["name"], profile) == (200, "active", "Vivarium", 404)
    told: Any = [each.data for each in stand.harness.events if each.type in ("org.updated", "profile.updated")][-2:]
    assert [getattr(each, "name", "") or each.display_name for each in told] == ["Vivarium", "Vivarium"]


@pytest.mark.parametrize("status", ["suspended", "closed"])
async def test_a_vivarium_that_is_suspended_or_closed_is_not_changed(stand: Stand, status: str) -> None:
    vivarium, sam, bea = await _team(stand)
    path, token = f"/vivariums/{vivarium}", sam["access_token"]
    await stand.post(f"{path}/members", {"user_id": bea["user_id"], "role": "keeper"}, token=token)
    row = await stand.harness.get(Vivarium, vivarium)
    assert row is not None
    await stand.harness.put(replace(row, status=status))
    said = len(stand.harness.events)

    found = [
        (await stand.call(method, where, body, token=token))[0]
        for method, where, body in (
            ("PUT", path, {"name": "Renamed"}),
            ("PUT", f"{path}/profile", {"bio": "still here"}),
            ("POST", f"{path}/members", {"user_id": uid(9), "role": "keeper"}),
            ("PUT", f"{path}/members/{bea['user_id']}", {"role": "handler"}),
            ("DELETE", f"{path}/members/{bea['user_id']}", None),
        )
    ]
    bea_token = (await stand.login("bea@example.com"))[1]["access_token"]
    left, _ = await stand.call("DELETE", f"{path}/members/{bea['user_id']}", token=bea_token)

    assert found == [403 if status == "suspended" else 404] * 5
    assert left == 204
    assert [each.type for each in stand.harness.events[said:]] == ["auth.session.started", "org.member.removed"]


@pytest.mark.parametrize("body", [{"slug": "the-one\n"}, {"website": "https://sand.example/\n"}])
async def test_an_address_ends_where_its_line_ends(stand: Stand, body: dict[str, str]) -> None:
    sam = await stand.sign_in()

    status, _ = await stand.call("PUT", "/profile", body, token=sam["access_token"])

    assert status == 422


async def test_who_belongs_to_no_vivarium_has_no_role_in_one(stand: Stand) -> None:
    sam = await stand.sign_in()
    await stand.harness.handle(LoseMember(vivarium_id=sam["vivarium_id"], user_id=sam["user_id"]))

    _, tokens = await stand.login()
    invoices, _ = await stand.get("/billing/invoices", token=tokens["access_token"])
    _, me = await stand.get("/auth/me", token=tokens["access_token"])

    assert (me["role"], invoices) == ("", 403)


async def test_nobody_speaks_for_a_vivarium_that_they_are_no_member_of(stand: Stand) -> None:
    vivarium, _, bea = await _team(stand)
    _, tokens = await stand.login("bea@example.com")

    status, refused = await stand.post("/auth/switch", {"vivarium_id": vivarium}, token=tokens["access_token"])
    _, fresh = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    _, me = await stand.get("/auth/me", token=fresh["access_token"])

    assert (status, refused["title"]) == (404, "Not found")
    assert me["vivarium_id"] == bea["vivarium_id"] != vivarium
