"""Calls to PayPal: the access token, request ids, and errors in our words."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from reptidex.connectors.payments.port import (
    DeclinedError,
    PaymentRefusedError,
    UnknownOutcomeError,
    UnknownPaymentError,
)
from reptidex.errors import UnavailableError

DECLINES = {
    "INSTRUMENT_DECLINED": "card_declined",
    "TRANSACTION_REFUSED": "card_declined",
    "CARD_EXPIRED": "expired_card",
    "PAYER_CANNOT_PAY": "payer_cannot_pay",
    "PAYER_ACCOUNT_RESTRICTED": "payer_account_restricted",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": "payer_account_closed",
}
"""Issues of the Orders API that are the buyer's to mend (https://developer.paypal.com/api/rest/reference/orders/v2/errors/)."""
SPARE_S = 60.0


class PayPalHttp:
    """A thin client: JSON in, JSON out.

    Raises `DeclinedError`, `PaymentRefusedError`, `UnavailableError` (nothing was done) and `UnknownOutcomeError`.
    """

    def __init__(
        self, http: httpx.AsyncClient, url: str, client_id: str, secret: str, clock: Callable[[], float]
    ) -> None:
        self._http, self._url, self._clock = http, url.rstrip("/"), clock
        self._login = httpx.BasicAuth(client_id, secret)
        self._token, self._until = "", 0.0
        self._asking = asyncio.Lock()

    async def get(self, path: str) -> Any:
        """Read."""
        return await self._call("GET", path, None, "")

    async def post(self, path: str, body: dict[str, Any], key: str) -> Any:
        """Act, once per key."""
        return await self._call("POST", path, body, key)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(self, method: str, path: str, body: dict[str, Any] | None, key: str) -> Any:
        for fresh in (False, True):
            headers = {"Authorization": f"Bearer {await self._bearer(fresh)}", "Prefer": "return=representation"}
            if key:
                headers["PayPal-Request-Id"] = key
            try:
                answer = await self._http.request(method, self._url + path, json=body, headers=headers)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
                raise UnavailableError("paypal", type(problem).__name__) from problem
            except httpx.HTTPError as problem:
                raise UnknownOutcomeError("paypal", type(problem).__name__) from problem
            if answer.status_code != 401:
                break
        return _read(answer)

    async def _bearer(self, fresh: bool) -> str:
        async with self._asking:
            if fresh or self._clock() >= self._until:
                try:
                    answer = await self._http.post(
                        f"{self._url}/v1/oauth2/token", auth=self._login, data={"grant_type": "client_credentials"}
                    )
                    made = answer.json() if answer.status_code == 200 else {}
                except (httpx.HTTPError, ValueError) as problem:
                    raise UnavailableError("paypal", type(problem).__name__) from problem
                if not made:
                    raise UnavailableError("paypal", f"no token: {answer.status_code}")
                self._token = made["access_token"]
                self._until = self._clock() + max(0.0, made["expires_in"] - SPARE_S)
            return self._token


def _read(answer: httpx.Response) -> Any:
    status = answer.status_code
    if status == 204:
        return {}
    if status == 401:
        raise UnavailableError("paypal", "it refuses our key")
    if status == 429:
        raise UnavailableError("paypal", "it asks us to slow down")
    if status >= 500 or status == 409:
        raise UnknownOutcomeError("paypal", str(status))
    try:
        body = answer.json()
    except ValueError as problem:
        raise UnknownOutcomeError("paypal", "the answer is no JSON") from problem
    if status < 300:
        return body
    details = body.get("details") or [{}]
    issue = details[0].get("issue") or body.get("name") or str(status)
    text = details[0].get("description") or body.get("message") or issue
    if issue in DECLINES:
        raise DeclinedError(DECLINES[issue], text)
    if status == 404:
        raise UnknownPaymentError(issue.lower(), text)
    raise PaymentRefusedError(issue.lower(), text)
