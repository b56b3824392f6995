"""What should be on AWS, in words of the platform: topics, queues, subscriptions, alarms.

Every consumer has one queue for the events whose order counts and one for the rest, each with two dead-letter queues:
`.dead` for what it could not handle, `.undelivered` for what SNS could not deliver. They are apart because SQS moves
nothing back from a dead-letter queue that SNS writes to, and because the two have different causes.
"""

from collections.abc import Iterator, Sequence

import msgspec

from reptidex.connectors.bridge.limits import LimitError, check_queue_name, check_topic_name
from reptidex.connectors.bridge.names import is_fifo, queue_name, sns_name

DAY_S = 24 * 60 * 60
KEPT_S = 4 * DAY_S
DEAD_KEPT_S = 14 * DAY_S
"""The longest that SQS allows. A standard queue's messages keep their first age when they move here."""
VISIBILITY_S = 60
LONG_POLL_S = 20
ATTEMPTS = 8
BRIDGE_ATTEMPTS = 200
"""The bridge puts away itself what is wrong with a message, and gives back what cannot cross while the log is away: two to three
days of that are fewer receives than these (2^n s, then a quarter of an hour and more), and end before `KEPT_S` does."""
OLDEST_S = 300
SUBSCRIPTIONS_TO_FIFO_TOPIC = 100
FILTERS_OF_TOPIC = 200
UPLOADS = "uploads"
"""The group of the queue in which a bucket tells repti-media of uploads."""


class Consumer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who hears events through queues of their own."""

    name: str
    """A short name of ours (`animal`, `bridge`), or a partner's (`acme`)."""
    events: tuple[str, ...]
    """Names of events."""
    group: str = "events"
    """The queue's name within the consumer's."""
    not_from: str = ""
    """Leave out what first came from here (`rxorigin`): the first of the locks against loops."""
    attempts: int = ATTEMPTS
    """After so many receives a message is a dead letter."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """The SNS topic of one event."""

    name: str
    event: str
    fifo: bool


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """An SQS queue."""

    name: str
    consumer: str
    title: str
    """The whole name, where SQS's 80 characters cut it."""
    fifo: bool
    kept_s: int
    dead_letters: str = ""
    """The queue that takes what was received `attempts` times."""
    attempts: int = ATTEMPTS
    hears: tuple[str, ...] = ()
    """Topics that may send to it."""
    is_dead_letters: bool = False
    bucket: str = ""
    """The bucket that tells it of new objects."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A topic's way into a queue, raw: the message is the CloudEvent itself."""

    topic: str
    queue: str
    undelivered: str
    not_from: str = ""


class Landscape(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that should be there, in order of name."""

    environment: str
    topics: tuple[Topic, ...]
    queues: tuple[Queue, ...]
    subscriptions: tuple[Subscription, ...]


def landscape(
    events: Sequence[str],
    consumers: Sequence[Consumer],
    *,
    environment: str,
    fifo: bool = True,
    uploads_bucket: str = "",
) -> Landscape:
    """Lay out the topics of these events and the queues of these consumers; without `fifo` all are standard ones.

    `uploads_bucket` gets a queue in which it tells repti-media of uploads.

    Raises `ContractError` or `LimitError` for what AWS would refuse: names, subscriptions of a FIFO topic, filters of a topic.
    """
    topics = tuple(
        Topic(name=sns_name(name, environment, fifo=fifo and is_fifo(name)), event=name, fifo=fifo and is_fifo(name))
        for name in sorted(set(events) | {name for consumer in consumers for name in consumer.events})
    )
    for topic in topics:
        check_topic_name(topic.name, fifo=topic.fifo)
    queues, subscriptions = list[Queue](), list[Subscription]()
    for consumer in sorted(consumers, key=lambda each: (each.name, each.group)):
        for ordered in (False, True):
            heard = tuple(topic.name for topic in topics if topic.event in consumer.events and topic.fifo is ordered)
            if heard:
                mine = tuple(_queues(consumer, environment, heard, fifo=ordered))
                queues += mine
                main, _, undelivered = (queue.name for queue in mine)
                subscriptions += [
                    Subscription(topic=name, queue=main, undelivered=undelivered, not_from=consumer.not_from)
                    for name in heard
                ]
    if uploads_bucket:
        queues += _queues_of_bucket(uploads_bucket, environment)
    _check(topics, queues, subscriptions)
    return Landscape(
        environment=environment,
        topics=topics,
        queues=tuple(queues),
        subscriptions=tuple(subscriptions),
    )


def _queues(consumer: Consumer, environment: str, heard: tuple[str, ...], *, fifo: bool) -> Iterator[Queue]:
    def queue(suffix: str, **values: object) -> Queue:
        title = f"{consumer.group}{suffix}"
        return msgspec.structs.replace(
            Queue(
                name=queue_name(consumer.name, title, environment, fifo=fifo),
                consumer=consumer.name,
                title=title,
                fifo=fifo,
                kept_s=DEAD_KEPT_S,
                is_dead_letters=True,
            ),
            **values,
        )

    dead = queue(".dead")
    yield queue(
        "",
        kept_s=KEPT_S,
        dead_letters=dead.name,
        attempts=consumer.attempts,
        hears=heard,
        is_dead_letters=False,
    )
    yield dead
    yield queue(".undelivered", hears=heard)


def _queues_of_bucket(bucket: str, environment: str) -> Iterator[Queue]:
    media = Consumer(name="media", events=(), group=UPLOADS)
    main, dead, _ = _queues(media, environment, (), fifo=False)
    yield msgspec.structs.replace(main, bucket=bucket)
    yield dead


def _check(topics: Sequence[Topic], queues: Sequence[Queue], subscriptions: Sequence[Subscription]) -> None:
    if len({queue.name for queue in queues}) < len(queues):
        raise LimitError("consumers", "two of one name and group", "one queue for each", "reptidex aws")
    for queue in queues:
        check_queue_name(queue.name, fifo=queue.fifo)
    for topic in topics:
        mine = [each for each in subscriptions if each.topic == topic.name]
        if topic.fifo and len(mine) > SUBSCRIPTIONS_TO_FIFO_TOPIC:
            raise LimitError(
                f"{topic.name}, subscriptions", len(mine), SUBSCRIPTIONS_TO_FIFO_TOPIC, "Amazon SNS quotas, FIFO topics"
            )
        if sum(bool(each.not_from) for each in mine) > FILTERS_OF_TOPIC:
            raise LimitError(f"{topic.name}, filter policies", len(mine), FILTERS_OF_TOPIC, "Amazon SNS quotas")
