"""What repti-core can be asked to do about how a person is called and spoken to."""

from reptidex.streams.contract import Command, command


@command(key="user_id", service="core")
class ChangeAccount(Command, frozen=True, kw_only=True):
    """Change the name or the language of an account; what is None stays."""

    user_id: str
    display_name: str | None = None
    locale: str | None = None
