"""The routes of repti-commerce, through the real web side."""

from typing import Any
from urllib.parse import urlencode

import pytest

from reptidex.testing import eventually
from tests.unit.commerce.market import ANIMAL, PRICE
from tests.unit.commerce.shop import Shop

OFFER = {"animal_id": ANIMAL, "title": "Pastel female", "price": PRICE, "category": "hatchling"}
PAY = {"payment": {"provider": "stripe", "method": "pm_card_visa"}}


async def _published(shop: Shop) -> str:
    listing = await shop.made("/marketplace/listings", "sam", OFFER)
    await shop.made(f"/marketplace/listings/{listing['listing_id']}/publish", "sam", {})
    listing_id: str = listing["listing_id"]
    return listing_id


async def _inquiry(shop: Shop, who: str, listing_id: str) -> str:
    inquiry = await shop.made("/inquiries", who, {"listing_id": listing_id, "message": "Is it there?"})
    inquiry_id: str = inquiry["inquiry_id"]
    return inquiry_id


async def _order(shop: Shop) -> Any:
    inquiry_id = await _inquiry(shop, "bea", await _published(shop))
    await shop.made(f"/inquiries/{inquiry_id}/respond", "sam", {"message": "Yes."})
    return await shop.made(f"/inquiries/{inquiry_id}/convert", "bea", PAY)


async def test_a_sale_runs_from_the_draft_to_the_order_over_http(shop: Shop) -> None:
    order = await _order(shop)
    status, read = await shop.call("GET", f"/orders/{order['order_id']}", "bea")

    assert (status, read["status"]) == (200, "reserved")
    assert read["total"] == {"amount": PRICE, "currency": "USD"}


async def test_a_rival_gets_409_in_words(shop: Shop) -> None:
    listing_id = await _published(shop)
    mine, theirs = await _inquiry(shop, "bea", listing_id), await _inquiry(shop, "eve", listing_id)
    await shop.made(f"/inquiries/{mine}/convert", "bea", PAY)
    status, problem = await shop.call("POST", f"/inquiries/{theirs}/convert", "eve", PAY)

    assert status == 409
    assert problem["title"] == "Somebody was faster"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orders/{order_id}"),
        ("POST", "/orders/{order_id}/cancel"),
        ("GET", "/transactions/{transaction_id}"),
        ("GET", "/inquiries/{inquiry_id}"),
        ("PUT", "/marketplace/listings/{listing_id}"),
        ("DELETE", "/marketplace/listings/{listing_id}"),
    ],
)
async def test_somebody_else_s_things_are_not_there(shop: Shop, method: str, path: str) -> None:
    order = await _order(shop)
    status, _ = await shop.call(method, path.format(**order), "eve", {} if method == "PUT" else None)

    assert status == 404


async def test_a_draft_is_seen_by_its_seller_alone(shop: Shop) -> None:
    listing = await shop.made("/marketplace/listings", "sam", OFFER)
    path = f"/marketplace/listings/{listing['listing_id']}"

    assert [(await shop.call("GET", path, who))[0] for who in ("sam", "bea", "")] == [200, 404, 404]


async def test_the_marketplace_is_searched_by_words_and_facets(shop: Shop) -> None:
    listing_id = await _published(shop)
    found = {
        query: [item["listing_id"] for item in (await shop.call("GET", f"/marketplace/search?{query}"))[1]["items"]]
        for query in (
            "q=pastel+regius",
            "morph=pastel&category=hatchling",
            "q=100%25",
            "max_price=10",
            "species=Python",
        )
    }

    assert found == {
        "q=pastel+regius": [listing_id],
        "morph=pastel&category=hatchling": [listing_id],
        "q=100%25": [],
        "max_price=10": [],
        "species=Python": [listing_id],
    }


async def test_words_are_found_however_they_are_written(shop: Shop) -> None:
    listing = await shop.made("/marketplace/listings", "sam", OFFER | {"title": "Kleine Äskulapnatter, weiß"})
    path = f"/marketplace/listings/{listing['listing_id']}"
    await shop.made(f"{path}/publish", "sam", {})
    words = ("äskulap", "ÄSKULAPNATTER", "WEISS regius", "kleine pastel", "pas%tel")
    found = [
        len((await shop.call("GET", "/marketplace/search?" + urlencode({"q": word})))[1]["items"]) for word in words
    ]
    await shop.call("PUT", path, "sam", {"title": "Große Äskulapnatter"})
    revised = [
        len((await shop.call("GET", f"/marketplace/search?q={word}"))[1]["items"]) for word in ("kleine", "grosse")
    ]

    assert (found, revised) == ([1, 1, 1, 1, 0], [0, 1])


async def test_a_search_is_told_of_without_its_words(shop: Shop) -> None:
    await shop.call("GET", "/marketplace/search?q=pastel&sex=female")
    name, said = "marketplace.search.performed", shop.market.harness.events
    [event] = await eventually(lambda: [each.data for each in said if each.type == name])

    assert (event.terms, event.facets, event.searcher_id) == (1, ("sex",), "anonymous")


async def test_categories_count_what_is_offered_now(shop: Shop) -> None:
    await _published(shop)
    _, categories = await shop.call("GET", "/marketplace/categories")

    assert {"category": "hatchling", "offers": 1} in categories


async def test_animal_being_away_is_answered_503_and_changes_nothing(shop: Shop) -> None:
    shop.market.animal.down = True
    status, _ = await shop.call("POST", "/marketplace/listings", "sam", OFFER)

    assert status == 503
    assert (await shop.market.line()).listing_id == ""


async def test_another_vivariums_animal_cannot_be_offered(shop: Shop) -> None:
    status, _ = await shop.call("POST", "/marketplace/listings", "bea", OFFER)

    assert status == 404


async def test_an_offer_has_a_price(shop: Shop) -> None:
    status, problem = await shop.call("POST", "/marketplace/listings", "sam", OFFER | {"price": 0})

    assert status == 422
    assert "/price" in str(problem)


async def test_an_order_keeps_the_seller_s_terms_of_its_day(shop: Shop) -> None:
    await shop.call("PUT", "/marketplace/policy", "sam", {"refund_days": 7, "text": "Live arrival."})
    order = await _order(shop)
    await shop.call("PUT", "/marketplace/policy", "sam", {"refund_days": 0})
    _, read = await shop.call("GET", f"/orders/{order['order_id']}", "bea")
    _, now = await shop.call("GET", f"/marketplace/policies/{order['seller_vivarium_id']}")

    assert (read["policy"]["refund_days"], now["refund_days"]) == (7, 0)


async def test_the_inventory_tells_its_owner_what_is_reserved(shop: Shop) -> None:
    order = await _order(shop)
    _, page = await shop.call("GET", "/inventory", "sam")

    assert [(line["status"], line["order_id"]) for line in page["items"]] == [("reserved", order["order_id"])]


async def test_only_services_read_any_order(shop: Shop) -> None:
    order = await _order(shop)
    path = f"/internal/orders/{order['order_id']}"

    assert [(await shop.call("GET", path, who))[0] for who in ("repti-media", "bea", "")] == [200, 403, 401]


async def test_the_buyer_calls_an_unpaid_order_off(shop: Shop) -> None:
    order = await _order(shop)
    status, cancelled = await shop.call("POST", f"/orders/{order['order_id']}/cancel", "bea")

    assert (status, cancelled["status"], cancelled["reason"]) == (200, "cancelled", "requested")


async def test_both_sides_list_the_same_order(shop: Shop) -> None:
    order = await _order(shop)
    bought = (await shop.call("GET", "/orders?side=buyer", "bea"))[1]["items"]
    sold = (await shop.call("GET", "/orders?side=seller", "sam"))[1]["items"]

    assert [one["order_id"] for one in bought + sold] == [order["order_id"]] * 2
    assert (await shop.call("GET", "/orders?side=seller", "bea"))[1]["items"] == []
