"""A text of which only the end changes, compressed: its beginning once, as tightly as it goes, for all ends."""

import struct
import zlib
from dataclasses import dataclass
from typing import Self

# RFC 1952: magic, deflate, no flags, no time, tightest, of an unknown system.
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_RAW = -zlib.MAX_WBITS
_SIZES = 1 << 32


@dataclass(frozen=True, slots=True)
class Beginning:
    """A text's first part, whose compressed form any other can follow."""

    body: bytes
    deflated: bytes
    crc: int

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Compress the part that stays."""
        packer = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, _RAW)
        # A full flush ends on a whole byte, and nothing after it refers to what came before.
        return cls(body, packer.compress(body) + packer.flush(zlib.Z_FULL_FLUSH), zlib.crc32(body))

    def gzip(self, end: bytes) -> bytes:
        """Return the whole text, compressed: as `gzip.decompress` reads it, this part with ``end`` behind it."""
        packer = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, _RAW)
        size = (len(self.body) + len(end)) % _SIZES
        tail = struct.pack("<LL", zlib.crc32(end, self.crc), size)
        return b"".join((_HEAD, self.deflated, packer.compress(end), packer.flush(), tail))
