"""A seller's terms: what an order keeps of them for ever, since disputes are judged by the terms at the time of the sale."""

import hashlib
import json


def terms_digest(*, refund_days: int, live_arrival: bool, health_guarantee_days: int, text: str) -> str:
    """Return the SHA-256 of terms in lower-case hex, over their canonical JSON (sorted keys, no spaces, UTF-8)."""
    terms = {
        "health_guarantee_days": health_guarantee_days,
        "live_arrival": live_arrival,
        "refund_days": refund_days,
        "text": text,
    }
    canonical = json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
