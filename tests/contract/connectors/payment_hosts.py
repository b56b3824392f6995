"""One way for the suite to drive a gateway, whatever is behind it."""

from collections.abc import Callable
from typing import Literal, Protocol

from aiohttp import ClientSession, web

from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.connectors.payments.paypal import PayPalGateway
from reptidex.connectors.payments.port import Charge, PaymentGateway, PaymentNotice
from reptidex.connectors.payments.stripe import StripeGateway
from reptidex.doubles.payments.faults import Faults
from reptidex.doubles.payments.server import PaymentDouble
from reptidex.doubles.web import served
from reptidex.streams.values import Money
from reptidex.testing import eventually

Raw = tuple[bytes, dict[str, str]]
METHODS = {
    "memory": {
        "ok": "ok",
        "action": "action",
        "declined": "declined",
        "insufficient": "insufficient",
        "expired": "expired",
    },
    "stripe": {
        "ok": "pm_card_visa",
        "action": "pm_card_authenticationRequired",
        "declined": "pm_card_chargeDeclined",
        "insufficient": "pm_card_chargeDeclinedInsufficientFunds",
        "expired": "pm_card_chargeDeclinedExpiredCard",
    },
    "paypal": {
        "ok": "vault_ok",
        "action": "",
        "declined": "vault_declined",
        "insufficient": "vault_insufficient",
        "expired": "vault_expired",
    },
}


class Host(Protocol):
    """A gateway with a buyer and a webhook target."""

    @property
    def gateway(self) -> PaymentGateway: ...
    async def act(self, reference: str, *, succeeds: bool = True) -> None: ...
    async def dispute(self, reference: str) -> None: ...
    async def decide(self, reference: str, outcome: Literal["won", "lost"]) -> None: ...
    async def lose_next_answer(self, act: str) -> None: ...
    async def go_down(self) -> None: ...
    def captures(self, order: str) -> int: ...
    async def raw(self, kind: str) -> Raw: ...


class TwinHost:
    def __init__(self, clock: Callable[[], float]) -> None:
        self.gateway = self.twin = MemoryPaymentGateway(clock=clock)

    async def act(self, reference: str, *, succeeds: bool = True) -> None:
        self.twin.act(reference, succeeds=succeeds)

    async def dispute(self, reference: str) -> None:
        self.twin.dispute(reference)

    async def decide(self, reference: str, outcome: Literal["won", "lost"]) -> None:
        self.twin.decide(reference, outcome)

    async def lose_next_answer(self, act: str) -> None:
        self.twin.lose_answers = 1

    async def go_down(self) -> None:
        self.twin.down = True

    def captures(self, order: str) -> int:
        return self.twin.captures.get(order, 0)

    async def raw(self, kind: str) -> Raw:
        for body, headers in self.twin.webhooks:
            if (await self.gateway.read_notice(body, headers)).kind == kind:
                return body, headers
        raise AssertionError(f"no notice of {kind}")


class VendorHost:
    """A vendor's gateway against the double, with a target that keeps the raw webhooks."""

    def __init__(self, gateway: PaymentGateway, double: PaymentDouble) -> None:
        self.gateway, self.double = gateway, double
        self.kept: list[Raw] = []

    def target(self, url: str) -> web.Application:
        async def keep(request: web.Request) -> web.Response:
            self.kept.append((await request.read(), dict(request.headers)))
            return web.Response()

        app = web.Application()
        app.router.add_post("/", keep)
        self.double.hooks.targets[self.gateway.provider] = url
        return app

    async def act(self, reference: str, *, succeeds: bool = True) -> None:
        query = "" if succeeds else "?fail=1&vault=vault_declined"
        async with ClientSession() as session:
            await session.post(f"{self.double.url}/_buyer/{self.gateway.provider}/{reference}{query}")

    async def dispute(self, reference: str) -> None:
        async with ClientSession() as session:
            await session.post(f"{self.double.url}/_control/{self.gateway.provider}/{reference}/dispute")

    async def decide(self, reference: str, outcome: Literal["won", "lost"]) -> None:
        async with ClientSession() as session:
            url = f"{self.double.url}/_control/{self.gateway.provider}/{reference}/dispute/{outcome}"
            async with session.post(url) as answer:
                assert answer.status == 200, await answer.text()

    async def lose_next_answer(self, act: str) -> None:
        self.double.desk.faults = Faults(hang_after=1.0, acts=(act,))

    async def go_down(self) -> None:
        self.double.desk.faults = Faults(down=True)

    def captures(self, order: str) -> int:
        return int(self.double.ledger.orders().get(order, {}).get("captures", 0))

    async def raw(self, kind: str) -> Raw:
        async def look() -> list[Raw]:
            return [raw for raw in list(self.kept) if (await self.gateway.read_notice(*raw)).kind == kind]

        found: list[Raw] = await eventually(look, why=f"no notice of {kind}")
        return found[0]


def vendor(name: str, double: PaymentDouble, clock: Callable[[], float], *, retries: int = 2) -> PaymentGateway:
    """Build a vendor's gateway, as the settings would."""
    keys = double.keys
    if name == "stripe":
        return StripeGateway(
            key=keys.stripe_key,
            secrets=keys.stripe_webhook_secrets,
            url=double.url,
            timeout_s=3,
            retries=retries,
            clock=clock,
        )
    return PayPalGateway(
        client_id=keys.paypal_client_id,
        secret=keys.paypal_client_secret,
        webhook_id=keys.paypal_webhook_id,
        url=double.url,
        certificate_hosts=(double.url.removeprefix("http://"),),
        timeout_s=3,
        clock=clock,
    )


def charge(host: Host, means: str = "ok", *, order: str = "order-1", amount: int = 12_345) -> Charge:
    """Ask for money by a means of payment that every provider has."""
    method = METHODS[host.gateway.provider][means]
    money = Money(amount=amount, currency="EUR")
    return Charge(
        order=order, transaction=f"{order}-sale", money=money, method=method, return_url="http://127.0.0.1/back"
    )


async def notice(host: Host, kind: str) -> PaymentNotice:
    """Wait for a notice of one kind."""
    return await host.gateway.read_notice(*await host.raw(kind))


__all__ = ["Host", "Raw", "TwinHost", "VendorHost", "charge", "notice", "served", "vendor"]
