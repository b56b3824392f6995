"""Plans are paid before they count, renewed by timer, and lapse when nobody pays; orders are invoiced once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from reptidex.streams.commerce import OrderCompleted, OrderLine, PolicySnapshot
from reptidex.streams.values import Money, Party
from reptidex.tables.core.billing import Invoice, Subscription
from reptidex.tables.core.vivariums import Vivarium
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand, uid

ZERO = timedelta()


async def _settle(stand: Stand) -> None:
    """Let everything that is due happen: hand-overs, and acts at the provider."""
    for _ in range(5):
        await stand.harness.advance(by=ZERO)
        await stand.harness.carry_out(stand.ports)
    await stand.harness.advance(by=ZERO)


async def _change(stand: Stand, tokens: Any, plan: str, method: str = "ok") -> tuple[int, Any]:
    body = {"plan": plan, "provider": "stripe", "method": method}
    return await stand.call("PUT", "/billing/subscriptions", body, token=tokens["access_token"])


async def _upgraded(stand: Stand, plan: str = "breeder") -> Any:
    tokens = await stand.sign_in()
    status, said = await _change(stand, tokens, plan)
    assert status == 200, said
    await _settle(stand)
    return tokens


async def _subscription(stand: Stand, tokens: Any) -> Subscription:
    found = await stand.harness.get(Subscription, tokens["vivarium_id"])
    assert found is not None
    return found


async def test_a_higher_plan_counts_once_it_is_paid(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, asked = await _change(stand, tokens, "breeder")
    before = await _subscription(stand, tokens)

    await _settle(stand)

    after = await _subscription(stand, tokens)
    assert (asked["plan"], before.plan, after.plan) == ("hobbyist", "hobbyist", "breeder")
    told = [each.type for each in stand.harness.events if each.type.startswith(("billing.", "org.updated"))]
    assert told[-4:] == [
        "billing.invoice.created",
        "billing.invoice.paid",
        "billing.subscription.updated",
        "org.updated",
    ]
    vivarium = await stand.harness.get(Vivarium, tokens["vivarium_id"])
    assert vivarium is not None and vivarium.plan == "breeder"


async def test_a_payment_for_a_plan_is_no_business_of_commerce(stand: Stand) -> None:
    await _upgraded(stand)

    assert not [each for each in stand.harness.events if each.type.startswith("payment.")]


async def test_a_declined_upgrade_leaves_everything_as_it_was(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await _change(stand, tokens, "keeper", "declined")

    await _settle(stand)

    after = await _subscription(stand, tokens)
    assert (after.plan, after.open_invoice_id) == ("hobbyist", "")
    assert "billing.invoice.failed" in [each.type for each in stand.harness.events]


async def test_a_paid_plan_without_a_means_of_payment_is_refused(stand: Stand) -> None:
    tokens = await stand.sign_in()

    status, problem = await stand.call(
        "PUT", "/billing/subscriptions", {"plan": "keeper"}, token=tokens["access_token"]
    )

    assert (status, problem["pointer"]) == (422, "/method")


async def test_a_plan_renews_by_itself_at_the_end_of_its_period(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    first = (await _subscription(stand, tokens)).period_end
    assert first is not None

    await stand.harness.advance(to=first)
    await _settle(stand)

    after = await _subscription(stand, tokens)
    assert after.period_end == first + timedelta(days=30)
    numbers = [each.number for each in await stand.harness.find(select(Invoice, order=("place",)))]
    assert [number[-4:] for number in numbers] == ["0001", "0002"]


async def test_a_plan_that_was_called_off_lasts_to_the_end_of_its_period(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    await stand.call("PUT", "/billing/subscriptions", {"plan": "hobbyist"}, token=tokens["access_token"])
    during = await _subscription(stand, tokens)
    assert during.period_end is not None

    await stand.harness.advance(to=during.period_end)
    await _settle(stand)

    after = await _subscription(stand, tokens)
    assert (during.plan, during.status, after.plan) == ("breeder", "canceled", "hobbyist")
    assert "billing.subscription.lapsed" in [each.type for each in stand.harness.events]


async def test_a_renewal_that_fails_three_times_lapses(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    subscription = await _subscription(stand, tokens)

    await stand.harness.put(replace(subscription, method="declined"))
    assert subscription.period_end is not None
    await stand.harness.advance(to=subscription.period_end)
    await _settle(stand)
    overdue = await _subscription(stand, tokens)

    for _ in range(2):
        await stand.harness.advance(by=timedelta(days=3))
        await _settle(stand)

    after = await _subscription(stand, tokens)
    assert (overdue.plan, overdue.status) == ("breeder", "past_due")
    assert (after.plan, after.status) == ("hobbyist", "active")
    failures: list[Any] = [each.data for each in stand.harness.events if each.type == "billing.invoice.failed"]
    assert [each.attempt for each in failures] == [1, 2, 3]
    assert failures[-1].next_attempt_at is None


async def test_a_keeper_sees_nothing_of_money(stand: Stand) -> None:
    sam = await stand.sign_in()
    bea = await stand.join("bea@example.com")
    await stand.post(
        f"/vivariums/{sam['vivarium_id']}/members",
        {"user_id": bea["user_id"], "role": "keeper"},
        token=sam["access_token"],
    )
    _, tokens = await stand.login("bea@example.com")
    _, switched = await stand.post("/auth/switch", {"vivarium_id": sam["vivarium_id"]}, token=tokens["access_token"])

    status, _ = await stand.get("/billing/invoices", token=switched["access_token"])

    assert status == 403


def _completed(buyer: dict[str, str]) -> OrderCompleted:
    price = Money(amount=25_000, currency="USD")
    nothing = Money(amount=0, currency="USD")
    line = OrderLine(animal_id=uid(11), listing_id=uid(12), title="Banana pastel", species="Python regius", price=price)
    return OrderCompleted(
        order_id=uid(2),
        transaction_id=uid(3),
        buyer=Party(vivarium_id=buyer["vivarium_id"], user_id=buyer["user_id"]),
        seller=Party(vivarium_id=uid(13), user_id=uid(14)),
        lines=(line,),
        subtotal=price,
        shipping=nothing,
        tax=nothing,
        total=price,
        policy=PolicySnapshot(digest="0" * 64),
        status="completed",
        completed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


async def test_a_fulfilled_order_is_invoiced_to_the_buyer_once(stand: Stand) -> None:
    bea = await stand.sign_in("bea@example.com")

    for sequence in (3, 3, 4):
        await stand.harness.handle(_completed(bea), sequence=sequence)
        await _settle(stand)

    _, found = await stand.get("/billing/invoices", token=bea["access_token"])
    [invoice] = found["items"]
    assert (invoice["status"], invoice["total"]["amount"], invoice["order_id"]) == ("paid", 25_000, uid(2))
    told = [each.type for each in stand.harness.events if each.type.startswith("billing.invoice")]
    assert told == ["billing.invoice.created", "billing.invoice.paid"]


async def test_who_is_owner_no_longer_changes_no_plan_though_their_token_still_says_so(stand: Stand) -> None:
    sam, bea = await stand.sign_in(), await stand.join("bea@example.com")
    _, made = await stand.post("/vivariums", {"name": "Sand & Sons"}, token=sam["access_token"])
    members = f"/vivariums/{made['vivarium_id']}/members"
    body = {"user_id": bea["user_id"], "role": "herpetologist"}
    await stand.post(members, body, token=sam["access_token"])
    _, tokens = await stand.login("bea@example.com")
    _, owner = await stand.post("/auth/switch", {"vivarium_id": made["vivarium_id"]}, token=tokens["access_token"])
    await stand.call("PUT", f"{members}/{bea['user_id']}", {"role": "keeper"}, token=sam["access_token"])

    lowered, _ = await _change(stand, owner, "breeder")
    seen, _ = await stand.get("/billing/invoices", token=owner["access_token"])
    await stand.call("DELETE", f"{members}/{bea['user_id']}", token=sam["access_token"])
    removed, _ = await stand.get("/billing/subscriptions", token=owner["access_token"])

    assert (lowered, seen, removed) == (403, 403, 404)


async def test_nobody_pays_for_a_plan_after_their_account_is_gone(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    before = await _subscription(stand, tokens)
    await stand.post("/auth/me/delete", {"password": PASSWORD}, token=tokens["access_token"])
    await _settle(stand)
    gone = await _subscription(stand, tokens)
    said = len(stand.harness.events)

    assert before.period_end is not None
    await stand.harness.advance(to=before.period_end + timedelta(days=1))
    await _settle(stand)

    assert (gone.plan, gone.method, gone.provider) == ("hobbyist", "", "")
    assert "billing.subscription.lapsed" in [each.type for each in stand.harness.events[:said]]
    assert [each.type for each in stand.harness.events[said:] if each.type.startswith(("billing", "payment"))] == []


async def test_the_means_of_payment_of_who_is_gone_pays_for_no_other(stand: Stand) -> None:
    sam, bea = await stand.sign_in(), await stand.sign_in("bea@example.com")
    _, made = await stand.post("/vivariums", {"name": "Sand & Sons"}, token=sam["access_token"])
    vivarium = {"vivarium_id": made["vivarium_id"]}
    body = {"user_id": bea["user_id"], "role": "herpetologist"}
    await stand.post(f"/vivariums/{made['vivarium_id']}/members", body, token=sam["access_token"])
    _, owner = await stand.post("/auth/switch", vivarium, token=sam["access_token"])
    assert (await _change(stand, owner, "breeder"))[0] == 200
    await _settle(stand)
    await stand.post("/auth/me/delete", {"password": PASSWORD}, token=sam["access_token"])
    await _settle(stand)
    kept = await _subscription(stand, vivarium)
    said = len(stand.harness.events)

    assert kept.period_end is not None
    await stand.harness.advance(to=kept.period_end)
    await _settle(stand)

    assert (kept.plan, kept.method) == ("breeder", "")
    assert "billing.subscription.lapsed" in [each.type for each in stand.harness.events[said:]]
    assert "billing.invoice.created" not in [each.type for each in stand.harness.events[said:]]
