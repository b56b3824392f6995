"""Webhooks of the double go out again until they are answered 2xx, and misbehave as they are told, by seed."""

from typing import Any

import pytest

from reptidex.doubles.payments.faults import Faults, draw
from reptidex.testing import eventually
from tests.unit.doubles.conftest import Caller

AUTHORISED = "payment_intent.amount_capturable_updated"


def kinds(caller: Caller) -> list[str]:
    """Return the kinds of the webhooks that arrived."""
    return [webhook["type"] for webhook in caller.webhooks]


async def settled(caller: Caller) -> dict[str, int]:
    """Wait until no delivery waits, and return the counts."""
    await eventually(lambda: caller.double.hooks.counts()["waiting"] == 0)
    return caller.double.hooks.counts()


async def test_each_step_of_a_payment_is_told(caller: Caller) -> None:
    intent = await caller.sale()
    await caller.post(f"/v1/payment_intents/{intent}/capture")
    await caller.post("/v1/refunds", {"payment_intent": intent})

    await eventually(lambda: len(caller.webhooks) == 3)
    assert sorted(kinds(caller)) == sorted([AUTHORISED, "payment_intent.succeeded", "refund.created"])


async def test_a_webhook_that_fails_is_sent_again_with_the_same_id(caller: Caller) -> None:
    caller.answers = [500, 503]
    await caller.sale()

    await eventually(lambda: len(caller.webhooks) == 3)
    assert len({webhook["id"] for webhook in caller.webhooks}) == 1


async def test_a_webhook_of_hours_ago_comes_when_time_moves_on(caller: Caller) -> None:
    caller.double.desk.faults = Faults(retries_s=(3600, 7200))
    caller.answers = [500, 500]
    await caller.sale()
    await eventually(lambda: len(caller.webhooks) == 1)
    await caller.advance(3601)
    await eventually(lambda: len(caller.webhooks) == 2)
    await caller.advance(7201)

    await eventually(lambda: len(caller.webhooks) == 3)
    assert (await settled(caller))["accepted"] == 1


async def test_a_webhook_is_given_up_after_its_last_retry(caller: Caller) -> None:
    caller.double.desk.faults = Faults(retries_s=(0.01,))
    caller.answers = [500] * 10
    await caller.sale()

    assert (await settled(caller))["given up"] == 1
    assert len(caller.webhooks) == 2


async def test_webhooks_can_be_repeated(caller: Caller) -> None:
    await caller.control(repeat=1.0, repeat_most=8)
    await caller.sale()
    await settled(caller)

    assert 2 <= len(caller.webhooks) <= 8
    assert len({webhook["id"] for webhook in caller.webhooks}) == 1


async def test_the_first_deliveries_can_be_lost_on_the_way(caller: Caller) -> None:
    await caller.control(drop=1.0, drop_first=3, retries_s=[0.01] * 5)
    await caller.sale()

    assert (await settled(caller))["accepted"] == 1
    assert len(caller.webhooks) == 1


async def test_webhooks_can_be_reordered(caller: Caller) -> None:
    await caller.control(reorder=12, reorder_s=2.0, seed=7)
    for number in range(12):
        await caller.sale(f"o{number}")
    await eventually(lambda: len(caller.webhooks) == 12)
    order = [webhook["data"]["object"]["metadata"]["order"] for webhook in caller.webhooks]

    assert (order != sorted(order), len(set(order))) == (True, 12)


async def test_forgeries_are_sent_beside_the_true_webhook(caller: Caller) -> None:
    caller.answers = [400, 400, 400]
    await caller.sale(method="pm_double_WebhooksForged")
    counts = await settled(caller)

    assert (counts["forged"], len(caller.webhooks)) == (3, 4)


async def test_a_webhook_may_never_come(caller: Caller) -> None:
    await caller.sale(method="pm_double_WebhooksNever")
    await caller.sale("o2")
    await settled(caller)

    assert [webhook["data"]["object"]["metadata"]["order"] for webhook in caller.webhooks] == ["o2"]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 1.0])
def test_about_as_many_are_hit_as_the_share_says(share: float) -> None:
    faults = Faults(seed=3)
    hits = sum(faults.hits(share, "repeat", str(number)) for number in range(4000))

    assert abs(hits / 4000 - share) < 0.02


@pytest.mark.parametrize("arguments", [(1, "a", "x"), (2, "a", "x"), (1, "b", "x"), (1, "a", "y")])
def test_a_draw_depends_on_its_arguments_alone(arguments: tuple[Any, ...]) -> None:
    assert draw(*arguments) == draw(*arguments)
    assert len({draw(1, "a", "x"), draw(2, "a", "x"), draw(1, "b", "x"), draw(1, "a", "y")}) == 4
