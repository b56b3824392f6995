"""Keeps who and what is taken down or suspended, so that nobody else is given pictures or cards of it."""

from reptidex.agents.agent import Unit, agent
from reptidex.streams.core import AuthUserUpdated, OrgUpdated
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.media.moderated import SHOWN, SUSPENDED, TAKEN_DOWN, Moderated


def _moderated(event: AdminModerationDecided) -> list[str]:
    return [Moderated.id_of(event.subject_kind, event.subject_id)] if event.subject_kind in SHOWN else []


@agent(AdminModerationDecided, prefetch={Moderated: _moderated})
async def take_subject_down(event: AdminModerationDecided, unit: Unit) -> None:
    """Show pictures and cards of what a moderator took down to nobody else, until one keeps it after all."""
    for key in _moderated(event) if event.decision in TAKEN_DOWN else ():
        if TAKEN_DOWN[event.decision]:
            unit.put(Moderated(moderated_id=key))
        else:
            unit.delete(Moderated, key)


def _suspended(event: AuthUserUpdated | OrgUpdated) -> list[str]:
    whose = event.user_id if isinstance(event, AuthUserUpdated) else event.vivarium_id
    return [Moderated.id_of(SUSPENDED, whose)] if event.status is not None else []


@agent(AuthUserUpdated, OrgUpdated)
async def hide_suspended(event: AuthUserUpdated | OrgUpdated, unit: Unit) -> None:
    """Show pictures and card of an account or vivarium that is suspended to nobody else, until it is back."""
    for key in _suspended(event):
        if event.status == "active":
            unit.delete(Moderated, key)
        else:
            unit.put(Moderated(moderated_id=key))
