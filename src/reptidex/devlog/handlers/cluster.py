"""Who the broker is and what topics it has: ApiVersions, Metadata, DescribeCluster, FindCoordinator."""

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.handlers.topics import create_topic
from reptidex.devlog.protocol.apis import VERSIONS
from reptidex.devlog.protocol.metadata import NODE, encode_metadata, encode_topic
from reptidex.devlog.protocol.reader import Reader
from reptidex.devlog.protocol.schema import Answer


def api_versions(broker: Broker, request: Request) -> bytes:
    """List the understood requests; one of an unknown version is told so in version 0 (KIP-511)."""
    low, high = VERSIONS[request.api]
    keys = [{"api_key": int(api), "min_version": first, "max_version": last} for api, (first, last) in VERSIONS.items()]
    if not low <= request.version <= high:
        request.version = 0
        return request.encode({"error_code": ErrorCode.unsupported_version, "api_keys": keys})
    return request.encode({"error_code": ErrorCode.none, "api_keys": keys})


async def metadata(broker: Broker, request: Request) -> bytes:
    """Describe the asked (or all) topics, creating absent ones when both sides allow it."""
    reader = Reader(request.data, request.position)
    count = reader.int32()
    names = [reader.string() for _ in range(min(count, len(request.data)))]
    everything = count < 0 or (request.version == 0 and count == 0)
    may_create = broker.options.auto_create and (request.version < 4 or reader.int8() != 0)
    parts = [] if not everything else [_known(broker, request.version, name) for name in broker.store.state.topics]
    for name in names:
        if may_create and name not in broker.store.state.topics:
            parts.append(await _created(broker, request.version, name))
        else:
            parts.append(_known(broker, request.version, name))
    return encode_metadata(
        request.version, request.correlation, broker.host, broker.port, broker.store.state.cluster_id, parts
    )


def describe_cluster(broker: Broker, request: Request) -> Answer:
    """Name the one node there is."""
    node = {"broker_id": NODE, "host": broker.host, "port": broker.port}
    return {"cluster_id": broker.store.state.cluster_id, "controller_id": NODE, "brokers": [node]}


def find_coordinator(broker: Broker, request: Request) -> Answer:
    """Name this node as the coordinator of every group and transaction."""
    return {"node_id": NODE, "host": broker.host, "port": broker.port}


def _known(broker: Broker, version: int, name: str) -> bytes:
    topic = broker.store.state.topics.get(name)
    if topic is None:
        return encode_topic(version, ErrorCode.unknown_topic_or_partition, name, 0)
    answer = topic.metadata_answer.get(version)
    if answer is None:
        answer = topic.metadata_answer[version] = encode_topic(version, ErrorCode.none, name, len(topic.partitions))
    return answer


async def _created(broker: Broker, version: int, name: str) -> bytes:
    try:
        await create_topic(broker, name, broker.options.default_partitions, {})
    except Refused as refused:
        if refused.code is not ErrorCode.topic_already_exists:
            return encode_topic(version, refused.code, name, 0)
    except StorageFailed:
        return encode_topic(version, ErrorCode.leader_not_available, name, 0)
    return _known(broker, version, name)
