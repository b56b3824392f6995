"""Repeats, limits, outcomes that take long, and callers without a session."""

import asyncio
from typing import Any

import pytest

from reptidex.errors import NotFoundError
from reptidex.testing.eventually import eventually

ID = "018f6f5e-7c3a-7b6e-9d1a-2f4b5c6d7e8f"
SOMEBODY_ELSE = "018f6f5e-0000-7000-8000-000000000002"


def standing_still() -> float:
    """No share fills up again while a busy machine takes its time."""
    return 0.0


async def post(stand: Any, key: str | None, *, grams: int = 5, place: str = ID, **claims: Any) -> tuple[int, Any, Any]:
    headers = await stand.bearer(role="handler", **claims)
    if key is not None:
        headers["Idempotency-Key"] = key
    found: tuple[int, Any, Any] = await stand.call("POST", f"/weights/{place}", json={"grams": grams}, headers=headers)
    return found


async def test_a_repeat_under_the_same_key_has_one_effect_and_the_same_answer(stand: Any) -> None:
    first = await post(stand, '"k-1"')
    repeat = await post(stand, "k-1")

    assert (first[0], repeat[0], first[1]) == (201, 201, repeat[1])
    assert len(stand.ledger.commands) == 1


async def test_without_a_key_each_request_is_a_new_one(stand: Any) -> None:
    await post(stand, None)
    await post(stand, None)

    assert len(stand.ledger.commands) == 2


@pytest.mark.parametrize("other", [{"grams": 6}, {"place": ID.replace("8", "9")}])
async def test_a_key_belongs_to_one_request(stand: Any, other: dict[str, Any]) -> None:
    await post(stand, "k-1")
    status, body, _ = await post(stand, "k-1", **other)

    assert (status, len(stand.ledger.commands)) == (422, 1)
    assert "pointer" not in body


@pytest.mark.parametrize("other", [{"sub": SOMEBODY_ELSE}, {"vid": ID.replace("8", "9")}])
async def test_a_key_belongs_to_one_caller(stand: Any, other: dict[str, Any]) -> None:
    await post(stand, "k-1")
    status, _, _ = await post(stand, "k-1", **other)

    assert (status, len(stand.ledger.commands)) == (201, 2)


@pytest.mark.parametrize("key", ["", '""', "two words", 'a"b', "x" * 256])
async def test_a_key_of_another_form_is_refused(stand: Any, key: str) -> None:
    status, _, _ = await post(stand, key)

    assert status == 400


async def test_a_request_that_was_refused_for_its_shape_may_be_mended_under_its_key(stand: Any) -> None:
    wrong = await post(stand, "k-1", grams=0)
    right = await post(stand, "k-1", grams=1)

    assert (wrong[0], right[0]) == (422, 201)


async def test_a_repeat_while_the_first_is_under_way_has_to_wait(stand: Any) -> None:
    stand.ledger.open.clear()
    first = asyncio.create_task(post(stand, "k-1"))
    await asyncio.wait_for(stand.ledger.entered.wait(), 30)
    repeat = await post(stand, "k-1")
    other = await post(stand, "k-1", grams=6)
    stand.ledger.open.set()

    assert (repeat[0], repeat[2]["Retry-After"], other[0]) == (409, "1", 422)
    assert (await first)[0] == 201


async def test_new_ids_repeat_with_their_key(stand: Any) -> None:
    headers = await stand.bearer(kind="service", sub="repti-animal")
    found = []
    for key in ("k-1", "k-1", "k-2"):
        _, body, _ = await stand.call("POST", "/inner", headers=headers | {"Idempotency-Key": key})
        found.append(body["id"])

    assert found[0] == found[1] != found[2]


async def test_an_outcome_that_takes_long_is_told_later_to_who_asked(stand: Any) -> None:
    stand.ledger.open.clear()
    status, body, headers = await post(stand, "k-1")
    unknown = await stand.call("GET", headers["Location"], headers=await stand.bearer())
    stand.ledger.open.set()
    await post(stand, "k-1")
    told = await stand.call("GET", headers["Location"], headers=await stand.bearer())
    stranger = await stand.call("GET", headers["Location"], headers=await stand.bearer(sub=SOMEBODY_ELSE))

    assert (status, headers["Location"], headers["Retry-After"]) == (202, f"/answers/{body['command_id']}", "1")
    assert (unknown[0], told[0], stranger[0]) == (404, 200, 404)
    assert told[1] == {"command_id": body["command_id"], "state": "done", "answer": {"weight_id": "1", "grams": 5}}


async def test_a_command_that_nobody_waits_for_holds_no_request_up(stand: Any) -> None:
    stand.ledger.open.clear()
    status, _, _ = await stand.call("GET", "/seen")
    before = len(stand.ledger.commands)
    stand.ledger.open.set()
    await eventually(lambda: len(stand.ledger.commands) == 1)

    assert (status, before) == (200, 0)


async def test_the_handlers_refusal_is_the_answer(stand: Any) -> None:
    stand.ledger.problem = NotFoundError("animal", ID)
    status, body, _ = await post(stand, None)

    assert (status, body["kind"], body["key"], body["detail"]) == (404, "animal", ID, f"there is no animal {ID}")


async def test_a_caller_has_a_share_and_is_told_what_is_left(start: Any) -> None:
    stand = await start(limit=10, clock=standing_still)
    headers = await stand.bearer()
    answers = [await stand.call("GET", "/me", headers=headers) for _ in range(11)]
    other = await stand.call("GET", "/me", headers=await stand.bearer(sub=SOMEBODY_ELSE))
    service = await stand.bearer(kind="service", sub="repti-commerce")
    services = [(await stand.call("GET", "/weights", headers=service))[0] for _ in range(12)]

    assert [answer[0] for answer in answers] == [200] * 10 + [429]
    assert answers[0][2]["RateLimit"].startswith('"caller";r=9;t=')
    assert answers[0][2]["RateLimit-Policy"] == '"caller";q=10;w=60'
    assert 1 <= int(answers[-1][2]["Retry-After"]) <= 6
    assert (other[0], set(services)) == (200, {200})


async def test_a_dear_route_takes_more_and_a_forged_address_helps_nobody(start: Any) -> None:
    stand = await start(limit=10, clock=standing_still)
    found = [
        (await stand.call("POST", "/upload", data=b"x", headers={"X-Forwarded-For": f"1.1.1.{n}"}))[0] for n in range(3)
    ]

    assert found == [200, 200, 429]


async def test_guessing_tokens_is_slowed_down_and_known_tokens_go_on(start: Any) -> None:
    stand = await start(failures_per_minute=5, clock=standing_still)
    good = await stand.bearer()
    await stand.call("GET", "/me", headers=good)
    signature = good["Authorization"].rpartition(".")[2]
    others = [(await stand.bearer(sub=f"u{n}"))["Authorization"].rpartition(".")[0] for n in range(7)]
    forged = [{"Authorization": f"{claims}.{signature}"} for claims in others]
    found = [(await stand.call("GET", "/me", headers=headers))[0] for headers in forged]

    assert found == [401] * 5 + [429] * 2
    assert (await stand.call("GET", "/me", headers=good))[0] == 200


async def test_two_credentials_at_once_are_refused(stand: Any) -> None:
    headers = await stand.bearer() | {"X-Api-Key": "rxk_0123456789abcdef"}
    status, _, _ = await stand.call("GET", "/me", headers=headers)

    assert status == 401
