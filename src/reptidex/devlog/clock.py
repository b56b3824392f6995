"""The two times the log needs, as an argument, so that tests can move them by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tell wall-clock and monotonic time."""

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        ...


class SystemClock:
    """Read the machine's clocks."""

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds of `time.monotonic`."""
        return time.monotonic()


class ManualClock:
    """Stand still until `advance` is called."""

    def __init__(self, epoch_ms: int = 1_700_000_000_000) -> None:
        self._seconds = 0.0
        self._epoch_ms = epoch_ms

    def now_ms(self) -> int:
        """Return the start time plus what was advanced, in milliseconds."""
        return self._epoch_ms + int(self._seconds * 1000)

    def monotonic(self) -> float:
        """Return the seconds advanced so far."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Move both times forward by `seconds`."""
        self._seconds += seconds
