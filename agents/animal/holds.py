"""Holds an animal for a sale: while it is held it can be neither moved nor archived nor sold elsewhere."""

from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.registry import own_animal
from reptidex.domain.ownership import StaleHoldError, check_free, check_lineage
from reptidex.streams.commands.animal import Held, HoldAnimal, LapseHold, ReleaseAnimal
from reptidex.tables.animal.models import Animal, Hold


def _hold_key(command: HoldAnimal | ReleaseAnimal | LapseHold) -> tuple[str, ...]:
    return (Hold.id_of(command.animal_id, command.transaction_id),)


def _timer(command: HoldAnimal | ReleaseAnimal | LapseHold) -> str:
    return f"hold:{command.animal_id}:{command.transaction_id}"


@agent(HoldAnimal, prefetch={Animal: "animal_id", Hold: _hold_key})
async def hold_animal(command: HoldAnimal, unit: Unit) -> None:
    """Hold an animal until a deadline; a repeat gets the same token, a request after the release is refused."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    check_free(animal.animal_id, animal.status, animal.held_by, command.transaction_id)
    check_lineage(animal.animal_id, animal.lineage_status)
    key = Hold.id_of(command.animal_id, command.transaction_id)
    known = await unit.get(Hold, key)
    if known is not None and known.state not in ("held", "lapsed"):
        raise StaleHoldError(command.animal_id, command.transaction_id)
    hold = Hold(
        hold_id=key,
        animal_id=command.animal_id,
        transaction_id=command.transaction_id,
        vivarium_id=command.vivarium_id,
        generation=max(command.generation, known.generation if known else 0),
        token=known.token if known else unit.new_id(),
        until=max(command.until, known.until) if known else command.until,
        state="held",
    )
    unit.put(hold)
    unit.put(replace(animal, held_by=command.transaction_id, held_until=hold.until))
    unit.timer(_timer(command), hold.until, LapseHold(animal_id=animal.animal_id, transaction_id=hold.transaction_id))
    unit.answer(
        Held(animal_id=animal.animal_id, transaction_id=hold.transaction_id, hold_token=hold.token, until=hold.until)
    )


@agent(ReleaseAnimal, prefetch={Animal: "animal_id", Hold: _hold_key})
async def release_animal(command: ReleaseAnimal, unit: Unit) -> None:
    """Let a sale's hold go for good; also when the request to hold has not been seen yet."""
    animal = await unit.get(Animal, command.animal_id)
    if animal is None:
        return
    key = Hold.id_of(command.animal_id, command.transaction_id)
    known = await unit.get(Hold, key)
    if known is None:
        unit.put(ended(animal, command.transaction_id, "released", unit))
    elif known.state in ("held", "lapsed"):
        unit.put(replace(known, state="released"))
    _let_go(animal, command.transaction_id, unit)
    unit.cancel_timer(_timer(command))


@agent(LapseHold, prefetch={Animal: "animal_id", Hold: _hold_key})
async def lapse_hold(command: LapseHold, unit: Unit) -> None:
    """Let a hold go whose deadline has passed without a word from the sale."""
    hold = await unit.get(Hold, Hold.id_of(command.animal_id, command.transaction_id))
    animal = await unit.get(Animal, command.animal_id)
    if hold is not None and hold.state == "held" and hold.until <= unit.now:
        unit.put(replace(hold, state="lapsed"))
        if animal is not None:
            _let_go(animal, command.transaction_id, unit)


def ended(animal: Animal, transaction_id: str, state: Literal["released", "rejected"], unit: Unit) -> Hold:
    """Make the record of a hold that was over before it began, so that a late request for it is refused."""
    return Hold(
        hold_id=Hold.id_of(animal.animal_id, transaction_id),
        animal_id=animal.animal_id,
        transaction_id=transaction_id,
        vivarium_id=animal.vivarium_id,
        generation=0,
        token="",
        until=unit.now,
        state=state,
    )


def _let_go(animal: Animal, transaction_id: str, unit: Unit) -> None:
    if animal.held_by == transaction_id:
        unit.put(replace(animal, held_by=None, held_until=None))
