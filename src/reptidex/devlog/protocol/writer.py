"""Write the primitive types of the Kafka protocol, for the answers that are encoded by hand."""

import struct

INT16 = struct.Struct(">h")
INT32 = struct.Struct(">i")
INT64 = struct.Struct(">q")


def string(value: str) -> bytes:
    """Return STRING."""
    data = value.encode()
    return INT16.pack(len(data)) + data


def nullable_string(value: str | None) -> bytes:
    """Return NULLABLE_STRING."""
    return b"\xff\xff" if value is None else string(value)
