"""Texts through Twilio's Programmable Messaging (https://www.twilio.com/docs/messaging/api/message-resource)."""

import base64
import hmac
from urllib.parse import parse_qsl

import httpx

from reptidex.connectors.texts.port import TextRefusedError, TextReport, checked
from reptidex.errors import InvalidError, UnauthenticatedError, UnavailableError

REFUSED = frozenset({"21211", "21214", "21217", "21408", "21610", "21612", "21614"})
"""Errors that are about the receiver's number and stay: none, unreachable, no mobile, barred, STOP (https://www.twilio.com/docs/api/errors)."""
ARRIVED, LOST = frozenset({"delivered", "read"}), frozenset({"undelivered", "failed", "canceled"})


def sign(token: str, url: str, fields: list[tuple[str, str]]) -> str:
    """Return what Twilio signs a request to `url` with: HMAC-SHA1 over the address and the fields in the order of their names
    (https://www.twilio.com/docs/usage/security#validating-requests)."""
    said = url + "".join(name + value for name, value in sorted(fields))
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), "sha1")).decode()


class TwilioTexter:
    """`Texter` on Twilio."""

    name = "twilio"

    def __init__(
        self,
        *,
        account: str,
        token: str,
        sender: str,
        url: str = "https://api.twilio.com",
        reports: str = "",
        timeout_s: float = 10.0,
    ) -> None:
        self._http = httpx.AsyncClient(timeout=timeout_s, auth=(account, token), follow_redirects=False)
        self._where = f"{url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._token, self._reports = token, reports
        self._from = {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}
        if reports:
            self._from["StatusCallback"] = reports

    async def send(self, to: str, text: str, *, key: str) -> str:
        """Post a message; a sender that starts with MG is a messaging service."""
        checked(to, text)
        try:
            answer = await self._http.post(self._where, data={"To": to, "Body": text, **self._from})
            body = answer.json()
        except (httpx.HTTPError, ValueError) as problem:
            raise UnavailableError("texts", type(problem).__name__) from problem
        if answer.status_code == 201:
            return str(body["sid"])
        code = str(body.get("code", ""))
        if code in REFUSED:
            raise TextRefusedError(code, str(body.get("message", "")))
        # What else it refuses is our own fault (sender, credit, rate): the receiver is not to blame.
        raise UnavailableError("texts", f"{answer.status_code} {code}".strip())

    def report(self, raw: bytes, signature: str) -> TextReport:
        """Read a status callback: a form, signed with the account's token over the address that Twilio was given."""
        try:
            fields = parse_qsl(raw.decode(), keep_blank_values=True)
        except ValueError as problem:
            raise InvalidError("a report is a form") from problem
        expected = sign(self._token, self._reports, fields)
        if not self._reports or not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise UnauthenticatedError("the report's signature is not the provider's")
        said = dict(fields)
        reference, status = said.get("MessageSid", ""), said.get("MessageStatus", "")
        if not reference:
            raise InvalidError("the report names no message", "/MessageSid")
        return TextReport(reference, True if status in ARRIVED else False if status in LOST else None)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
