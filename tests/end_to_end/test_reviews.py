"""Who bought reviews the seller: listed with them, verified, and counted in their rating."""

from typing import Any

from reptidex.platform.story import asked, bought
from tests.end_to_end.conftest import Confirmed, World
from tests.end_to_end.test_sale_bad_paths import Market, market

__all__ = ["market"]


async def test_a_buyer_s_review_is_verified_and_listed_with_the_seller(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea, cleo = await confirmed("Bea"), await confirmed("Cleo")
    order, step = await bought(bea, await asked(market.seller, bea, market.listing_id))
    await market.ended(bea, order["order_id"], "completed")
    await world.heard(step.request_id, "order.completed")
    forums = await bea.call("community", "GET", "/community/forums")
    seller = f"vivarium/{market.seller.vivarium_id}"

    for person, stars in ((bea, 5), (cleo, 2)):
        subject = {"subject_kind": "vivarium", "subject_id": market.seller.vivarium_id}
        words = {"title": "My new snake", "text": "As described.", "kind": "review", "rating": stars}
        await person.call(
            "community", "POST", f"/community/forums/{forums[0]['forum_id']}/posts", words | subject, expect=201
        )

    async def verified() -> Any:
        found = await cleo.call("community", "GET", f"/community/reviews/{seller}?verified=true")
        return [each["author_id"] for each in found["items"]] == [bea.user_id]

    await world.until(verified, "the review of the buyer to be verified")
    rating = await cleo.call("community", "GET", f"/community/reviews/{seller}/rating")
    assert (rating["count"], rating["average"], rating["verified"]) == (2, 3.5, 1)
