"""Faults on demand: what a broker or network may do to a client, by rule and seed."""

import asyncio
import random
from collections.abc import Awaitable
from enum import StrEnum
from pathlib import Path

import msgspec

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.handlers.context import Request
from reptidex.devlog.protocol.apis import Api
from reptidex.devlog.server.connection import Answering, Hangup
from reptidex.devlog.server.refusals import refuse

Result = bytes | None


class Action(StrEnum):
    """What happens to a request."""

    DELAY = "delay"
    """It is answered `seconds` later than it would be."""
    DROP = "drop"
    """It is not carried out and never answered, nor is anything behind it on the connection."""
    ERROR = "error"
    """It is not carried out but answered with the Kafka error code `code`."""
    DISCONNECT = "disconnect"
    """It is not carried out; the connection is cut."""
    LOSE_ANSWER = "lose_answer"
    """It is carried out; the connection is cut before the answer leaves."""


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """When a fault strikes: for this API (any if absent) and client id prefix, `skip` times not, then `count` times."""

    action: Action
    api: str | None = None
    client: str = ""
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    code: int = 0


class Faults:
    """Rules in order of precedence; the first that matches strikes. The same seed strikes the same requests."""

    def __init__(self, rules: list[Rule] | None = None, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.rules = list(rules or [])
        self.struck: list[tuple[str, str]] = []

    @classmethod
    def load(cls, path: Path) -> "Faults":
        """Read `{"seed": 1, "rules": [{"action": "delay", "api": "FETCH", "seconds": 2}]}`; raises ValueError."""
        described = msgspec.json.decode(path.read_bytes(), type=_File)
        faults = cls(described.rules, described.seed)
        for rule in faults.rules:
            _check(rule)
        return faults

    def add(self, rule: Rule) -> None:
        """Put a rule behind the others; raises ValueError for an unknown API or an error the API cannot express."""
        _check(rule)
        self.rules.append(rule)

    def clear(self) -> None:
        """Strike no more."""
        self.rules.clear()

    def around(self, answer: Answering) -> Answering:
        """Return `answer` with the faults applied."""

        def faulty(request: Request) -> "Result | Awaitable[Result]":
            rule = self._match(request) if self.rules else None
            return answer(request) if rule is None else self._strike(rule, request, answer)

        return faulty

    def _match(self, request: Request) -> Rule | None:
        for rule in self.rules:
            if rule.api is not None and rule.api != request.api.name:
                continue
            if not request.client_id.startswith(rule.client) or rule.count == 0:
                continue
            if rule.probability < 1.0 and self._random.random() >= rule.probability:
                continue
            if rule.skip > 0:
                rule.skip -= 1
                continue
            if rule.count is not None:
                rule.count -= 1
            self.struck.append((rule.action, request.api.name))
            return rule
        return None

    def _strike(self, rule: Rule, request: Request, answer: Answering) -> "Result | Awaitable[Result]":
        match rule.action:
            case Action.ERROR:
                return refuse(request, ErrorCode(rule.code))
            case Action.DISCONNECT:
                raise Hangup
            case Action.DROP:
                return _never()
            case Action.DELAY:
                return _later(answer(request), rule.seconds)
            case Action.LOSE_ANSWER:
                return _lost(answer(request))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    rules: list[Rule]
    seed: int = 0


def _check(rule: Rule) -> None:
    if rule.api is not None and rule.api not in Api.__members__:
        raise ValueError(f"unknown API {rule.api!r}; one of {', '.join(Api.__members__)}")
    if rule.action is Action.ERROR:
        ErrorCode(rule.code)


async def _never() -> Result:
    never: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
    return await never


async def _resolve(result: "Result | Awaitable[Result]") -> Result:
    return result if result is None or isinstance(result, bytes) else await result


async def _later(result: "Result | Awaitable[Result]", seconds: float) -> Result:
    answer = await _resolve(result)
    await asyncio.sleep(seconds)
    return answer


async def _lost(result: "Result | Awaitable[Result]") -> Result:
    await _resolve(result)
    raise Hangup
