"""Answer a request with an error code without carrying it out."""

from typing import Any

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.handlers.context import Request
from reptidex.devlog.protocol.apis import Api
from reptidex.devlog.protocol.fetch import decode_fetch, encode_fetch, encode_partition
from reptidex.devlog.protocol.metadata import encode_metadata, encode_topic
from reptidex.devlog.protocol.offsets import encode_offset_commit, encode_offset_fetch
from reptidex.devlog.protocol.produce import ProduceResult, decode_produce, encode_produce
from reptidex.devlog.protocol.reader import Reader


def refuse(request: Request, code: ErrorCode) -> bytes | None:
    """Return the answer that says `code` for everything the request asked for."""
    match request.api:
        case Api.PRODUCE:
            wanted = decode_produce(request.data, request.position)
            results = [(name, [ProduceResult(index, code) for index, _ in parts]) for name, parts in wanted.topics]
            return encode_produce(request.version, request.correlation, results) if wanted.acks else None
        case Api.FETCH:
            topics = [
                (name, [encode_partition(request.version, index, code) for index, _, _ in rows])
                for name, rows in decode_fetch(request.version, request.data, request.position).topics
            ]
            return encode_fetch(request.version, request.correlation, topics)
        case Api.METADATA:
            reader = Reader(request.data, request.position)
            names = [reader.string() for _ in range(reader.count())]
            parts = [encode_topic(request.version, code, name, 0) for name in names]
            return encode_metadata(request.version, request.correlation, "", 0, "", parts)
        case Api.OFFSET_COMMIT:
            commits = [
                (topic.name, [(row.partition_index, code) for row in topic.partitions])
                for topic in request.decode().topics
            ]
            return encode_offset_commit(request.version, request.correlation, commits)
        case Api.OFFSET_FETCH:
            reader = Reader(request.data, request.position)
            reader.string()
            asked = [
                (reader.string(), [(reader.int32(), -1, "") for _ in range(reader.count())])
                for _ in range(reader.count())
            ]
            return encode_offset_fetch(request.version, request.correlation, asked, code)
        case _:
            return request.encode(_by_schema(request, code))


def _by_schema(request: Request, code: ErrorCode) -> dict[str, Any]:
    answer: dict[str, Any] = {"error_code": code}
    if request.api is Api.LIST_OFFSETS or request.api is Api.TXN_OFFSET_COMMIT:
        answer["topics"] = [
            {"name": t.name, "partitions": [_part(row.partition_index, code) for row in t.partitions]}
            for t in request.decode().topics
        ]
    elif request.api is Api.CREATE_TOPICS:
        answer["topics"] = [{"name": topic.name, "error_code": code} for topic in request.decode().topics]
    elif request.api is Api.DELETE_TOPICS:
        answer["responses"] = [{"name": name, "error_code": code} for name in request.decode().topic_names]
    elif request.api is Api.ADD_PARTITIONS_TO_TXN:
        answer["results_by_topic_v3_and_below"] = [
            {
                "name": topic.name,
                "results_by_partition": [
                    {"partition_index": index, "partition_error_code": code} for index in topic.partitions
                ],
            }
            for topic in request.decode().v3_and_below_topics
        ]
    return answer


def _part(index: int, code: ErrorCode) -> dict[str, Any]:
    return {"partition_index": index, "error_code": code, "timestamp": -1, "offset": -1}
