"""Every sender of texts keeps the promises of its port: the twin, and Twilio against the double."""

from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from aiohttp import web

from reptidex.connectors.texts import texter
from reptidex.connectors.texts.memory import MemoryTexter
from reptidex.connectors.texts.port import Texter, TextRefusedError
from reptidex.connectors.texts.twilio import TwilioTexter
from reptidex.doubles.texts import TextCatcher
from reptidex.doubles.web import served
from reptidex.errors import InvalidError, UnavailableError
from reptidex.settings import Settings

STOPPED = "+15005550004"


class Exchange(Protocol):
    """A sender of texts and what arrived."""

    @property
    def texter(self) -> Texter: ...
    def arrived(self) -> list[tuple[str, str]]: ...
    def go_down(self) -> None: ...


class TwinExchange:
    def __init__(self) -> None:
        self.texter = self.twin = MemoryTexter()
        self.twin.stopped.add(STOPPED)

    def arrived(self) -> list[tuple[str, str]]:
        return self.twin.sent

    def go_down(self) -> None:
        self.twin.down = True


class TwilioExchange:
    def __init__(self, catcher: TextCatcher, url: str) -> None:
        self.catcher = catcher
        self.texter = TwilioTexter(account=catcher.account, token=catcher.token, sender="+15005550006", url=url)

    def arrived(self) -> list[tuple[str, str]]:
        return [(text["to"], text["body"]) for text in self.catcher.texts]

    def go_down(self) -> None:
        self.catcher.down = True


@pytest.fixture(params=["memory", "twilio"])
async def exchange(request: pytest.FixtureRequest) -> AsyncIterator[Exchange]:
    if request.param == "memory":
        yield TwinExchange()
        return
    catcher = TextCatcher()

    def build(url: str) -> web.Application:
        app = web.Application()
        app.add_routes(catcher.routes())
        return app

    async with served(build) as url:
        made = TwilioExchange(catcher, url)
        yield made
        await made.texter.aclose()


async def test_a_text_arrives(exchange: Exchange) -> None:
    reference = await exchange.texter.send("+491701234567", "Grüße: your clutch is due 🦎", key="k")

    assert (exchange.arrived(), bool(reference)) == ([("+491701234567", "Grüße: your clutch is due 🦎")], True)


@pytest.mark.parametrize("to", ["", "0170123456", "+0170123456", "+49 170 1234567", "+49170", "+4917012345678901"])
async def test_what_is_no_number_is_refused(exchange: Exchange, to: str) -> None:
    with pytest.raises(InvalidError):
        await exchange.texter.send(to, "x", key="k")


async def test_a_receiver_who_said_stop_is_left_alone(exchange: Exchange) -> None:
    with pytest.raises(TextRefusedError) as refused:
        await exchange.texter.send(STOPPED, "x", key="k")
    assert (refused.value.code, refused.value.retriable) == ("21610", False)


async def test_a_provider_that_is_down_may_be_asked_again(exchange: Exchange) -> None:
    exchange.go_down()

    with pytest.raises(UnavailableError):
        await exchange.texter.send("+491701234567", "x", key="k")


def test_without_an_account_there_is_nobody_to_send() -> None:
    assert texter(Settings(), "+15005550006") is None
