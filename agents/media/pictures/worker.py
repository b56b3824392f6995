"""The process that decodes one picture: bytes in on standard input, renditions out, then it ends.

Run as `python -m reptidex.agents.media.pictures.worker`. A decoder that is led astray by a crafted file can harm nothing
but this process, which has bounded memory and time, writes no file, and has no secrets in its environment.
What comes out was drawn anew from pixels: metadata (where a photo was taken) and whatever hid behind the picture are gone.
"""

import io
import resource
import sys

import msgspec
from PIL import Image, ImageOps

from reptidex.domain.uploads import MOST_PIXELS, TooManyPixelsError, check_pixels

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 20
FORMATS = ("JPEG", "PNG", "WEBP")
SIDES = (("original", 4096, 90), ("large", 1600, 85), ("thumbnail", 320, 80))
"""Renditions by name, longest side in pixels, and quality."""


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """One picture that was made."""

    name: str
    width: int
    height: int
    data: bytes


class Renditions(msgspec.Struct, frozen=True, kw_only=True):
    """What the process says: renditions, or why there are none."""

    made: tuple[Rendition, ...] = ()
    refused: str = ""


def limit() -> None:
    """Bound this process's memory and time, and forbid it to write files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def render(data: bytes) -> Renditions:
    """Decode a picture and draw its renditions."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            check_pixels(*opened.size)
            upright = ImageOps.exif_transpose(opened)
            picture = upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
        return Renditions(made=tuple(_rendition(picture, *spec) for spec in SIDES))
    except TooManyPixelsError as problem:
        return Renditions(refused=str(problem))
    except MemoryError:
        return Renditions(refused="the picture takes more memory than is given to one")
    except Exception:  # noqa: BLE001 - decoders stumble over crafted files in every way that there is
        return Renditions(refused="the picture is damaged, or not what it says it is")


def _rendition(picture: Image.Image, name: str, side: int, quality: int) -> Rendition:
    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=quality, method=4)
    return Rendition(name=name, width=small.width, height=small.height, data=out.getvalue())


if __name__ == "__main__":
    limit()
    sys.stdout.buffer.write(msgspec.msgpack.encode(render(sys.stdin.buffer.read())))
