"""Core's public keys, fetched and kept: by ETag and max-age, stale while core is down, cheap under a flood of key ids."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from reptidex.connectors.identity.keys import KeySetError, KeySource, PublicKeys, read_keys
from reptidex.connectors.keys.port import Signer
from reptidex.errors import ReptidexError, UnavailableError

log = logging.getLogger(__name__)

LEAST_AGE_S, MOST_AGE_S, USUAL_AGE_S = 10.0, 3600.0, 300.0
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of the key endpoint; `body` is None for 304."""

    body: bytes | None
    etag: str = ""
    cache_control: str = ""


Fetch = Callable[[str], Awaitable[Fetched]]
"""Asks for the key set; the argument is the ETag known (empty at first). Raises `UnavailableError`."""


def _numbers(keys: PublicKeys) -> dict[str, ec.EllipticCurvePublicNumbers]:
    return {kid: key.public_numbers() for kid, key in keys.items()}


def own_set(signer: Signer) -> Fetch:
    """Return how core itself gets the set that it publishes: from its signer, without a request to itself."""

    async def fetch(etag: str) -> Fetched:
        keys = await signer.keys()
        return Fetched(body=msgspec.json.encode({"keys": keys}), cache_control="max-age=10")

    return fetch


class KeyRing(KeySource):
    """The keys of core's JWK set: fetched over HTTP (`remote.fetch_from`), in core from its own signer (`own_set`).

    A key id that is not known causes a fetch at most once in `cooldown_s` (every other unknown id is refused at once), a set
    past its age one in the background while the old keys serve on.
    """

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float], cooldown_s: float = 10.0) -> None:
        self._fetch, self._clock, self._cooldown_s = fetch, clock, cooldown_s
        self._keys: PublicKeys = {}
        self._etag = ""
        self._listeners: list[Callable[[], None]] = []
        self._ever = False
        self._fresh_until = self._next_try = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def when_changed(self, forget: Callable[[], None]) -> None:
        """Have a function called whenever a set differs from the one before."""
        self._listeners.append(forget)

    async def find(self, kid: str) -> ec.EllipticCurvePublicKey | None:
        """Return the key with this id, or None.

        Raises `UnavailableError` where core has never answered: nobody can be verified then, and nobody is let in.
        """
        now = self._clock()
        key = self._keys.get(kid)
        if key is None:
            if now >= self._next_try or self._task is not None:
                await asyncio.shield(self._refresh())
                key = self._keys.get(kid)
            if key is None and not self._ever:
                raise UnavailableError("repti-core", "its public keys could not be fetched")
        elif now >= self._fresh_until and now >= self._next_try:
            self._refresh()
        return key

    async def aclose(self) -> None:
        """Stop a fetch that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _refresh(self) -> "asyncio.Task[None]":
        if self._task is None:
            self._next_try = self._clock() + self._cooldown_s
            self._task = asyncio.create_task(self._load(), name="fetch core's public keys")
            self._task.add_done_callback(self._done)
        return self._task

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._task = None
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("the public keys of core could not be read", exc_info=problem)

    async def _load(self) -> None:
        try:
            fetched = await self._fetch(self._etag)
            keys = self._keys if fetched.body is None else read_keys(fetched.body)
        except (UnavailableError, KeySetError) as problem:
            self._keep(problem)
            return
        if fetched.body is not None:
            changed = _numbers(keys) != _numbers(self._keys)
            self._keys, self._etag = keys, fetched.etag
            for forget in self._listeners if changed else ():
                forget()
        self._ever = True
        stated = _MAX_AGE.search(fetched.cache_control)
        age = float(stated[1]) if stated else USUAL_AGE_S
        self._fresh_until = self._clock() + min(max(age, LEAST_AGE_S), MOST_AGE_S)

    def _keep(self, problem: ReptidexError) -> None:
        log.warning("core's public keys stay as they are (%d known): %s", len(self._keys), problem)
