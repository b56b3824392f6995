"""The state machine of a consumer group, with time moved by hand."""

import asyncio

import pytest
from kio.schema.errors import ErrorCode

from reptidex.devlog.errors import Refused
from reptidex.devlog.groups.group import Group, GroupState
from reptidex.devlog.groups.member import Joined, JoinRequest


def wants(
    member_id: str = "", instance_id: str | None = None, metadata: bytes = b"", needs_id: bool = False
) -> JoinRequest:
    """Return a join with a session of 10 s and a rebalance timeout of 30 s."""
    return JoinRequest(member_id, instance_id, "consumer", [("range", metadata)], 10, 30, needs_id=needs_id)


async def settled(future: "asyncio.Future[Joined]") -> Joined:
    """Return the result of a join that must be complete by now."""
    await asyncio.sleep(0)
    assert future.done()
    return future.result()


@pytest.fixture
def group() -> Group:
    """Return an empty group that waits 1 s for its first members."""
    return Group("keepers", 1.0, 10)


@pytest.fixture
async def pair(group: Group) -> Group:
    """Return a stable group of members a (leader) and b at time 1."""
    group.join(wants(), "a", 0)
    group.join(wants(), "b", 0.5)
    group.tick(1.0)
    group.sync("a", 1, {"a": b"for a", "b": b"for b"}, 1.0)
    return group


async def test_the_first_members_are_gathered_before_the_first_generation(group: Group) -> None:
    first, second = group.join(wants(), "a", 0), group.join(wants(), "b", 0.5)
    group.tick(0.99)
    early = first.done()
    group.tick(1.0)

    assert not early
    assert (await settled(first)).generation == (await settled(second)).generation == 1


async def test_only_the_leader_learns_the_members(group: Group) -> None:
    first, second = group.join(wants(metadata=b"x"), "a", 0), group.join(wants(metadata=b"x"), "b", 0.5)
    group.tick(1.0)

    assert (await settled(first)).members == [("a", None, b"x"), ("b", None, b"x")]
    assert (await settled(second)).members == []


async def test_every_member_gets_what_the_leader_assigned(group: Group) -> None:
    group.join(wants(), "a", 0)
    group.join(wants(), "b", 0.5)
    group.tick(1.0)
    waiting = group.sync("b", 1, {}, 1.0)
    group.sync("a", 1, {"a": b"for a", "b": b"for b"}, 1.1)

    assert (await waiting).data == b"for b"
    assert group.state is GroupState.STABLE


async def test_a_new_member_makes_the_others_join_again(pair: Group) -> None:
    joining = pair.join(wants(), "c", 2)
    with pytest.raises(Refused) as told:
        pair.heartbeat("a", 1, 2.1)
    for member in ("a", "b"):
        pair.join(wants(member), "", 2.2)

    assert told.value.code is ErrorCode.rebalance_in_progress
    assert (await settled(joining)).generation == 2


async def test_a_silent_member_is_dropped_when_its_session_runs_out(pair: Group) -> None:
    pair.heartbeat("a", 1, 8)
    pair.tick(11.5)
    rejoined = pair.join(wants("a"), "", 11.6)

    assert (await settled(rejoined)).members == [("a", None, b"")]


async def test_a_member_that_does_not_come_back_is_left_behind_at_the_deadline(pair: Group) -> None:
    joining = pair.join(wants(), "c", 2)
    pair.join(wants("a"), "", 2.2)
    for second in range(3, 32):
        with pytest.raises(Refused):
            pair.heartbeat("b", 1, second)
        pair.tick(second)
    pair.tick(32.1)

    assert (await settled(joining)).generation == 2
    assert set(pair.members) == {"a", "c"}


async def test_leaving_starts_a_rebalance_at_once(pair: Group) -> None:
    pair.leave("a", None, 2)
    rejoined = pair.join(wants("b"), "", 2.1)

    assert (await settled(rejoined)).leader == "b"


async def test_when_the_leader_dies_the_followers_are_told_to_join_again(group: Group) -> None:
    group.join(wants(), "a", 0)
    group.join(wants(), "b", 0.5)
    group.tick(1.0)
    waiting = group.sync("b", 1, {}, 2.0)
    group.tick(11.1)

    with pytest.raises(Refused) as told:
        await waiting
    assert told.value.code is ErrorCode.rebalance_in_progress


async def test_a_member_must_come_back_with_the_id_it_was_given(group: Group) -> None:
    with pytest.raises(Refused) as told:
        group.join(wants(needs_id=True), "a", 0)
    joining = group.join(wants("a", needs_id=True), "", 0.1)
    group.tick(1.1)

    assert (told.value.code, told.value.message) == (ErrorCode.member_id_required, "a")
    assert (await settled(joining)).member_id == "a"


async def test_a_generation_waits_for_a_member_that_was_just_promised_an_id(group: Group) -> None:
    joining = group.join(wants(), "a", 0)
    with pytest.raises(Refused):
        group.join(wants(needs_id=True), "b", 0.9)
    group.tick(1.0)
    waited = not joining.done()
    group.join(wants("b", needs_id=True), "", 1.1)

    assert waited
    assert len((await settled(joining)).members) == 2


async def test_an_unknown_member_is_refused(pair: Group) -> None:
    with pytest.raises(Refused) as told:
        pair.join(wants("stranger"), "", 2)
    assert told.value.code is ErrorCode.unknown_member_id


async def test_an_old_generation_is_refused(pair: Group) -> None:
    with pytest.raises(Refused) as told:
        pair.heartbeat("a", 0, 2)
    assert told.value.code is ErrorCode.illegal_generation


async def test_members_without_a_common_protocol_are_refused(pair: Group) -> None:
    with pytest.raises(Refused) as told:
        pair.join(JoinRequest("", None, "consumer", [("sticky", b"")], 10, 30), "c", 2)
    assert told.value.code is ErrorCode.inconsistent_group_protocol


async def test_a_restarted_static_member_keeps_its_place_without_a_rebalance(group: Group) -> None:
    group.join(wants(), "leader", 0)
    group.join(wants(instance_id="i1"), "old", 0.5)
    group.tick(1.0)
    group.sync("leader", 1, {"old": b"its own"}, 1.0)
    again = group.join(wants(instance_id="i1"), "new", 3)

    assert (await settled(again)).generation == 1
    assert (await group.sync("new", 1, {}, 3.1)).data == b"its own"


async def test_the_process_that_a_static_member_replaced_is_fenced(group: Group) -> None:
    group.join(wants(), "leader", 0)
    group.join(wants(instance_id="i1"), "old", 0.5)
    group.tick(1.0)
    group.join(wants(instance_id="i1"), "new", 3)

    with pytest.raises(Refused) as told:
        group.heartbeat("old", 1, 3.1, "i1")
    assert told.value.code is ErrorCode.fenced_instance_id


async def test_a_full_group_refuses_more_members() -> None:
    group = Group("keepers", 0, 1)
    group.join(wants(), "a", 0)

    with pytest.raises(Refused) as told:
        group.join(wants(), "b", 0)
    assert told.value.code is ErrorCode.group_max_size_reached
