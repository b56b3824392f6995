"""Hands animals over outside a sale: offered by one vivarium, accepted by the other."""

from collections.abc import AsyncIterator
from datetime import timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.records import updated
from reptidex.agents.animal.registry import own_animal
from reptidex.agents.animal.transfers import move
from reptidex.domain.ownership import check_free
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.animal import AnimalTransferred
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import OfferAnimal, Offered, SettleOffer
from reptidex.streams.contract import Event
from reptidex.tables.animal.keeping import Transfer, offers_of
from reptidex.tables.animal.models import Access, Animal, Collection

OPEN_FOR = timedelta(days=30)


class OfferedError(DomainError):
    """The animal is on offer to somebody already."""

    title = "The animal is on offer"

    def __init__(self, animal_id: str, transfer_id: str) -> None:
        super().__init__("the animal is on offer already; withdraw that offer first")
        self.animal_id, self.transfer_id = animal_id, transfer_id


class SettledError(DomainError):
    """The offer is no longer open."""

    title = "The offer is settled"

    def __init__(self, transfer: Transfer) -> None:
        super().__init__(f"the offer was {transfer.state}")
        self.transfer_id, self.state = transfer.transfer_id, transfer.state


@agent(OfferAnimal, prefetch={Animal: "animal_id", Collection: "to_vivarium_id"})
async def offer_animal(command: OfferAnimal, unit: Unit) -> AsyncIterator[Event]:
    """Offer an animal to another vivarium. It moves at once where the giver works there too, else once it is accepted."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    check_free(animal.animal_id, animal.status, animal.held_by)
    if animal.placeholder:
        raise InvalidError(
            "a placeholder stands for an animal that is kept elsewhere; link it to that animal", "/animal_id"
        )
    if command.to_vivarium_id == animal.vivarium_id:
        raise InvalidError("the animal is there already", "/to_vivarium_id")
    receiver = await unit.get(Collection, command.to_vivarium_id)
    if receiver is None:
        raise InvalidError("there is no such vivarium", "/to_vivarium_id")
    for known in await unit.find(offers_of(animal.animal_id)):
        raise OfferedError(animal.animal_id, known.transfer_id)
    transfer = Transfer(
        transfer_id=command.transfer_id,
        animal_id=animal.animal_id,
        from_vivarium_id=animal.vivarium_id,
        to_vivarium_id=command.to_vivarium_id,
        state="offered",
        message=command.message,
        code=animal.code,
        species=animal.species,
        offered_by=unit.cause.actor,
        offered_at=unit.now,
        until=unit.now + OPEN_FOR,
    )
    works_there = await _works_there(receiver, unit)
    unit.answer(Offered(transfer_id=transfer.transfer_id, moved=works_there))
    if works_there:
        unit.put(replace(transfer, state="accepted", settled_at=unit.now))
        for event in await _hand_over(animal, command.to_vivarium_id, unit):
            yield event
        return
    unit.put(transfer)
    lapse = SettleOffer(
        transfer_id=transfer.transfer_id,
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        how="lapsed",
    )
    unit.timer(f"transfer:{transfer.transfer_id}", transfer.until, lapse)


@agent(SettleOffer, prefetch={Animal: "animal_id", Transfer: "transfer_id"})
async def settle_offer(command: SettleOffer, unit: Unit) -> AsyncIterator[Event]:
    """Accept, decline, withdraw an offer, or let it lapse. Accepted, the animal moves with its whole history."""
    offer = await unit.get(Transfer, command.transfer_id)
    sides = {"accepted": "to_vivarium_id", "declined": "to_vivarium_id"}
    if offer is None or getattr(offer, sides.get(command.how, "from_vivarium_id")) != command.vivarium_id:
        raise NotFoundError("transfer", command.transfer_id)
    if offer.state != "offered":
        if command.how == "lapsed":
            return
        raise SettledError(offer)
    if command.how == "accepted" and unit.now >= offer.until:
        raise SettledError(replace(offer, state="lapsed"))
    unit.put(replace(offer, state=command.how, settled_at=unit.now))
    unit.cancel_timer(f"transfer:{offer.transfer_id}")
    unit.answer(Done(id=offer.transfer_id))
    if command.how != "accepted":
        return
    animal = await own_animal(offer.animal_id, offer.from_vivarium_id, unit)
    check_free(animal.animal_id, animal.status, animal.held_by)
    for event in await _hand_over(animal, offer.to_vivarium_id, unit):
        yield event


async def _works_there(receiver: Collection, unit: Unit) -> bool:
    kind, _, user_id = (unit.cause.actor or "").partition(":")
    if kind != "user":
        return False
    access = await unit.get(Access, Access.id_of(receiver.vivarium_id, user_id))
    if access is not None:
        return access.active and access.role != "keeper"
    return receiver.owner_id == user_id


async def _hand_over(animal: Animal, to_vivarium_id: str, unit: Unit) -> list[Event]:
    moved = await move(animal, to_vivarium_id, "gift", unit)
    transferred = AnimalTransferred(
        animal_id=animal.animal_id,
        from_vivarium_id=animal.vivarium_id,
        to_vivarium_id=moved.vivarium_id,
        code=moved.code,
    )
    return [transferred, updated(moved, "vivarium_id", "code")]
