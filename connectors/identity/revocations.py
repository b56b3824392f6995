"""Sessions that ended while their access tokens still run: asked of core every few seconds, also while the log is down."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from reptidex.connectors.services.client import ServiceClient
from reptidex.errors import ReptidexError

log = logging.getLogger(__name__)

EVERY_S = 2.0
PATH = "/internal/sessions/revoked"


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """One ended session of core's answer."""

    session_id: str


class RevokedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Core's answer: what ended within the life of an access token."""

    items: tuple[Revoked, ...]


Fetch = Callable[[], Awaitable[Sequence[str]]]
"""Returns the ids of the sessions that ended within the life of an access token. Raises `ReptidexError`."""


def revoked_at(core: ServiceClient) -> Fetch:
    """Return the function that asks core; an unchanged answer is not sent again (ETag)."""

    async def fetch() -> Sequence[str]:
        page = await core.get(PATH, RevokedPage)
        return [each.session_id for each in page.items]

    return fetch


class Revocations:
    """Knows which sessions have ended: `TokenVerifier(..., revoked=revocations.ended)`. Close it with `aclose`.

    While core does not answer, what was known stays known; a session that ended meanwhile is accepted until its token runs
    out, ten minutes at most.
    """

    def __init__(self, fetch: Fetch, *, every_s: float = EVERY_S) -> None:
        self._fetch, self._every_s = fetch, every_s
        self._ended: frozenset[str] = frozenset()
        self._task: asyncio.Task[None] | None = None

    def ended(self, session_id: str) -> bool:
        """Say whether a session has ended."""
        return session_id in self._ended

    def start(self) -> None:
        """Begin to ask, on the running loop."""
        self._task = asyncio.create_task(self._follow(), name="follow ended sessions")

    async def refresh(self) -> None:
        """Ask now. Raises what the fetch raises."""
        self._ended = frozenset(await self._fetch())

    async def aclose(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            try:
                await self.refresh()
            except ReptidexError as problem:
                log.info("the ended sessions stay as they are (%d known): %s", len(self._ended), problem)
            await asyncio.sleep(self._every_s)
