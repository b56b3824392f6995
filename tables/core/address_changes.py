"""Changes of address: asked for, or made lately."""

from datetime import datetime

from reptidex.domain import sessions
from reptidex.tables.row import Row, stored


@stored("address_changes", key="user_id")
class AddressChange(Row, frozen=True, kw_only=True):
    """A person's latest change of address. The row stays once it is over, empty, so that no link of before works again."""

    user_id: str
    generation: int
    session_id: str
    """In which it was asked for; it goes on when the change is made."""
    asked_at: datetime
    changed_at: datetime | None = None
    address_hash: str = ""
    """Of the other address: the new one until the change is made, then the one before. Empty once it is over."""
    email_sealed: bytes = b""
    """The other address, under the person's own key."""

    def is_open(self, now: datetime) -> bool:
        """Tell whether it waits for the link that was sent to the new address."""
        return bool(self.address_hash) and self.changed_at is None and now - self.asked_at < sessions.CHANGE_VALID

    def may_be_undone(self, now: datetime) -> bool:
        """Tell whether it was made, and the link that was sent to the address of before takes it back."""
        made = self.changed_at
        return bool(self.address_hash) and made is not None and now - made < sessions.UNDO_VALID
