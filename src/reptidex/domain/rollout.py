"""Feature flags that reach a share of the vivariums, and always the same ones."""

import hashlib

BUCKETS = 10_000


def bucket(feature: str, subject: str) -> int:
    """Return the place of a subject among `BUCKETS`, different for each feature and stable for ever (SHA-256)."""
    digest = hashlib.sha256(f"{feature}\0{subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def reaches(
    feature: str, subject: str, *, enabled: bool, rollout: float, plans: tuple[str, ...] = (), plan: str = ""
) -> bool:
    """Tell whether a feature that is rolled out to a share from 0 to 1 reaches a subject.

    Raising the share keeps everybody who had it. Somebody who is nobody (`subject` empty) gets only what all get.
    """
    if not enabled or (plans and plan not in plans):
        return False
    if rollout >= 1:
        return True
    return bool(subject) and bucket(feature, subject) < rollout * BUCKETS
