"""What keepers and those who follow them are told of clutches."""

from collections.abc import AsyncIterator
from datetime import date

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.accounts import AskForOwners
from reptidex.agents.community.telling import notify
from reptidex.streams.animal import BreedingClutchCreated, BreedingClutchUpdated
from reptidex.streams.contract import Event
from reptidex.tables.community import queries

NEWS_DAYS = 60
"""A clutch that was laid longer ago is history that somebody records, as an import does, and no news."""
TOLD = {"due": "clutch.due", "overdue": "clutch.overdue"}
"""Which message a change of a clutch is to its keepers."""


@agent(BreedingClutchCreated)
async def tell_followers_of_clutch(event: BreedingClutchCreated, unit: Unit) -> AsyncIterator[Event]:
    """Tell those who follow the breeder of a new clutch that everybody may see."""
    if event.visibility != "public" or (unit.cause.time.date() - event.laid_on).days > NEWS_DAYS:
        return
    followers = await unit.find(queries.followers("vivarium", [event.vivarium_id]))
    facts = {"clutch_id": event.clutch_id, "vivarium_id": event.vivarium_id}
    for said in await notify(unit, [follow.user_id for follow in followers], "clutch.created", facts):
        yield said


@agent(BreedingClutchUpdated)
async def tell_keepers_of_due_clutch(event: BreedingClutchUpdated, unit: Unit) -> None:
    """Tell the owners of a vivarium that a clutch may hatch from now on, or should have hatched by now."""
    for changed in event.changed:
        if template := TOLD.get(changed):
            days = {name: f"{day:%d %B %Y}" if day else "" for name, day in _days(event).items()}
            facts = days | {"species": event.species, "clutch_id": event.clutch_id, "eggs": str(event.laid)}
            unit.effect(
                AskForOwners(vivarium_id=event.vivarium_id, template=template, facts=facts, cause_id=unit.cause.id)
            )


def _days(event: BreedingClutchUpdated) -> dict[str, date | None]:
    return {"laid_on": event.laid_on, "due_from": event.due_from, "due_until": event.due_until}
