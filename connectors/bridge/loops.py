"""The locks against loops: an event never comes back to where it has been.

Four of them, since each can be lost on the way: the origin (set once, by the first bridge), the hops, the destination,
and the event's own id, by which the inbox drops what it has seen. Subscription filters do the first one's work in AWS, but
take up to 15 minutes to apply (Amazon SNS Developer Guide, "Subscription filter policy constraints"), so code checks too.
"""

from collections.abc import Set as AbstractSet
from typing import Literal

from reptidex.connectors.bridge.heads import Head, with_hops, with_members

MOST_HOPS = 4

Lock = Literal["origin", "hops", "destination", "inbox"]


def outbound_lock(head: Head, peers: AbstractSet[str]) -> Lock | None:
    """Return the lock that keeps an event from going out; `peers` are the origins that own what we publish to."""
    if head.rxorigin is not None and head.rxorigin in peers:
        return "destination"
    if (head.rxhops or 0) >= MOST_HOPS:
        return "hops"
    return None


def inbound_lock(head: Head, own: str) -> Lock | None:
    """Return the lock that keeps an event from coming in."""
    if head.rxorigin == own:
        return "origin"
    if (head.rxhops or 0) > MOST_HOPS:
        return "hops"
    return None


def sent_on(raw: bytes, head: Head, own: str) -> tuple[bytes, str, int]:
    """Return an event as it goes out, its origin and its hops.

    One of ours gets both put in; one that came in by a bridge keeps its origin and counts one hop more.
    """
    hops, missing = (head.rxhops or 0) + 1, dict[str, object]()
    if head.rxorigin is None:
        missing["rxorigin"] = own
    if head.rxhops is None:
        missing["rxhops"] = hops
    else:
        raw = with_hops(raw, hops)
    return with_members(raw, missing) if missing else raw, head.rxorigin or own, hops
