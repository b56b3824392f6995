"""The snapshot on disk: two copies, each replaced atomically, so that damage to one loses nothing."""

import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
from crc32c import crc32c

from reptidex.devlog.errors import StartRefused
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.state import Snapshot

_NAMES = ("snapshot.a", "snapshot.b")
_CRC = struct.Struct(">I")
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Snapshot)


def write_snapshot(directory: Path, disk: Disk, snapshot: Snapshot) -> None:
    """Make both copies durable, one after the other."""
    body = _encoder.encode(snapshot)
    data = _CRC.pack(crc32c(body)) + body
    for name in _NAMES:
        disk.replace(directory / name, data)


def read_snapshot(directory: Path, report: Callable[[str], None]) -> Snapshot | None:
    """Return the newest intact copy, or None in a new directory.

    Raises StartRefused when there are copies and none is intact: serving without it could lose acknowledged records.
    """
    intact: list[Snapshot] = []
    present = [path for path in (directory / name for name in _NAMES) if path.exists()]
    for path in present:
        data = path.read_bytes()
        try:
            if len(data) < _CRC.size or _CRC.unpack_from(data)[0] != crc32c(data[_CRC.size :]):
                raise ValueError("checksum mismatch")
            intact.append(_decoder.decode(data[_CRC.size :]))
        except (ValueError, msgspec.DecodeError) as error:
            report(f"DAMAGED {path.name}: {error}; using the other copy")
    if present and not intact:
        raise StartRefused(f"both snapshots in {directory} are damaged; restore them or start with an empty directory")
    return max(intact, key=lambda snapshot: snapshot.next_frame, default=None)
