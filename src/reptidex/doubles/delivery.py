"""Delivery reports: for each letter or text taken, a signed POST that says what became of it."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence

import aiohttp
import msgspec

log = logging.getLogger(__name__)
WAITS_S = (0.05, 0.2, 0.5, 1, 2, 5, 10, 20, 30)
"""How long after the letter, and after each answer that is not 2xx, a report is sent."""


class Reports:
    """Requests that are each sent until they are answered 2xx or the last wait is over."""

    def __init__(self, *, waits_s: Sequence[float] = WAITS_S) -> None:
        self._waits_s = tuple(waits_s)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.accepted = self.given_up = 0

    def hand_in(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Have a report sent; called inside the event loop."""
        task = asyncio.get_running_loop().create_task(self._see_through(url, body, headers), name="delivery report")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        for wait in self._waits_s:
            await asyncio.sleep(wait)
            if await self._post(url, body, headers):
                self.accepted += 1
                return
        self.given_up += 1
        log.warning("a delivery report was given up after %d attempts", len(self._waits_s))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError) as problem:
            log.debug("a delivery report did not get through: %s", problem)
            return False

    async def aclose(self) -> None:
        """Stop sending; what waits is dropped."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


class DeliveryReports(Reports):
    """Reports of a mail provider's to one address."""

    def __init__(self, url: str, secret: str, *, waits_s: Sequence[float] = WAITS_S) -> None:
        super().__init__(waits_s=waits_s)
        self.url, self._secret = url, secret.encode()

    def report(self, message_id: str, event: str = "delivered") -> None:
        """Have a report sent; called inside the event loop."""
        body = msgspec.json.encode({"message_id": message_id, "event": event})
        self.hand_in(self.url, body, self.signed(body))

    def signed(self, body: bytes) -> dict[str, str]:
        """Return the headers of a report: `X-Signature` is the HMAC-SHA256 of its bytes in hex."""
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "X-Signature": signature}
