"""Pictures of every kind come out as they are meant to look: depth, profile, transparency, orientation, first frame."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from reptidex.agents.media.pictures.process import renditions
from reptidex.agents.media.pictures.worker import render

WIDE = (256, 16)
MEANT = (216, 93, 24)
"""(200, 100, 50) of Display P3 with gamma 2.2 in sRGB, reckoned by their matrices (CSS Color 4, section 10)."""
RED, BLUE = (255, 0, 0), (0, 0, 255)


def written(picture: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def drawn(data: bytes) -> Image.Image:
    """Return the rendition that stands for the picture, as everybody is given it."""
    made = render(data)
    assert not made.refused, made.refused
    return Image.open(io.BytesIO(made.made[0].data))


def near(seen: Any, meant: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 4 for one, other in zip(seen, meant, strict=True))


def png(colour_type: int, row: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """Write a PNG of 16 bits a channel, as Pillow does not (RFC 2083)."""
    width, height = WIDE
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", head), *extra, (b"IDAT", zlib.compress((b"\0" + row) * height)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def display_p3() -> bytes:
    """Write a profile of the colours that telephones take photos in (ICC.1:2001, a matrix with a curve)."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 3) + b"P3\0" + b"\0" * 79

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    tags = {
        b"desc": text + b"\0" * (-len(text) % 4),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.51512, 0.24119, -0.00105),
        b"gXYZ": xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": xyz(0.15710, 0.06657, 0.78407),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    at = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">II", at + len(bodies), len(body))
        bodies += body
    size = struct.pack(">I", at + len(bodies))
    head = size + b"\0\0\0\0" + b"\x02\x10\0\0" + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp" + b"\0" * 28
    return head + struct.pack(">iii", 63190, 65536, 54061) + b"\0" * 48 + table + bodies


@pytest.mark.parametrize("extra", [(), ((b"tRNS", b"\x1a\x1a"),)])
def test_a_picture_of_sixteen_bits_of_grey_is_not_white(extra: Any) -> None:
    row = b"".join(struct.pack(">H", shade * 257) for shade in range(256))
    seen = drawn(png(0, row, *extra))

    for shade in (24, 128, 232):
        assert near(seen.getpixel((shade, 8)), (shade,) * 3)


def test_sixteen_bits_of_grey_with_transparency_keep_both() -> None:
    row = b"".join(struct.pack(">HH", shade * 257, 65_535 if shade < 128 else 0) for shade in range(256))
    seen = drawn(png(4, row))

    assert near(seen.getpixel((24, 8)), (24, 24, 24, 255))
    assert seen.getpixel((200, 8))[3] == 0  # type: ignore[index]


def test_a_photo_in_wide_colours_looks_the_same_without_its_profile() -> None:
    photo = Image.new("RGB", WIDE, (200, 100, 50))
    plain, wide = drawn(written(photo, "JPEG")), drawn(written(photo, "JPEG", icc_profile=display_p3()))
    see_through = photo.convert("RGBA")
    see_through.putalpha(128)
    kept = drawn(written(see_through, "PNG", icc_profile=display_p3()))

    assert near(plain.getpixel((99, 8)), (200, 100, 50))
    assert near(wide.getpixel((99, 8)), MEANT)
    assert near(kept.getpixel((99, 8)), (*MEANT, 128))


@pytest.mark.parametrize("profile", [b"nonsense", display_p3()[:200]])
def test_a_profile_that_makes_no_sense_spoils_no_picture(profile: bytes) -> None:
    for picture in (Image.new("RGB", WIDE, RED), Image.new("L", WIDE, 76)):
        assert drawn(written(picture, "JPEG", icc_profile=profile)).size == WIDE


def test_a_profile_of_other_colours_than_the_pictures_is_passed_over() -> None:
    assert near(drawn(written(Image.new("L", WIDE, 76), "JPEG", icc_profile=display_p3())).getpixel((9, 8)), (76,) * 3)


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "more", "meant"),
    [
        ("CMYK", (0, 255, 255, 0), "JPEG", {}, RED),
        ("1", 1, "PNG", {}, (255, 255, 255)),
        ("L", 77, "PNG", {"transparency": 77}, (77, 77, 77, 0)),
        ("P", 1, "PNG", {"transparency": 1}, (255, 0, 0, 0)),
        ("P", 1, "PNG", {"transparency": b"\xff\x80"}, (255, 0, 0, 128)),
        ("P", 1, "PNG", {}, RED),
    ],
)
def test_other_kinds_of_colours(
    mode: str, colour: Any, kind: str, more: dict[str, Any], meant: tuple[int, ...]
) -> None:
    picture = Image.new(mode, WIDE, colour)
    if mode == "P":
        picture.putpalette([0, 0, 0, *RED, *[0] * 750])

    assert near(drawn(written(picture, kind, **more)).getpixel((9, 8)), meant)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_of_a_picture_that_moves_the_first_frame_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", WIDE, colour) for colour in (RED, BLUE)]
    seen = drawn(written(frames[0], kind, save_all=True, append_images=frames[1:]))

    assert near(seen.getpixel((9, 8)), RED)
    assert not getattr(seen, "is_animated", False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (1, 1)), (6, (1, 0)), (8, (0, 1))])
def test_a_picture_is_turned_upright(kind: str, orientation: int, corner: tuple[int, int]) -> None:
    picture = Image.new("RGB", (64, 32), BLUE)
    picture.paste(RED, (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    seen = drawn(written(picture, kind, exif=exif.tobytes()))
    place = (corner[0] * (seen.width - 1), corner[1] * (seen.height - 1))

    assert near(seen.getpixel(place), RED)
    assert not seen.getexif()


def test_notes_of_the_camera_that_are_damaged_spoil_no_picture() -> None:
    photo = written(Image.new("RGB", WIDE, RED), "JPEG")
    notes = b"\xff\xe1" + struct.pack(">H", 20) + b"Exif\0\0garbage-12xx"

    assert drawn(photo[:2] + notes + photo[2:]).size == WIDE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_was_cut_off_is_refused(kind: str) -> None:
    whole = written(Image.effect_noise((256, 256), 90).convert("RGB"), kind)

    assert "damaged" in render(whole[: len(whole) * 9 // 10]).refused


def test_a_text_that_unfolds_to_hundreds_of_megabytes_is_refused() -> None:
    row = struct.pack(">H", 257) * WIDE[0]
    bomb = (b"zTXt", b"k\0\0" + zlib.compress(b"a" * 100_000_000))

    assert "damaged" in render(png(0, row, bomb)).refused


async def test_the_largest_picture_in_wide_colours_fits_into_its_process() -> None:
    photo = written(Image.new("RGB", (8000, 5000), (200, 100, 50)), "JPEG", icc_profile=display_p3())
    made = (await renditions(photo)).made

    assert (made[0].width, made[0].height) == (4096, 2560)
