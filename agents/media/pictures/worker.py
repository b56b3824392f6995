"""The process that decodes one picture: bytes in on standard input, renditions out, then it ends.

Run as `python -m reptidex.agents.media.pictures.worker`. A decoder that is led astray by a crafted file can harm nothing
but this process, which has bounded memory and time, writes no file, and has no secrets in its environment.
What comes out was drawn anew from pixels: metadata (where a photo was taken) and whatever hid behind the picture are gone.
"""

import io
import resource
import sys

import msgspec
from PIL import Image, ImageCms, ImageOps

from reptidex.domain.uploads import MOST_PIXELS, TooManyPixelsError, check_pixels

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 20
FORMATS = ("JPEG", "PNG", "WEBP")
SIDES = (("original", 4096, 90), ("large", 1600, 85), ("thumbnail", 320, 80))
"""Renditions by name, longest side in pixels, and quality: the largest first, each is made of the one before."""


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
            ImageOps.exif_transpose(opened, in_place=True)
            picture = in_srgb(opened)
        return Renditions(made=tuple(_rendition(picture, *spec) for spec in SIDES))
    except TooManyPixelsError as problem:
        return Renditions(refused=str(problem))
    except MemoryError:
        return Renditions(refused="the picture takes more memory than is given to one")
    except Exception:  # noqa: BLE001 - decoders stumble over crafted files in every way that there is
        return Renditions(refused="the picture is damaged, or not what it says it is")


def in_srgb(picture: Image.Image) -> Image.Image:
    """Return a picture of 8 bits of RGB or RGBA in the colours that are meant without a profile, since none is kept."""
    profile = _profile(picture)
    if picture.mode.startswith(
        "I"
    ):  # 16 bits of grey, which `convert` would cut off at 255; a transparent shade stays a shade
        picture = picture.point(lambda value: value / 256).convert("L")
    elif picture.mode == "P" or "transparency" in picture.info:
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    alpha = picture.getchannel("A") if "A" in picture.getbands() else None
    colours = _converted(picture if alpha is None else picture.convert(picture.mode.rstrip("A")), profile)
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _profile(picture: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """Return the profile that says which colours are meant; None where it is sRGB, is missing, or makes no sense."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
        return None if "sRGB" in ImageCms.getProfileDescription(profile) else profile
    except (KeyError, OSError, TypeError, ImageCms.PyCMSError):
        return None


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> Image.Image:
    if profile is not None:
        try:
            made = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except ImageCms.PyCMSError:  # a profile of other colours than the picture's
            made = None
        if made is not None:
            return made
    return picture.convert("RGB")


def _rendition(picture: Image.Image, name: str, side: int, quality: int) -> Rendition:
    """Make the picture smaller, where it is larger, and write it."""
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=4)
    return Rendition(name=name, width=picture.width, height=picture.height, data=out.getvalue())


if __name__ == "__main__":
    limit()
    sys.stdout.buffer.write(msgspec.msgpack.encode(render(sys.stdin.buffer.read())))
