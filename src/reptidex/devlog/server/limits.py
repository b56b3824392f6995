"""How much unfinished work the server takes on."""

from collections.abc import Callable
from typing import Protocol

from reptidex.devlog.options import Limits


class Closable(Protocol):
    """A connection, as far as the gate knows it."""

    def close(self) -> None:
        """End it."""
        ...


class Gate:
    """Count connections and the bytes of unanswered requests; connections that must wait are told when to go on."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: set[Closable] = set()
        self.bytes = 0
        self._waiting: dict[Callable[[], None], None] = {}

    @property
    def crowded(self) -> bool:
        """Tell whether no further request should be read for now."""
        return self.bytes > self.limits.inflight_bytes

    def admit(self, connection: Closable) -> bool:
        """Count a connection, unless there are too many."""
        if len(self._open) >= self.limits.connections:
            return False
        self._open.add(connection)
        return True

    def dismiss(self, connection: Closable) -> None:
        """Forget a connection that is gone."""
        self._open.discard(connection)

    def close_all(self) -> None:
        """End all connections."""
        for connection in list(self._open):
            connection.close()

    def enter(self, size: int) -> None:
        """Count a request of `size` bytes."""
        self.bytes += size

    def leave(self, size: int) -> None:
        """Forget a request, and let waiting connections read when there is room."""
        self.bytes -= size
        while self._waiting and not self.crowded:
            resume = next(iter(self._waiting))
            del self._waiting[resume]
            resume()

    def wait(self, resume: Callable[[], None]) -> None:
        """Call `resume` once there is room."""
        self._waiting[resume] = None

    def forget(self, resume: Callable[[], None]) -> None:
        """Call `resume` no more."""
        self._waiting.pop(resume, None)
