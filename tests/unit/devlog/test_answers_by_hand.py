"""The answers that are encoded by hand say what Kafka's own schemas read in them."""

import struct
from typing import Any

import pytest
from kio.index import load_response_schema
from kio.schema.errors import ErrorCode
from kio.serial import entity_reader

from reptidex.devlog.protocol.apis import VERSIONS, Api
from reptidex.devlog.protocol.fetch import encode_fetch, encode_partition
from reptidex.devlog.protocol.metadata import encode_metadata, encode_topic
from reptidex.devlog.protocol.offsets import encode_offset_commit, encode_offset_fetch
from reptidex.devlog.protocol.produce import ProduceResult, encode_produce

CORRELATION = 77


def versions(api: Api) -> list[int]:
    """Return all understood versions."""
    low, high = VERSIONS[api]
    return list(range(low, high + 1))


def read(api: Api, version: int, data: bytes) -> Any:
    """Return the answer as its schema reads it; every byte must be used."""
    assert struct.unpack_from(">i", data) == (CORRELATION,)
    answer, size = entity_reader(load_response_schema(api, version))(data, 4)
    assert size == len(data) - 4
    return answer


@pytest.mark.parametrize("version", versions(Api.PRODUCE))
def test_produce(version: int) -> None:
    results = [ProduceResult(3, ErrorCode.none, 12, -1, 5), ProduceResult(4, ErrorCode.corrupt_message)]
    answer = read(Api.PRODUCE, version, encode_produce(version, CORRELATION, [("eggs", results)]))
    parts = answer.responses[0].partition_responses

    assert answer.responses[0].name == "eggs"
    assert [(p.index, p.error_code, p.base_offset) for p in parts] == [
        (3, ErrorCode.none, 12),
        (4, ErrorCode.corrupt_message, -1),
    ]


@pytest.mark.parametrize("version", versions(Api.FETCH))
def test_fetch(version: int) -> None:
    full = encode_partition(version, 2, ErrorCode.none, 9, 8, 1, b"records", [(1000, 4)])
    empty = encode_partition(version, 3, ErrorCode.none, 9, 8, 1)
    answer = read(Api.FETCH, version, encode_fetch(version, CORRELATION, [("eggs", [full, empty])]))
    first, second = answer.responses[0].partitions

    assert (first.partition_index, first.high_watermark, first.last_stable_offset) == (2, 9, 8)
    assert bytes(first.records) == b"records"
    assert [(t.producer_id, t.first_offset) for t in first.aborted_transactions] == [(1000, 4)]
    assert (second.aborted_transactions, second.partition_index) == (None, 3)


@pytest.mark.parametrize("version", versions(Api.METADATA))
def test_metadata(version: int) -> None:
    topics = [
        encode_topic(version, ErrorCode.none, "eggs", 2),
        encode_topic(version, ErrorCode.unknown_topic_or_partition, "none", 0),
    ]
    answer = read(Api.METADATA, version, encode_metadata(version, CORRELATION, "localhost", 9092, "cluster", topics))

    assert [(b.host, b.port) for b in answer.brokers] == [("localhost", 9092)]
    assert [(t.name, t.error_code, len(t.partitions)) for t in answer.topics] == [
        ("eggs", ErrorCode.none, 2),
        ("none", ErrorCode.unknown_topic_or_partition, 0),
    ]
    assert {p.leader_id for p in answer.topics[0].partitions} == {1}


@pytest.mark.parametrize("version", versions(Api.OFFSET_FETCH))
def test_offset_fetch(version: int) -> None:
    data = encode_offset_fetch(version, CORRELATION, [("eggs", [(0, 5, "note"), (1, -1, "")])], ErrorCode.none)
    rows = read(Api.OFFSET_FETCH, version, data).topics[0].partitions

    assert [(row.partition_index, row.committed_offset, row.metadata) for row in rows] == [(0, 5, "note"), (1, -1, "")]


@pytest.mark.parametrize("version", versions(Api.OFFSET_COMMIT))
def test_offset_commit(version: int) -> None:
    data = encode_offset_commit(
        version, CORRELATION, [("eggs", [(0, ErrorCode.none), (1, ErrorCode.illegal_generation)])]
    )
    rows = read(Api.OFFSET_COMMIT, version, data).topics[0].partitions

    assert [row.error_code for row in rows] == [ErrorCode.none, ErrorCode.illegal_generation]
