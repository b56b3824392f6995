"""Errors of the embedded log; each carries the Kafka error code that a client sees for it."""

from reptidex.devlog.codes import ErrorCode
from reptidex.errors import ReptidexError


class DevLogError(ReptidexError):
    """Base of everything the embedded log raises."""


class StartRefused(DevLogError):
    """The log does not start: directory in use, unsafe bind address, or both snapshots damaged."""


class StorageFailed(DevLogError):
    """A write could not be made durable; nothing of it was acknowledged."""

    retriable = True


class MalformedRequest(DevLogError):
    """The bytes of a request break the Kafka protocol; the connection that sent them is closed."""


class Refused(DevLogError):
    """A request (or a part of one) is answered with a Kafka error code instead of being carried out."""

    def __init__(self, code: ErrorCode, message: str | None = None) -> None:
        super().__init__(message or code.name)
        self.code = code
        self.message = message
