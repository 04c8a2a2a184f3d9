"""The form of all files of a backup: blocks, each of them compressed and with its checksum.

A block is the length of its body in four bytes (little-endian), the SHA-256 of the body, and the body: a BSON document
of what the block says of itself, with ``data``, BSON documents one after another, compressed by zlib.
"""

import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from models.backup import BackupRefused
from mongo.driver import Document

_LEVEL = 1  # a third larger than the best, at a tenth of the time
_CHECKSUM = 32
_LONGEST = 256 * 1024 * 1024
RAW: CodecOptions[RawBSONDocument] = CodecOptions(RawBSONDocument)
PLAIN: CodecOptions[Document] = CodecOptions()


class Torn(Exception):  # noqa: N818 - it says what is the matter
    """A file ends within a block, which begins ``at`` so many bytes."""

    def __init__(self, file: Path, at: int) -> None:
        super().__init__(f"{file.name} ends in the middle of a block")
        self.at = at


class Block(NamedTuple):
    """A block that was read: what it says of itself, and its documents' bytes."""

    head: Document
    data: bytes

    def raw(self) -> list[RawBSONDocument]:
        """Return the documents without looking into them."""
        return bson.decode_all(self.data, RAW)

    def documents(self) -> list[Document]:
        """Return the documents."""
        return bson.decode_all(self.data, PLAIN)


class BlockWriter:
    """Writes blocks into a new file; not for two at once. ``checksum`` is that of all that it wrote."""

    def __init__(self, file: Path) -> None:
        self._file: BinaryIO = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._sum = hashlib.sha256()
        self.bytes = 0

    def write(self, head: Document, documents: Sequence[bytes]) -> None:
        """Write a block; it is on disk after `sync`."""
        body = bson.encode({**head, "data": zlib.compress(b"".join(documents), _LEVEL)})
        for part in (len(body).to_bytes(4, "little"), hashlib.sha256(body).digest(), body):
            self._file.write(part)
            self._sum.update(part)
            self.bytes += len(part)

    def sync(self) -> None:
        """Have the disk keep what was written."""
        self._file.flush()
        os.fsync(self._file.fileno())

    @property
    def checksum(self) -> str:
        """The SHA-256 of what was written, in hexadecimal."""
        return self._sum.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_blocks(file: Path) -> Iterator[Block]:
    """Yield a file's blocks; raise Torn where it ends within one, BackupRefused where one is not what was written."""
    with file.open("rb") as source:
        while start := source.read(4):
            at = source.tell() - len(start)
            length = int.from_bytes(start, "little")
            if len(start) == 4 and length > _LONGEST:  # noqa: PLR2004 - the length's own length
                raise damaged(file)
            checksum, body = source.read(_CHECKSUM), source.read(length)
            if len(start) + len(checksum) + len(body) < 4 + _CHECKSUM + length:
                raise Torn(file, at)
            if hashlib.sha256(body).digest() != checksum:
                raise damaged(file)
            yield _opened(file, body)


def damaged(file: Path) -> BackupRefused:
    """Say that a file is not what was written."""
    return BackupRefused(f"{file.parent.name}/{file.name} is damaged: it is not what was written")


def _opened(file: Path, body: bytes) -> Block:
    try:
        head: Any = bson.decode(body, PLAIN)
        return Block(head, zlib.decompress(head.pop("data")))
    except (bson.InvalidBSON, zlib.error, KeyError) as error:
        raise damaged(file) from error


def sync_folder(folder: Path) -> None:
    """Have the disk keep a folder's names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
