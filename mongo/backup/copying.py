"""A full backup: every collection at one moment, or where the server does not keep it for so long, at several.

Documents are copied as the bytes that they are, in the order of their ids and in portions of what one reply holds, so
that memory does not grow with the database.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson import Timestamp
from bson.raw_bson import RawBSONDocument
from pymongo.errors import OperationFailure

from models.backup import BackupRefused, FullBackup
from models.feed import HistoryLost
from mongo.backup.between import Between
from mongo.backup.blocks import RAW, BlockWriter
from mongo.backup.folder import FORMAT, BackupFolder, described, write_manifest
from mongo.backup.ids import place_of_id
from mongo.backup.moments import cursor_of, history_of, present_moment
from mongo.backup.tail import PASSING, Tail
from mongo.driver import Database, Document, Driver
from mongo.schema import META, SCHEMA

_BATCH = 1000
_BATCH_OF_FILES = 32  # pictures' pieces are a quarter of a megabyte
_SNAPSHOT_LOST = {239, 246}  # SnapshotTooOld, SnapshotUnavailable
_IN_VAIN = 3  # moments that were lost without a document being read


class Copying:
    """One full backup that is being made."""

    def __init__(self, driver: Driver, database: Database, folder: BackupFolder) -> None:
        self._driver = driver
        self._database = database
        self._folder = folder
        self._moments: list[Timestamp] = []

    async def run(self) -> FullBackup:
        """Make it; BackupRefused where there is no shop, no room, or its history ends meanwhile."""
        began, started = time.monotonic(), datetime.now(UTC)
        history = await history_of(self._database)
        schema: Any = await self._database[META].find_one(SCHEMA)
        if history is None or schema is None:
            raise BackupRefused(f"the database {self._database.name} has no shop to back up")
        target = self._folder.begin(f"full-{started:%Y%m%dT%H%M%S.%f}Z")
        await self._take_moment()
        tail = Tail(self._driver, self._database, history, self._moments[0])
        between = Between(tail, target)
        try:
            content = await self._copy_all(target, between)
            if await history_of(self._database) != history:
                raise BackupRefused("the database was restored meanwhile: begin anew")
        except HistoryLost as error:
            raise BackupRefused(f"{target.name} cannot be finished: {error}") from error
        except OSError as error:
            raise BackupRefused(f"{target}: {error.strerror}") from error
        finally:
            await between.close()
        shop = {"database": self._database.name, "history": history, "schema": schema["version"]}
        times = {"started": started.isoformat(), "seconds": round(time.monotonic() - began, 3)}
        write_manifest(target, {"format": FORMAT, **shop, **times, **content})
        return described(target)

    async def _copy_all(self, target: Path, between: Between) -> Document:
        made = {name: await self._copy(target, name, between) for name in await self._names()}
        return {
            "begins": cursor_of(self._moments[0]),
            "at": cursor_of(self._moments[-1]),
            "collections": {name: each for name, each in made.items() if each["documents"]},
            "changes": between.described(),
        }

    async def _take_moment(self) -> None:
        session = await self._driver.start_session()
        try:
            self._moments.append(await present_moment(self._database, session))
        finally:
            await session.end_session()

    async def _names(self) -> list[str]:
        own: Document = {"type": "collection", "name": {"$not": {"$regex": "^system\\."}}}
        return sorted(set(await self._database.list_collection_names(filter=own)) - set(PASSING))

    async def _copy(self, target: Path, name: str, between: Between) -> Document:
        """Copy a collection; return its file and the parts of it, each with its moment and last id."""
        parts: list[Document] = []
        last: Any = None
        documents = in_vain = 0
        with BlockWriter(target / f"{name}.blocks") as file:
            while True:
                first = last
                try:
                    async with aclosing(self._rows(name, last)) as batches:
                        async for rows in batches:
                            await asyncio.to_thread(
                                file.write, {"documents": len(rows)}, [bytes(row.raw) for row in rows]
                            )
                            last, documents = {"_id": rows[-1]["_id"]}, documents + len(rows)
                    break
                except OperationFailure as error:
                    in_vain = in_vain + 1 if last == first else 0
                    if error.code not in _SNAPSHOT_LOST or in_vain == _IN_VAIN:
                        raise
                if last != first:
                    place_of_id(last["_id"])  # it will be compared: refused now rather than by the restore
                    parts.append({"at": cursor_of(self._moments[-1]), "upto": last["_id"]})
                await self._take_moment()
                await between.fetch(self._moments[-1])
            await asyncio.to_thread(file.sync)
        if not documents:
            (target / f"{name}.blocks").unlink()
        parts.append({"at": cursor_of(self._moments[-1]), "upto": None})
        sums = {"documents": documents, "bytes": file.bytes, "sha256": file.checksum}
        return {"file": f"{name}.blocks", **sums, "parts": parts}

    async def _rows(self, name: str, after: Document | None) -> AsyncGenerator[list[RawBSONDocument], None]:
        """Yield a collection's documents behind an id as they were at the last moment."""
        size = _BATCH_OF_FILES if name.endswith(".chunks") else _BATCH
        concern = {"level": "snapshot", "atClusterTime": self._moments[-1]}
        # `min` instead of a condition: a comparison would leave out ids of other types
        begin: Document = {"min": after} if after else {}
        session = await self._driver.start_session()
        try:
            command = {"find": name, "hint": {"_id": 1}, "sort": {"_id": 1}, **begin, "batchSize": size}
            reply: Any = await self._run({**command, "readConcern": concern}, session)
            rows = list(reply["cursor"]["firstBatch"])
            if after and rows and rows[0]["_id"] == after["_id"]:
                del rows[0]
            while True:
                if rows:
                    yield rows
                if not reply["cursor"]["id"]:
                    return
                more = {"getMore": reply["cursor"]["id"], "collection": name, "batchSize": size}
                reply = await self._run(more, session)
                rows = list(reply["cursor"]["nextBatch"])
        finally:
            await session.end_session()

    async def _run(self, command: Document, session: Any) -> Any:
        return await self._database.command(command, codec_options=RAW, session=session)
