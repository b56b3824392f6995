"""Whether bytes are what they were announced as."""

from reptidex.connectors.files.port import Rules, UploadRefusedError, digest_of

SIGNATURES: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/gif": ((0, b"GIF8"),),
    "image/webp": ((0, b"RIFF"), (8, b"WEBP")),
    "application/pdf": ((0, b"%PDF-"),),
    "video/mp4": ((4, b"ftyp"),),
}
"""How files of a type begin (https://mimesniff.spec.whatwg.org/ section 6): each must be at its offset."""


def check(data: bytes, content_type: str, rules: Rules) -> None:
    """Check size, announced type, the type that the bytes show, and hash.

    Raises `UploadRefusedError` whose `rule` is `size`, `type` or `digest`.
    """
    check_size(len(data), rules)
    if content_type != rules.content_type:
        raise UploadRefusedError("type", f"{rules.content_type} was announced, {content_type or 'nothing'} was sent")
    signature = SIGNATURES.get(content_type, ())
    if not all(data[offset : offset + len(mark)] == mark for offset, mark in signature):
        raise UploadRefusedError("type", f"the bytes are not {content_type}")
    if rules.digest and digest_of(data) != rules.digest:
        raise UploadRefusedError("digest", "the bytes have another SHA-256 than was announced")


def check_size(size: int, rules: Rules) -> None:
    """Check a size before the bytes are read. Raises `UploadRefusedError`."""
    if not 0 < size <= rules.most_bytes:
        raise UploadRefusedError("size", f"{size} bytes were sent, 1 to {rules.most_bytes} are taken")
