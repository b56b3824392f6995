"""What S3 says over SQS is read as S3 writes it, and nothing else is taken for it."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.connectors.files.notifications import arrivals
from reptidex.errors import ContractError


def record(key: str, *, name: str = "ObjectCreated:Post", bucket: str = "media", **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "2.3",
        "eventSource": "aws:s3",
        "awsRegion": "eu-central-1",
        "eventTime": "2026-06-01T12:00:00.123Z",
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 3, "eTag": "e", "sequencer": "0A"} | more},
    }


def body(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": list(records)})


def test_a_new_object_is_told_with_its_key_and_time() -> None:
    [found] = arrivals(body(record("incoming/quarantine/1")), "media")

    assert (found.key, found.at) == ("quarantine/1", datetime(2026, 6, 1, 12, 0, 0, 123000, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "key"),
    [("incoming/a+b", "a b"), ("incoming/a%2Bb", "a+b"), ("incoming/%C3%A4", "ä"), ("incoming/a%2Fb", "a/b")],
)
def test_keys_are_written_as_in_a_form(written: str, key: str) -> None:
    assert [each.key for each in arrivals(body(record(written)), "media")] == [key]


def test_the_same_object_has_the_same_identity_and_another_version_another() -> None:
    first, again, other = arrivals(
        body(
            record("incoming/1"), record("incoming/1", name="ObjectCreated:Put"), record("incoming/1", sequencer="0B")
        ),
        "media",
    )

    assert first.identity == again.identity != other.identity


@pytest.mark.parametrize(
    "other",
    [
        record("incoming/1", name="ObjectRemoved:Delete"),
        record("incoming/1", bucket="theirs"),
        record("files/1/original.webp"),
        record("incoming"),
    ],
)
def test_other_news_are_passed_over(other: dict[str, Any]) -> None:
    assert arrivals(body(other), "media") == []


def test_the_test_event_of_a_new_configuration_says_nothing() -> None:
    assert arrivals(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "media"}), "media") == []


def test_a_message_in_the_envelope_of_sns_is_read() -> None:
    envelope = {"Type": "Notification", "Message": body(record("incoming/1"))}

    assert [each.key for each in arrivals(json.dumps(envelope), "media")] == ["1"]


@pytest.mark.parametrize("wrong", ["", "{}", "[]", "null", '{"Records": 1}', '{"Records": [{}]}', "[" * 10_000])
def test_what_s3_would_not_write_is_refused(wrong: str) -> None:
    with pytest.raises(ContractError, match="no notification"):
        arrivals(wrong, "media")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ContractError):
        assert isinstance(arrivals(text, "media"), list)
