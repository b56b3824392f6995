"""All groups of the log: who exists, who may commit offsets, when sessions are checked."""

import uuid
from collections.abc import Callable, Iterator

from reptidex.devlog.clock import Clock
from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused
from reptidex.devlog.groups.group import Group, GroupState


def random_member_id(prefix: str) -> str:
    """Return a member id no other member has."""
    return f"{prefix}-{uuid.uuid4()}"


class Coordinator:
    """Find and make groups; `tick` drives their time."""

    def __init__(
        self,
        clock: Clock,
        first_delay: float,
        member_limit: int,
        new_member_id: Callable[[str], str] = random_member_id,
    ) -> None:
        self._clock = clock
        self._first_delay = first_delay
        self._member_limit = member_limit
        self._groups: dict[str, Group] = {}
        self.new_member_id = new_member_id

    def now(self) -> float:
        """Return the time that groups are driven by."""
        return self._clock.monotonic()

    def get(self, group_id: str) -> Group | None:
        """Return the group if it has (or had) members since the start."""
        return self._groups.get(group_id)

    def get_or_create(self, group_id: str) -> Group:
        """Return the group; raises Refused for an empty name."""
        if not group_id:
            raise Refused(ErrorCode.invalid_group_id)
        group = self._groups.get(group_id)
        if group is None:
            group = self._groups[group_id] = Group(group_id, self._first_delay, self._member_limit)
        return group

    def require(self, group_id: str) -> Group:
        """Return a group that has members; raises Refused (UNKNOWN_MEMBER_ID)."""
        group = self._groups.get(group_id)
        if group is None:
            raise Refused(ErrorCode.unknown_member_id)
        return group

    def forget(self, group_id: str) -> None:
        """Drop a group without members; raises Refused (NON_EMPTY_GROUP)."""
        group = self._groups.get(group_id)
        if group is not None and group.members:
            raise Refused(ErrorCode.non_empty_group)
        self._groups.pop(group_id, None)

    def check_commit(self, group_id: str, member_id: str, generation: int, instance_id: str | None) -> None:
        """Raise Refused unless this member (or, with generation -1, anybody) may commit offsets for the group."""
        group = self._groups.get(group_id)
        if generation < 0:
            if group is not None and group.members:
                raise Refused(ErrorCode.unknown_member_id)
            return
        if group is None:
            raise Refused(ErrorCode.illegal_generation)
        member = group.require(member_id, generation, instance_id)
        if group.state is GroupState.COMPLETING:
            raise Refused(ErrorCode.rebalance_in_progress)
        member.seen = self.now()

    def tick(self) -> None:
        """Drop members whose session ran out, complete rebalances that are due, forget groups without members."""
        now = self.now()
        for group in list(self._groups.values()):
            group.tick(now)
            if group.abandoned:
                del self._groups[group.group_id]

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())
