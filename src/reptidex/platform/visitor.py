"""A person at the platform's public HTTP interface, as the demo and the end-to-end tests need one."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from reptidex.errors import ReptidexError

PASSWORD = "seven quiet geckos climb 42 walls"


class UnexpectedAnswerError(ReptidexError):
    """A service answered with another status than was expected."""

    def __init__(self, call: str, status: int, body: Any) -> None:
        super().__init__(f"{call} was answered {status}: {body}")
        self.answered, self.body = status, body


class Step(msgspec.Struct, kw_only=True):
    """One request of a story, and when it was made (Unix seconds)."""

    who: str
    what: str
    call: str
    request_id: str
    began: float
    took_ms: float = 0.0
    status: int = 0


class Visitor:
    """Somebody with a browser: makes requests, keeps the token, remembers each step, and tells of it as it begins."""

    def __init__(
        self,
        name: str,
        urls: dict[str, str],
        mail: str,
        session: aiohttp.ClientSession,
        steps: list[Step],
        told: Callable[[Step], None] = lambda step: None,
    ) -> None:
        self.told = told
        self.name, self.urls, self.mail_view, self.session, self.steps = name, urls, mail, session, steps
        self.email = f"{name.lower()}-{uuid.uuid4().hex[:8]}@example.com"
        self.token = ""
        self.refresh_token = ""
        self.user_id = ""
        self.vivarium_id = ""

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        what: str = "",
        expect: int = 200,
        **headers: str,
    ) -> Any:
        """Make a request and return the decoded answer. Raises `UnexpectedAnswerError`."""
        answer, _ = await self.exchange(service, method, path, body, what=what, expect=expect, **headers)
        return answer

    async def exchange(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        what: str = "",
        expect: int = 200,
        **headers: str,
    ) -> tuple[Any, Step]:
        """Make a request and return the decoded answer with its step."""
        step = Step(
            who=self.name,
            what=what or f"{method} {path}",
            call=f"{method} {service}{path}",
            request_id=str(uuid.uuid4()),
            began=time.time(),
        )
        self.told(step)
        sent = {"X-Request-ID": step.request_id, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        async with self.session.request(method, self.urls[service] + path, json=body, headers=sent) as response:
            raw = await response.read()
            step.took_ms, step.status = (time.time() - step.began) * 1000, response.status
            is_json = "json" in response.headers.get("Content-Type", "")
            answer = msgspec.json.decode(raw) if is_json and raw else raw.decode(errors="replace")
        self.steps.append(step)
        if step.status != expect:
            raise UnexpectedAnswerError(step.call, step.status, answer)
        return answer, step

    async def register(self) -> Step:
        """Open an account."""
        body = {"email": self.email, "password": PASSWORD, "display_name": self.name}
        answer, step = await self.exchange("core", "POST", "/auth/register", body, what="registers", expect=201)
        self.user_id, self.vivarium_id = answer["user_id"], answer["vivarium_id"]
        return step

    async def letters(self) -> list[dict[str, Any]]:
        """Return the mails that this person got, as the mail catcher shows them."""
        async with self.session.get(f"{self.mail_view}/_mail", params={"to": self.email}) as response:
            letters: list[dict[str, Any]] = await response.json()
        return letters

    async def confirmation_token(self) -> str | None:
        """Return the token of the welcome mail's link, or None while there is no mail."""
        for letter in await self.letters():
            link = re.search(r"/auth/confirm\?token=([\w.~-]+)", letter["text"])
            if link:
                return link[1]
        return None

    async def confirm(self, token: str) -> None:
        """Confirm the address."""
        await self.call("core", "POST", "/auth/confirm", {"token": token}, what="confirms the address")

    async def sign_in(self, code: str | None = None) -> Step:
        """Sign in and keep the token."""
        body = {"email": self.email, "password": PASSWORD} | ({"code": code} if code else {})
        answer, step = await self.exchange("core", "POST", "/auth/login", body, what="signs in")
        self.token, self.refresh_token = answer["access_token"], answer["refresh_token"]
        return step
