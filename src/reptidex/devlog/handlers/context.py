"""What a handler gets: the log's parts, and the request as it came."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from reptidex.devlog.clock import Clock
from reptidex.devlog.groups.coordinator import Coordinator
from reptidex.devlog.handlers.quiet import Quiet
from reptidex.devlog.options import Options
from reptidex.devlog.protocol.apis import Api
from reptidex.devlog.protocol.schema import Answer, decode, encode
from reptidex.devlog.storage.store import Store


@dataclass(slots=True)
class Broker:
    """The parts of a running log that handlers work on; `port` is the one it listens on."""

    options: Options
    clock: Clock
    store: Store
    groups: Coordinator
    port: int = 0
    settings_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from reading a topic's settings until the changed ones are durable."""

    @property
    def host(self) -> str:
        """Return the host name that clients are told to connect to."""
        return self.options.advertised_host or self.options.host


@dataclass(slots=True)
class Session:
    """What is known of a connection: where it comes from and, with SASL, who it is."""

    peer: str = ""
    user: str | None = None
    mechanism: str | None = None
    quiet: dict[str, Quiet] = field(default_factory=dict)
    """What the last fetch found of each topic."""


@dataclass(slots=True)
class Request:
    """One request; `position` is where its body begins in `data`."""

    api: Api
    version: int
    correlation: int
    client_id: str
    data: bytes
    position: int
    session: Session = field(default_factory=Session)

    def decode(self) -> Any:
        """Return the body by its schema; raises MalformedRequest."""
        return decode(self.api, self.version, self.data, self.position)

    def encode(self, answer: Answer) -> bytes:
        """Return the bytes of an answer to this request."""
        return encode(self.api, self.version, self.correlation, answer)
