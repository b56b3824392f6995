"""A share per caller, kept by the generic cell rate algorithm (GCRA, ITU-T I.371): one number a caller, no window to reset.

The limit holds per process; `limits`, the kept library for this, costs two awaits and a lock a request for the same
arithmetic which the budget of a look-up does not have.
"""

from collections.abc import Callable
from math import ceil

from reptidex.http.server.refusals import LimitedError

WINDOW_S = 60.0


class RateLimiter:
    """Lets each caller spend a share in a burst and regain it evenly over a minute."""

    def __init__(self, share: int, clock: Callable[[], float], *, callers: int = 100_000) -> None:
        """Take the share, a monotonic clock in seconds, and how many callers are remembered (the idlest are forgotten)."""
        self._clock, self._callers, self._limit = clock, callers, share
        self._interval = WINDOW_S / share
        self._full_at: dict[str, float] = {}
        self.policy = f'"caller";q={share};w={WINDOW_S:.0f}'
        """The `RateLimit-Policy` header (draft-ietf-httpapi-ratelimit-headers)."""

    def take(self, caller: str, cost: int = 1) -> tuple[int, int]:
        """Take a cost from a caller's share; return what remains and the seconds until the share is whole again.

        What costs more than a share takes all of it, else it would never be let through. Raises `LimitedError` with the
        seconds to wait, and then takes nothing.
        """
        now = self._clock()
        known = self._full_at.get(caller)
        wait = min(cost * self._interval, WINDOW_S) + (known - now if known is not None and known > now else 0.0)
        if wait > WINDOW_S + 1e-9:
            raise LimitedError(max(1, ceil(wait - WINDOW_S)))
        if known is None and len(self._full_at) >= self._callers:
            self._forget(now)
        self._full_at[caller] = now + wait
        return int((WINDOW_S - wait) / self._interval + 1e-6), ceil(wait)

    def spent(self, caller: str) -> bool:
        """Tell whether a caller has nothing left, without taking anything."""
        now = self._clock()
        return max(self._full_at.get(caller, 0.0), now) + self._interval - now > WINDOW_S + 1e-9

    def _forget(self, now: float) -> None:
        self._full_at = {caller: full for caller, full in self._full_at.items() if full > now}
        if len(self._full_at) >= self._callers:
            soonest = sorted(self._full_at, key=self._full_at.__getitem__)
            for caller in soonest[: self._callers // 10]:
                del self._full_at[caller]
