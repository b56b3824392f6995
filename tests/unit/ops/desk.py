"""repti-ops under test: its own agents on a database in memory, its views over them, twins of what is outside."""

from types import SimpleNamespace
from typing import Any

from reptidex.services.ops import SERVICE, Finding
from reptidex.streams.core import AuthUserCreated
from reptidex.tables.ops.models import AuditRecord
from reptidex.testing import UnitHarness
from reptidex.testing.views import Person, Views


def uid(number: int) -> str:
    """Return a UUID that is easy to read."""
    return f"00000000-0000-7000-8000-{number:012x}"


SAM, BEA, ADMIN, VIVARIUM = uid(1), uid(2), uid(3), uid(11)
PEOPLE = {"sam": Person(SAM, VIVARIUM), "bea": Person(BEA, VIVARIUM), "admin": Person(ADMIN, VIVARIUM, "admin")}
PEOPLE["bea, signed in long ago"] = Person(BEA, VIVARIUM, signed_in_at=1)


class HealthTwin:
    """Finds what it is told to find."""

    def __init__(self) -> None:
        self.finding = Finding(status="up", dependencies={"database": 1.5})

    async def look(self, service: str) -> Finding:
        return self.finding


class Desk:
    """The agents and, once asked for, a client of the views under anybody's name."""

    def __init__(self, harness: UnitHarness) -> None:
        self.harness = harness
        self.ports = SimpleNamespace(health=HealthTwin(), core=None)
        self._views: Views | None = None

    @classmethod
    async def open(cls) -> "Desk":
        return cls(await UnitHarness.open(SERVICE.agents, AuditRecord, carriers=SERVICE.carriers))

    async def close(self) -> None:
        letters = await self.harness.letters()
        if self._views is not None:
            await self._views.close()
        await self.harness.close()
        assert letters == []

    async def hear(self, message: Any, sequence: int = 1, **context: Any) -> list[Any]:
        """Have a message handled; return what was published."""
        return await self.harness.handle(message, sequence=sequence, **context)

    async def views(self) -> Views:
        """Return a client of the views."""
        if self._views is None:
            self._views = await Views.open(SERVICE, self.harness, self.ports, PEOPLE)
        return self._views

    async def call(self, method: str, path: str, who: str = "", body: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        return await (await self.views()).call(method, path, who, body)

    async def get(self, path: str, who: str = "admin") -> Any:
        """Get something that must be there."""
        return await (await self.views()).get(path, who)


def newcomer(user_id: str = SAM, **changes: Any) -> AuthUserCreated:
    """Return the news of a registration."""
    facts: dict[str, Any] = {"user_id": user_id, "vivarium_id": VIVARIUM, "email_hash": "0" * 64}
    return AuthUserCreated(**(facts | {"display_name": "Sam Sand", "how": "password"} | changes))
