"""A request as a view sees it, answered by the agents under test: what the web side does, without its wires."""

from itertools import count
from typing import Any

import msgspec

from reptidex.http.server.policy import Caller
from reptidex.testing import UnitHarness

USER = "66666666-0000-7000-8000-000000000000"
_numbers = count(1)


class Asked:
    """One request to a view."""

    ports: Any = None

    def __init__(
        self, harness: UnitHarness, caller: Caller, path: dict[str, str], body: Any, query: Any, headers: dict[str, str]
    ) -> None:
        self.read, self._harness, self.headers = harness.read, harness, headers
        self.caller, self.path, self.body, self.query = caller, path, body, query

    def new_id(self) -> str:
        """Return a fresh id."""
        return f"77777777-0000-7000-8000-{next(_numbers):012d}"

    async def ask(self, command: Any, answer: type[Any]) -> Any:
        """Have a command handled."""
        return await self._harness.ask(command, answer, actor=self.caller.actor)

    async def tell(self, command: Any) -> None:
        """Have a command handled that answers nothing."""
        await self._harness.handle(command, actor=self.caller.actor)


class Asker:
    """Calls views of a service as this or that person."""

    def __init__(self, harness: UnitHarness) -> None:
        self._harness = harness

    async def __call__(
        self,
        view: Any,
        vivarium_id: str = "",
        body: Any = None,
        query: Any = None,
        user: str = USER,
        headers: Any = None,
        **path: str,
    ) -> Any:
        """Call a view; without a vivarium the caller is nobody."""
        known: dict[str, Any] = {"subject": user, "vivarium_id": vivarium_id, "role": "herpetologist"}
        caller = Caller(kind="user", **known) if vivarium_id else Caller(kind="anonymous")
        return await view(Asked(self._harness, caller, path, body, query, headers or {}))


def plain(value: Any) -> Any:
    """Return an answer as JSON would carry it."""
    return msgspec.to_builtins(value)
