"""The Kafka requests that the log understands, and in which versions.

Versions stop below the flexible ones where clients allow it: those need no tagged fields. Numbers and names:
https://kafka.apache.org/protocol#protocol_api_keys
"""

from enum import IntEnum


class Api(IntEnum):
    """Kafka's API keys."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    DELETE_RECORDS = 21
    INIT_PRODUCER_ID = 22
    OFFSET_FOR_LEADER_EPOCH = 23
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_CONFIGS = 32
    ALTER_CONFIGS = 33
    SASL_AUTHENTICATE = 36
    CREATE_PARTITIONS = 37
    DELETE_GROUPS = 42
    INCREMENTAL_ALTER_CONFIGS = 44
    OFFSET_DELETE = 47
    DESCRIBE_CLUSTER = 60


VERSIONS: dict[Api, tuple[int, int]] = {
    Api.PRODUCE: (3, 8),
    Api.FETCH: (4, 11),
    Api.LIST_OFFSETS: (1, 5),
    Api.METADATA: (0, 8),
    Api.OFFSET_COMMIT: (2, 7),
    Api.OFFSET_FETCH: (1, 5),
    Api.FIND_COORDINATOR: (0, 2),
    Api.JOIN_GROUP: (0, 5),
    Api.HEARTBEAT: (0, 3),
    Api.LEAVE_GROUP: (0, 3),
    Api.SYNC_GROUP: (0, 3),
    Api.DESCRIBE_GROUPS: (0, 4),
    Api.LIST_GROUPS: (0, 2),
    Api.SASL_HANDSHAKE: (0, 1),
    Api.API_VERSIONS: (0, 3),
    Api.CREATE_TOPICS: (2, 4),
    Api.DELETE_TOPICS: (1, 3),
    Api.DELETE_RECORDS: (0, 1),
    Api.INIT_PRODUCER_ID: (0, 4),
    Api.OFFSET_FOR_LEADER_EPOCH: (2, 3),
    Api.ADD_PARTITIONS_TO_TXN: (0, 2),
    Api.ADD_OFFSETS_TO_TXN: (0, 2),
    Api.END_TXN: (0, 2),
    Api.TXN_OFFSET_COMMIT: (0, 2),
    Api.DESCRIBE_CONFIGS: (1, 2),
    Api.ALTER_CONFIGS: (0, 1),
    Api.SASL_AUTHENTICATE: (0, 1),
    Api.CREATE_PARTITIONS: (0, 1),
    Api.DELETE_GROUPS: (0, 1),
    Api.INCREMENTAL_ALTER_CONFIGS: (0, 0),
    Api.OFFSET_DELETE: (0, 0),
    Api.DESCRIBE_CLUSTER: (0, 0),
}


def understood(key: int, version: int) -> bool:
    """Tell whether a request of this key and version can be read and answered."""
    bounds = VERSIONS.get(Api(key)) if key in Api._value2member_map_ else None
    return bounds is not None and bounds[0] <= version <= bounds[1]
