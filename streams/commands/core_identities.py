"""What repti-core can be asked to do about accounts elsewhere, besides linking them (`core.LinkIdentity`)."""

from reptidex.streams.contract import Command, command


@command(key="user_id", service="core")
class UnlinkIdentity(Command, frozen=True, kw_only=True):
    """Let a person no longer sign in with their accounts at a provider, and end what was begun with them."""

    user_id: str
    provider: str
    keep_session_id: str = ""
