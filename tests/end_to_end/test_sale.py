"""Flow B, the sale of an animal, straight through, by both providers."""

from typing import Any

import pytest

from reptidex.platform.story import sale
from reptidex.platform.visitor import Visitor
from tests.end_to_end.conftest import Confirmed, World


@pytest.mark.parametrize(("provider", "method"), [("stripe", "pm_card_visa"), ("paypal", "vault_ok")])
async def test_a_sale_runs_through_all_services(world: World, confirmed: Confirmed, provider: str, method: str) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")

    sold = await sale(sam, bea, world.until, provider=provider, method=method)
    await world.heard(
        sold.conversion.request_id,
        "sales.inquiry.converted",
        "order.created",
        "sales.transaction.started",
        "inventory.reserved",
        "payment.completed",
        "sales.transaction.completed",
        "animal.transferred",
        "inventory.transferred",
        "marketplace.listing.sold",
        "order.completed",
        "billing.invoice.paid",
        "notification.sent",
        "render.pedigree.completed",
        "render.export.completed",
    )

    ledger = await world.ledger(sold.order_id)
    assert ledger["balanced"] and ledger["orders"][sold.order_id]["captures"] == 1


async def test_the_pedigree_survives_the_sale_unchanged(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")

    sold = await sale(sam, bea, world.until)

    before, after = sold.pedigree_before, sold.pedigree_after
    assert before["inbreeding"] == after["inbreeding"]
    assert _ancestors(before) == _ancestors(after)


def _ancestors(pedigree: Any) -> list[str]:
    """Return the ids of all ancestors in order of place; repeated ones stay."""
    found: list[str] = []
    stack = [pedigree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            found += [node["animal_id"]] if node.get("animal_id") else []
            stack += list(node.values())
        elif isinstance(node, list):
            stack += node
    return sorted(found)


async def test_the_index_no_longer_offers_a_sold_animal(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    sold = await sale(sam, bea, world.until)

    async def gone() -> bool:
        results = await bea.call("community", "GET", "/search/animals?kind=listing&q=kiwi&limit=100")
        return sold.listing_id not in {item["entity_id"] for item in results["items"]}

    assert await world.until(gone, "the listing to leave the index")


async def test_both_sides_are_told(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    await sale(sam, bea, world.until)

    async def told(person: Visitor, template: str) -> bool:
        inbox = await person.call("community", "GET", "/notifications")
        return template in {message["template"] for message in inbox["items"]}

    assert await world.until(lambda: told(sam, "order.completed.seller"), "Sam's notice")
    assert await world.until(lambda: told(bea, "order.completed.buyer"), "Bea's notice")
