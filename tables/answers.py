"""Answers: what became of each command, kept so that a repeat of the request gets the same."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from reptidex.errors import DomainError, ReptidexError
from reptidex.tables.row import Row, stored

KEPT = timedelta(hours=48)


@stored("answers", key="command_id", indexes=(("created",),))
class AnswerRow(Row, frozen=True, kw_only=True):
    """The outcome of one command: a body, or a problem."""

    command_id: str
    actor: str | None = None
    """Who asked; nobody else is told."""
    request_hash: str = ""
    """Names what was asked, where the asker said so: it tells a repeat from another request under the same id."""
    status: int
    """200 where the command was carried out, else the status of the problem."""
    body: bytes = b""
    """The answer as JSON; empty where the handler said nothing."""
    problem: bytes = b""
    """A `Problem` as JSON."""
    created: datetime


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal as it is stored: enough to answer the same to a repeat."""

    kind: str
    """The class name of the error (`NotFoundError`)."""
    status: int
    title: str
    detail: str
    attributes: dict[str, msgspec.Raw] = {}


class RefusedError(DomainError):
    """A command was refused by its handler, here or in another worker, now or earlier.

    It carries what the handler's own error said: `kind` is that error's class name, `status` and `title` its class
    attributes, `attributes` its data (`pointer` among them where it is an `InvalidError`).
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.kind = problem.kind
        self.status = problem.status  # type: ignore[misc]
        self.title = problem.title  # type: ignore[misc]
        self.attributes = {name: msgspec.json.decode(value) for name, value in problem.attributes.items()}
        self.pointer: str = str(self.attributes.get("pointer", ""))


class RepeatedKeyError(DomainError):
    """The same idempotency key came with another request."""

    status = 422
    title = "This idempotency key belongs to another request"


class StillRunning(ReptidexError):
    """The outcome of a command is not known within the deadline; it may still be carried out."""

    retriable = True
    status = 202
    title = "Still at work"

    def __init__(self, command_id: str) -> None:
        super().__init__(f"the outcome of {command_id} is not known yet")
        self.command_id = command_id


class CommandStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a command stands, as whoever asked it is told (`GET /answers/{command_id}`)."""

    command_id: str
    state: Literal["running", "done", "refused"]
    answer: msgspec.Raw | None = None
    """What the handler answered, where it answered something."""
    status: int | None = None
    """The HTTP status of a refusal, with its title, words and JSON pointer (RFC 9457)."""
    title: str | None = None
    detail: str | None = None
    pointer: str | None = None


def problem_of(error: BaseException) -> Problem:
    """Write an error down such that the same problem can be answered later."""
    attributes = {}
    if not isinstance(error, ReptidexError):
        told = "the command failed for a reason of ours; it has been kept for us to look at"
        return Problem(kind=type(error).__name__, status=500, title=ReptidexError.title, detail=told)
    for name, value in vars(error).items():
        try:
            attributes[name] = msgspec.Raw(msgspec.json.encode(value))
        except (TypeError, ValueError):
            attributes[name] = msgspec.Raw(msgspec.json.encode(str(value)))
    return Problem(
        kind=type(error).__name__,
        status=error.status,
        title=error.title,
        detail=error.told,
        attributes=attributes,
    )
