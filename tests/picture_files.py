"""Picture files, made by the test that needs them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)


def file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(mode: str = "RGB", size: tuple[int, int] = (60, 40), colour: Any = RED) -> Image.Image:
    """Return a picture of one colour."""
    return Image.new(mode, size, colour)


def png(size: tuple[int, int] = (60, 40), colour: Any = RED) -> bytes:
    """Return a small PNG."""
    return file(plain(size=size, colour=colour), "PNG")


def claiming(width: int, height: int) -> bytes:
    """Return a PNG that says it is so large, and has next to nothing in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def opened(content: bytes) -> Image.Image:
    """Read a file."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def alike(pixel: Any, colour: Any, within: int = 12) -> bool:
    """Whether a pixel is of a colour, as far as a lossy format keeps it."""
    return all(abs(is_ - wanted) <= within for is_, wanted in zip(pixel, colour, strict=True))


def pixel(content: bytes, x: int, y: int, mode: str = "RGB") -> Any:
    """Return a pixel of a file."""
    return opened(content).convert(mode).getpixel((x, y))
