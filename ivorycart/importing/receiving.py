"""Taking a file in: its rows are kept in the database as they come, so what has arrived survives this process.

Pattern: the sender waits while a portion is stored, so nothing heaps up here. Concurrency: a few files at a time, one
of a seller at a time in all processes together. Shutdown: a file whose sender went, or whose process died, is given up
(the worker ``imports`` finds the latter).
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import NoReturn

from ivorycart.importing.book import ImportBook
from ivorycart.importing.records import Rows, Unreadable
from ivorycart.stock.slices import Slices
from models.errors import Conflict, Invalid, RateLimited, Refused
from models.imports import FileFormat, Import, Row

MAX_ROWS = 200_000
PORTION = 500
PORTION_SIZE = 256 * 1024
"""Bytes after which fewer rows are stored, too: what a portion takes on its way is some ten times as much."""
STORED_EVERY = 20.0
"""Seconds after which what has come is stored, too: of an import of which nothing is heard, its file is given up."""
AT_ONCE = 4


@dataclass(slots=True)
class Receiving:
    """Takes files in."""

    book: ImportBook
    max_rows: int = MAX_ROWS
    stored_every: float = STORED_EVERY
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def receive(
        self, chunks: AsyncIterator[bytes], *, seller_id: str, actor: str, file_format: FileFormat, dry_run: bool
    ) -> Import:
        """Keep all rows of a file; return its import, which is worked on from here on.

        Raise Conflict where the seller has another one that is worked on, Invalid where the file cannot be read, and
        what ``chunks`` raises: then nothing was changed.
        """
        if self._places.locked():
            raise RateLimited("too many files come in just now: try again in a moment", retry_after=5)
        async with self._places:
            job = await self.book.begin(seller_id=seller_id, actor=actor, file_format=file_format, dry_run=dry_run)
            try:
                await self._keep(job, chunks)
                return await self.book.received(job) or await self._given_up(job)
            except BaseException as error:
                reason = error.message if isinstance(error, Refused) else "the file did not come in whole"
                await asyncio.shield(self.book.fail(job, reason))
                if isinstance(error, Refused):
                    error.details["import_id"] = job.id
                raise

    async def _keep(self, job: Import, chunks: AsyncIterator[bytes]) -> None:
        rows, kept, size, slices = Rows(job.file_format), 0, 0, Slices()
        portion: list[Row] = []
        clock = asyncio.get_running_loop().time
        stored_at = clock()
        async for chunk in chunks:
            size += len(chunk)
            for row in rows.feed(chunk):
                portion.append(row)
                if len(portion) == PORTION or size >= PORTION_SIZE:
                    kept = await self._store(job, portion, kept)
                    portion, size, stored_at = [], 0, clock()
                await slices.breathe()
            if clock() - stored_at >= self.stored_every:
                kept = await self._store(job, portion, kept)
                portion, size, stored_at = [], 0, clock()
        portion += rows.finish()
        if await self._store(job, portion, kept) == 0:
            raise Invalid("there are no rows in the file")

    async def _store(self, job: Import, portion: list[Row], kept: int) -> int:
        if kept + len(portion) > self.max_rows:
            raise Unreadable(portion[-1].line, f"a file has at most {self.max_rows} rows")
        if not await self.book.stage(job, portion):
            await self._given_up(job)
        return kept + len(portion)

    async def _given_up(self, job: Import) -> NoReturn:
        """Tell the sender why their file is not wanted any more."""
        now = await self.book.get(job.id)
        raise Conflict((now and now.reason) or "this import was cancelled")
