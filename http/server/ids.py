"""Identifiers that the web side gives out."""

import hashlib
import os
import time

POOL = 4096
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def uuid7(milliseconds: int, entropy: str) -> str:
    """Write a UUIDv7 (RFC 9562, section 5.7) from Unix milliseconds and at least 19 random hex digits."""
    moment = f"{milliseconds & 0xFFFFFFFFFFFF:012x}"
    return f"{moment[:8]}-{moment[8:]}-7{entropy[:3]}-{_VARIANT[entropy[18]]}{entropy[3:6]}-{entropy[6:18]}"


def derived_id(*parts: str) -> str:
    """Return the UUIDv8 of some texts: the same for the same texts (RFC 9562, appendix B.2, SHA-256)."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"


class Ids:
    """Fresh ids, from random bytes that are asked for many at a time."""

    def __init__(self) -> None:
        self._pool, self._place = "", 0

    def _digits(self, count: int) -> str:
        """Return random hex digits, each of them once."""
        place = self._place
        end = self._place = place + count
        if end > len(self._pool):
            self._pool = os.urandom(POOL).hex()
            place, self._place = 0, count
            end = count
        return self._pool[place:end]

    def fresh(self) -> str:
        """Return a new UUIDv7."""
        return uuid7(int(time.time() * 1000), self._digits(19))

    def span(self) -> str:
        """Return a new span id of W3C Trace Context: 16 hex digits, not all zero."""
        return self._digits(15) + "1"

    def traceparent(self) -> str:
        """Return the head of a new trace, sampled (W3C Trace Context, section 3.2)."""
        digits = self._digits(46)
        return f"00-{digits[:31]}1-{digits[31:]}1-01"
