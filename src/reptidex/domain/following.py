"""What can be followed, and how it is compared. Pure."""

import unicodedata


def target_key(kind: str, target_id: str) -> str:
    """Return how a target is compared: a morph's name without regard to case and blanks, anything else's id in lower case."""
    if kind != "morph":
        return target_id.lower()
    return " ".join(unicodedata.normalize("NFKC", target_id).casefold().split())
