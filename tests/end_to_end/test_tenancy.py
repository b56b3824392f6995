"""Nobody reads or changes what is another vivarium's: every route of every service, asked for somebody else's things by a
stranger, answers as if there were none."""

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from reptidex.http.server.binding import Bound, bind
from reptidex.platform.story import sale, species_named
from reptidex.platform.visitor import Visitor
from reptidex.services import all_services
from tests.end_to_end.conftest import Confirmed, World
from tests.end_to_end.samples import sample
from tests.unit.media.conftest import picture

MEANT_FOR_EVERYBODY = {
    # What others say about posts that everybody reads.
    "community POST /community/posts/{post_id}/replies",
    "community POST /community/posts/{post_id}/vote",
    "community GET /community/posts/{post_id}",
    "community GET /community/posts/{post_id}/replies",
    "community GET /community/users/{user_id}/activity",
    "community POST /community/follow",
    # A report names anything; a proof tells nothing of its event.
    "ops POST /content/reports",
    "ops GET /audit/events/{event_id}/proof",
    # Sellers' terms and what they have on offer.
    "commerce GET /marketplace/policies/{vivarium_id}",
    "commerce GET /inventory/{breeder_id}",
}


def _routes() -> Iterator[tuple[str, Bound]]:
    for service in all_services().values():
        for routes in service.views:
            for route in routes.routes:
                bound = bind(route)
                if not (bound.route.policy.scope or (bound.route.policy.services and not bound.route.policy.role)):
                    yield service.short, bound


async def _sams(world: World, sam: Visitor, bea: Visitor) -> dict[str, str]:
    """Give Sam one thing of each kind, hidden wherever it can be hidden, and return what each is called by."""
    sold = await sale(sam, bea, world.until)
    told = await sam.call("commerce", "GET", f"/transactions/{sold.transaction_id}")
    species = await species_named(sam, "Correlophus ciliatus")
    secret = {"species_id": species, "name": "Secret", "sex": "female", "visibility": "private"}
    animal_id = (await sam.call("animal", "POST", "/animals", secret, expect=201))["animal_id"]

    async def stocked() -> Any:
        shelf = await sam.call("commerce", "GET", "/inventory")
        return any(line["animal_id"] == animal_id for line in shelf["items"])

    await world.until(stocked, "the line of the private animal")
    draft = {"animal_id": animal_id, "title": "Not yet", "price": 100}
    listing = await sam.call("commerce", "POST", "/marketplace/listings", draft, expect=201)
    await sam.call("core", "PUT", "/profile", {"visibility": "private"})
    await sam.call("core", "PUT", f"/vivariums/{sam.vivarium_id}/profile", {"visibility": "private"})
    key = await sam.call("core", "POST", "/auth/api-keys", {"name": "mine"}, expect=201)
    search = await sam.call("community", "POST", "/search/save", {"name": "x", "query": {"q": "x"}}, expect=201)
    post = {"title": "Hello", "text": "hello"}
    [forum, *_] = await sam.call("community", "GET", "/community/forums")
    written = await sam.call("community", "POST", f"/community/forums/{forum['forum_id']}/posts", post, expect=201)
    url = f"{world.settings.urls['media']}/upload?subject_kind=animal&subject_id={animal_id}"
    bearer = {"Authorization": f"Bearer {sam.token}", "Content-Type": "image/jpeg"}
    async with world.session.post(url, data=picture(), headers=bearer) as answer:
        file_id = (await answer.json())["file_id"]

    async def ready() -> bool:
        return bool((await sam.call("media", "GET", f"/files/{file_id}"))["state"] == "ready")

    await world.until(ready, "the picture")
    first: dict[str, str] = {}
    lists = {
        "session_id": ("core", "/auth/sessions"),
        "invoice_id": ("core", "/billing/invoices"),
        "notification_id": ("community", "/notifications"),
        "pairing_id": ("animal", "/pairings"),
        "clutch_id": ("animal", "/clutches"),
    }
    for name, (service, path) in lists.items():
        found = (await sam.call(service, "GET", path))["items"]
        first |= {name: (found[0].get("clutch") or found[0])[name]} if found else {}
    return first | {
        "animal_id": animal_id,
        "subject_id": animal_id,
        "listing_id": listing["listing_id"],
        "inquiry_id": sold.inquiry_id,
        "order_id": sold.order_id,
        "transaction_id": sold.transaction_id,
        "payment_id": told["payment_id"],
        "user_id": sam.user_id,
        "profile_id": sam.user_id,
        "vivarium_id": sam.vivarium_id,
        "breeder_id": sam.vivarium_id,
        "key_id": key["key_id"],
        "search_id": search["search_id"],
        "post_id": written["post_id"],
        "file_id": file_id,
        "correlation": sold.conversion.request_id,
    }


async def _ask(world: World, who: Visitor, service: str, bound: Bound, ids: dict[str, str]) -> tuple[int, str]:
    """Return the status, and the answer with every id written alike."""
    path = bound.route.path
    for name in bound.parameters:
        path = path.replace(f"{{{name}}}", ids.get(name, "1" if name == "generations" else "stripe"))
    query = {} if bound.query is type(None) else {k: str(v) for k, v in sample(bound.query, ids).items() if k in ids}
    body = None if bound.body in (type(None), bytes) else msgspec.json.encode(sample(bound.body, ids))
    headers = {"Authorization": f"Bearer {who.token}", "Content-Type": "application/json"}
    url = world.settings.urls[service] + path
    async with world.session.request(bound.route.method, url, params=query, data=body, headers=headers) as answer:
        text = (await answer.read()).decode(errors="replace")
    for each in (answer.headers["X-Request-ID"], *sorted(set(ids.values()), key=len, reverse=True)):
        text = text.replace(each, "ID")
    return answer.status, text


def _named(bound: Bound, ids: dict[str, str]) -> bool:
    """Say whether a route takes something that Sam has, in its path or in its body."""
    body = "" if bound.body in (type(None), bytes) else str(sample(bound.body, ids))
    return bool(set(bound.parameters) & set(ids)) or any(each in body for each in ids.values())


async def _shown(world: World, who: Visitor, ids: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Return what somebody reads of these things."""
    reads = [(service, bound) for service, bound in _routes() if bound.route.method == "GET" and _named(bound, ids)]
    return {f"{service} {b.route.path}": await _ask(world, who, service, b, ids) for service, b in reads}


async def test_a_stranger_is_told_of_others_things_what_is_told_of_nothing(world: World, confirmed: Confirmed) -> None:
    sam, bea, eve = await confirmed("Sam"), await confirmed("Bea"), await confirmed("Eve")
    ids = await _sams(world, sam, bea)
    absent = {name: str(uuid.uuid4()) for name in ids}
    before = await _shown(world, sam, ids)
    walked, told = [], []
    for service, bound in _routes():
        name = f"{service} {bound.route.method} {bound.route.path}"
        if name in MEANT_FOR_EVERYBODY or not _named(bound, ids):
            continue
        foreign, nothing = await _ask(world, eve, service, bound, ids), await _ask(world, eve, service, bound, absent)
        walked.append(name)
        if foreign != nothing or foreign[0] >= 500:
            told.append((name, foreign, nothing))

    assert told == []
    assert await _shown(world, sam, ids) == before
    assert len([status for status, _ in before.values() if status == 200]) > 20 and len(walked) > 90
