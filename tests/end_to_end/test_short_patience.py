"""What must behave when patience runs out: a platform that keeps reservations for seconds, gives acts up soon, and takes
a sign-in for recent no longer than that."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from reptidex.platform.story import asked, bought
from reptidex.platform.visitor import UnexpectedAnswerError
from tests.end_to_end.conftest import Confirmed, Stage, World, staged
from tests.end_to_end.test_sale_bad_paths import LONG, Market, kept, market

__all__ = ["market"]

RESERVED_S = 10
RECENT_S = 8
RETRY_LONGEST_S = 0.6
"""Eight attempts at this pace outlast the three seconds for which a service that was away is left alone (`Breaker`)."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run a platform of little patience beside the usual one."""
    yield from staged(
        tmp_path_factory.mktemp("impatient"),
        reservation_s=RESERVED_S,
        effect_retry_longest_s=RETRY_LONGEST_S,
        recent_sign_in_s=RECENT_S,
    )


async def test_an_old_sign_in_makes_no_key_until_the_person_signs_in_anew(world: World, confirmed: Confirmed) -> None:
    sam = await confirmed("Sam")
    body, core = {"name": "my script"}, world.settings.urls["core"]

    async def grown_old() -> bool:
        # Nothing waits to be confirmed: 409 as long as the sign-in is recent.
        await sam.call("core", "POST", "/auth/mfa/confirm", {"code": "123456"}, expect=401)
        return True

    async def made_anew() -> Any:
        await sam.sign_in()
        return await sam.call("core", "POST", "/auth/api-keys", body, expect=201)

    await world.until(patiently(grown_old), "a sign-in that is not recent any more")
    sam.token = (await sam.call("core", "POST", "/auth/refresh", {"refresh_token": sam.refresh_token}))["access_token"]
    bearer = {"Authorization": f"Bearer {sam.token}"}
    async with world.session.post(f"{core}/auth/api-keys", json=body, headers=bearer) as answer:
        status, challenge, problem = answer.status, answer.headers["WWW-Authenticate"], await answer.json()
    listed = await sam.call("core", "GET", "/auth/api-keys")
    made = await world.until(patiently(made_anew), "a key, soon enough after signing in")
    kept_now = await sam.call("core", "GET", "/auth/api-keys")

    assert (status, problem["max_age"], listed["items"]) == (401, RECENT_S, [])
    assert 'error="insufficient_user_authentication"' in challenge and f'max_age="{RECENT_S}"' in challenge
    assert [each["key_id"] for each in kept_now["items"]] == [made["key_id"]]


def patiently(attempt: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """Return an attempt that is not answered as it should be as one that has not come true yet."""

    async def attempted() -> Any:
        try:
            return await attempt()
        except UnexpectedAnswerError:
            return None

    return attempted


async def test_a_mail_provider_that_stays_down_is_given_up_and_an_administrator_sees_it(
    world: World, confirmed: Confirmed
) -> None:
    ada, sam = await confirmed("Ada"), world.visitor("Sam")
    await world.administrator(ada)
    await world.mail_faults(down=True)

    step = await sam.register()
    await world.heard(step.request_id, "notification.failed", "monitoring.alert.raised", within=60)

    [failed] = [
        e.event.data for e in world.watcher.by_correlation[step.request_id] if e.event.type == "notification.failed"
    ]
    assert (failed.reason, failed.attempts, failed.template) == ("provider", 14, "welcome")
    alerts = await ada.call("ops", "GET", "/monitoring/alerts?limit=100")
    [alert] = [each for each in alerts["items"] if each["alert_id"] == failed.notification_id]
    assert (alert["status"], alert["rule"], alert["service"]) == ("raised", "notification failed", "repti-community")
    assert await sam.letters() == []


async def test_money_that_comes_after_the_reservation_ran_out_goes_back_and_the_animal_is_offered_again(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea, cleo = await confirmed("Bea"), await confirmed("Cleo")
    inquiries = [await asked(market.seller, each, market.listing_id) for each in (bea, cleo)]
    # The provider takes the money at once, and neither answers nor calls before the reservation has run out.
    await world.payment_faults(acts=["capture"], hang_after=1.0, hang_s=LONG, never=1.0)

    order, step = await bought(bea, inquiries[0])
    await market.ended(bea, order["order_id"], "cancelled", within=60)
    taken = await world.ledger(order["order_id"])
    await world.payment_faults()
    await world.heard(step.request_id, "payment.refunded", "sales.transaction.refunded", within=60)

    assert kept(taken) > 0
    assert kept(await world.ledger(order["order_id"])) == 0
    told = [world.watcher.names(step.request_id).count(name) for name in ("payment.refunded", "order.cancelled")]
    assert told == [1, 1]
    assert await world.until(market.free_again, "the animal to be free again", 60)
    again, _ = await bought(cleo, inquiries[1])
    await market.ended(cleo, again["order_id"], "completed", within=60)


async def test_a_buyer_who_acts_after_the_reservation_ran_out_is_not_charged(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    order, _ = await bought(bea, inquiry, method="pm_card_threeDSecure2Required")
    sale = await bea.call("commerce", "GET", f"/transactions/{order['transaction_id']}")

    async def page() -> Any:
        try:
            return (await bea.call("core", "GET", f"/billing/payments/{sale['payment_id']}"))["action_url"]
        except UnexpectedAnswerError:
            return None  # commerce has not asked for the money yet

    url = await world.until(page, "the page of the bank")
    await market.ended(bea, order["order_id"], "cancelled", within=60)
    async with world.session.post(url) as answer:
        await answer.read()

    assert await world.until(market.free_again, "the animal to be free again", 60)
    assert kept(await world.ledger(order["order_id"])) == 0


async def test_an_animal_service_that_stays_down_undoes_the_sale(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    await world.kill("animal")
    try:
        order, step = await bought(bea, inquiry)
        ended = await market.ended(bea, order["order_id"], "cancelled", within=60)
        assert await market.free_again()
        assert kept(await world.ledger(order["order_id"])) == 0
    finally:
        await world.start("animal")

    assert ended["status"] == "cancelled"
    assert "sales.transaction.failed" in world.watcher.names(step.request_id)
    again, _ = await bought(bea, await asked(market.seller, bea, market.listing_id))
    await market.ended(bea, again["order_id"], "completed", within=60)


async def test_a_paid_animal_is_handed_over_once_the_animal_service_is_back(
    world: World, market: Market, confirmed: Confirmed
) -> None:
    bea = await confirmed("Bea")
    inquiry = await asked(market.seller, bea, market.listing_id)
    await world.payment_faults(latency_s=LONG)
    order, step = await bought(bea, inquiry)
    sale = await market.held(order)

    async def run_out() -> bool:
        return datetime.now(UTC) > datetime.fromisoformat(sale["reserved_until"])

    await world.kill("animal")
    await world.payment_faults()
    try:
        await world.heard(step.request_id, "payment.completed", "sales.transaction.completed")
        await world.until(run_out, "the end of the reservation")
        waiting = await bea.call("commerce", "GET", f"/orders/{order['order_id']}")
    finally:
        await world.start("animal")

    assert waiting["status"] == "paid"
    await market.ended(bea, order["order_id"], "completed", within=60)
    owned = await bea.call("animal", "GET", f"/animals/{market.animal_id}")
    assert owned["vivarium_id"] == bea.vivarium_id
