"""What may be set of the web side of a process, besides the platform's settings."""

import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec


def standard_output(lines: bytes) -> object:
    """Write access log lines to standard output."""
    sys.stdout.buffer.write(lines)
    return sys.stdout.buffer.flush()


class WebOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and doors. The defaults are for a service that nothing stands in front of."""

    body_bytes: int = 1024 * 1024
    """The longest body, where a route says nothing else."""
    body_timeout_s: float = 15.0
    """How long a body may take to arrive."""
    failures_per_minute: int = 60
    """How many tokens or keys that are not good an address may present a minute."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose `X-Forwarded-For` is believed."""
    origins: tuple[str, ...] = ()
    """Origins whose pages may read answers (CORS)."""
    tls: bool = False
    """Whether people reach us by HTTPS, and shall by nothing else."""
    clock: Callable[[], float] = time.monotonic
    """Seconds that only go forward: by these the shares of callers fill up again."""
    now: Callable[[], float] = time.time
    """Unix seconds: by these a sign-in is recent or not."""
    access_log: Callable[[bytes], Any] | None = standard_output
    """Takes the access log's lines, in batches; None for no access log."""
