"""Breeders' own ids of their animals: a prefix of the vivarium and a running number, as in KIWI-0001."""

import re
import unicodedata

FALLBACK = "RX"
LONGEST = 32
SHAPE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")


def prefix_of(name: str) -> str:
    """Derive a prefix of two to five letters from a vivarium's or a person's name; `RX` where it has none in Latin script."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z]+", plain)
    first = words[0] if words else ""
    if len(first) < 2:
        first = "".join(words)
    return first[:5] if len(first) >= 2 else FALLBACK


def is_code(text: str) -> bool:
    """Say whether a text that a breeder chose can be a code: capitals, digits and dashes, at most 32."""
    return SHAPE.fullmatch(text) is not None
