"""One member of a consumer group, and what it is told."""

import asyncio
from dataclasses import dataclass, field

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused


@dataclass(slots=True)
class JoinRequest:
    """What a client says when it joins; times in seconds, `protocols` in order of preference."""

    member_id: str
    instance_id: str | None
    protocol_type: str
    protocols: list[tuple[str, bytes]]
    session_timeout: float
    rebalance_timeout: float
    client_id: str = ""
    client_host: str = ""
    needs_id: bool = False


@dataclass(slots=True, frozen=True)
class Joined:
    """A member's place in the new generation; only the leader gets the list of members."""

    generation: int
    protocol: str
    leader: str
    member_id: str
    members: list[tuple[str, str | None, bytes]] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Assignment:
    """What the leader assigned to a member."""

    data: bytes


class Member:
    """A member's subscription, assignment, last sign of life, and the answers it waits for."""

    def __init__(self, member_id: str, instance_id: str | None) -> None:
        self.member_id = member_id
        self.instance_id = instance_id
        self.protocols: list[tuple[str, bytes]] = []
        self.session_timeout = 0.0
        self.rebalance_timeout = 0.0
        self.client_id = ""
        self.client_host = ""
        self.assignment = b""
        self.seen = 0.0
        self._join: asyncio.Future[Joined] | None = None
        self._sync: asyncio.Future[Assignment] | None = None

    @property
    def names(self) -> set[str]:
        """Return the names of the protocols it can follow."""
        return {name for name, _ in self.protocols}

    @property
    def joining(self) -> bool:
        """Tell whether it waits for the generation to be complete."""
        return self._join is not None and not self._join.done()

    @property
    def syncing(self) -> bool:
        """Tell whether it waits for its assignment."""
        return self._sync is not None and not self._sync.done()

    @property
    def expires_at(self) -> float:
        """Return when its session runs out."""
        return self.seen + self.session_timeout

    def expired(self, now: float) -> bool:
        """Tell whether its session ran out; a member that waits for an answer cannot send heartbeats."""
        return now >= self.expires_at and not self.joining and not self.syncing

    def metadata(self, protocol: str | None) -> bytes:
        """Return its subscription under a protocol."""
        return dict(self.protocols).get(protocol or "", b"")

    def wait_for_join(self) -> "asyncio.Future[Joined]":
        """Return the future of its next place; an older wait is told to try again."""
        if self._join is not None and not self._join.done():
            self._join.set_exception(Refused(ErrorCode.rebalance_in_progress))
        self._join = asyncio.get_running_loop().create_future()
        return self._join

    def wait_for_sync(self) -> "asyncio.Future[Assignment]":
        """Return the future of its assignment; an older wait is told to try again."""
        self.interrupt_sync(ErrorCode.rebalance_in_progress)
        self._sync = asyncio.get_running_loop().create_future()
        return self._sync

    def deliver_join(self, joined: Joined) -> None:
        """Answer its join."""
        if self._join is not None and not self._join.done():
            self._join.set_result(joined)
        self._join = None

    def deliver_assignment(self) -> None:
        """Answer its sync."""
        if self._sync is not None and not self._sync.done():
            self._sync.set_result(Assignment(self.assignment))
        self._sync = None

    def interrupt_sync(self, code: ErrorCode) -> None:
        """Tell a waiting sync why there will be no assignment."""
        if self._sync is not None and not self._sync.done():
            self._sync.set_exception(Refused(code))
        self._sync = None

    def fence(self) -> None:
        """Tell all waits that a newer process took this member's place (KIP-345)."""
        self.interrupt_sync(ErrorCode.fenced_instance_id)
        if self._join is not None and not self._join.done():
            self._join.set_exception(Refused(ErrorCode.fenced_instance_id))
        self._join = None

    def abandon(self) -> None:
        """Tell all waits that the member is no longer known."""
        self.interrupt_sync(ErrorCode.unknown_member_id)
        if self._join is not None and not self._join.done():
            self._join.set_exception(Refused(ErrorCode.unknown_member_id))
        self._join = None
