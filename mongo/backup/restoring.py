"""Restoring: a full backup and the journal after it, into a database that is empty or may be emptied.

Documents come first, then the changes, then indexes and validators, made by the schema as it is now, and the steps that
the backup has not had. Until all is done the note `RESTORING` is in the database, and no shop opens it.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson import Timestamp
from bson.raw_bson import RawBSONDocument

from models.backup import BackupName, BackupRefused, Restored, Until, time_of
from models.feed import Cursor
from mongo.backup.blocks import read_blocks
from mongo.backup.folder import BackupFolder, read_manifest, verify
from mongo.backup.journal import journalled
from mongo.backup.moments import last_of, timestamp_of
from mongo.backup.replay import Moments, Replay
from mongo.driver import Database, Document
from mongo.opening import RESTORING
from mongo.schema import META, STEPS, make_shape, migrate

_AT_ONCE = 1000
_ALIVE_SECONDS = 10
_OWNER = "restore"


class Restoring:
    """Restores from a folder of backups into a database."""

    def __init__(self, database: Database, folder: BackupFolder) -> None:
        self._database = database
        self._folder = folder
        self._documents = 0

    async def run(
        self,
        *,
        until: Until | None = None,
        backup: str | None = None,
        replace: bool = False,
        told: Callable[[str], None] = lambda _: None,
    ) -> Restored:
        """Restore up to a moment, or all there is; with ``replace`` what is in the database goes first.

        It begins with the named backup, or with the newest that is no newer than the moment.

        BackupRefused, before anything is written, where that cannot be had; everything needed is verified first.
        """
        began = time.monotonic()
        last = last_of(until) if until else None
        folder, manifest = self._choose(last, backup)
        told(f"verifying {folder.name}")
        await asyncio.to_thread(verify, folder, manifest)
        end = await asyncio.to_thread(self._journal_end, manifest, last)
        await self._require_room(end, replace=replace)
        note: Document = {"_id": RESTORING, "from": folder.name, "at": datetime.now(UTC)}
        await self._database[META].insert_one(note)
        await self._load(folder, manifest, told)
        changes = await self._replay(folder, manifest, last, told)
        told("making indexes")
        await make_shape(self._database)
        await migrate(self._database, _OWNER)
        await self._database[META].delete_one({"_id": RESTORING})
        name = BackupName(folder.name)
        return Restored(name, end, self._documents, changes, round(time.monotonic() - began, 3))

    def _choose(self, last: Timestamp | None, backup: str | None) -> tuple[Path, Document]:
        """Return the newest full backup that is complete and no newer than a moment."""
        candidates = [each for each in self._folder.full() if backup in {None, each.name}]
        found = [(each, manifest) for each in candidates if (manifest := read_manifest(each))]
        if not found:
            raise BackupRefused(f"{self._folder.root} has no complete backup{f' {backup}' if backup else ''}")
        fitting = [each for each in found if last is None or timestamp_of(each[1]["at"]) <= last]
        if not fitting:
            raise BackupRefused(f"the oldest backup is of {_shown(min(m['at'] for _, m in found))}, after that moment")
        chosen = max(fitting, key=lambda each: str(each[1]["at"]))
        if chosen[1]["schema"] > len(STEPS):
            raise BackupRefused(f"{chosen[0].name} is of a newer version of the program: run that one")
        return chosen

    def _journal_end(self, manifest: Document, last: Timestamp | None) -> Cursor:
        """Read the journal as far as it is needed; return how far that leads."""
        end = Cursor(manifest["at"])
        for _, reached in journalled(self._folder, manifest["history"], timestamp_of(end), last):
            end = reached
        return end

    async def _require_room(self, end: Cursor, *, replace: bool) -> None:
        hello: Any = await self._database.command("hello")
        if hello["operationTime"].time < time_of(end):  # clients would take older moments for newer ones
            raise BackupRefused(f"the clock of this database is behind the backup's {_shown(end)}: set it")
        names = await self._database.list_collection_names(filter={"name": {"$not": {"$regex": "^system\\."}}})
        if not names:
            return
        live: Document = {
            "$expr": {
                "$gt": ["$at", {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": _ALIVE_SECONDS}}]
            }
        }
        if await self._database["processes"].find_one(live):
            raise BackupRefused("a server runs on this database: stop it first")
        if not replace:
            raise BackupRefused(f"the database {self._database.name} is not empty: see --replace")
        await self._database.client.drop_database(self._database.name)

    async def _load(self, folder: Path, manifest: Document, told: Callable[[str], None]) -> None:
        for name, each in manifest["collections"].items():
            told(f"{name}: {each['documents']} documents")
            blocks = read_blocks(folder / each["file"])
            while (block := await asyncio.to_thread(next, blocks, None)) is not None:
                rows: list[Any] = block.raw()
                await self._insert(name, rows)

    async def _insert(self, name: str, rows: list[RawBSONDocument]) -> None:
        collection: Any = self._database[name]
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            await collection.insert_many(some, ordered=False, bypass_document_validation=True)
            self._documents += len(some)

    async def _replay(
        self, folder: Path, manifest: Document, last: Timestamp | None, told: Callable[[str], None]
    ) -> int:
        replay = Replay(self._database, Moments(manifest))
        if manifest["changes"]:
            for block in read_blocks(folder / manifest["changes"]["file"]):
                await replay.apply(block.documents())
        told("changes since then")
        portions = journalled(self._folder, manifest["history"], timestamp_of(manifest["at"]), last)
        while (portion := await asyncio.to_thread(next, portions, None)) is not None:
            await replay.apply(portion[0])
        return replay.applied


def _shown(cursor: str) -> str:
    return f"{datetime.fromtimestamp(time_of(Cursor(cursor)), UTC):%Y-%m-%dT%H:%M:%SZ}"
