"""The topics of the platform: all there, cut alike, and none remembers a person for ever."""

import pytest

from reptidex.settings import SERVICES
from reptidex.streams import catalogue, core, topics
from reptidex.streams.animal import AnimalCreated
from reptidex.streams.contract import command_topic

ALL = topics.all_topics(4)
BY_NAME = {topic.name: topic for topic in ALL}


def test_there_is_a_topic_for_every_event_and_for_commands_and_dead_letters_of_every_service() -> None:
    events = {cls.contract.topic for cls in catalogue.events()}
    others = {name for service in SERVICES for name in (command_topic(service), topics.dead_letter_topic(service))}

    assert set(BY_NAME) == events | others
    assert len(BY_NAME) == len(ALL) == len(events | others)


def test_all_topics_are_cut_into_as_many_partitions_so_that_a_key_lives_on_one_worker() -> None:
    assert {topic.partitions for topic in topics.all_topics(7)} == {7}


def test_no_topic_that_tells_of_a_person_keeps_it_longer_than_a_month() -> None:
    personal = [cls for cls in catalogue.events() if topics.is_personal(cls)]
    too_long = [
        cls.contract.name for cls in personal if not 0 < BY_NAME[cls.contract.topic].retention_ms <= topics.PERSONAL_MS
    ]

    assert too_long == []
    assert core.AuthUserCreated in personal
    assert AnimalCreated not in personal


@pytest.mark.parametrize("service", SERVICES)
def test_commands_and_dead_letters_are_forgotten_since_they_may_tell_of_a_person(service: str) -> None:
    kept = [BY_NAME[name].retention_ms for name in (command_topic(service), topics.dead_letter_topic(service))]

    assert all(0 < one <= topics.PERSONAL_MS for one in kept)


def test_the_record_of_animals_and_sales_is_kept_for_ever() -> None:
    names = (
        "animal.created",
        "animal.transferred",
        "lineage.updated",
        "sales.transaction.completed",
        "order.completed",
    )

    assert {BY_NAME[name].retention_ms for name in names} == {topics.FOR_EVER}


def test_a_topic_says_its_settings_as_kafka_takes_them() -> None:
    assert BY_NAME["telemetry.tracked"].config == {"retention.ms": "604800000", "cleanup.policy": "delete"}


def test_names_do_not_collide_in_metrics_where_kafka_folds_dots_and_underscores() -> None:
    assert len({name.replace(".", "_") for name in BY_NAME}) == len(BY_NAME)
