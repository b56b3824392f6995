"""The breeding calendar as JSON, and as a feed that a calendar program subscribes to."""

import secrets
from datetime import UTC, date, datetime, timedelta

import msgspec

from reptidex.domain import opaque
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.animal.agenda import Entry, agenda, ical, shifted
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Page, Paging, Raw, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_breeding import FeedOpened, OpenFeed, RevokeFeed
from reptidex.streams.values import Text
from reptidex.tables.animal.breeding import CalendarFeed
from reptidex.tables.animal.breeding_queries import feeds_of

routes = Routes("breeding")

BEFORE, AFTER = timedelta(days=60), timedelta(days=240)
"""What is shown around today where nobody says."""
LONGEST = timedelta(days=800)
KIND = "rxf"


class SecretShownError(DomainError):
    """The address of a feed is shown once; this request is a repeat of the one that was given it."""

    title = "The address was shown once"

    def __init__(self) -> None:
        super().__init__("the address of this feed was shown in the first answer and is kept nowhere; make a new feed")


class Days(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which days, both included."""

    from_: date | None = None
    until: date | None = None


class NewFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feed to open."""

    name: Text = "Breeding calendar"


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A feed; its address is not kept, so it is not shown."""

    feed_id: str
    name: str
    created_by: str | None
    created_at: datetime
    revoked_at: datetime | None


class OpenedFeed(FeedView, frozen=True, kw_only=True):
    """A feed that was just opened, with its address. Whoever has the address reads the calendar: treat it as a password."""

    path: str
    """At this service."""


@routes.get("/breeding/calendar", policy=member("keeper", cost=3), errors=(422,))
async def show_calendar(request: Request[None, Days]) -> list[Entry]:
    """List what happened, what is due and what is to be expected between two days."""
    vivarium_id = await admit(request, "keeper")
    today = datetime.now(UTC).date()
    since = request.query.from_ or shifted(request.query.until or today + AFTER, -BEFORE - AFTER)
    until = request.query.until or shifted(since, BEFORE + AFTER)
    if not since <= until <= shifted(since, LONGEST):
        raise InvalidError(f"a calendar runs forward, over at most {LONGEST.days} days", "/until")
    return await agenda(request, vivarium_id, since, until)


@routes.post("/breeding/calendars", policy=member("handler", cost=5), status=201, errors=(409,))
async def open_feed(request: Request[NewFeed, None]) -> OpenedFeed:
    """Open a feed for calendar programs, which cannot sign in. Its address is shown once and can be revoked."""
    vivarium_id = await admit(request, "handler")
    feed_id, secret = request.new_id(), secrets.token_bytes(opaque.SECRET_BYTES)
    digest = opaque.digest(secret)
    command = OpenFeed(feed_id=feed_id, vivarium_id=vivarium_id, name=request.body.name, secret_hash=digest)
    made = await request.ask(command, FeedOpened)
    if not opaque.same(made.secret_hash, digest):
        raise SecretShownError
    feed = feed_view(await request.read.need(CalendarFeed, feed_id))
    path = f"/breeding/calendars/{opaque.write(KIND, feed_id, secret)}.ics"
    return OpenedFeed(**msgspec.structs.asdict(feed), path=path)


@routes.get("/breeding/calendars", policy=member("handler"))
async def list_feeds(request: Request[None, Paging]) -> Page[FeedView]:
    """List the vivarium's feeds, the revoked ones too."""
    vivarium_id = await admit(request, "handler")
    rows, cursor = await request.read.page(feeds_of(vivarium_id), request.query)
    return Page(items=[feed_view(row) for row in rows], next=cursor)


@routes.delete("/breeding/calendars/{feed_id}", policy=member("handler"), errors=(404,))
async def revoke_feed(request: Request[None, None]) -> FeedView:
    """Make a feed's address worthless, at once."""
    vivarium_id = await admit(request, "handler")
    done = await request.ask(RevokeFeed(feed_id=request.path["feed_id"], vivarium_id=vivarium_id), Done)
    return feed_view(await request.read.need(CalendarFeed, done.id))


@routes.get("/breeding/calendars/{token}", policy=public(cost=5), errors=(404,))
async def read_feed(request: Request[None, None]) -> Raw:
    """Read a calendar by the secret in its address, as iCalendar (RFC 5545)."""
    held = opaque.read(KIND, request.path["token"].removesuffix(".ics"))
    feed = await request.read.get(CalendarFeed, held.id) if held is not None else None
    if held is None or feed is None or feed.revoked_at or not opaque.same(feed.secret_hash, held.secret_hash):
        raise NotFoundError("calendar", "at this address")
    today = datetime.now(UTC).date()
    entries = await agenda(request, feed.vivarium_id, today - BEFORE, today + AFTER)
    body = ical(entries, feed.name, f"{feed.feed_id}@feed.reptidex")
    headers = {"Cache-Control": "private, max-age=900", "Content-Disposition": 'inline; filename="breeding.ics"'}
    return Raw(body=body, content_type="text/calendar; charset=utf-8", headers=headers)


def feed_view(feed: CalendarFeed) -> FeedView:
    """Show a feed, without its secret."""
    return FeedView(**{name: getattr(feed, name) for name in FeedView.__struct_fields__})
