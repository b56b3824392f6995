"""What repti-core can be asked to do about the telephone number of a person."""

from reptidex.streams.contract import Command, command


@command(key="user_id", service="core")
class AskForTelephone(Command, frozen=True, kw_only=True):
    """Have a code sent to a number; refused where too many were asked for."""

    user_id: str
    number_sealed: bytes


@command(key="user_id", service="core")
class ConfirmTelephone(Command, frozen=True, kw_only=True):
    """Take the number whose code was given back."""

    user_id: str
    generation: int


@command(key="user_id", service="core")
class RemoveTelephone(Command, frozen=True, kw_only=True):
    """Forget a person's number, and the one that waits for its code."""

    user_id: str
