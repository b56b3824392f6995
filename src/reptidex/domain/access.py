"""Who may do what to whom within a vivarium: four roles, and the one rule that never bends (an owner always remains)."""

from reptidex.errors import DomainError, ForbiddenError

RANKS = {"keeper": 1, "handler": 2, "curator": 3, "herpetologist": 4}
"""Viewer, editor, administrator, owner."""


class LastOwnerError(DomainError):
    """A vivarium must keep at least one herpetologist."""

    title = "The last owner stays"

    def __init__(self, vivarium_id: str) -> None:
        super().__init__("this vivarium would be left without a herpetologist; give that role to somebody else first")
        self.vivarium_id = vivarium_id


def check_manages(actor: str, *roles: str) -> None:
    """Check that somebody with the role `actor` may give or take each of `roles`.

    A herpetologist may give and take every role, a curator those below curator, the others none.
    Raises `ForbiddenError`.
    """
    if actor == "herpetologist":
        return
    if actor != "curator":
        raise ForbiddenError("only curators and herpetologists manage members")
    if any(RANKS[role] >= RANKS["curator"] for role in roles):
        raise ForbiddenError("a curator manages keepers and handlers; curators and owners are a herpetologist's matter")


def check_an_owner_remains(vivarium_id: str, role: str, new_role: str | None, owners: int) -> None:
    """Check that a change from `role` to `new_role` (None: removal) leaves one of `owners` herpetologists.

    Raises `LastOwnerError`.
    """
    if role == "herpetologist" and new_role != "herpetologist" and owners <= 1:
        raise LastOwnerError(vivarium_id)


def check_leaves_or_manages(actor_id: str, actor: str, user_id: str, role: str) -> None:
    """Check that a member may be removed by `actor_id`: everybody may leave, removing others takes a manager.

    Raises `ForbiddenError`.
    """
    if actor_id != user_id:
        check_manages(actor, role)
