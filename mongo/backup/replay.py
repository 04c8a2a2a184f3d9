"""Replay: applies changes to a database that was restored, each to documents that are older than it, and once."""

from collections.abc import Mapping, Sequence
from typing import Any

import bson
from bson import Timestamp
from pymongo import DeleteOne, ReplaceOne

from models.backup import BackupRefused
from mongo.backup.blocks import PLAIN
from mongo.backup.changes import applied
from mongo.backup.ids import place_of_id
from mongo.backup.moments import timestamp_of
from mongo.driver import Database, Document

AT_ONCE = 1000


class Moments:
    """Of which moment each document was copied: see `mongo.backup.copying`."""

    def __init__(self, manifest: Document) -> None:
        self._parts: Mapping[str, Sequence[Document]] = {
            name: each["parts"] for name, each in manifest["collections"].items()
        }
        self._at = timestamp_of(manifest["at"])

    def of(self, collection: str, key: Any) -> Timestamp:
        """Return the moment that the copy of a document shows."""
        parts = self._parts.get(collection, ())
        if len(parts) > 1:
            place = place_of_id(key)
            for part in parts[:-1]:
                if place <= place_of_id(part["upto"]):
                    return timestamp_of(part["at"])
        return timestamp_of(parts[-1]["at"]) if parts else self._at


class Replay:
    """Applies changes in their order; ``applied`` counts them."""

    def __init__(self, database: Database, moments: Moments) -> None:
        self._database = database
        self._moments = moments
        self.applied = 0

    async def apply(self, changes: Sequence[Document]) -> None:
        """Apply changes; BackupRefused where one does not fit the document that it changes."""
        for first in range(0, len(changes), AT_ONCE):
            by_collection: dict[str, list[Document]] = {}
            for change in changes[first : first + AT_ONCE]:
                if change["t"] > self._moments.of(change["c"], change["k"]):
                    by_collection.setdefault(change["c"], []).append(change)
            for name, mine in by_collection.items():
                await self._apply(name, mine)
                self.applied += len(mine)

    async def _apply(self, name: str, changes: list[Document]) -> None:
        keys = {_bytes(change["k"]): change["k"] for change in changes}
        collection = self._database[name].with_options(codec_options=PLAIN)
        first = {_bytes(change["k"]): change["o"] for change in reversed(changes)}
        wanted = [key for code, key in keys.items() if first[code] == "u"]  # nobody asks what the others were
        rows = await collection.find({"_id": {"$in": wanted}}).to_list(None) if wanted else []
        state: dict[bytes, Document | None] = {_bytes(row["_id"]): row for row in rows}
        for change in changes:
            code = _bytes(change["k"])
            try:
                state[code] = applied(state.get(code), change)
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise BackupRefused(f"a change does not fit {name}/{change['k']}: the backup is damaged") from error
        writes: list[Any] = [
            DeleteOne({"_id": key})
            if (document := state[code]) is None
            else ReplaceOne({"_id": key}, document, upsert=True)
            for code, key in keys.items()
        ]
        await collection.bulk_write(writes, ordered=False)


def _bytes(key: Any) -> bytes:
    return bson.encode({"": key})
