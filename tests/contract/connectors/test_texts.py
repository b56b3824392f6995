"""Every sender of texts keeps the promises of its port: the twin, and Twilio against the double."""

from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import urlencode

import pytest
from aiohttp import web

from reptidex.connectors.texts import texter
from reptidex.connectors.texts.memory import MemoryTexter
from reptidex.connectors.texts.port import Texter, TextRefusedError, TextReport
from reptidex.connectors.texts.twilio import TwilioTexter, sign
from reptidex.doubles.texts import TextCatcher
from reptidex.doubles.web import served
from reptidex.errors import InvalidError, SettingsError, UnauthenticatedError, UnavailableError
from reptidex.settings import Settings

STOPPED = "+15005550004"


REPORTS = "https://community.example/webhooks/texts"


class Exchange(Protocol):
    """A sender of texts and what arrived, and what its provider reports."""

    @property
    def texter(self) -> Texter: ...
    def arrived(self) -> list[tuple[str, str]]: ...
    def go_down(self) -> None: ...
    def report(self, reference: str, outcome: str) -> tuple[bytes, str]: ...


class TwinExchange:
    def __init__(self) -> None:
        self.texter = self.twin = MemoryTexter()
        self.twin.stopped.add(STOPPED)

    def arrived(self) -> list[tuple[str, str]]:
        return self.twin.sent

    def go_down(self) -> None:
        self.twin.down = True

    def report(self, reference: str, outcome: str) -> tuple[bytes, str]:
        return f"{reference} {outcome}".encode(), "twin"


class TwilioExchange:
    def __init__(self, catcher: TextCatcher, url: str) -> None:
        self.catcher = catcher
        self.texter = TwilioTexter(
            account=catcher.account, token=catcher.token, sender="+15005550006", url=url, reports=REPORTS
        )

    def arrived(self) -> list[tuple[str, str]]:
        return [(text["to"], text["body"]) for text in self.catcher.texts]

    def go_down(self) -> None:
        self.catcher.down = True

    def report(self, reference: str, outcome: str) -> tuple[bytes, str]:
        fields = {"MessageStatus": outcome, "MessageSid": reference, "To": "+491701234567"}
        return urlencode(fields).encode(), sign(self.catcher.token, REPORTS, list(fields.items()))


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


@pytest.mark.parametrize(("outcome", "arrived"), [("delivered", True), ("undelivered", False), ("sent", None)])
async def test_what_became_of_a_text_is_read_from_a_signed_report(
    exchange: Exchange, outcome: str, arrived: bool | None
) -> None:
    assert exchange.texter.report(*exchange.report("SM1", outcome)) == TextReport("SM1", arrived)


async def test_a_report_of_anybody_elses_is_refused(exchange: Exchange) -> None:
    raw, signature = exchange.report("SM1", "delivered")

    for said in ((raw, signature[::-1]), (raw, ""), (raw, "é")):
        with pytest.raises(UnauthenticatedError):
            exchange.texter.report(*said)


def test_a_report_is_signed_as_twilio_signs_it() -> None:
    """The value is what the `RequestValidator` of Twilio's library for Python computes."""
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    signature = sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", list(fields.items()))

    assert signature == "GvWf1cFY/Q7PnoempGyD5oXAezc="


async def test_what_is_the_senders_own_fault_says_nothing_of_the_receiver() -> None:
    catcher = TextCatcher()

    def build(url: str) -> web.Application:
        app = web.Application()
        app.add_routes(catcher.routes())
        return app

    async with served(build) as url:
        stranger = TwilioTexter(account=catcher.account, token="wrong", sender="+15005550006", url=url)
        with pytest.raises(UnavailableError):
            await stranger.send("+491701234567", "x", key="k")
        await stranger.aclose()


def test_without_an_account_there_is_nobody_to_send() -> None:
    assert texter(Settings()) is None


def test_an_account_without_a_sender_is_refused() -> None:
    with pytest.raises(SettingsError, match="REPTIDEX_TWILIO_SENDER"):
        texter(Settings(twilio_account="AC1", twilio_token="t"))
