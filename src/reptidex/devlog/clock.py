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
