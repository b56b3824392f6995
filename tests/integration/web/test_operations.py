"""What every service answers besides its own routes: health, metrics, its description."""

import asyncio
import re
from typing import Any

import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.parser import text_string_to_metric_families

from reptidex.http.server.asking import Probe
from reptidex.http.server.manifest import bind_service
from reptidex.http.server.openapi import openapi_document
from reptidex.http.server.policy import Policy, public
from reptidex.http.server.refusals import RouteError
from reptidex.http.server.routes import Request, Routes

ID = "018f6f5e-7c3a-7b6e-9d1a-2f4b5c6d7e8f"


async def well() -> None:
    """Answer at once."""


async def ill() -> None:
    raise ConnectionError("password=hunter2")


async def hung() -> None:
    await asyncio.Event().wait()


async def test_a_service_whose_parts_answer_is_ready(start: Any) -> None:
    stand = await start(probes=(Probe(name="database", check=well), Probe(name="log", check=well)))
    live, ready = await stand.call("GET", "/health"), await stand.call("GET", "/health/ready")

    assert (live[0], live[1]["status"], ready[0]) == (200, "up", 200)
    assert ready[1]["dependencies"]["log"]["ok"] is True


async def test_a_service_without_a_part_that_it_needs_is_not_ready_and_tells_no_secret(start: Any) -> None:
    stand = await start(probes=(Probe(name="database", check=ill), Probe(name="log", check=hung)))
    live, ready = await stand.call("GET", "/health"), await stand.call("GET", "/health/ready")

    assert (live[0], ready[0], ready[1]["status"]) == (200, 503, "down")
    assert [part["ok"] for part in ready[1]["dependencies"].values()] == [False, False]
    assert "hunter2" not in str(ready[1])


async def test_deep_health_names_what_is_down_without_being_needed(start: Any) -> None:
    stand = await start(probes=(Probe(name="database", check=well), Probe(name="mail", check=ill, ready=False)))
    deep, ready = await stand.call("GET", "/health/deep"), await stand.call("GET", "/health/ready")

    assert (deep[0], deep[1]["status"], ready[0]) == (200, "degraded", 200)
    assert (deep[1]["dependencies"]["mail"]["ok"], list(ready[1]["dependencies"])) == (False, ["database"])


async def test_metrics_count_requests_by_route_and_never_by_id(stand: Any) -> None:
    for path in (f"/weights/{ID}", f"/weights/{ID.replace('8', '9')}", "/nothing", "/fail/bug"):
        await stand.call("GET", path)
    await stand.call("PROPFIND", "/nothing")
    _, raw, _ = await stand.call("GET", "/metrics")
    text = raw.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    requests = families["reptidex_http_requests"].samples
    counted = {
        (s.labels["method"], s.labels["endpoint"], s.labels["status"]): s.value
        for s in requests
        if s.name.endswith("total")
    }

    assert counted["GET", "/weights/{weight_id}", "200"] == 2
    assert counted["GET", "unmatched", "404"] == counted["OTHER", "unmatched", "404"] == 1
    assert families["reptidex_errors"].samples[0].labels["error_type"] == "RuntimeError"
    assert "reptidex_http_request_duration_seconds" in families
    assert ID not in text


async def test_the_description_is_valid_openapi_and_says_who_may_call(stand: Any) -> None:
    _, document, _ = await stand.call("GET", "/openapi.json")
    OpenAPIV31SpecValidator(document).validate()
    note = document["paths"]["/weights/{animal_id}"]["post"]
    listing = document["paths"]["/weights"]["get"]

    assert note["x-policy"] == {"role": "handler"}
    assert note["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/NewWeight"}
    assert listing["x-policy"] == {"role": "keeper", "services": ["repti-commerce"]}
    assert {p["name"] for p in listing["parameters"]} == {"cursor", "limit", "least", "tags"}
    assert next(p for p in listing["parameters"] if p["name"] == "limit")["schema"]["maximum"] == 200
    assert {"401", "403", "422", "429"} <= set(note["responses"])
    assert document["paths"]["/keys"]["post"]["x-policy"] == {"signed_in": True, "recent_sign_in": True}
    assert (note["security"], document["paths"]["/keys"]["post"]["security"]) == (
        [{"token": []}, {"apiKey": []}],
        [{"token": []}],
    )
    assert note["responses"]["401"] == {"$ref": "#/components/responses/Unauthenticated"}
    assert "WWW-Authenticate" in document["components"]["responses"]["Unauthenticated"]["headers"]


async def test_the_page_shows_every_route_and_needs_nothing_from_elsewhere(stand: Any) -> None:
    _, raw, headers = await stand.call("GET", "/docs")
    page = raw.decode()
    _, document, _ = await stand.call("GET", "/openapi.json")
    routes = [operation for path in document["paths"].values() for operation in path.values()]

    assert page.count("<pre>curl") == len(routes) > 10
    assert not re.search(r"<script|<link|<img|@import|src=", page)
    assert "style-src 'sha256-" in headers["Content-Security-Policy"]
    assert "-d &#x27;{&quot;grams&quot;: 1}&#x27;" in page


class Manifest:
    """A manifest around some routes."""

    name, purpose, port = "repti-webtest", "weighs animals", 8099

    def __init__(self, *views: Routes) -> None:
        self.views = views


def only(policy: Any, path: str = "/things", view: Any = None) -> Manifest:
    routes = Routes("things")

    async def show(request: Request[None, None]) -> None:
        """Show."""

    routes.get(path, policy=policy)(view or show)
    return Manifest(routes)


async def untyped(request):  # type: ignore[no-untyped-def]
    """Take anything."""


async def without_body(request: Request[None, None], more: int) -> None:
    """Take two."""


async def not_json(request: Request[None, None]) -> web.Response:
    """Answer by hand."""
    return web.Response()


def plain(request: Request[None, None]) -> None:
    """Wait for nothing."""


@pytest.mark.parametrize(
    "manifest",
    [
        only(None),
        only(Policy()),
        only(Policy(anyone=True, role="keeper")),
        only(Policy(role="owner")),
        only(Policy(services=("commerce",))),
        only(Policy(services=("repti-commerce",), recent=True)),
        only(public(), "things"),
        only(public(), "/Things"),
        only(public(), "/answers/{any_id}"),
        only(public(), view=untyped),
        only(public(), view=without_body),
        only(public(), view=not_json),
        only(public(), view=plain),
        Manifest(*only(public()).views, *only(public()).views),
    ],
)
def test_a_route_that_must_not_be_served_stops_the_start(manifest: Manifest) -> None:
    with pytest.raises(RouteError):
        bind_service(manifest)


def test_a_service_can_be_described_without_being_started() -> None:
    document = openapi_document(only(public()))

    assert set(document["paths"]) == {"/things", "/answers/{command_id}"}
