"""The changes between the moments of a full backup that has several: see `mongo.backup.copying`."""

import asyncio
from pathlib import Path

import bson
from bson import Timestamp

from mongo.backup.blocks import BlockWriter
from mongo.backup.tail import Tail
from mongo.driver import Document

CHANGES = "changes"


class Between:
    """Keeps changes in a file of the backup, which is made with the first of them that is asked for."""

    def __init__(self, tail: Tail, target: Path) -> None:
        self._tail = tail
        self._target = target / CHANGES
        self._file: BlockWriter | None = None
        self._count = 0

    async def fetch(self, moment: Timestamp) -> None:
        """Keep what happened, at least up to a moment. HistoryLost: the server has no more of it."""
        file = self._file = self._file or BlockWriter(self._target)
        while True:
            portion = await self._tail.read()
            if portion.changes:
                rows = [bson.encode(change) for change in portion.changes]
                await asyncio.to_thread(file.write, {"documents": len(rows)}, rows)
                self._count += len(rows)
            if portion.through >= moment:
                await asyncio.to_thread(file.sync)
                return

    def described(self) -> Document | None:
        """Return what the manifest says of the file; None where there is none."""
        if self._file is None:
            return None
        sums = {"documents": self._count, "bytes": self._file.bytes, "sha256": self._file.checksum}
        return {"file": CHANGES, **sums}

    async def close(self) -> None:
        """Close the stream and the file."""
        await self._tail.close()
        if self._file is not None:
            self._file.close()
