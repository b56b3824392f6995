"""Guessing at one account: failed proofs are counted by account, wherever they come from and whichever worker they come to.

The limit per caller stops one who tries many accounts; this one stops many who try one account. It holds for addresses without an
account alike, and tells nothing. Whoever holds the right proof waits with the guessers: answering them would answer a guess.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from reptidex.domain import attempts
from reptidex.errors import DomainError, UnavailableError
from reptidex.http.server.refusals import LimitedError
from reptidex.streams.commands.core_attempts import ForgetAttempts, GiveBackAttempt, TakeAttempt, Taken
from reptidex.tables.answers import StillRunning
from reptidex.tables.core.attempts import Attempts


class TooManyAttemptsError(LimitedError):
    """Too many proofs of this account have failed lately; `retry_after` is in seconds."""

    title = "Too many failed attempts"

    def __init__(self, retry_after: int) -> None:
        DomainError.__init__(
            self, f"too many attempts at this account have failed; try again in {retry_after} s, or set a new password"
        )
        self.retry_after = retry_after


@asynccontextmanager
async def attempt_at(request: Any, account: str) -> AsyncIterator[None]:
    """Let a proof be judged; one that ends in 401 is counted.

    Raises `TooManyAttemptsError`, and `UnavailableError` where it cannot be counted.
    """
    # A flood of guesses costs a look-up each, and no command.
    known = await request.read.get(Attempts, account)
    wait = attempts.wait_s(known.whole_at, request.ports.clock()) if known is not None else 0
    if not wait:
        try:
            # The same code a minute later is another guess: a repeat under an `Idempotency-Key` counts as well.
            taken = await request.ask(TakeAttempt(account=account), Taken, anew=True)
        except StillRunning as late:
            raise UnavailableError("the log", "an attempt was not counted in time") from late
        wait = taken.wait_s
    if wait:
        raise TooManyAttemptsError(wait)
    try:
        yield
    except DomainError as refused:
        if refused.status != 401:
            await request.post(GiveBackAttempt(account=account), anew=True)
        raise
    except BaseException:
        await request.post(GiveBackAttempt(account=account), anew=True)
        raise
    await request.post(GiveBackAttempt(account=account), anew=True)


async def forget_attempts(request: Any, account: str) -> None:
    """Count anew: the account was proved by other means."""
    await request.post(ForgetAttempts(account=account))
