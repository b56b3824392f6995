"""The doubles run as one process, remember what they must, and tell where they are."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from reptidex.connectors.mail.port import Letter
from reptidex.connectors.mail.smtp import SmtpMailer
from reptidex.connectors.payments import gateways
from reptidex.connectors.payments.port import Charge
from reptidex.doubles.everything import Doubles, Ports, doubles
from reptidex.settings import Settings, load
from reptidex.streams.values import Money
from reptidex.testing import eventually


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Doubles]:
    async with doubles(Ports(), state=tmp_path / "doubles") as made:
        yield made


async def get(url: str) -> Any:
    """Return what a URL answers."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        return await answer.json()


def settings_of(running: Doubles) -> Settings:
    """Return the settings that the doubles tell."""
    return load(running.environment)


async def test_their_settings_build_every_gateway(running: Doubles) -> None:
    built = gateways(settings_of(running))
    charge = Charge(order="o", transaction="t", money=Money(amount=100, currency="EUR"), method="pm_card_visa")
    payment = await built["stripe"].authorise(charge, key="k")

    assert (sorted(built), payment.state) == (["paypal", "stripe"], "authorised")
    for gateway in built.values():
        await gateway.aclose()


async def test_letters_are_read_over_http(running: Doubles) -> None:
    mailer = SmtpMailer(settings_of(running).smtp_url, "ReptiDex <hello@reptidex.example>")
    await mailer.send(Letter(to="bea@example.org", subject="Hello", text="x"), key="k")
    found = await get(f"{running.payments.url}/_mail?to=bea@example.org")

    assert [letter["subject"] for letter in found] == ["Hello"]
    assert await get(f"{running.payments.url}/_mail?to=sam@example.org") == []


async def test_the_ledger_outlives_a_restart(tmp_path: Path) -> None:
    charge = Charge(order="o", transaction="t", money=Money(amount=100, currency="EUR"), method="pm_card_visa")
    only = Ports(smtp=None, aws=None)
    async with doubles(only, state=tmp_path) as first:
        [_, stripe] = [gateways(settings_of(first))[name] for name in ("paypal", "stripe")]
        payment = await stripe.authorise(charge, key="k")
        await stripe.aclose()
    async with doubles(only, state=tmp_path) as second:
        stripe = gateways(settings_of(second))["stripe"]
        again = await stripe.authorise(charge, key="k")
        captured = await stripe.capture(again.reference, key="c")
        await stripe.aclose()

    assert (again.reference, captured.state) == (payment.reference, "captured")


async def test_the_command_writes_its_settings_and_ends_on_a_signal(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "stripe_key").write_text("sk_test_shared\n")
    command = [
        "-m",
        "reptidex.doubles",
        "--payments",
        "0",
        "--smtp",
        "0",
        "--mail-view",
        "0",
        "--state-dir",
        str(tmp_path),
    ]
    command += ["--ready-file", str(ready), "--secrets-dir", str(tmp_path / "secrets")]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stderr=asyncio.subprocess.PIPE)
    try:
        await eventually(ready.exists, within=60)
        told = msgspec.json.decode(ready.read_bytes())
        health = await get(told["environment"]["REPTIDEX_STRIPE_URL"] + "/_health")
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 20)

    assert (told["pid"], told["environment"]["REPTIDEX_STRIPE_KEY"]) == (process.pid, "sk_test_shared")
    assert (health, process.returncode, b"Traceback" in said, b"sk_test_shared" in said) == (
        {"status": "up"},
        0,
        False,
        False,
    )
