"""Twilio's message API as the product uses it; the texts are kept and shown at `/_texts`."""

import base64
import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from reptidex.doubles.delivery import Reports

ACCOUNT, SENDER = "AC_double", "+15005550006"
LOST = "+15005550099"
"""A number of our own: what is sent to it is taken, and reported as undelivered."""
STOPPED = {"+15005550001": 21211, "+15005550009": 21614, "+15005550004": 21610}
"""Twilio's own magic numbers: invalid, no mobile, receiver said STOP (https://www.twilio.com/docs/iam/test-credentials)."""
MESSAGES = {
    21211: "Invalid 'To' Phone Number",
    21614: "'To' number is not a valid mobile number",
    21610: "unsubscribed",
}


class TextCatcher:
    """The texts that were sent, oldest first."""

    def __init__(self, *, account: str = ACCOUNT, token: str = "token_double") -> None:
        self.texts: list[dict[str, Any]] = []
        self.account, self.token = account, token
        self.down = False
        self.reports = Reports()
        self._login = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the API and the view `GET /_texts?to=`."""
        return [web.post("/2010-04-01/Accounts/{account}/Messages.json", self._send), web.get("/_texts", self._show)]

    def environment(self, url: str) -> dict[str, str]:
        """Return the settings with which the product finds this double at `url`."""
        return {
            "REPTIDEX_TWILIO_URL": url,
            "REPTIDEX_TWILIO_ACCOUNT": self.account,
            "REPTIDEX_TWILIO_TOKEN": self.token,
            "REPTIDEX_TWILIO_SENDER": SENDER,
        }

    async def _send(self, request: web.Request) -> web.Response:
        if self.down:
            return web.json_response({"status": 503, "message": "Service unavailable"}, status=503)
        if not hmac.compare_digest(request.headers.get("Authorization", ""), self._login):
            return web.json_response({"status": 401, "code": 20003, "message": "Authenticate"}, status=401)
        form = await request.post()
        to = str(form.get("To", ""))
        if code := STOPPED.get(to):
            return web.json_response({"status": 400, "code": code, "message": MESSAGES[code]}, status=400)
        number = len(self.texts) + 1
        text = {"sid": f"SM{number:032x}", "to": to, "body": str(form.get("Body", "")), "status": "queued"}
        self.texts.append(text)
        if callback := str(form.get("StatusCallback", "")):
            self._report(callback, text)
        return web.json_response(text, status=201)

    def _report(self, url: str, text: dict[str, Any]) -> None:
        fields = {"MessageSid": text["sid"], "MessageStatus": "undelivered" if text["to"] == LOST else "delivered"}
        fields |= {"AccountSid": self.account, "To": text["to"]}
        said = url + "".join(name + fields[name] for name in sorted(fields))
        signature = base64.b64encode(hmac.digest(self.token.encode(), said.encode(), "sha1")).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        self.reports.hand_in(url, urlencode(fields).encode(), headers)

    async def _show(self, request: web.Request) -> web.Response:
        to = request.query.get("to")
        return web.json_response([text for text in self.texts if to in (None, text["to"])])
