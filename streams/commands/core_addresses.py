"""What repti-core can be asked to do about the e-mail address of an account."""

from reptidex.streams.contract import Command, command


@command(key="user_id", service="core")
class AskForAddress(Command, frozen=True, kw_only=True):
    """Have a link sent to another address, and word of it to the one so far. Whether it is taken is not looked at here."""

    user_id: str
    session_id: str
    """In which it is asked for: the change is off once that has ended."""
    address_hash: str
    email_sealed: bytes


@command(key="user_id", service="core")
class ChangeAddress(Command, frozen=True, kw_only=True):
    """Give an account the address that its link was sent to; refused where that has an account already."""

    user_id: str
    generation: int


@command(key="user_id", service="core")
class StopAddressChange(Command, frozen=True, kw_only=True):
    """Call a change of address off, or take it back, for who got word of it at the address of before."""

    user_id: str
    generation: int


@command(key="user_id", service="core")
class WithdrawAddressChange(Command, frozen=True, kw_only=True):
    """Call a change of address off that waits for its link, for who asked for it. One that was made stays."""

    user_id: str


@command(key="user_id", service="core")
class SettleAddressChange(Command, frozen=True, kw_only=True):
    """Forget the other address of a change that ran out, or that can no longer be taken back."""

    user_id: str
    generation: int
