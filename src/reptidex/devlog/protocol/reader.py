"""Read the primitive types of the Kafka protocol from a request, for the requests that are decoded by hand."""

import struct

from reptidex.devlog.errors import MalformedRequest

_I8 = struct.Struct(">b")
_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")
_I64 = struct.Struct(">q")


class Reader:
    """A position in a request; every method reads one value and moves on, or raises MalformedRequest."""

    __slots__ = ("_data", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self.position = position

    def int8(self) -> int:
        """Read INT8."""
        return self._number(_I8)

    def int16(self) -> int:
        """Read INT16."""
        return self._number(_I16)

    def int32(self) -> int:
        """Read INT32."""
        return self._number(_I32)

    def int64(self) -> int:
        """Read INT64."""
        return self._number(_I64)

    def count(self) -> int:
        """Read the length of an array; null counts as empty."""
        count = self.int32()
        if count > len(self._data) - self.position:
            raise MalformedRequest(f"array of {count} elements in {len(self._data) - self.position} bytes")
        return max(count, 0)

    def string(self) -> str:
        """Read STRING."""
        value = self.nullable_string()
        if value is None:
            raise MalformedRequest("null string")
        return value

    def nullable_string(self) -> str | None:
        """Read NULLABLE_STRING."""
        length = self.int16()
        return None if length < 0 else _text(self._take(length))

    def compact_nullable_string(self) -> str | None:
        """Read COMPACT_NULLABLE_STRING."""
        length = self.varint()
        return None if length == 0 else _text(self._take(length - 1))

    def nullable_bytes(self) -> memoryview | None:
        """Read NULLABLE_BYTES (records), without copying them."""
        length = self.int32()
        if length < 0:
            return None
        start = self.position
        self._skip(length)
        return memoryview(self._data)[start : start + length]

    def varint(self) -> int:
        """Read UNSIGNED_VARINT."""
        value = shift = 0
        while True:
            byte = self.int8() & 0xFF
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 28:
                raise MalformedRequest("varint of more than 5 bytes")

    def tags(self) -> None:
        """Skip tagged fields, known or not (KIP-482)."""
        for _ in range(self.varint()):
            self.varint()
            self._skip(self.varint())

    def _number(self, form: struct.Struct) -> int:
        try:
            value: int = form.unpack_from(self._data, self.position)[0]
        except struct.error as error:
            raise MalformedRequest(f"request ends at byte {len(self._data)}") from error
        self.position += form.size
        return value

    def _take(self, length: int) -> bytes:
        start = self.position
        self._skip(length)
        return self._data[start : start + length]

    def _skip(self, length: int) -> None:
        if length < 0 or length > len(self._data) - self.position:
            raise MalformedRequest(f"{length} bytes wanted of {len(self._data) - self.position}")
        self.position += length


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedRequest("text that is not UTF-8") from error
