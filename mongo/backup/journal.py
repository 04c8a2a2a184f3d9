"""The journal: changes that were written down as they happened, and those of a stretch of time read again."""

import asyncio
import time
from collections.abc import Callable, Iterator

import bson
from bson import Timestamp

from models.backup import BackupRefused, Followed
from models.feed import Cursor, HistoryLost
from mongo.backup.blocks import Block, BlockWriter, Torn, read_blocks, sync_folder
from mongo.backup.folder import BackupFolder, read_manifest
from mongo.backup.moments import cursor_of, history_of, present_moment, timestamp_of
from mongo.backup.tail import Tail
from mongo.driver import Database, Document, Driver

# Seconds between writes to the disk: what is lost with this machine.
FLUSH = 1.0
_IDLE = 10.0  # seconds after which it is written down that nothing happened
_FILE_BYTES = 64 * 1024 * 1024
_AT_ONCE = 20_000  # changes that wait for a write at the most


class Following:
    """Writes a database's changes into the journal of a folder."""

    def __init__(self, driver: Driver, database: Database, folder: BackupFolder) -> None:
        self._driver = driver
        self._database = database
        self._folder = folder
        self._history = ""
        self._after = Timestamp(0, 0)  # up to here the journal is written
        self._file: BlockWriter | None = None
        self._written = 0

    async def run(self, told: Callable[[Followed], None], *, once: bool = False) -> None:
        """Follow until cancelled, or with ``once`` until now. ``told`` hears where it begins, and of every write.

        BackupRefused where there is no full backup to go on from, somebody else follows, or history is missing.
        """
        with self._folder.following():
            history = await history_of(self._database)
            if history is None:
                raise BackupRefused(f"the database {self._database.name} has no shop to follow")
            self._history = history
            lost: HistoryLost | None = None
            for beginning in self._beginnings():
                self._after = beginning
                try:
                    return await self._follow(told, once=once)
                except HistoryLost as error:
                    lost = error
                finally:
                    self._close()
            raise BackupRefused(str(lost or "there is no full backup of this database: take one first"))

    def _beginnings(self) -> Iterator[Timestamp]:
        """Yield where to go on: at the journal's end, and where that is lost, at the newest full backup."""
        ends = [each["through"] for each in self._blocks_of_history()]
        full = [each for each in map(read_manifest, self._folder.full()) if each and each["history"] == self._history]
        newest = max((each["at"] for each in full), default=None)
        if ends and newest:
            yield timestamp_of(ends[-1])
        if newest and (not ends or newest > ends[-1]):
            yield timestamp_of(newest)

    def _blocks_of_history(self) -> list[Document]:
        heads: list[Document] = []
        for file in self._folder.journal_files():
            try:
                heads += [block.head for block in read_blocks(file) if block.head["history"] == self._history]
            except Torn as torn:  # whoever wrote it was killed: what was whole stays
                with file.open("r+b") as damaged_end:
                    damaged_end.truncate(torn.at)
        return heads

    async def _follow(self, told: Callable[[Followed], None], *, once: bool) -> None:
        tail = Tail(self._driver, self._database, self._history, self._after)
        waiting: list[bytes] = []
        goal = await self._present() if once else None
        flushed, began = time.monotonic(), False
        try:
            while True:
                portion = await tail.read()
                if not began:  # it goes on from here: said even where nothing follows
                    began = True
                    told(Followed(cursor_of(self._after), self._written))
                waiting += [bson.encode(change) for change in portion.changes]
                since = time.monotonic() - flushed
                due = since >= (FLUSH if waiting else _IDLE) or len(waiting) >= _AT_ONCE
                ended = goal is not None and portion.through >= goal
                if (due or ended) and portion.through > self._after:
                    await asyncio.to_thread(self._write, waiting, portion.through)
                    told(Followed(cursor_of(portion.through), self._written))
                    waiting, flushed = [], time.monotonic()
                if ended:
                    return
        finally:
            await tail.close()

    async def _present(self) -> Timestamp:
        session = await self._driver.start_session()
        try:
            return await present_moment(self._database, session)
        finally:
            await session.end_session()

    def _write(self, changes: list[bytes], through: Timestamp) -> None:
        if self._file is None or self._file.bytes > _FILE_BYTES:
            self._close()
            began = time.time_ns()
            self._file = BlockWriter(self._folder.journal / f"{cursor_of(self._after)}-{began}.changes")
            sync_folder(self._folder.journal)
        head = {"after": cursor_of(self._after), "through": cursor_of(through), "history": self._history}
        self._file.write({**head, "documents": len(changes)}, changes)
        self._file.sync()
        self._written += len(changes)
        self._after = through

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def journalled(
    folder: BackupFolder, history: str, after: Timestamp, until: Timestamp | None
) -> Iterator[tuple[list[Document], Cursor]]:
    """Yield the changes after a moment, up to another or all there are, portion by portion, and how far each leads.

    BackupRefused where a block is missing or damaged before ``until``, or the journal ends before it.
    """
    end = cursor_of(after)
    goal = cursor_of(until) if until else None
    problems: list[str] = []
    for block in _blocks(folder, problems):
        if goal and end >= goal:
            return
        head = block.head
        if head["history"] != history or head["through"] <= end:
            continue
        if head["after"] > end:
            reason = problems[0] if problems else f"the journal has nothing between {end} and {head['after']}"
            raise BackupRefused(reason)
        problems.clear()  # what is damaged was not needed: this follows on what came before it
        begin, last = timestamp_of(end), timestamp_of(goal) if goal else None
        wanted = [each for each in block.documents() if each["t"] > begin and (last is None or each["t"] <= last)]
        end = Cursor(head["through"])
        yield wanted, min(end, goal) if goal else end
    if goal and end >= goal:
        return
    if problems:
        raise BackupRefused(problems[0])
    if goal:
        raise BackupRefused(f"what is here ends at {end}, before {goal}: leave --until out to have all of it")


def _blocks(folder: BackupFolder, problems: list[str]) -> Iterator[Block]:
    for file in folder.journal_files():
        try:
            yield from read_blocks(file)
        except Torn:  # the last block of somebody who was killed: the next file goes on where the one before it ended
            continue
        except BackupRefused as error:
            problems.append(str(error))
