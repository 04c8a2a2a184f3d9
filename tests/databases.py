"""A database for each test, emptied and handed to the next one: to make the schema takes ten times as long."""

import asyncio
import os
from typing import Any

from bson import ObjectId
from pymongo.errors import PyMongoError

from mongo.driver import Database, Driver
from mongo.schema import migrate

_MILLISECONDS_TO_EMPTY = 3_000


class Databases:
    """The migrated database of one test process: one at a time, made anew when a test left more than documents."""

    def __init__(self) -> None:
        """Begin with none."""
        self._name: str | None = None
        self._catalog: list[Any] = []
        self._first: dict[str, list[Any]] = {}

    async def take(self, driver: Driver) -> Database:
        """Return a database as `migrate` makes it."""
        if self._name is not None:
            return driver.client[self._name]
        database = driver.client[f"test_{os.getpid()}_{ObjectId()}"]
        await migrate(database, "test")
        self._name, self._catalog = database.name, await _catalog(database)
        for name in [each["name"] for each in self._catalog]:
            if documents := [each async for each in database[name].find()]:
                self._first[name] = documents
        return database

    async def give_back(self, database: Database) -> None:
        """Empty the database for the next test; drop it if it cannot be emptied, or has another schema now."""
        try:
            clean = await _catalog(database) == self._catalog and await self._empty(database)
        except PyMongoError:
            clean = False
        if not clean:
            self._name = None
            self._first.clear()
            await database.client.drop_database(database.name)

    async def _empty(self, database: Database) -> bool:
        names = [each["name"] for each in self._catalog]
        await asyncio.gather(*(_delete_all(database, name) for name in names))
        for name, documents in self._first.items():
            await database[name].insert_many(documents)
        return True


async def _delete_all(database: Database, name: str) -> None:
    """Delete every document, unless there are many, or somebody's open transaction holds one of them."""
    delete = {"delete": name, "deletes": [{"q": {}, "limit": 0}], "maxTimeMS": _MILLISECONDS_TO_EMPTY}
    await database.command(delete)


async def _catalog(database: Database) -> list[Any]:
    """Return the collections with their validators and indexes, in the order of their names."""
    mine = {"$match": {"db": database.name}}
    shape = {"$project": {"name": 1, "type": 1, "md.options": 1, "md.indexes.spec": 1}}
    pipeline = [{"$listCatalog": {}}, mine, shape, {"$sort": {"name": 1}}]
    found = await database.client["admin"].command("aggregate", 1, pipeline=pipeline, cursor={"batchSize": 1_000})
    return list(found["cursor"]["firstBatch"])
