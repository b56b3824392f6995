"""Every error of ours, in one tree.

`retriable` says whether the same input may succeed later; the engine and the web side decide by it and by nothing else.
`status` and `title` are what the web side answers (RFC 9457) when the error reaches a person; a subclass carries its
data as attributes, never only inside the text.
"""

from typing import ClassVar


class ReptidexError(Exception):
    """The root of the tree."""

    retriable: ClassVar[bool] = False
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    @property
    def told(self) -> str:
        """What the person who asked is told of it: the text, unless a subclass keeps that for the log."""
        return str(self)


class SettingsError(ReptidexError):
    """A setting is missing or cannot be read; the text names it and what would be right."""


class ContractError(ReptidexError):
    """Bytes, a name or a payload that the catalogue of contracts refuses."""

    status = 422
    title = "The event breaks its contract"


class UnknownContractError(ContractError):
    """No contract has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no contract is named {name!r}; `reptidex contracts` lists them")
        self.name = name


class ForeignContractError(ContractError):
    """A service tried to publish an event that belongs to another."""

    def __init__(self, name: str, owner: str, service: str) -> None:
        super().__init__(f"{name} is published by {owner}, not by {service}")
        self.name, self.owner, self.service = name, owner, service


class DomainError(ReptidexError):
    """A rule of the product refuses what was asked. The text is written for the person who asked."""

    status = 409
    title = "A rule refuses this"


class NotFoundError(DomainError):
    """What was asked for is not there, or not for this person: both are answered alike."""

    status = 404
    title = "Not found"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"there is no {kind} {key}")
        self.kind, self.key = kind, key


class InvalidError(DomainError):
    """A value is well formed but not acceptable; `pointer` is the JSON pointer (RFC 6901) of the field."""

    status = 422
    title = "A value is not acceptable"

    def __init__(self, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer


class ForbiddenError(DomainError):
    """The actor is known, and may not do this."""

    status = 403
    title = "Not allowed"


class UnauthenticatedError(DomainError):
    """Nobody, or nobody we can verify, is asking."""

    status = 401
    title = "Sign in first"


class NotYetError(ReptidexError):
    """What this event builds on has not arrived yet: parked under its key and tried again until a deadline."""

    retriable = True
    status = 503
    title = "Not ready yet"


class UnavailableError(ReptidexError):
    """A part that we depend on does not answer (log, database, another service, a provider)."""

    retriable = True
    status = 503
    title = "A part we depend on does not answer"

    def __init__(self, part: str, detail: str = "") -> None:
        super().__init__(f"{part} does not answer" + (f": {detail}" if detail else ""))
        self.part = part


class FencedError(ReptidexError):
    """Another worker has taken over this partition; the process must stop at once and write nothing."""

    def __init__(self, partition: int, held: int, current: int) -> None:
        super().__init__(f"partition {partition} is held at epoch {current}, ours is {held}: another worker took over")
        self.partition, self.held, self.current = partition, held, current
