"""Opens and revokes the addresses under which calendars read a vivarium's breeding season."""

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_breeding import FeedOpened, OpenFeed, RevokeFeed
from reptidex.tables.animal.breeding import CalendarFeed
from reptidex.tables.animal.breeding_queries import feeds_of

MOST_FEEDS = 20


class TooManyFeedsError(DomainError):
    """The vivarium has as many feeds as it may have."""

    title = "Too many feeds"

    def __init__(self) -> None:
        super().__init__(f"a vivarium has at most {MOST_FEEDS} feeds in use; revoke one first")


@agent(OpenFeed, prefetch={CalendarFeed: "feed_id"})
async def open_feed(command: OpenFeed, unit: Unit) -> None:
    """Open a feed; only the digest of its secret is kept."""
    feed = await unit.get(CalendarFeed, command.feed_id)
    if feed is None:
        if len([one for one in await unit.find(feeds_of(command.vivarium_id)) if not one.revoked_at]) >= MOST_FEEDS:
            raise TooManyFeedsError
        feed = CalendarFeed(
            feed_id=command.feed_id,
            vivarium_id=command.vivarium_id,
            name=command.name,
            secret_hash=command.secret_hash,
            created_by=unit.cause.actor,
            created_at=unit.now,
        )
        unit.put(feed)
    unit.answer(FeedOpened(feed_id=feed.feed_id, secret_hash=feed.secret_hash))


@agent(RevokeFeed, prefetch={CalendarFeed: "feed_id"})
async def revoke_feed(command: RevokeFeed, unit: Unit) -> None:
    """Make a feed's address worthless, for good."""
    feed = await unit.get(CalendarFeed, command.feed_id)
    if feed is None or feed.vivarium_id != command.vivarium_id:
        raise NotFoundError("feed", command.feed_id)
    if feed.revoked_at is None:
        unit.put(replace(feed, revoked_at=unit.now))
    unit.answer(Done(id=feed.feed_id))
