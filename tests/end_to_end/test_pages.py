"""What every service shows of itself to people and machines."""

import aiohttp
import pytest

from reptidex.settings import SERVICES
from tests.end_to_end.conftest import Stage


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/deep", "/metrics", "/openapi.json", "/docs"])
async def test_a_service_shows_its_health_figures_and_documents(
    stage: Stage, session: aiohttp.ClientSession, service: str, path: str
) -> None:
    async with session.get(stage.settings.urls[service] + path) as answer:
        body = await answer.text()

    assert answer.status == 200 and body


async def test_core_shows_every_event(stage: Stage, session: aiohttp.ClientSession) -> None:
    async with session.get(stage.settings.urls["core"] + "/docs/events") as answer:
        page = await answer.text()

    assert answer.status == 200 and "breeding.clutch.created" in page


async def test_ops_shows_the_console(stage: Stage, session: aiohttp.ClientSession) -> None:
    async with session.get(stage.settings.urls["ops"] + "/console") as answer:
        page = await answer.text()

    assert answer.status == 200 and "<form" in page
