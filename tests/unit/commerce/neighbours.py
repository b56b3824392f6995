"""Twins of repti-animal and repti-core, as repti-commerce sees them over REST."""

from typing import Any

import msgspec

from reptidex.connectors.services.refusals import RefusedError
from reptidex.domain.ownership import HeldError
from reptidex.errors import NotFoundError, UnavailableError


class Twin:
    """Answers the calls of a `ServiceClient`; while it is down nobody answers."""

    def __init__(self) -> None:
        self.down = False
        self.calls: list[tuple[str, str]] = []

    def _enter(self, method: str, path: str) -> list[str]:
        self.calls.append((method, path))
        if self.down:
            raise UnavailableError(type(self).__name__)
        return path.strip("/").split("/")

    async def get(self, path: str, answer: type[Any], query: Any = None) -> Any:
        return msgspec.convert(self.read(self._enter("GET", path)), answer)

    async def post(self, path: str, body: Any, answer: type[Any], *, idempotency_key: str = "") -> Any:
        return msgspec.convert(self.write(self._enter("POST", path), msgspec.to_builtins(body)), answer)

    async def delete(self, path: str, *, idempotency_key: str = "") -> None:
        self.remove(self._enter("DELETE", path))

    def read(self, path: list[str]) -> Any:
        raise NotFoundError("resource", "/".join(path))

    def write(self, path: list[str], body: Any) -> Any:
        raise NotFoundError("resource", "/".join(path))

    def remove(self, path: list[str]) -> None:
        raise NotFoundError("resource", "/".join(path))


class AnimalTwin(Twin):
    """Holds animals for one sale at a time."""

    def __init__(self, owners: dict[str, str]) -> None:
        super().__init__()
        self.owners, self.holds = owners, dict[str, str]()
        self.refusal: RefusedError | None = None

    def read(self, path: list[str]) -> Any:
        animal_id = path[2]
        owner = self.owners[animal_id]
        return {"animal_id": animal_id, "vivarium_id": owner, "species_id": animal_id, "species": "Python regius"}

    def write(self, path: list[str], body: Any) -> Any:
        animal_id = path[2]
        if self.refusal is not None:
            raise self.refusal
        held = self.holds.setdefault(animal_id, body["transaction_id"])
        if held != body["transaction_id"] or self.owners[animal_id] != body["vivarium_id"]:
            raise RefusedError(409, HeldError.title, "held by another sale")
        return {"animal_id": animal_id, "transaction_id": held, "hold_token": "token", "until": body["until"]}

    def remove(self, path: list[str]) -> None:
        if self.holds.get(path[2]) == path[4]:
            del self.holds[path[2]]


class CoreTwin(Twin):
    """Keeps payments; `outcome` is what becomes of a new one at once, `processing` where the word comes later."""

    def __init__(self, outcome: str = "processing") -> None:
        super().__init__()
        self.outcome, self.payments, self.refunds = outcome, dict[str, str](), set[str]()
        self.reasons = dict[str, str]()
        self.parts: list[tuple[str, int]] = []
        self.refusal: RefusedError | None = None

    def read(self, path: list[str]) -> Any:
        if path[:2] == ["internal", "vivariums"]:
            return {"vivarium_id": path[2], "plan": "hobbyist", "status": "active", "max_listings": 5}
        if path[1] not in self.payments:
            raise NotFoundError("payment", path[1])
        status, reason = self.payments[path[1]], self.reasons.get(path[1], "")
        reference = f"re_{path[1]}" if status == "refunded" else ""
        return {"payment_id": path[1], "status": status, "reason": reason, "refund_reference": reference}

    def write(self, path: list[str], body: Any) -> Any:
        if len(path) == 1:
            if self.refusal is not None:
                raise self.refusal
            path = [*path, body["payment_id"]]
            self.payments.setdefault(path[1], self.outcome)
        elif path[1] not in self.payments:
            raise NotFoundError("payment", path[1])
        elif path[2] == "cancel" and self.payments[path[1]] == "processing":
            self.payments[path[1]] = "canceled"
        elif path[2] == "refund" and body["amount"] is not None:
            self.parts.append((body["refund_id"], body["amount"]))
        elif path[2] == "refund" and self.payments[path[1]] == "completed":
            self.refunds.add(body["refund_id"])
            self.payments[path[1]] = "refunded"
        return self.read(path)
