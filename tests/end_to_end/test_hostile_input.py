"""Nothing that a client sends is answered 500: every route of every service, with what its document allows and does not."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from reptidex.settings import SERVICES
from tests.end_to_end.conftest import Stage, World, staged

EXAMPLES = 2
"""Of each kind, for each route: the whole takes about a minute."""
LEAVING = ("/auth/logout", "/auth/me/delete", "/compliance/erasure")
"""What ends the session with which the other routes are asked."""
OF_OTHERS = ("/admin/organizations/{vivarium_id}/status",)
"""Asked with other ids than ours: a vivarium that is suspended ends its members' tokens, two seconds later."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run a platform of one's own: an administrator who acts by chance spoils it for others."""
    yield from staged(tmp_path_factory.mktemp("hostile"))


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")  # schemathesis' own
@pytest.mark.parametrize("service", SERVICES)
async def test_no_route_answers_500_for_what_a_client_sent(service: str, world: World, confirmed: Any) -> None:
    ada = await confirmed("Ada")
    await world.administrator(ada)
    species = await ada.call("animal", "GET", "/species?limit=1")
    kiwi = {"species_id": species["items"][0]["species_id"], "name": "Kiwi", "sex": "female"}
    animal = await ada.call("animal", "POST", "/animals", kiwi, expect=201)
    ours = {"animal_id": animal["animal_id"], "vivarium_id": ada.vivarium_id, "species_id": kiwi["species_id"]}
    headers = {"Authorization": f"Bearer {ada.token}"}

    tokens = {f"repti-{name}": await _token_of(world, name) for name in SERVICES}
    asked = await asyncio.to_thread(_ask_all, world.settings.urls[service], headers, ours, tokens)

    assert asked > 10
    async with world.session.get(f"{world.settings.urls['core']}/auth/sessions", headers=headers) as answer:
        assert answer.status == 200, "the session ended, so that most was asked by nobody"


async def _token_of(world: World, service: str) -> str:
    """Return a service's own token: some routes are for services alone."""
    secret = (world.settings.state / "secrets" / f"service-{service}").read_text()
    body = {"service": f"repti-{service}", "secret": secret}
    async with world.session.post(f"{world.settings.urls['core']}/auth/service-token", json=body) as answer:
        token: str = (await answer.json())["access_token"]
        return token


def _ask_all(url: str, headers: dict[str, str], ours: dict[str, str], tokens: dict[str, str]) -> int:
    """Ask every route, those for services as one of them; what takes away comes last."""
    schema: Any = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    asked = 0
    for operation in sorted(operations, key=lambda each: each.method == "delete"):
        if operation.path in LEAVING:
            continue
        policy = operation.definition.raw["x-policy"]
        services = policy["services"] if policy.keys() == {"services"} else []
        asking = {"Authorization": f"Bearer {tokens[services[0]]}"} if services else headers
        named = {parameter.name for parameter in operation.path_parameters}
        known = named <= set(ours) and operation.path not in OF_OTHERS
        there = {name: value for name, value in ours.items() if name in named} if known else {}
        for mode in GenerationMode:
            given_path = {"path_parameters": there} if there and mode is GenerationMode.POSITIVE else {}
            asked += _ask(operation.as_strategy(generation_mode=mode, **given_path), asking)
    return asked


def _ask(strategy: Any, headers: dict[str, str]) -> int:
    asked = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        answer = case.call(headers=headers, timeout=30)
        assert answer.status_code < 500 or answer.status_code == 503, f"{case.as_curl_command()}\n{answer.text}"

    # A route that takes nothing can be asked nothing wrong.
    with contextlib.suppress(Unsatisfiable):
        ask()
    return asked
