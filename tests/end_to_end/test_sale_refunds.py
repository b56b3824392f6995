"""What a buyer got back is told as it is: to the cent, also where the provider took another sum or gave back in parts."""

from typing import Any

from reptidex.platform.story import asked, bought
from reptidex.platform.visitor import UnexpectedAnswerError, Visitor
from tests.end_to_end.conftest import Confirmed, World
from tests.end_to_end.test_sale_bad_paths import Market, kept, market

__all__ = ["market"]


async def at_stripe(world: World, path: str, **form: Any) -> Any:
    """Act at the provider behind the platform's back, as somebody at its own desk."""
    key = (world.settings.state / "secrets" / "stripe_key").read_text()
    url, headers = f"{world.payments}/v1/{path}", {"Authorization": f"Bearer {key}"}
    async with world.session.post(url, data=form, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def payment_seen(world: World, buyer: Visitor, order: Any) -> Any:
    """Wait until core shows the buyer their payment with the provider's name of it, and return it."""
    sale = await buyer.call("commerce", "GET", f"/transactions/{order['transaction_id']}")

    async def look() -> Any:
        try:
            payment = await buyer.call("core", "GET", f"/billing/payments/{sale['payment_id']}")
        except UnexpectedAnswerError:
            return None  # commerce has not asked for the money yet
        return payment if payment["action_url"] or payment["status"] != "processing" else None

    return await world.until(look, "the payment")


def refunds(world: World, correlation_id: str) -> list[tuple[int, int, int]]:
    """Return of each refund that was told: what was given back, what that makes in all, and what was taken."""
    said = [each.event.data for each in world.watcher.by_correlation[correlation_id]]
    told = [data for data in said if hasattr(data, "refunded_total")]
    return [(data.amount.amount, data.refunded_total.amount, data.captured_total.amount) for data in told]


async def test_what_was_taken_in_a_wrong_sum_is_what_the_buyer_is_told_to_have_back(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    await world.payment_faults(never=1.0)  # core does not hear that it may capture: the desk is before it
    order, step = await bought(bea, inquiry, method="pm_card_threeDSecure2Required")
    payment = await payment_seen(world, bea, order)
    async with world.session.get(payment["action_url"]) as answer:
        shown = await answer.text()
    assert (answer.status, answer.url.path) == (200, "/billing/return"), shown
    assert "text/html" in answer.headers["Content-Type"] and "goes on by itself" in shown
    await world.payment_faults()
    await at_stripe(world, f"payment_intents/{payment['reference']}/capture", amount_to_capture=100)

    await world.heard(step.request_id, "payment.refunded", "sales.transaction.refunded")

    currency = order["total"]["currency"]
    assert refunds(world, step.request_id) == [(100, 100, 100)]
    assert kept(await world.ledger(order["order_id"])) == 0
    seen = await bea.call("core", "GET", f"/billing/payments/{payment['payment_id']}")
    sale = await bea.call("commerce", "GET", f"/transactions/{order['transaction_id']}")
    back = {"amount": 100, "currency": currency}
    assert (seen["status"], seen["taken"], seen["refunded"], sale["refunded"]) == ("refunded", back, back, back)


async def test_parts_given_back_at_the_desk_and_by_the_seller_are_reckoned_together(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    order, step = await bought(bea, await asked(market.seller, bea, market.listing_id))
    await market.ended(bea, order["order_id"], "completed")
    payment = await payment_seen(world, bea, order)
    total = order["total"]["amount"]

    async def back(amount: int) -> None:
        async def shown() -> bool:
            seen = await bea.call("core", "GET", f"/billing/payments/{payment['payment_id']}")
            return (seen["refunded"] or {}).get("amount") == amount

        await world.until(shown, f"{amount} to be back")

    await at_stripe(world, "refunds", payment_intent=payment["reference"], amount=1_000)
    await back(1_000)
    path = f"/orders/{order['order_id']}/refund"
    _, asked_back = await market.seller.exchange("commerce", "POST", path, {"amount": 2_000})
    await back(3_000)
    await at_stripe(world, "refunds", payment_intent=payment["reference"], amount=total - 3_000)
    await back(total)

    async def told() -> bool:
        said = [each.event for each in world.watcher.by_correlation[step.request_id]]
        return [e.data.refunded.amount for e in said if e.type == "sales.transaction.refunded"][-1:] == [total]

    await world.until(told, "the last part to be told")

    assert refunds(world, step.request_id) == [(1_000, 1_000, total), (total - 3_000, total, total)]
    assert refunds(world, asked_back.request_id) == [(2_000, 3_000, total)]
    assert kept(await world.ledger(order["order_id"])) == 0


async def test_a_seller_pays_a_completed_order_back_and_the_animal_stays_with_its_buyer(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    order, _ = await bought(bea, await asked(market.seller, bea, market.listing_id))
    await market.ended(bea, order["order_id"], "completed")

    await market.seller.call("commerce", "POST", f"/orders/{order['order_id']}/refund")

    async def back() -> Any:
        return (await bea.call("commerce", "GET", f"/transactions/{order['transaction_id']}"))["refunded"]

    assert await world.until(back, "the money to be back") == order["total"]
    assert kept(await world.ledger(order["order_id"])) == 0
    animal = await bea.call("animal", "GET", f"/animals/{order['animal_id']}")
    assert animal["vivarium_id"] == order["buyer_vivarium_id"]
