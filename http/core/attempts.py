"""Guessing at one account: failed proofs are counted by account, wherever they come from.

The limit per caller stops one who tries many accounts; this one stops many who try one account. It holds for addresses without an
account alike, and tells nothing. Whoever holds the right proof waits with the guessers: answering them would answer a guess.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reptidex.errors import DomainError
from reptidex.http.middlewares.ratelimit import RateLimiter
from reptidex.http.server.refusals import LimitedError

FAILURES = 10
WINDOW_S = 900.0
"""Ten failures at once, then one each ninety seconds (NIST SP 800-63B-4, 3.2.2, allows a hundred in all)."""


class TooManyAttemptsError(LimitedError):
    """Too many proofs of this account have failed lately; `retry_after` is in seconds."""

    title = "Too many failed attempts"

    def __init__(self, retry_after: int) -> None:
        DomainError.__init__(
            self, f"too many attempts at this account have failed; try again in {retry_after} s, or set a new password"
        )
        self.retry_after = retry_after


class Attempts:
    """The failed proofs of this process; `clock` gives seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._limiter = RateLimiter(FAILURES, clock, window_s=WINDOW_S)

    @contextmanager
    def at(self, account: str) -> Iterator[None]:
        """Let a proof be judged; one that ends in 401 is counted. Raises `TooManyAttemptsError`."""
        try:
            # Taken before the proof is judged, so that a hundred guesses at once are not judged all.
            self._limiter.take(account)
        except LimitedError as limited:
            raise TooManyAttemptsError(limited.retry_after) from limited
        try:
            yield
        except DomainError as refused:
            if refused.status != 401:
                self._limiter.give_back(account)
            raise
        except BaseException:
            self._limiter.give_back(account)
            raise
        self._limiter.give_back(account)

    def forget(self, account: str) -> None:
        """Count anew: the account was proved by other means."""
        self._limiter.forget(account)
