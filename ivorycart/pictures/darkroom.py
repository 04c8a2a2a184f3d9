"""Makes pictures anew: a program of its own, which reads an upload from its input and writes both sizes to its output.

    python -I darkroom.py < upload > sizes

Decoders of pictures are C code that anybody on the web may feed: here they have no secrets, no connection to anything,
little memory, little time and the lowest priority, and whatever befalls them befalls this process alone. What comes out
are pixels encoded anew: nothing that was hidden beside or behind them is left. What is recognisably another kind of
file as well, or a script, is refused all the same.

It imports nothing of the project, so that it starts fast and can be run by its path. The output is the length of the
large picture in eight bytes, the large one, the small one. The exit status says what was wrong otherwise: ``Fault``.
"""

import contextlib
import io
import os
import re
import sys
import warnings
from collections.abc import Iterator
from enum import IntEnum

from PIL import Image, ImageCms

MAX_PIXELS = 40_000_000
LARGE, SMALL = 1600, 400  # pixels on the longer side
QUALITY = 82
LENGTH = 8  # bytes that say how long the large picture is
MEMORY = 1536 * 1024 * 1024  # bytes of address space; 40 megapixels took 640 to 768 MB in the worst format, WebP
SECONDS = 20  # of the processor
LOWEST_PRIORITY = 19
# GIF and WebP may have many frames: the first is taken. MPO is a JPEG with a second one behind it, as phones make them.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
BEGINNINGS = re.compile(
    rb"(?P<jpeg>\xff\xd8\xff)|(?P<png>\x89PNG\r\n\x1a\n)|(?P<webp>RIFF....WEBP)|(?P<gif>GIF8[79]a)"
    rb"|(?P<avif>....ftyp(?:avif|avis|mif1|msf1))",
    re.DOTALL,
)
# What makes bytes beside a picture another kind of file. Phones put films and second pictures behind theirs, millions
# of bytes of any value, so each of these is long, or goes on in a certain way, or stands right behind the picture.
OTHERS = re.compile(
    rb"<(?i:!doctype|html|script|svg|\?php)(?:[\s/>:]|\Z)|%PDF-|PK\x03\x04[\x00-\x3f]\x00|\A[\x00\s]*(?:MZ|\x7fELF|#!)"
)
ORIENTATION = 0x0112  # the tag of EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


Part = tuple[int, int, bool]  # where it begins and ends, and whether it is a comment


class Fault(IntEnum):
    """What can be wrong with an upload: exit statuses."""

    NO_PICTURE = 10
    TOO_MANY_PIXELS = 11
    BROKEN = 12
    MORE_THAN_A_PICTURE = 13


class Unusable(Exception):  # noqa: N818 - it says what is the matter
    """No picture can be made of this."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


def develop(content: bytes) -> tuple[bytes, bytes]:
    """Return a picture as WebP, large and small: upright, in sRGB, without metadata, never larger than it was.

    Its transparency stays. Raises Unusable.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata, which are not kept
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return _developed(_opened(content))


def _developed(picture: Image.Image) -> tuple[bytes, bytes]:
    try:
        turn = _TURNS.get(_orientation(picture))
        picture.draft(None, (LARGE, LARGE))  # JPEG alone: decoded smaller than it is, where that suffices
        profile = picture.info.get("icc_profile")
        picture = _even(picture)
        picture.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
        picture = _in_srgb(picture, profile)
        if turn is not None:
            picture = picture.transpose(turn)
        large = _encoded(picture)
        picture.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
        return large, _encoded(picture)
    except Exception as error:  # whatever a decoder says of hostile bytes, it is their fault
        raise Unusable(Fault.BROKEN) from error


def _opened(content: bytes) -> Image.Image:
    """Read the header alone; the size is judged before any pixel is made."""
    beginning = BEGINNINGS.match(content)
    if not beginning:
        raise Unusable(Fault.NO_PICTURE)
    if any(OTHERS.search(each) for each in _beside(content, beginning.lastgroup or "")):
        raise Unusable(Fault.MORE_THAN_A_PICTURE)
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable(Fault.TOO_MANY_PIXELS) from error
    except Exception as error:
        raise Unusable(Fault.BROKEN) from error
    if picture.width * picture.height > MAX_PIXELS:
        raise Unusable(Fault.TOO_MANY_PIXELS)
    return picture


def _beside(content: bytes, kind: str) -> Iterator[bytes]:
    """Yield the comments of a picture, and what stands behind its end; of a broken one, what could be made out."""
    end = 0
    for start, end, is_comment in _PARTS[kind](content):
        if is_comment:
            yield content[start:end]
    yield content[end:]


def _jpeg_parts(content: bytes) -> Iterator[Part]:
    at = 2
    while found := _JPEG_MARKER.search(content, at):
        at, marker = found.end(), content[found.end() - 1]
        end = at if marker == _JPEG_END else at + int.from_bytes(content[at : at + 2])
        yield at - 1, end, marker == _JPEG_COMMENT
        if marker == _JPEG_END:
            return
        at = end


def _png_parts(content: bytes) -> Iterator[Part]:
    at, name = 8, b""
    while at < len(content) and name != b"IEND":
        name, end = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4])
        yield at, end, name in {b"tEXt", b"iTXt"}
        at = end


def _gif_parts(content: bytes) -> Iterator[Part]:
    at = 13 + _gif_colours(content[10:11])
    while (sign := content[at : at + 1]) in {b"!", b","}:
        end = at + 2 if sign == b"!" else at + 11 + _gif_colours(content[at + 9 : at + 10])
        while length := int.from_bytes(content[end : end + 1]):
            end += 1 + length
        yield at, end + 1, content[at : at + 2] == b"!\xfe"
        at = end + 1
    yield at, at + (sign == b";"), False


def _gif_colours(packed: bytes) -> int:
    """Return how many bytes a table of colours takes."""
    flags = int.from_bytes(packed)
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp_parts(content: bytes) -> Iterator[Part]:
    size = int.from_bytes(content[4:8], "little")
    yield 0, 8 + size + size % 2, False


def _avif_parts(content: bytes) -> Iterator[Part]:
    at = 0
    while found := _AVIF_BOX.match(content, at):
        size = int.from_bytes(content[at : at + 4])
        end = at + size if size else len(content)
        yield at, end, found[1] in {b"free", b"skip"}
        if end <= at:
            return
        at = end


_PARTS = {"jpeg": _jpeg_parts, "png": _png_parts, "gif": _gif_parts, "webp": _webp_parts, "avif": _avif_parts}
# In the pixels, 255 is followed by 0, or by the number of a restart; a marker, by the length of what it begins.
_JPEG_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
_JPEG_END, _JPEG_COMMENT = 0xD9, 0xFE
_AVIF_BOX = re.compile(rb".{4}(ftyp|meta|mdat|free|skip|moov|moof|uuid)", re.DOTALL)


def _orientation(picture: Image.Image) -> int:
    with contextlib.suppress(Exception):  # metadata that cannot be read say nothing about the pixels
        return int(picture.getexif().get(ORIENTATION, 1))
    return 1


def _even(picture: Image.Image) -> Image.Image:
    """Bring a picture into a mode that can be made smaller without loss: grey, colour or print, with alpha or not."""
    if picture.mode.startswith("I;16"):  # 16 bits of grey
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
        picture.info.pop("transparency", None)  # one of the 65,536 greys: it has no meaning among 256
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in {"L", "RGB", "CMYK"}:
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert colours by the picture's own profile, where it has one that fits, and to what WebP has."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        with contextlib.suppress(Exception):  # a broken profile: the colours stay as they are
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
            if converted is not None:
                return converted
    return picture.convert(mode)


def _encoded(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY, method=4)  # metadata are written only if they are given here
    return buffer.getvalue()


def _step_back() -> None:
    """Take no more than is due; only Unix has the means."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(LOWEST_PRIORITY)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> int:
    """Work on what comes in; return the exit status."""
    _step_back()
    try:
        large, small = develop(sys.stdin.buffer.read())
    except Unusable as unusable:
        return unusable.fault
    sys.stdout.buffer.write(len(large).to_bytes(LENGTH) + large + small)
    return 0


if __name__ == "__main__":
    sys.exit(main())
