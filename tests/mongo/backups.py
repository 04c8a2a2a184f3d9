"""Taking backups of a test's database, and restoring them into one of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bson
from bson import ObjectId

from models.backup import Followed, FullBackup, Restored
from models.feed import Cursor
from mongo.backup.operations import BackupOperations
from mongo.backup.tail import PASSING
from mongo.driver import Database, Driver


async def create(driver: Driver, database: Database, folder: Path) -> FullBackup:
    """Take a full backup."""
    return await BackupOperations(driver, database).create(folder)


async def follow(driver: Driver, database: Database, folder: Path) -> Cursor:
    """Write the journal until now; return how far it goes."""
    reached: list[Followed] = []
    await BackupOperations(driver, database).follow(folder, reached.append, once=True)
    return reached[-1].through


@asynccontextmanager
async def elsewhere(driver: Driver) -> AsyncIterator[Database]:
    """Give an empty database, which goes at the end."""
    database = driver.client[f"restored_{ObjectId()}"]
    yield database
    await driver.client.drop_database(database.name)


async def restore(driver: Driver, database: Database, folder: Path, **how: Any) -> Restored:
    """Restore into a database."""
    wanted = {"until": None, "backup": None, "replace": False, "told": lambda _: None, **how}
    return await BackupOperations(driver, database).restore(folder, **wanted)


async def content(database: Database) -> dict[str, list[bytes]]:
    """Return every document that a backup keeps, as bytes, by collection and in the order of their ids."""
    names = sorted(set(await database.list_collection_names()) - set(PASSING))
    return {
        name: rows
        for name in names
        if (rows := [bson.encode(each) async for each in database[name].find().sort("_id", 1)])
    }


async def shape(database: Database) -> dict[str, Any]:
    """Return validators and indexes by collection."""
    found: dict[str, Any] = {}
    async for each in await database.list_collections():
        indexes = await database[each["name"]].index_information()
        found[each["name"]] = (
            each["options"].get("validator"),
            {name: index["key"] for name, index in indexes.items()},
        )
    return found
