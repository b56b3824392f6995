"""How long to wait before the next attempt."""

import random

SEND_FIRST_S, SEND_LONGEST_S = 0.1, 30.0
CONFIGURATION_S = 10.0
"""A missing topic or right is mended by a person, so there is no point in asking every second."""
SHOW_LONGEST_S = 900


def send_again_s(attempts: int, chance: random.Random) -> float:
    """Return the wait before an entry is sent again: doubled each time from 0.1 to 30 s, then a random half of it less.

    The jitter keeps entries that failed together from failing together again (Amazon Builders' Library, "Timeouts,
    retries, and backoff with jitter").
    """
    longest: float = min(SEND_LONGEST_S, SEND_FIRST_S * 2 ** min(attempts - 1, 20))
    return longest * chance.uniform(0.5, 1.0)


def show_again_s(receives: int, chance: random.Random) -> int:
    """Return for how many seconds SQS should hide a message that could not be dealt with: 2^n and up to a half more.

    Never 0: a message shown again at once is tried in a hot loop, and can lose the wake-up of a waiting long poll.
    """
    longest: int = min(SHOW_LONGEST_S, 1 << min(receives, 20))
    return longest + chance.randint(0, max(1, longest // 2))
