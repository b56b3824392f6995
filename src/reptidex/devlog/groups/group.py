"""One consumer group: the state machine of Kafka's classic rebalance protocol, driven by calls and by `tick`.

Protocol: https://cwiki.apache.org/confluence/display/KAFKA/Kafka+Client-side+Assignment+Proposal, KIP-345 (static
members), KIP-394 (member id required).
"""

import asyncio
from collections import Counter
from enum import StrEnum

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused
from reptidex.devlog.groups.member import Assignment, Joined, JoinRequest, Member

PROMISE_SECONDS = 60.0
PROMISE_GRACE_SECONDS = 1.0


class GroupState(StrEnum):
    """Kafka's names of a group's states, as DescribeGroups shows them."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


class Group:
    """Members, generation and assignment of one group. Not durable: clients join again after a restart.

    `now` is monotonic seconds everywhere.
    """

    def __init__(self, group_id: str, first_delay: float, member_limit: int) -> None:
        self.group_id = group_id
        self.state = GroupState.EMPTY
        self.generation = 0
        self.protocol_type = ""
        self.protocol: str | None = None
        self.leader: str | None = None
        self.members: dict[str, Member] = {}
        self.static: dict[str, str] = {}
        self._first_delay = first_delay
        self._member_limit = member_limit
        self._promised: dict[str, float] = {}
        self._earliest = 0.0
        self._deadline = 0.0

    def join(self, request: JoinRequest, new_id: str, now: float) -> "asyncio.Future[Joined]":
        """Enter (or enter again) the next generation; the future is done when that generation is complete.

        Raises Refused, with MEMBER_ID_REQUIRED carrying the id as its message.
        """
        self._check_protocols(request)
        member, changed = self._take(self._member_for(request, new_id, now), request, now)
        if not changed and self.state in (GroupState.COMPLETING, GroupState.STABLE):
            done: asyncio.Future[Joined] = asyncio.get_running_loop().create_future()
            done.set_result(self._joined(member))
            return done
        self._prepare(now)
        joined = member.wait_for_join()
        self.tick(now)
        return joined

    def sync(
        self, member_id: str, generation: int, assignments: dict[str, bytes], now: float, instance_id: str | None = None
    ) -> "asyncio.Future[Assignment]":
        """Hand in (leader) or wait for (others) the assignment of the generation; raises Refused."""
        member = self.require(member_id, generation, instance_id)
        member.seen = now
        if self.state is GroupState.PREPARING:
            raise Refused(ErrorCode.rebalance_in_progress)
        waiting = member.wait_for_sync()
        if self.state is GroupState.COMPLETING and member_id == self.leader:
            self.state = GroupState.STABLE
            for other in self.members.values():
                other.assignment = assignments.get(other.member_id, b"")
                other.seen = now
        if self.state is GroupState.STABLE:
            for other in self.members.values():
                other.deliver_assignment()
        return waiting

    def heartbeat(self, member_id: str, generation: int, now: float, instance_id: str | None = None) -> None:
        """Keep the member; raises Refused, REBALANCE_IN_PROGRESS when it should join again."""
        self.require(member_id, generation, instance_id).seen = now
        if self.state is GroupState.PREPARING:
            raise Refused(ErrorCode.rebalance_in_progress)

    def leave(self, member_id: str, instance_id: str | None, now: float) -> None:
        """Let the member go at once; raises Refused when it is not known."""
        if instance_id is not None and not member_id:
            member_id = self.static.get(instance_id, "")
        if member_id not in self.members:
            raise Refused(ErrorCode.unknown_member_id)
        self._drop(member_id)
        self._prepare(now, urgent=True)
        self.tick(now)

    def require(self, member_id: str, generation: int, instance_id: str | None = None) -> Member:
        """Return the member; raises Refused when it or its generation is not the current one."""
        if instance_id is not None and self.static.get(instance_id, member_id) != member_id:
            raise Refused(ErrorCode.fenced_instance_id)
        member = self.members.get(member_id)
        if member is None:
            raise Refused(ErrorCode.unknown_member_id)
        if generation != self.generation:
            raise Refused(ErrorCode.illegal_generation)
        return member

    @property
    def abandoned(self) -> bool:
        """Tell whether nobody is in the group or about to enter it."""
        return not self.members and not self._promised

    def tick(self, now: float) -> None:
        """Drop members whose session ran out, and complete a rebalance that is due."""
        for member_id in [key for key, since in self._promised.items() if now - since > PROMISE_SECONDS]:
            del self._promised[member_id]
        for member in list(self.members.values()):
            if member.expired(now):
                self._drop(member.member_id)
                self._prepare(now, urgent=True)
        if self.state is GroupState.COMPLETING and self.leader not in self.members:
            self._prepare(now, urgent=True)
        if self.state is GroupState.PREPARING:
            self._complete_if_due(now)

    def _check_protocols(self, request: JoinRequest) -> None:
        if not request.protocols or (self.members and request.protocol_type != self.protocol_type):
            raise Refused(ErrorCode.inconsistent_group_protocol)
        others = [member for member in self.members.values() if member.member_id != request.member_id]
        offered = {name for name, _ in request.protocols}
        if others and not any(all(name in member.names for member in others) for name in offered):
            raise Refused(ErrorCode.inconsistent_group_protocol)

    def _member_for(self, request: JoinRequest, new_id: str, now: float) -> Member | None:
        member_id = request.member_id
        if member_id:
            if request.instance_id is not None and self.static.get(request.instance_id, member_id) != member_id:
                raise Refused(ErrorCode.fenced_instance_id)
            known = self.members.get(member_id)
            if known is None and self._promised.pop(member_id, None) is None:
                raise Refused(ErrorCode.unknown_member_id)
            return known
        if len(self.members) + len(self._promised) >= self._member_limit:
            raise Refused(ErrorCode.group_max_size_reached)
        if request.instance_id is not None and request.instance_id in self.static:
            old = self.members.pop(self.static[request.instance_id])
            old.fence()
            replaced = Member(new_id, request.instance_id)
            replaced.assignment, replaced.protocols = old.assignment, old.protocols
            self.members[new_id] = replaced
            self.static[request.instance_id] = new_id
            if self.leader == old.member_id:
                self.leader = new_id
            return replaced
        if request.needs_id and request.instance_id is None:
            self._promised[new_id] = now
            raise Refused(ErrorCode.member_id_required, new_id)
        request.member_id = new_id
        return None

    def _take(self, member: Member | None, request: JoinRequest, now: float) -> tuple[Member, bool]:
        changed = member is None or member.protocols != request.protocols or member.member_id == self.leader
        if member is None:
            member = self.members[request.member_id] = Member(request.member_id, request.instance_id)
            if request.instance_id is not None:
                self.static[request.instance_id] = request.member_id
        request.member_id = member.member_id
        member.protocols = request.protocols
        member.session_timeout = request.session_timeout
        member.rebalance_timeout = max(request.rebalance_timeout, request.session_timeout)
        member.client_id, member.client_host = request.client_id, request.client_host
        member.seen = now
        self.protocol_type = request.protocol_type
        return member, changed

    def _prepare(self, now: float, urgent: bool = False) -> None:
        if self.state is GroupState.PREPARING:
            return
        for member in self.members.values():
            member.interrupt_sync(ErrorCode.rebalance_in_progress)
        self._earliest = now + (self._first_delay if self.state is GroupState.EMPTY and not urgent else 0.0)
        self._deadline = now + max((member.rebalance_timeout for member in self.members.values()), default=0.0)
        self.state = GroupState.PREPARING

    def _all_joined(self, now: float) -> bool:
        expected = any(now - since < PROMISE_GRACE_SECONDS for since in self._promised.values())
        return not expected and all(member.joining for member in self.members.values())

    def _complete_if_due(self, now: float) -> None:
        if self.members and (now < self._earliest or (not self._all_joined(now) and now < self._deadline)):
            return
        for member in list(self.members.values()):
            if not member.joining:
                self._drop(member.member_id)
        self.generation += 1
        if not self.members:
            self.state, self.leader, self.protocol = GroupState.EMPTY, None, None
            return
        self.protocol = self._vote()
        if self.leader not in self.members:
            self.leader = next(iter(self.members))
        self.state = GroupState.COMPLETING
        for member in self.members.values():
            member.seen = now
            member.assignment = b""
            member.deliver_join(self._joined(member))

    def _vote(self) -> str:
        common = set.intersection(*(member.names for member in self.members.values()))
        votes = Counter(
            next(name for name, _ in member.protocols if name in common) for member in self.members.values()
        )
        return votes.most_common(1)[0][0]

    def _joined(self, member: Member) -> Joined:
        everyone = [
            (other.member_id, other.instance_id, other.metadata(self.protocol)) for other in self.members.values()
        ]
        leads = member.member_id == self.leader
        return Joined(
            self.generation, self.protocol or "", self.leader or "", member.member_id, everyone if leads else []
        )

    def _drop(self, member_id: str) -> None:
        member = self.members.pop(member_id)
        if member.instance_id is not None and self.static.get(member.instance_id) == member_id:
            del self.static[member.instance_id]
        member.abandon()
