"""What repti-core can be asked to do about attempts to prove who one is; `account` is a person's id or the hash of an address."""

import msgspec

from reptidex.streams.contract import Command, command


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an attempt may be judged."""

    wait_s: int
    """0: it may; else the seconds until the next one may."""


@command(key="account", service="core")
class TakeAttempt(Command, frozen=True, kw_only=True):
    """Count an attempt before it is judged, so that a hundred at once are not judged all."""

    account: str


@command(key="account", service="core")
class GiveBackAttempt(Command, frozen=True, kw_only=True):
    """Count an attempt no longer: it was right, or could not be judged."""

    account: str


@command(key="account", service="core")
class ForgetAttempts(Command, frozen=True, kw_only=True):
    """Count an account anew."""

    account: str
