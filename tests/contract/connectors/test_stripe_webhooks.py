"""A webhook of Stripe counts only if Stripe sent it, now, unchanged."""

import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator

import pytest
from multidict import CIMultiDict

from reptidex.connectors.payments.port import ForgedNoticeError
from reptidex.connectors.payments.stripe import StripeGateway

NOW = 1_492_774_577
SECRETS = ("whsec_test_secret", "whsec_next_secret")
VECTOR = b'{"id":"evt_test","object":"event"}'
VECTOR_SIGNATURE = "691252e266ce41cb94d709c84e9580d4172b117a510bbc81723f657d2cd5d215"
BODY = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": "pi_1",
                "object": "payment_intent",
                "amount": 100,
                "amount_received": 100,
                "currency": "eur",
                "metadata": {"order": "o", "transaction": "t"},
            }
        },
    }
).encode()


def signature(body: bytes, at: int = NOW, secret: str = SECRETS[0]) -> str:
    """Sign as Stripe documents it, independently of its SDK."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def header(body: bytes, at: int = NOW, secret: str = SECRETS[0]) -> dict[str, str]:
    """Return the header of a true webhook."""
    return {"Stripe-Signature": f"t={at},v1={signature(body, at, secret)}"}


@pytest.fixture
async def gateway() -> AsyncIterator[StripeGateway]:
    made = StripeGateway(key="sk_test_x", secrets=SECRETS, clock=lambda: NOW)
    yield made
    await made.aclose()


async def test_the_published_vector_is_accepted(gateway: StripeGateway) -> None:
    notice = await gateway.read_notice(VECTOR, {"Stripe-Signature": f"t={NOW},v1={VECTOR_SIGNATURE}"})

    assert (notice.event, notice.kind) == ("evt_test", "other")


async def test_a_true_webhook_is_read(gateway: StripeGateway) -> None:
    notice = await gateway.read_notice(BODY, header(BODY))

    assert (notice.kind, notice.reference, notice.order, notice.transaction) == ("captured", "pi_1", "o", "t")


async def test_the_same_webhook_twice_has_the_same_event(gateway: StripeGateway) -> None:
    first, again = [await gateway.read_notice(BODY, header(BODY, at)) for at in (NOW, NOW + 60)]

    assert first == again


@pytest.mark.parametrize("secret", SECRETS)
async def test_two_secrets_are_live_while_one_is_rotated_out(gateway: StripeGateway, secret: str) -> None:
    assert (await gateway.read_notice(BODY, header(BODY, secret=secret))).event == "evt_1"


async def test_one_good_signature_among_several_is_enough(gateway: StripeGateway) -> None:
    both = f"t={NOW},v1={signature(BODY, secret='whsec_gone')},v1={signature(BODY)}"

    assert (await gateway.read_notice(BODY, {"stripe-signature": both})).event == "evt_1"


@pytest.mark.parametrize("age", [-301, 301, 3600, 10**9])
async def test_an_old_webhook_and_one_of_the_future_are_refused(gateway: StripeGateway, age: int) -> None:
    with pytest.raises(ForgedNoticeError):
        await gateway.read_notice(BODY, header(BODY, NOW - age))


@pytest.mark.parametrize("age", [-300, 0, 300])
async def test_five_minutes_are_tolerated(gateway: StripeGateway, age: int) -> None:
    assert (await gateway.read_notice(BODY, header(BODY, NOW - age))).event == "evt_1"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "t=,v1=",
        f"t={NOW}",
        f"v1={signature(BODY)}",
        f"t={NOW},v0={signature(BODY)}",
        f"t=0{NOW},v1={signature(BODY)}",
        f"t={NOW} ,v1={signature(BODY)}",
        f"t=1_492_774_577,v1={signature(BODY)}",
        f"t=١٤٩٢٧٧٤٥٧٧,v1={signature(BODY)}",
        f"t={NOW},t={NOW},v1={signature(BODY)}",
        f"t={NOW},v1={signature(BODY).upper()}",
        f"t={NOW},v1={signature(BODY)},",
        f"t={NOW},v1={signature(BODY, secret='')}",
        f"t={NOW},v1={signature(BODY, secret='whsec_gone')}",
    ],
)
async def test_a_header_of_another_form_is_refused(gateway: StripeGateway, value: str) -> None:
    with pytest.raises(ForgedNoticeError):
        await gateway.read_notice(BODY, {"Stripe-Signature": value})


async def test_two_headers_are_refused(gateway: StripeGateway) -> None:
    good = header(BODY)["Stripe-Signature"]

    with pytest.raises(ForgedNoticeError):
        await gateway.read_notice(BODY, CIMultiDict([("Stripe-Signature", good), ("stripe-signature", good)]))
    with pytest.raises(ForgedNoticeError):
        await gateway.read_notice(BODY, {})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"id":1}', b'{"object":"event"}', b'{"type":"refund.created"}']
)
async def test_a_signed_body_that_is_no_event_is_refused(gateway: StripeGateway, body: bytes) -> None:
    with pytest.raises(ForgedNoticeError):
        await gateway.read_notice(body, header(body))


async def test_no_secret_accepts_nothing() -> None:
    gateway = StripeGateway(key="sk_test_x", secrets=(), clock=lambda: NOW)

    with pytest.raises(ForgedNoticeError):
        await gateway.read_notice(BODY, header(BODY))
    await gateway.aclose()


def changed(body: bytes, chance: random.Random) -> bytes:
    """Return the body with a byte changed, taken out or put in."""
    made, place = bytearray(body), chance.randrange(len(body))
    match chance.randrange(3):
        case 0:
            made[place] ^= chance.randrange(1, 256)
        case 1:
            del made[place]
        case _:
            made.insert(place, chance.randrange(256))
    return bytes(made)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_none_of_a_thousand_changed_bodies_is_accepted(gateway: StripeGateway, seed: int) -> None:
    chance = random.Random(seed)
    tried = {changed(BODY, chance) for _ in range(1000)} - {BODY}

    for body in tried:
        with pytest.raises(ForgedNoticeError):
            await gateway.read_notice(body, header(BODY))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_none_of_a_thousand_changed_headers_is_accepted(gateway: StripeGateway, seed: int) -> None:
    chance, good = random.Random(seed), header(BODY)["Stripe-Signature"]
    tried = set()
    for _ in range(1000):
        place, letter = (
            chance.randrange(len(good)),
            chance.choice([chr(chance.randrange(0x250)), *"0123456789abcdef,=vt"]),
        )
        tried.add(good[:place] + letter + good[place + 1 :])

    for value in tried - {good}:
        with pytest.raises(ForgedNoticeError):
            await gateway.read_notice(BODY, {"Stripe-Signature": value})
