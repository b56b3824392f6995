"""What access tokens still say that is no longer so: sessions that ended, roles that were taken or lowered.

Asked of core every few seconds, also while the log is down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from reptidex.connectors.identity.claims import Claims
from reptidex.connectors.services.client import ServiceClient
from reptidex.errors import ReptidexError

log = logging.getLogger(__name__)

EVERY_S = 2.0
PATH = "/internal/sessions/revoked"


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """One ended session of core's answer; or, without one, a lowered role (nobody named: everybody's in the vivarium)."""

    session_id: str
    revoked_at: datetime
    vivarium_id: str = ""
    user_id: str = ""


class RevokedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Core's answer: what ended within the life of an access token."""

    items: tuple[Revoked, ...]


Fetch = Callable[[], Awaitable[Sequence[Revoked]]]
"""Returns what ended within the life of an access token. Raises `ReptidexError`."""


def revoked_at(core: ServiceClient) -> Fetch:
    """Return the function that asks core; an unchanged answer is not sent again (ETag)."""

    async def fetch() -> Sequence[Revoked]:
        return (await core.get(PATH, RevokedPage)).items

    return fetch


class Revocations:
    """Knows what has ended: `TokenVerifier(..., revoked=revocations.ended, outdated=revocations.outdated)`.

    Close it with `aclose`.

    While core does not answer, what was known stays known; a session that ended meanwhile is accepted until its token runs
    out, ten minutes at most.
    """

    def __init__(self, fetch: Fetch, *, every_s: float = EVERY_S) -> None:
        self._fetch, self._every_s = fetch, every_s
        self._ended: frozenset[str] = frozenset()
        self._lowered: dict[tuple[str, str], float] = {}
        """By vivarium and person: tokens from before that moment (Unix seconds) are outdated."""
        self._task: asyncio.Task[None] | None = None

    def ended(self, session_id: str) -> bool:
        """Say whether a session has ended."""
        return session_id in self._ended

    def outdated(self, claims: Claims) -> bool:
        """Say whether a token is older than the loss of the role that it names."""
        if not self._lowered:
            return False
        last = max(self._lowered.get((claims.vid, who), 0.0) for who in (claims.sub, ""))
        return claims.iat <= last

    def start(self) -> None:
        """Begin to ask, on the running loop."""
        self._task = asyncio.create_task(self._follow(), name="follow ended sessions")

    async def refresh(self) -> None:
        """Ask now. Raises what the fetch raises."""
        found = await self._fetch()
        self._ended = frozenset(each.session_id for each in found if each.session_id)
        self._lowered = {
            (each.vivarium_id, each.user_id): each.revoked_at.timestamp() for each in found if each.vivarium_id
        }

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
