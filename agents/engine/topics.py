"""The topics are there before anybody listens: one call to the log for all that are missing."""

import logging
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from reptidex.errors import SettingsError, UnavailableError
from reptidex.settings import Settings
from reptidex.streams.topics import Topic, all_topics

log = logging.getLogger(__name__)


async def ensure_topics(settings: Settings, more: Iterable[Topic] = ()) -> None:
    """Create every topic of the platform that the log lacks, and those of `more`.

    Raises `SettingsError` where a topic is cut into another number of partitions than the settings say, `UnavailableError`
    where the log cannot be reached.
    """
    wanted = {topic.name: topic for topic in (*all_topics(settings.partitions), *more)}
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.log, client_id="repti-topics", request_timeout_ms=30_000)
    try:
        await admin.start()
        try:
            await _ensure(admin, wanted, settings)
        finally:
            await admin.close()
    except KafkaError as problem:
        raise UnavailableError("the log", repr(problem)) from problem


async def _ensure(admin: AIOKafkaAdminClient, wanted: dict[str, Topic], settings: Settings) -> None:
    there = set(await admin.list_topics())
    known = [name for name in wanted if name in there]
    if known:
        for said in await admin.describe_topics(known):
            cut = len(said["partitions"])
            if cut and cut != wanted[said["topic"]].partitions:
                raise SettingsError(
                    f"topic {said['topic']} has {cut} partitions, the setting `partitions` says {settings.partitions};"
                    " the number is fixed once data exist"
                )
    missing = [topic for name, topic in wanted.items() if name not in there]
    if not missing:
        return
    answer = await admin.create_topics(
        [NewTopic(topic.name, topic.partitions, settings.replication, topic_configs=topic.config) for topic in missing],
        timeout_ms=30_000,
    )
    for name, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise for_code(code)(f"topic {name} cannot be created")
    log.info("%d topics created", len(missing))
