"""The double speaks Stripe's protocol: forms, errors, idempotency."""

import asyncio

import pytest

from reptidex.doubles.payments import forms
from reptidex.testing import eventually
from tests.unit.doubles.conftest import Caller


def test_forms_are_decoded_as_stripe_writes_them() -> None:
    text = "amount=100&metadata[order]=o%201&expand[0]=a&expand[1]=b&created[gte]=5&empty=&list[]=x&list[]=y"

    assert forms.decode(text) == {
        "amount": "100",
        "metadata": {"order": "o 1"},
        "expand": ["a", "b"],
        "created": {"gte": "5"},
        "empty": "",
        "list": ["x", "y"],
    }


async def test_the_same_key_replays_the_same_answer(caller: Caller) -> None:
    form = {"amount": 100, "currency": "eur"}
    first = await caller.post("/v1/payment_intents", form, key="k")
    again = await caller.post("/v1/payment_intents", form, key="k")

    assert (first[1], again[2].get("Idempotent-Replayed")) == (again[1], "true")


async def test_the_same_key_for_something_else_is_an_error(caller: Caller) -> None:
    await caller.post("/v1/payment_intents", {"amount": 100, "currency": "eur"}, key="k")
    status, body, _ = await caller.post("/v1/payment_intents", {"amount": 101, "currency": "eur"}, key="k")

    assert (status, body["error"]["type"]) == (400, "idempotency_error")


async def test_the_same_key_at_the_same_time_is_a_conflict(caller: Caller) -> None:
    await caller.control(latency_s=60)
    form = {"amount": 100, "currency": "eur"}
    calls = [asyncio.create_task(caller.post("/v1/payment_intents", form, key="k")) for _ in range(3)]
    await eventually(lambda: sum(call.done() for call in calls) == 2)
    await caller.control()
    answers = await asyncio.gather(*calls)

    assert sorted(status for status, _, _ in answers) == [200, 409, 409]


async def test_a_refusal_of_form_is_not_kept_under_the_key(caller: Caller) -> None:
    refused, _, _ = await caller.post("/v1/payment_intents", {"currency": "eur"}, key="k")
    accepted, _, _ = await caller.post("/v1/payment_intents", {"amount": 100, "currency": "eur"}, key="k")

    assert (refused, accepted) == (400, 200)


async def test_a_decline_is_kept_under_the_key(caller: Caller) -> None:
    form = {"amount": 100, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": "true"}
    first = await caller.post("/v1/payment_intents", form, key="k")
    again = await caller.post("/v1/payment_intents", form, key="k")

    assert (first[0], first[1]["error"]["code"]) == (402, "card_declined")
    assert again[1]["error"]["payment_intent"]["id"] == first[1]["error"]["payment_intent"]["id"]


async def test_an_answer_of_500_after_the_act_is_replayed_and_the_money_is_taken(caller: Caller) -> None:
    intent = await caller.sale(method="pm_double_CaptureAnswers500")
    first = await caller.post(f"/v1/payment_intents/{intent}/capture", key="c")
    again = await caller.post(f"/v1/payment_intents/{intent}/capture", key="c")

    assert ([first[0], again[0]], again[2]["Idempotent-Replayed"]) == ([500, 500], "true")
    assert caller.double.ledger.orders()["o1"]["captures"] == 1


async def test_an_answer_of_500_before_the_act_takes_nothing_and_spends_the_key(caller: Caller) -> None:
    intent = await caller.sale()
    await caller.control(fail_before=1.0)
    spent = [(await caller.post(f"/v1/payment_intents/{intent}/capture", key="c"))[0] for _ in range(2)]
    taken = caller.double.ledger.orders()["o1"]["captures"]
    fresh, _, _ = await caller.post(f"/v1/payment_intents/{intent}/capture", key="c~1")

    assert (spent, taken, fresh) == ([500, 500], 0, 200)


async def test_a_wrong_key_of_the_account_is_refused(caller: Caller) -> None:
    caller.double.keys = type(caller.double.keys)(stripe_key="sk_other")

    assert (await caller.get("/v1/payment_intents"))[0] == 401


@pytest.mark.parametrize("path", ["/v1/payment_intents/pi_none", "/v1/refunds/re_none", "/v1/customers/cus_none"])
async def test_what_is_not_there_is_missing(caller: Caller, path: str) -> None:
    status, body, _ = await caller.get(path)

    assert (status, body["error"]["code"]) == (404, "resource_missing")


async def test_lists_are_newest_first_and_paged(caller: Caller) -> None:
    made = [await caller.sale(f"o{n}") for n in range(5)]
    _, first, _ = await caller.get("/v1/payment_intents?limit=3")
    _, rest, _ = await caller.get(f"/v1/payment_intents?limit=3&starting_after={first['data'][-1]['id']}")

    assert [thing["id"] for thing in first["data"] + rest["data"]] == made[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


async def test_a_search_finds_by_metadata(caller: Caller) -> None:
    await caller.sale("o1")
    wanted = await caller.sale("o2")
    _, found, _ = await caller.get("/v1/payment_intents/search?query=metadata%5B%27order%27%5D%3A%27o2%27")

    assert [thing["id"] for thing in found["data"]] == [wanted]


async def test_the_judge_sees_captures_and_a_balance_of_zero(caller: Caller) -> None:
    intent = await caller.sale()
    await caller.post(f"/v1/payment_intents/{intent}/capture")
    await caller.post("/v1/refunds", {"payment_intent": intent, "amount": 400})
    _, judged, _ = await caller.get("/_ledger?order=o1")

    assert (judged["balanced"], judged["orders"]["o1"]["captured"], judged["orders"]["o1"]["refunded"]) == (
        True,
        1000,
        400,
    )


async def test_a_control_that_does_not_exist_is_refused(caller: Caller) -> None:
    assert await caller.control(nonsense=1) == 422


async def test_the_same_requests_get_the_same_ids(caller: Caller) -> None:
    from reptidex.doubles.payments.server import payment_double

    first = await caller.sale("o1")
    async with payment_double() as other:
        from aiohttp import ClientSession

        async with ClientSession() as session:
            second = await Caller(other, session).sale("o1")

    assert first == second
