"""Where events go: our log, or a service of ours over HTTP. What is on AWS stands in `aws_targets`."""

import time
from collections.abc import Sequence
from typing import Protocol

import aiohttp
import msgspec

from reptidex.connectors.bridge.ports import Said
from reptidex.connectors.services.tokens import ServiceTokens
from reptidex.errors import ContractError, UnavailableError
from reptidex.platform.bridge.log_writer import LogWriter
from reptidex.publishing.checking import Ready
from reptidex.settings import Settings
from reptidex.streams.codec import CONTENT_TYPE
from reptidex.streams.contract import message_class


class Target(Protocol):
    """Takes events in batches, in order. `batch` is how many it likes at once."""

    batch: int

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Send events; return for each an empty text, or why it was refused for good.

        Raises `UnavailableError` where it cannot be known or the target is away: send them all again.
        """

    async def aclose(self) -> None:
        """Close the connections."""


class LogTarget:
    """The log, acknowledged by all replicas."""

    batch = 500

    def __init__(self, settings: Settings) -> None:
        self._log = LogWriter(settings)

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Put them on the log together."""
        refused = []
        for error in await self._log.put([_record(each) for each in events]):
            if error is not None and not isinstance(error, ContractError):
                raise error
            refused.append("" if error is None else str(error))
        return refused

    async def aclose(self) -> None:
        """Disconnect."""
        await self._log.stop()


def _record(each: Ready) -> Said:
    headers = (
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_id", each.event_id.encode()),
        ("ce_type", each.name.encode()),
    )
    return Said(topic=message_class(each.name).contract.topic, key=each.key, value=each.raw, headers=headers)


class _Answer(msgspec.Struct):
    results: list["_Result"]


class _Result(msgspec.Struct):
    status: str
    detail: str = ""


class HttpTarget:
    """repti-core's `POST /events/batch`, in the name of one service."""

    batch = 100
    SECONDS = 30
    BYTES = 1024 * 1024
    """Of one batch: what the route takes."""

    def __init__(self, url: str, *, service: str, secret: str, token: str = "") -> None:
        self._url = url.rstrip("/")
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.SECONDS))
        self._token = token
        self._tokens = ServiceTokens(self._session, self._url, service=service, secret=secret, clock=time.monotonic)

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Post them in batches of as many bytes as are taken, in their order."""
        refused: list[str] = []
        batch: list[bytes] = []
        size = 2
        for each in events:
            added = len(each.raw) + 1
            if batch and size + added > self.BYTES:
                refused += await self._post(batch)
                batch, size = [], 2
            batch.append(each.raw)
            size += added
        return refused + (await self._post(batch) if batch else [])

    async def _post(self, batch: Sequence[bytes]) -> list[str]:
        body = b"[" + b",".join(batch) + b"]"
        token = self._token or await self._tokens.current()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents-batch+json"}
        try:
            async with self._session.post(
                f"{self._url}/events/batch", data=body, headers=headers, allow_redirects=False
            ) as answer:
                said = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise UnavailableError(self._url, type(problem).__name__) from problem
        if answer.status != 207:
            raise UnavailableError(self._url, f"it answers {answer.status}: {said[:300].decode(errors='replace')}")
        results = msgspec.json.decode(said, type=_Answer).results
        return ["" if each.status == "published" else each.detail for each in results]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
