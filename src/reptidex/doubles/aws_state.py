"""What moto holds in memory, kept in a folder: keys of KMS and objects of the bucket outlive a restart.

Without it everything that the platform sealed with KMS would be lost with each restart of the doubles. moto has no API for
this, so its own objects are read and written; only what the platform uses is kept (P-256 and symmetric keys, one bucket).
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ACCOUNT = "123456789012"
"""The account that moto gives to credentials which it did not issue."""


class KeptKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of KMS with the names that lead to it."""

    id: str
    usage: str
    spec: str
    material: bytes
    private: str
    aliases: list[str]


class KeptObject(msgspec.Struct, frozen=True, kw_only=True):
    """The description of an object beside its bytes."""

    key: str
    content_type: str
    metadata: dict[str, str]
    etag: str


class AwsState:
    """Saves what changed, and puts everything back at the start."""

    def __init__(self, folder: Path, region: str, bucket: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._keys_file, self._objects = folder / "kms.json", folder / "s3"
        self._objects.mkdir(exist_ok=True, mode=0o700)
        self._region, self._bucket = region, bucket
        self._saved_keys = b""
        self._saved: dict[str, str] = {}

    def restore_keys(self) -> None:
        """Make the kept keys anew, under their old ids."""
        if not self._keys_file.exists():
            return
        self._saved_keys = self._keys_file.read_bytes()
        backend = self._kms()
        for kept in msgspec.json.decode(self._saved_keys, type=list[KeptKey]):
            key = backend.create_key(None, kept.usage, kept.spec, "", None)
            del backend.keys[key.id]
            key.arn = key.arn.replace(key.id, kept.id)
            key.id, key.key_material = kept.id, kept.material
            if kept.private:
                key.private_key.private_key = load_pem_private_key(kept.private.encode(), password=None)
            backend.keys[key.id] = key
            for alias in kept.aliases:
                backend.create_alias(key.id, alias)

    def restore_objects(self, s3: Any) -> None:
        """Put the kept objects back through S3's own interface."""
        for description in sorted(self._objects.glob("*.json")):
            kept = msgspec.json.decode(description.read_bytes(), type=KeptObject)
            data = description.with_suffix(".data").read_bytes()
            s3.put_object(
                Bucket=self._bucket, Key=kept.key, Body=data, ContentType=kept.content_type, Metadata=kept.metadata
            )
            self._saved[kept.key] = kept.etag

    def save(self) -> None:
        """Write what is new or different since the last time, and forget what is gone."""
        keys = msgspec.json.encode([_kept(key) for key in list(self._kms().keys.values())])
        if keys != self._saved_keys:
            _write(self._keys_file, keys)
            self._saved_keys = keys
        present = dict(self._bucket_keys())
        for name in [name for name in self._saved if name not in present]:
            for suffix in (".json", ".data"):
                self._place(name, suffix).unlink(missing_ok=True)
            del self._saved[name]
        for name, thing in present.items():
            if self._saved.get(name) != thing.etag:
                kept = KeptObject(
                    key=name,
                    content_type=str(thing.metadata.get("Content-Type", "binary/octet-stream")),
                    metadata={
                        key.removeprefix("x-amz-meta-"): value
                        for key, value in thing.metadata.items()
                        if key.startswith("x-amz-meta-")
                    },
                    etag=thing.etag,
                )
                _write(self._place(name, ".data"), thing.value)
                _write(self._place(name, ".json"), msgspec.json.encode(kept))
                self._saved[name] = thing.etag

    def _place(self, name: str, suffix: str) -> Path:
        return self._objects / (hashlib.sha256(name.encode()).hexdigest() + suffix)

    def _kms(self) -> Any:
        from moto.kms.models import kms_backends

        return kms_backends[ACCOUNT][self._region]

    def _bucket_keys(self) -> list[tuple[str, Any]]:
        from moto.s3.models import s3_backends

        bucket = s3_backends[ACCOUNT]["aws"].buckets.get(self._bucket)
        return [] if bucket is None else list(bucket.keys.items())


def _kept(key: Any) -> KeptKey:
    private = ""
    if key.key_spec != "SYMMETRIC_DEFAULT":
        pem = key.private_key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        private = pem.decode()
    return KeptKey(
        id=key.id,
        usage=key.key_usage,
        spec=key.key_spec,
        material=key.key_material,
        private=private,
        aliases=sorted(key.aliases),
    )


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(path.suffix + ".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
