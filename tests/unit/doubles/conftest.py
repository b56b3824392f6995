"""A payment double on a free port, and a client that speaks to it as an SDK would."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web

from reptidex.doubles.payments.server import PaymentDouble, payment_double
from reptidex.doubles.web import served

Answer = tuple[int, dict[str, Any], dict[str, str]]


class Caller:
    """Posts forms with the double's key, and collects webhooks."""

    def __init__(self, double: PaymentDouble, session: ClientSession) -> None:
        self.double, self._session = double, session
        self.webhooks: list[dict[str, Any]] = []
        self.answers: list[int] = []
        """What the next webhooks are answered with; 200 when there is nothing left."""

    async def post(self, path: str, form: dict[str, Any] | None = None, *, key: str = "") -> Answer:
        headers = {"Authorization": f"Bearer {self.double.keys.stripe_key}"} | ({"Idempotency-Key": key} if key else {})
        async with self._session.post(self.double.url + path, data=form or {}, headers=headers) as answer:
            return answer.status, await answer.json(), dict(answer.headers)

    async def get(self, path: str) -> Answer:
        headers = {"Authorization": f"Bearer {self.double.keys.stripe_key}"}
        async with self._session.get(self.double.url + path, headers=headers) as answer:
            return answer.status, await answer.json(), dict(answer.headers)

    async def control(self, **faults: Any) -> int:
        async with self._session.put(f"{self.double.url}/_control", json=faults) as answer:
            return answer.status

    async def advance(self, seconds: float) -> None:
        async with self._session.post(f"{self.double.url}/_control/advance", json={"seconds": seconds}) as answer:
            assert answer.status == 200

    async def sale(self, order: str = "o1", *, method: str = "pm_card_visa", amount: int = 1000) -> str:
        """Authorise a payment and return the intent's id."""
        form = {
            "amount": amount,
            "currency": "eur",
            "capture_method": "manual",
            "payment_method": method,
            "confirm": "true",
            "metadata[order]": order,
            "metadata[transaction]": f"{order}-t",
        }
        _, body, _ = await self.post("/v1/payment_intents", form, key=f"{order}/authorise")
        return str(body["id"])

    def target(self, url: str) -> web.Application:
        async def take(request: web.Request) -> web.Response:
            status = self.answers.pop(0) if self.answers else 200
            self.webhooks.append({**await request.json(), "answered": status})
            return web.Response(status=status)

        app = web.Application()
        app.router.add_post("/", take)
        self.double.hooks.targets["stripe"] = url
        return app


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with payment_double() as double, ClientSession() as session:
        made = Caller(double, session)
        async with served(made.target):
            yield made
