"""What does the broker claim to understand?"""

from reptidex.probe.registry import Target, probe
from reptidex.probe.transport import api_versions

KNOWN = {
    0: "Produce", 1: "Fetch", 2: "ListOffsets", 3: "Metadata", 8: "OffsetCommit", 9: "OffsetFetch",
    10: "FindCoordinator", 11: "JoinGroup", 12: "Heartbeat", 13: "LeaveGroup", 14: "SyncGroup", 15: "DescribeGroups",
    16: "ListGroups", 17: "SaslHandshake", 18: "ApiVersions", 19: "CreateTopics", 20: "DeleteTopics",
    21: "DeleteRecords", 22: "InitProducerId", 23: "OffsetForLeaderEpoch", 24: "AddPartitionsToTxn",
    25: "AddOffsetsToTxn", 26: "EndTxn", 28: "TxnOffsetCommit", 29: "DescribeAcls", 30: "CreateAcls",
    31: "DeleteAcls", 32: "DescribeConfigs", 33: "AlterConfigs", 35: "DescribeLogDirs", 36: "SaslAuthenticate",
    37: "CreatePartitions", 42: "DeleteGroups", 44: "IncrementalAlterConfigs", 47: "OffsetDelete",
    60: "DescribeCluster", 61: "DescribeProducers", 65: "DescribeTransactions", 66: "ListTransactions",
    68: "ConsumerGroupHeartbeat", 75: "DescribeTopicPartitions",
}  # fmt: skip


@probe("api_versions")
async def understood_requests(target: Target) -> str:
    """List what is missing; missing ones fail only where another probe needs them."""
    versions = await api_versions(target.bootstrap)
    missing = [name for key, name in KNOWN.items() if key not in versions]
    return f"{len(versions)} requests; missing: {', '.join(missing) or 'none'}; Fetch {versions.get(1)}"
