"""Carries a sale's wishes to repti-animal: hold, release, and the last look at who owns the animal."""

from datetime import datetime

import msgspec

from reptidex.agents.agent import Call, carries_out
from reptidex.agents.commerce.effects import HoldAnimal, ReleaseHold, SettleTransfer
from reptidex.connectors.services.refusals import RefusedError
from reptidex.domain.ownership import HeldError
from reptidex.errors import NotFoundError, UnavailableError
from reptidex.streams.commands.commerce import Product
from reptidex.streams.commands.commerce_sales import TellHold, TellReleased, TellTransfer

HELD_ATTEMPTS = 4
"""So often a hold is asked for that another sale still has: some four seconds, by the backoff of effects."""


class HoldWanted(msgspec.Struct, frozen=True, kw_only=True):
    """The body of animal's `POST /internal/animals/{animal_id}/hold`."""

    transaction_id: str
    generation: int
    until: datetime
    vivarium_id: str


class HoldGiven(msgspec.Struct, frozen=True, kw_only=True):
    """Its answer."""

    animal_id: str
    transaction_id: str


def _held_at(animal_id: str) -> str:
    return f"/internal/animals/{animal_id}/hold"


def _unknown(effect: HoldAnimal, cause: str) -> TellHold:
    return TellHold(
        animal_id=effect.animal_id,
        transaction_id=effect.transaction_id,
        generation=effect.generation,
        answer="unknown",
    )


@carries_out(HoldAnimal, failed=_unknown)
async def hold_animal(effect: HoldAnimal, call: Call) -> TellHold:
    """Ask for the hold. A refusal is final: the animal is not the seller's any more, gone, or held by another sale.

    Only one sale of an animal goes on here at a time, so the other has most likely ended and its release is still on its way
    (it is after an outage of animal): that is waited for.
    """
    wanted = HoldWanted(
        transaction_id=effect.transaction_id,
        generation=effect.generation,
        until=effect.until,
        vivarium_id=effect.vivarium_id,
    )
    told = _unknown(effect, "")
    # Each attempt is asked anew: under one key a refusal would be told again for ever. A hold given twice is one hold.
    key = f"{effect.transaction_id}/hold/{effect.generation}/{call.attempt}"
    try:
        await call.ports.animal.post(_held_at(effect.animal_id), wanted, HoldGiven, idempotency_key=key)
    except NotFoundError:
        return msgspec.structs.replace(told, answer="refused", reason="unavailable")
    except RefusedError as refused:
        if refused.title != HeldError.title:  # it died, or its lineage does not stand
            return msgspec.structs.replace(told, answer="refused", reason="unavailable")
        if call.attempt < HELD_ATTEMPTS:
            raise UnavailableError("the animal", "another sale still holds it") from refused
        return msgspec.structs.replace(told, answer="refused", reason="held")
    return msgspec.structs.replace(told, answer="granted")


@carries_out(ReleaseHold)
async def release_hold(effect: ReleaseHold, call: Call) -> TellReleased:
    """Have the hold of this sale taken away; where there is none, nothing happens."""
    try:
        path = f"{_held_at(effect.animal_id)}/{effect.transaction_id}"
        await call.ports.animal.delete(path, idempotency_key=call.idempotency_key)
    except NotFoundError:
        pass  # An animal that is not there holds nothing.
    return TellReleased(animal_id=effect.animal_id, transaction_id=effect.transaction_id)


@carries_out(SettleTransfer)
async def settle_transfer(effect: SettleTransfer, call: Call) -> TellTransfer:
    """Take the hold away, so that the transfer cannot happen any more if it has not, and see whose the animal is."""
    await release_hold.carry(ReleaseHold(animal_id=effect.animal_id, transaction_id=effect.transaction_id), call)
    try:
        animal = await call.ports.animal.get(f"/internal/animals/{effect.animal_id}", Product)
        done = animal.vivarium_id == effect.buyer_vivarium_id
    except NotFoundError:
        done = False
    return TellTransfer(animal_id=effect.animal_id, transaction_id=effect.transaction_id, done=done)
