"""A circuit breaker: a service that keeps failing is left alone for a while, then asked by one call at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reptidex.errors import UnavailableError


class Breaker:
    """Counts failures in a row. Open after `failures` of them; after `rest_s` one call may try (half-open)."""

    def __init__(self, part: str, *, clock: Callable[[], float], failures: int = 5, rest_s: float = 3.0) -> None:
        """Take the name of the part behind it and a monotonic clock in seconds."""
        self._part, self._clock, self._limit, self._rest_s = part, clock, failures, rest_s
        self._failures = 0
        self._open_until: float | None = None
        self._trying = False

    @property
    def open(self) -> bool:
        """Whether calls are refused at this moment."""
        if self._open_until is None:
            return False
        return self._trying or self._clock() < self._open_until

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Let one call through and watch how it ends; only `UnavailableError` counts against the part.

        Raises `UnavailableError` at once while the breaker is open.
        """
        if self.open:
            raise UnavailableError(self._part, "it failed repeatedly and is left alone for a moment")
        half_open = self._open_until is not None
        self._trying = half_open
        try:
            yield
        except UnavailableError:
            self._failures += 1
            if half_open or self._failures >= self._limit:
                self._open_until = self._clock() + self._rest_s
            raise
        except Exception:
            self._close()
            raise
        else:
            self._close()
        finally:
            if half_open:
                self._trying = False

    def _close(self) -> None:
        self._failures, self._open_until = 0, None
