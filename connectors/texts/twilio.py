"""Texts through Twilio's Programmable Messaging (https://www.twilio.com/docs/messaging/api/message-resource)."""

import httpx

from reptidex.connectors.texts.port import TextRefusedError, checked
from reptidex.errors import UnavailableError


class TwilioTexter:
    """`Texter` on Twilio."""

    def __init__(
        self, *, account: str, token: str, sender: str, url: str = "https://api.twilio.com", timeout_s: float = 10.0
    ) -> None:
        self._http = httpx.AsyncClient(timeout=timeout_s, auth=(account, token), follow_redirects=False)
        self._where = f"{url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._sender = sender

    async def send(self, to: str, text: str, *, key: str) -> str:
        """Post a message; a sender that starts with MG is a messaging service."""
        checked(to, text)
        name = "MessagingServiceSid" if self._sender.startswith("MG") else "From"
        try:
            answer = await self._http.post(self._where, data={"To": to, "Body": text, name: self._sender})
            body = answer.json()
        except (httpx.HTTPError, ValueError) as problem:
            raise UnavailableError("texts", type(problem).__name__) from problem
        if answer.status_code == 201:
            return str(body["sid"])
        if answer.status_code in (400, 403) and body.get("code"):
            raise TextRefusedError(str(body["code"]), str(body.get("message", "")))
        raise UnavailableError("texts", str(answer.status_code))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
