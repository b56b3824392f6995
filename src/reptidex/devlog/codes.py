"""Kafka's error codes, from `kio`; every other module takes them from here."""

import sys

# kio offers its types to hypothesis wherever that is installed, that is in development: importing hypothesis takes
# 0.9 s, at each start of the log. While kio is imported, hypothesis is therefore not there.
_hidden = "hypothesis" not in sys.modules
if _hidden:
    sys.modules["hypothesis"] = None  # type: ignore[assignment]
try:
    from kio.schema.errors import ErrorCode
finally:
    if _hidden:
        del sys.modules["hypothesis"]

__all__ = ["ErrorCode"]
