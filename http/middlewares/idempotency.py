"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a repeat is the same request, and gets the same answer.

The key, the caller and the route name the request. From the name come the command ids (the engine answers a known
command id with its first outcome) and the ids that a view makes, so that a repeat makes nothing new, in whichever
worker it lands. Only what is under way is remembered here.

Outcomes are forgotten after `answers.KEPT`. From then on the same key is a new request and has a new name: under the old one it
would make again, over what became of them, the things that it made once.
"""

import hashlib
import re
from collections.abc import Callable

from aiohttp import web

from reptidex.errors import NotFoundError
from reptidex.http.server.asking import Asker
from reptidex.http.server.ids import derived_id
from reptidex.http.server.policy import Caller
from reptidex.http.server.refusals import KeyInUseError, KeyReusedError, MalformedError
from reptidex.tables.answers import KEPT

_KEY = re.compile(r'"([\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255})', re.ASCII)


class Repeatable:
    """One request under an `Idempotency-Key`."""

    __slots__ = ("hash", "name")

    def __init__(self, name: str, request_hash: str) -> None:
        self.name, self.hash = name, request_hash

    def command_id(self, place: int) -> str:
        """Return the id of the first, second … command that it sends: the same for another request under its key."""
        return derived_id(self.name, "command", str(place))

    def new_id(self, place: int) -> str:
        """Return the first, second … id that it makes: its own, as another may have an effect before it is told apart."""
        return derived_id(self.name, self.hash, "id", str(place))


def repeatable(request: web.BaseRequest, caller: Caller, route: str, body: bytes) -> Repeatable | None:
    """Return the request's name and hash where it carries a key. Raises `MalformedError` for a key of another form."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    found = _KEY.fullmatch(given.strip())
    if found is None or len(request.headers.getall("Idempotency-Key")) > 1:
        raise MalformedError("an Idempotency-Key has 1 to 255 visible characters")
    name = derived_id(found[1] or found[2], caller.actor or "", caller.vivarium_id, route)
    digest = hashlib.sha256(f"{request.method} {request.rel_url.raw_path_qs}\n".encode())
    digest.update(request.content_type.encode("utf-8", "surrogatepass") + b"\n" + body)
    return Repeatable(name, digest.hexdigest())


class Windows:
    """Gives a keyed request the name of its time, or of the time before where its outcome is still known."""

    def __init__(self, asker: Asker, now: Callable[[], float]) -> None:
        """Take who knows outcomes, and a clock in Unix seconds."""
        self._asker, self._now = asker, now

    async def named(self, request: Repeatable, actor: str | None) -> Repeatable:
        """Return the request under the name that it goes by now. Raises `UnavailableError`."""
        window = int(self._now() / KEPT.total_seconds())
        now, before = (Repeatable(derived_id(request.name, str(each)), request.hash) for each in (window, window - 1))
        try:
            await self._asker.outcome(before.command_id(1), actor=actor)
        except NotFoundError:
            return now
        return before


class Outstanding:
    """The keyed requests that this process is working on."""

    def __init__(self) -> None:
        self._hashes: dict[str, str] = {}

    def enter(self, request: Repeatable) -> None:
        """Begin. Raises `KeyInUseError` while the first request runs, `KeyReusedError` where it is another request."""
        running = self._hashes.get(request.name)
        if running is not None:
            raise KeyInUseError if running == request.hash else KeyReusedError
        self._hashes[request.name] = request.hash

    def leave(self, request: Repeatable) -> None:
        """End."""
        self._hashes.pop(request.name, None)
