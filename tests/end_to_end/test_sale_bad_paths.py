"""What must behave when a sale goes wrong."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from reptidex.platform.story import asked, bought, bred_hatchling, offered, order_in
from reptidex.platform.visitor import UnexpectedAnswerError, Visitor
from tests.end_to_end.conftest import Confirmed, World

UNDECIDED = ("holding", "paying", "checking")
LONG = 60.0
"""The provider takes its time, until it is told to behave: what has to happen meanwhile happens, however busy the machine is."""


class Market:
    """A seller with one offer, and buyers who have asked about it."""

    def __init__(self, world: World, seller: Visitor, animal_id: str, listing_id: str) -> None:
        self.world, self.seller, self.animal_id, self.listing_id = world, seller, animal_id, listing_id

    async def ended(self, buyer: Visitor, order_id: str, *statuses: str, within: float = 30.0) -> Any:
        """Wait for the order to have one of the statuses."""
        return await self.world.until(lambda: order_in(buyer, order_id, *statuses), f"order {statuses}", within)

    async def stands(self, order: Any, right: Callable[[Any], bool], why: str) -> Any:
        """Wait until the sale of an order is as it should be, and return it."""

        async def look() -> Any:
            sale = await self.seller.call("commerce", "GET", f"/transactions/{order['transaction_id']}")
            return sale if right(sale) else None

        return await self.world.until(look, why)

    async def held(self, order: Any) -> Any:
        """Wait until the animal is held for an order."""
        return await self.stands(order, lambda sale: sale["hold"] == "held", "the hold")

    async def called_off(self, order: Any) -> Any:
        """Wait until the sale has turned back, whatever has become of the money."""
        return await self.stands(order, lambda sale: sale["step"] not in UNDECIDED, "the sale to be called off")

    async def free_again(self) -> bool:
        """Tell whether nothing is reserved or held any more."""
        shelf = await self.seller.call("commerce", "GET", "/inventory")
        lines = [line for line in shelf["items"] if line["animal_id"] == self.animal_id]
        return bool(lines) and lines[0]["status"] == "available"


@pytest.fixture
async def market(world: World, confirmed: Confirmed) -> Market:
    """Put one hatchling on the market."""
    seller = await confirmed("Sam")
    animal = await bred_hatchling(seller)
    listing = await offered(seller, animal["animal_id"], world.until)
    return Market(world, seller, animal["animal_id"], listing["listing_id"])


@pytest.mark.parametrize(
    "card", ["pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedExpiredCard"]
)
async def test_a_declined_card_cancels_the_order_and_frees_the_animal(
    world: World, market: Market, confirmed: Confirmed, card: str
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)

    order, step = await bought(bea, inquiry, method=card)
    await market.ended(bea, order["order_id"], "cancelled")

    await world.heard(step.request_id, "payment.failed", "sales.transaction.failed", "inventory.available")
    assert await world.until(market.free_again, "the animal to be free again")
    assert kept(await world.ledger(order["order_id"])) == 0


def kept(ledger: dict[str, Any]) -> int:
    """Return the money that was captured and not paid back, in minor units."""
    return sum(order["captured"] - order["refunded"] for order in ledger["orders"].values())


async def test_of_many_buyers_at_once_one_gets_the_animal(world: World, market: Market, confirmed: Confirmed) -> None:
    buyers = [await confirmed(name) for name in ("Bea", "Cleo", "Dan")]
    inquiries = [await asked(market.seller, buyer, market.listing_id) for buyer in buyers]

    results = await asyncio.gather(
        *(bought(buyer, inquiry) for buyer, inquiry in zip(buyers, inquiries, strict=True)), return_exceptions=True
    )

    refused = [each.answered for each in results if isinstance(each, UnexpectedAnswerError)]
    assert refused == [409, 409]


async def test_webhooks_that_repeat_and_overtake_each_other_capture_once(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    await world.payment_faults(repeat=1.0, repeat_most=4, reorder=3, seed=7)
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)

    order, step = await bought(bea, inquiry)
    await market.ended(bea, order["order_id"], "completed")

    assert world.watcher.names(step.request_id).count("payment.completed") == 1
    assert kept(await world.ledger(order["order_id"])) == order["total"]["amount"]


async def test_a_forged_webhook_is_refused(world: World, market: Market, confirmed: Confirmed) -> None:
    await world.payment_faults(forge=1.0, seed=3)
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)

    order, _ = await bought(bea, inquiry)
    await market.ended(bea, order["order_id"], "completed")

    async with world.session.get(f"{world.payments}/_webhooks") as answer:
        counts = await answer.json()
    assert counts.get("forgeries_accepted", 0) == 0


async def test_a_provider_that_captures_and_then_answers_500_charges_once(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    await world.payment_faults(fail_after=1.0, acts=["authorise", "capture"], seed=5)
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)

    order, step = await bought(bea, inquiry)
    await market.ended(bea, order["order_id"], "completed", within=60)

    assert world.watcher.names(step.request_id).count("payment.completed") == 1
    assert kept(await world.ledger(order["order_id"])) == order["total"]["amount"]


async def test_webhooks_that_never_come_are_made_up_for(world: World, market: Market, confirmed: Confirmed) -> None:
    await world.payment_faults(never=1.0)
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)

    order, _ = await bought(bea, inquiry)

    assert await market.ended(bea, order["order_id"], "completed", within=90)


async def test_an_animal_that_is_held_can_be_neither_archived_nor_given_away(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    await world.payment_faults(latency_s=LONG)
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    order, _ = await bought(bea, inquiry)
    await market.held(order)
    problem = await market.seller.call("animal", "DELETE", f"/animals/{market.animal_id}", expect=409)
    await world.payment_faults()

    assert problem["status"] == 409
    await market.ended(bea, order["order_id"], "completed")


async def test_a_buyer_may_call_an_unpaid_order_off(world: World, market: Market, confirmed: Confirmed) -> None:
    await world.payment_faults(latency_s=LONG)
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    order, _ = await bought(bea, inquiry)

    await bea.call("commerce", "POST", f"/orders/{order['order_id']}/cancel")
    await market.called_off(order)
    await world.payment_faults()
    await market.ended(bea, order["order_id"], "cancelled", within=60)

    async def nothing_kept() -> bool:
        return kept(await world.ledger(order["order_id"])) == 0

    assert await world.until(nothing_kept, "the money to be back", 60)
    assert await world.until(market.free_again, "the animal to be free again", 60)


async def test_the_sale_goes_on_when_the_animal_service_comes_back(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    animal = world.stage.platform.children["animal"]
    assert animal.process is not None
    animal.process.kill()

    began = time.monotonic()
    order, _ = await bought(bea, inquiry)

    assert await market.ended(bea, order["order_id"], "completed", within=90), time.monotonic() - began


async def test_a_dispute_after_completion_is_published_and_moves_no_animal(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    order, _ = await bought(bea, inquiry)
    await market.ended(bea, order["order_id"], "completed")

    _, step = await bea.exchange("commerce", "POST", f"/orders/{order['order_id']}/dispute", {"reason": "misdescribed"})
    await world.heard(step.request_id, "sales.transaction.disputed")

    owned = await bea.call("animal", "GET", f"/animals/{market.animal_id}")
    assert owned["vivarium_id"] == bea.vivarium_id


async def test_a_bank_that_contests_a_payment_is_heard_and_moves_no_animal(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    order, step = await bought(bea, inquiry)
    await market.ended(bea, order["order_id"], "completed")
    [paid] = (await world.ledger(order["order_id"]))["payments"]

    url = f"{world.payments}/_control/stripe/{paid['reference']}/dispute"
    async with world.session.post(url, params={"reason": "product_not_received"}) as answer:
        assert answer.status == 200, await answer.text()
    await world.heard(step.request_id, "payment.disputed", "sales.transaction.disputed")

    sale = await bea.call("commerce", "GET", f"/transactions/{order['transaction_id']}")
    owned = await bea.call("animal", "GET", f"/animals/{market.animal_id}")
    assert (sale["step"], sale["disputed"]) == ("completed", True)
    assert owned["vivarium_id"] == bea.vivarium_id
    said = [each.event for each in world.watcher.by_correlation[step.request_id]]
    assert [e.data.reason for e in said if e.type == "sales.transaction.disputed"] == ["undelivered"]

    async with world.session.post(f"{url}/lost") as answer:
        assert answer.status == 200, await answer.text()
    await world.heard(
        step.request_id, "payment.dispute.closed", "sales.transaction.resolved", "sales.transaction.refunded"
    )
    decided = await bea.call("commerce", "GET", f"/transactions/{order['transaction_id']}")
    kept = await bea.call("animal", "GET", f"/animals/{market.animal_id}")
    assert (decided["step"], decided["disputed"], decided["verdict"]) == ("completed", False, "lost")
    assert (decided["money"], decided["refunded"], decided["reason"]) == ("refunded", decided["amount"], "disputed")
    assert kept["vivarium_id"] == bea.vivarium_id
    ledger = await world.ledger(order["order_id"])
    [paid] = ledger["payments"]
    assert (paid["refund_count"], paid["chargeback_amount"]) == (0, decided["amount"]["amount"]), "it went back once"


async def test_a_buyer_who_is_suspended_in_mid_sale_gets_no_animal_and_keeps_the_money(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    ada, bea, cleo = await confirmed("Ada"), await confirmed("Bea"), await confirmed("Cleo")
    await world.administrator(ada)
    await world.payment_faults(latency_s=LONG)
    order, step = await bought(bea, await asked(market.seller, bea, market.listing_id))

    body = {"status": "suspended", "reason": "reported by three sellers"}
    await ada.call("ops", "PUT", f"/admin/users/{bea.user_id}/status", body)
    await market.called_off(order)
    await world.payment_faults()
    await market.ended(market.seller, order["order_id"], "cancelled", within=60)

    async def nothing_kept() -> bool:
        return kept(await world.ledger(order["order_id"])) == 0

    assert await world.until(nothing_kept, "the money to be back", 60)
    assert await world.until(market.free_again, "the animal to be free again", 60)
    assert "animal.transferred" not in world.watcher.names(step.request_id)
    again, _ = await bought(cleo, await asked(market.seller, cleo, market.listing_id))
    await market.ended(cleo, again["order_id"], "completed")
