"""The form of a seal, shared by every vault: version, length and bytes of the wrapped key, nonce, ciphertext."""

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reptidex.connectors.keys.port import SealError

VERSION = 1
_HEAD = struct.Struct(">BH")
NONCE = 12


def close(data: bytes, *, key: bytes, wrapped: bytes, context: str) -> bytes:
    """Seal data; the head (with the wrapped key) and the context are authenticated too."""
    head = _HEAD.pack(VERSION, len(wrapped)) + wrapped
    nonce = os.urandom(NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, data, head + context.encode())


def wrapped_key(sealed: bytes) -> bytes:
    """Return the wrapped key inside a seal, empty where it is kept elsewhere. Raises `SealError`."""
    if len(sealed) < _HEAD.size:
        raise SealError("the seal is cut short")
    version, length = _HEAD.unpack_from(sealed)
    if version != VERSION:
        raise SealError(f"seals of version {version} are unknown")
    if len(sealed) < _HEAD.size + length + NONCE + 16:
        raise SealError("the seal is cut short")
    return sealed[_HEAD.size : _HEAD.size + length]


def open_(sealed: bytes, *, key: bytes, context: str) -> bytes:
    """Open a seal with its data key. Raises `SealError`."""
    start = _HEAD.size + len(wrapped_key(sealed))
    head, nonce, rest = sealed[:start], sealed[start : start + NONCE], sealed[start + NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, rest, head + context.encode())
    except InvalidTag as problem:
        raise SealError("the seal is broken, or it was made for another context") from problem
