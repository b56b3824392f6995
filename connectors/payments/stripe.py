"""Stripe through its official SDK: payment intents with manual capture.

The SDK repeats a call under the same idempotency key on 409, 5xx and broken connections. Stripe then replays the answer it
stored, even a 500 (https://docs.stripe.com/api/idempotent_requests), so an answer that stays lost is looked up here. Only
where the look-up shows that nothing was done *and* the key is spent on a stored failure is a derived key tried.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import stripe

from reptidex.connectors.payments.port import Charge, Dispute, Payment, PaymentNotice, PaymentRefusedError, Refund
from reptidex.connectors.payments.port import UnknownOutcomeError as Unknown
from reptidex.connectors.payments.stripe_answers import dispute_of, failure, kept, payment_of, refund_of
from reptidex.connectors.payments.stripe_webhooks import read_notice

T = TypeVar("T")
SPARE_KEYS = 2
SEARCHED_BACK_S = 3600
EXPAND = ["latest_charge"]


class StripeGateway:
    """`PaymentGateway` on Stripe. `secrets` are the live webhook secrets: two while one is rotated out."""

    provider = "stripe"

    def __init__(
        self,
        *,
        key: str,
        secrets: tuple[str, ...],
        url: str = "https://api.stripe.com",
        timeout_s: float = 10.0,
        retries: int = 2,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = stripe.HTTPXClient(timeout=timeout_s)
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": url},
            http_client=self._http,
            max_network_retries=retries,
            stripe_version=stripe.api_version,
        )
        self._intents = self._client.v1.payment_intents
        self._secrets, self._clock = secrets, clock

    async def authorise(self, charge: Charge, *, key: str) -> Payment:
        """Create an intent with manual capture; confirmed at once where the charge names a means of payment."""
        params: dict[str, Any] = {
            "amount": charge.money.amount,
            "currency": charge.money.currency.lower(),
            "capture_method": "manual",
            "payment_method_types": ["card"],
            "metadata": {"order": charge.order, "transaction": charge.transaction, "key": key},
            "expand": EXPAND,
        }
        optional = {"description": charge.description, "receipt_email": charge.email}
        if charge.method:
            params |= {"payment_method": charge.method, "confirm": True}
            optional["return_url"] = "" if charge.absent else charge.return_url
            if charge.payer:
                params["customer"] = await self._customer(charge.payer)
                params |= {"off_session": True} if charge.absent else {"setup_future_usage": "off_session"}
        params |= {name: value for name, value in optional.items() if value}

        async def create(key: str) -> Payment:
            return payment_of(await self._intents.create_async(params, {"idempotency_key": key}))  # type: ignore[arg-type]

        return await self._act(create, lambda: self._made_by(key), key)

    async def confirm(self, reference: str, *, key: str) -> Payment:
        """Confirm an intent that waits for it; after 3-D Secure Stripe goes on by itself."""
        payment = await self.look_up(reference)
        if payment.state != "processing":
            return payment

        async def confirm(key: str) -> Payment:
            options: stripe.RequestOptions = {"idempotency_key": key}
            return payment_of(await self._intents.confirm_async(reference, {"expand": EXPAND}, options))

        return await self._act(confirm, lambda: self._in_state(reference, "authorised", "requires_action"), key)

    async def capture(self, reference: str, *, key: str) -> Payment:
        """Capture the intent; an intent that is captured already answers as it is."""

        async def capture(key: str) -> Payment:
            options: stripe.RequestOptions = {"idempotency_key": key}
            return payment_of(await self._intents.capture_async(reference, {"expand": EXPAND}, options))

        return await self._act(capture, lambda: self._in_state(reference, "captured"), key)

    async def cancel(self, reference: str, *, key: str) -> Payment:
        """Cancel the intent; one that is cancelled already answers as it is."""

        async def cancel(key: str) -> Payment:
            options: stripe.RequestOptions = {"idempotency_key": key}
            return payment_of(await self._intents.cancel_async(reference, {"expand": EXPAND}, options))

        return await self._act(cancel, lambda: self._in_state(reference, "canceled"), key)

    async def refund(self, reference: str, *, amount: int | None = None, key: str) -> Refund:
        """Refund under a key that the refund keeps in its metadata, so that it is found when Stripe forgot the key."""
        payment = await self.look_up(reference)
        if (made := await self._refund_by(reference, key)) is not None:
            return made
        metadata = {"order": payment.order, "transaction": payment.transaction, "key": key}
        params: dict[str, Any] = {"payment_intent": reference, "metadata": metadata}
        if amount is not None:
            params["amount"] = amount

        async def give_back(key: str) -> Refund:
            made = await self._client.v1.refunds.create_async(params, {"idempotency_key": key})  # type: ignore[arg-type]
            return refund_of(made)

        return await self._act(give_back, lambda: self._refund_by(reference, key), key)

    async def look_up(self, reference: str) -> Payment:
        """Retrieve the intent."""
        try:
            return payment_of(await self._intents.retrieve_async(reference, {"expand": EXPAND}))
        except stripe.StripeError as problem:
            raise failure(problem) from problem

    async def look_up_dispute(self, reference: str) -> Dispute:
        """Retrieve the dispute."""
        try:
            return dispute_of(await self._client.v1.disputes.retrieve_async(reference))
        except stripe.StripeError as problem:
            raise failure(problem) from problem

    async def find(self, charge: Charge, *, key: str) -> Payment | None:
        """Search by the key in the metadata; Stripe's search lags by a minute, so the newest intents are read as well."""
        try:
            return await self._made_by(key)
        except stripe.StripeError as problem:
            raise failure(problem) from problem

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice:
        """Verify `Stripe-Signature` with each live secret, and the age against our clock."""
        return read_notice(self._client, body, headers, self._secrets, self._clock())

    async def aclose(self) -> None:
        """Close the connections to Stripe."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _customer(self, payer: str) -> str:
        """Return the customer that keeps a person's means of payment: one that Stripe pays from once is spent.

        Stripe's search lags by a minute; until it finds a new customer the idempotency key does.
        """
        customers = self._client.v1.customers
        try:
            found = await customers.search_async({"query": _having("payer", payer)})
            if found.data:
                return min(found.data, key=lambda customer: customer.created).id
            options: stripe.RequestOptions = {"idempotency_key": f"customer/{payer}"}
            return (await customers.create_async({"metadata": {"payer": payer}}, options)).id
        except stripe.StripeError as problem:
            raise failure(problem) from problem

    async def _made_by(self, key: str) -> Payment | None:
        found = await self._intents.search_async({"query": _having("key", key), "expand": ["data.latest_charge"]})
        if found.data:
            return payment_of(found.data[0])
        since = int(self._clock()) - SEARCHED_BACK_S
        newest = await self._intents.list_async(
            {"created": {"gte": since}, "limit": 100, "expand": ["data.latest_charge"]}
        )
        async for intent in newest.auto_paging_iter():
            if kept(intent, "key") == key:
                return payment_of(intent)
        return None

    async def _in_state(self, reference: str, *states: str) -> Payment | None:
        payment = payment_of(await self._intents.retrieve_async(reference, {"expand": EXPAND}))
        return payment if payment.state in states else None

    async def _refund_by(self, reference: str, key: str) -> Refund | None:
        try:
            made = await self._client.v1.refunds.list_async({"payment_intent": reference, "limit": 100})
            async for refund in made.auto_paging_iter():
                if kept(refund, "key") == key:
                    return refund_of(refund)
        except stripe.StripeError as problem:
            raise failure(problem) from problem
        return None

    async def _act(self, act: Callable[[str], Awaitable[T]], look: Callable[[], Awaitable[T | None]], key: str) -> T:
        """Do it once, whatever becomes of the answers."""
        for spare in range(SPARE_KEYS + 1):
            try:
                return await act(f"{key}~{spare}" if spare else key)
            except stripe.StripeError as problem:
                error = failure(problem)
                if not isinstance(error, Unknown | PaymentRefusedError):
                    raise error from problem
                try:
                    done = await look()
                except stripe.StripeError as silent:
                    raise failure(silent) from problem
                if done is not None:
                    return done
                spent = (problem.headers or {}).get("idempotent-replayed") == "true"
                if isinstance(error, PaymentRefusedError) or not spent or spare == SPARE_KEYS:
                    raise error from problem
        raise AssertionError("the last turn of the loop returns or raises")


def _having(name: str, value: str) -> str:
    """Write the query for what has this value in its metadata."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"metadata['{name}']:'{quoted}'"
