"""Pictures made anew: upright, in sRGB, in two sizes, and nothing of what was beside the pixels."""

import io
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from ivorycart.pictures import darkroom
from ivorycart.pictures.darkroom import Fault, Unusable, develop
from tests.picture_files import BLUE, GREEN, RED, alike, claiming, file, opened, pixel, plain, png

DOUBLE = Fault.MORE_THAN_A_PICTURE
SECRET = b"the house of the photographer"


@pytest.mark.parametrize(
    ("size", "large", "small"),
    [
        ((3200, 1600), (1600, 800), (400, 200)),
        ((800, 2400), (533, 1600), (133, 400)),
        ((1600, 1600), (1600, 1600), (400, 400)),
        ((600, 300), (600, 300), (400, 200)),
        ((300, 200), (300, 200), (300, 200)),
        ((1, 1), (1, 1), (1, 1)),
        ((8000, 1), (1600, 1), (400, 1)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_becomes_smaller_and_never_larger(
    kind: str, size: tuple[int, int], large: tuple[int, int], small: tuple[int, int]
) -> None:
    """At most 1,600 and 400 pixels on the longer side, the proportions kept."""
    made = [opened(each) for each in develop(file(plain(size=size), kind))]
    assert [each.size for each in made] == [large, small]
    assert {each.format for each in made} == {"WEBP"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_every_kind_is_taken(kind: str) -> None:
    """And its colour stays."""
    for each in develop(file(plain(), kind)):
        assert alike(pixel(each, 30, 20), RED)


def _corners(width: int = 80, height: int = 40) -> Image.Image:
    """Return a picture that is red at the upper left, green at the upper right, blue below."""
    picture = plain(size=(width, height), colour=BLUE)
    picture.paste(RED, (0, 0, width // 2, height // 2))
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    return picture


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_was_held(orientation: int) -> None:
    """Stored turned in each of the eight ways, it comes out upright, and says nothing of turning any more."""
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Transpose that undoes the turn
    stored = _corners() if back is None else _corners().transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[darkroom.ORIENTATION] = orientation
    for each in develop(file(stored, "JPEG", exif=exif, quality=95, subsampling=0)):
        made = opened(each)
        assert made.size == (80, 40)
        assert alike(pixel(each, 10, 8), RED)
        assert alike(pixel(each, 70, 8), GREEN)
        assert alike(pixel(each, 10, 32), BLUE)
        assert not made.getexif()


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_a_broken_exif_is_no_matter(exif: bytes) -> None:
    """The pixels are what counts."""
    assert alike(pixel(develop(file(plain(), "JPEG", exif=exif))[0], 5, 5), RED)


def test_no_metadata_are_left() -> None:
    """Neither EXIF with a place, nor XMP, nor comments, nor a profile, nor what was put behind the picture."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    options: dict[str, Any] = {"exif": exif, "icc_profile": profile, "xmp": packet}
    uploads = [
        file(plain(), "JPEG", comment=SECRET, **options) + SECRET,
        file(plain(), "WEBP", **options),
        file(plain(), "AVIF", **options),
        file(plain(), "PNG", exif=exif, icc_profile=profile) + SECRET,
    ]
    for upload in uploads:
        assert SECRET in upload
        for each in develop(upload):
            assert SECRET not in each
            assert not {b"EXIF", b"XMP ", b"ICCP"} & {each[at : at + 4] for at in range(len(each))}
            assert not {"exif", "xmp", "icc_profile"} & opened(each).info.keys()


def test_colours_are_converted_by_the_profile_of_the_picture() -> None:
    """A profile that swaps red and blue shows that it was heeded; a broken one leaves the colours alone."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    made = develop(file(plain(), "PNG", icc_profile=bytes(profile)))[0]
    assert alike(pixel(made, 5, 5), BLUE, within=25)
    for broken in (b"no profile", bytes(profile[:200])):
        assert alike(pixel(develop(file(plain(), "PNG", icc_profile=broken))[0], 5, 5), RED)


def test_transparency_stays() -> None:
    """Of a colour with alpha, of grey with alpha, of a palette, and of a colour that stands for nothing."""
    half = plain("RGBA", colour=(*RED, 128))
    grey = plain("LA", colour=(100, 0))
    palette = plain().convert("P")
    key = file(plain(), "PNG", transparency=RED)
    for each in develop(file(half, "PNG")):
        assert alike(pixel(each, 5, 5, "RGBA"), (*RED, 128))
    for upload in (file(grey, "PNG"), file(palette, "PNG", transparency=palette.getpixel((0, 0))), key):
        for each in develop(upload):
            assert pixel(each, 5, 5, "RGBA")[3] == 0


def test_the_rim_of_something_transparent_does_not_take_on_what_is_behind() -> None:
    """Made smaller, red on transparent green stays red."""
    picture = plain("RGBA", size=(3200, 3200), colour=(*GREEN, 0))
    picture.paste((*RED, 255), (801, 801, 2399, 2399))
    small = opened(develop(file(picture, "PNG"))[1]).convert("RGBA")
    rim = [small.getpixel((x, 200)) for x in range(400)]
    assert all(alike(each[:3], RED, within=40) for each in rim if isinstance(each, tuple) and each[3] > 200)


def test_of_a_moving_picture_the_first_frame_is_taken() -> None:
    """GIF and WebP."""
    for kind in ("GIF", "WEBP"):
        moving = file(plain(), kind, save_all=True, append_images=[plain(colour=BLUE)], duration=100)
        for each in develop(moving):
            assert alike(pixel(each, 5, 5), RED)
            assert getattr(opened(each), "n_frames", 1) == 1


def test_a_picture_for_print_becomes_one_for_screens() -> None:
    """CMYK."""
    made = develop(file(plain("CMYK", colour=(0, 255, 255, 0)), "JPEG", quality=95))[0]
    assert alike(pixel(made, 5, 5), (255, 0, 0), within=20)


def test_sixteen_bits_become_eight() -> None:
    """Of grey: the same shade, not what is left when the rest is cut off."""
    for shade in (0, 20_000, 40_000, 65_535):
        picture = Image.new("I;16", (10, 10), shade)
        made = develop(file(picture, "PNG"))[0]
        assert alike(pixel(made, 5, 5), (shade >> 8,) * 3)


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_few_colours_are_no_hindrance(mode: str) -> None:
    """Black and white, grey, a palette."""
    made = develop(file(plain(colour=(255, 255, 255)).convert(mode), "PNG"))[0]
    assert alike(pixel(made, 5, 5), (255, 255, 255))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF",
        b"\0" * 1000,
        b"hello",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
        b"<!doctype html><img src=x>" + png(),
        file(plain(), "BMP"),
        file(plain(), "TIFF"),
        file(plain(), "ICO"),
        file(plain(), "PPM"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        zlib.compress(png()),
    ],
)
def test_what_is_none_of_these_kinds_is_no_picture(content: bytes) -> None:
    """Whatever else Pillow can read: it is not asked to."""
    assert _fault(content) == Fault.NO_PICTURE


OTHERS = [
    *(b"<HTML>", b"<!DocType html>", b"<script src=//x>", b"<svg/onload=alert(1)>", b"<?php system('ls'); ?>"),
    *(b"%PDF-1.7\n", b"PK\x03\x04\x14\x00", b"\0\0\nMZ\x90\0", b"\x7fELF", b"#!/bin/sh\n"),
]
BESIDE = (
    b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
    + bytes(range(256)) * 40
    + b" <x:xmpmeta/> 1 < script MZ #! <svgs PK\x03\x04\xff"
)


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_picture_that_is_another_kind_of_file_as_well_is_refused(kind: str, other: bytes) -> None:
    """What stands behind its end says so; also where it is the picture of several, or has thumbnails and metadata."""
    exif = Image.Exif()
    exif[0x010E] = "\xff\xd9 of a house"
    some: dict[str, Any] = {} if kind == "GIF" else {"exif": exif.tobytes()}
    assert _fault(file(Image.effect_noise((90, 90), 80).convert("RGB"), kind, **some) + other) == DOUBLE
    if kind in {"GIF", "WEBP", "PNG"}:
        moving = file(plain(), kind, save_all=True, append_images=[plain(colour=BLUE)])
        assert _fault(moving + other) == DOUBLE


def test_a_comment_that_is_another_kind_of_file_is_refused() -> None:
    """In each kind that has comments; a JPEG without an end is searched from its last marker on."""
    script = b"/*<script>alert(1)</script>*/"
    text = PngInfo()
    text.add_text("Comment", script.decode())
    words = PngInfo()
    words.add_itxt("Comment", "\u00fc" + script.decode())
    endless = file(plain(), "JPEG").removesuffix(b"\xff\xd9")
    avif = file(plain(), "AVIF")
    for content in (
        *(file(plain(), kind, comment=script) for kind in ("JPEG", "GIF")),
        *(file(plain(), "PNG", pnginfo=each) for each in (text, words)),
        endless + script,
        avif + (8 + len(script)).to_bytes(4) + b"free" + script,
    ):
        assert _fault(content) == DOUBLE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_what_phones_and_editors_leave_behind_a_picture_is_no_matter(kind: str) -> None:
    """A film, padding, bytes of any value, words that only look alike; in JPEG, a second picture."""
    for behind in (BESIDE, bytes(1000), b"\xff" * 100_000, *([file(plain(), "JPEG")] if kind == "JPEG" else [])):
        assert alike(pixel(develop(file(plain(), kind) + behind)[0], 5, 5), RED)
    two = file(plain(), "MPO", save_all=True, append_images=[plain(colour=BLUE)])
    assert alike(pixel(develop(two)[0], 5, 5), RED)


def test_looking_beside_a_picture_takes_no_longer_for_one_that_was_made_to_take_long() -> None:
    """Every length is zero, every block has one byte, all are markers: each ends, and soon."""
    many = 300_000
    gif = file(plain(), "GIF")
    for content in (
        b"\xff\xd8\xff" + b"\xff" * 4 * many,
        b"\xff\xd8\xff" + b"\xff\xfe\0\0" * many,
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * many,
        gif[: 13 + darkroom._gif_colours(gif[10:11])] + b"!\xfe" + b"\1x" * many,
        b"\0\0\0\0ftypavif" + b"\0\0\0\x08free" * many,
        b"\0\0\0\1ftypavif",
    ):
        with pytest.raises(Unusable):
            develop(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_half_a_picture_is_none(kind: str) -> None:
    """It was cut off on its way."""
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    whole = file(noise, kind)
    assert _fault(whole[: len(whole) // 2]) == Fault.BROKEN


@pytest.mark.parametrize("size", [(20_000, 20_000), (2**31 - 1, 2**31 - 1), (40_000_001, 1), (6325, 6325)])
def test_a_picture_beyond_40_megapixels_is_refused_by_its_header(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pixel of it is made."""
    monkeypatch.setattr(Image.Image, "draft", None)  # what comes after the header
    assert _fault(claiming(*size)) == Fault.TOO_MANY_PIXELS


def test_forty_megapixels_are_not_too_many() -> None:
    """Exactly that; here they are not all there."""
    assert _fault(claiming(8000, 5000)) == Fault.BROKEN


def _fault(content: bytes) -> Fault:
    with pytest.raises(Unusable) as caught:
        develop(content)
    return caught.value.fault


def test_the_program_tells_the_sizes_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The length of the large one, the large one, the small one; or a status that says what was wrong."""
    steps: list[str] = []
    monkeypatch.setattr(darkroom, "_step_back", lambda: steps.append("back"))
    output = _Stream()
    monkeypatch.setattr(darkroom.sys, "stdout", output)
    monkeypatch.setattr(darkroom.sys, "stdin", _Stream(png((900, 600))))
    assert darkroom.main() == 0
    written = output.buffer.getvalue()
    length = int.from_bytes(written[:8])
    assert (written[8 : 8 + length], written[8 + length :]) == develop(png((900, 600)))
    monkeypatch.setattr(darkroom.sys, "stdin", _Stream(b"no picture"))
    assert darkroom.main() == Fault.NO_PICTURE
    assert steps == ["back", "back"]


class _Stream:
    def __init__(self, content: bytes = b"") -> None:
        self.buffer = io.BytesIO(content)
