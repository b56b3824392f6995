"""The questions, one module per subject; importing this package registers them all, in this order."""

from reptidex.probe.questions import (
    cleanup,
    fetching,
    groups,
    idempotence,
    protocol,
    round_trip,
    scale,
    topics,
    transactions,
)

SUBJECTS = (protocol, topics, round_trip, fetching, groups, idempotence, transactions, cleanup, scale)
